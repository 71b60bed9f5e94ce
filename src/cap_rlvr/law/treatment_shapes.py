"""The sentences in which a court treats a case, as patterns over plain text in which each case is a sign `§n§`."""

from __future__ import annotations

import re
from typing import Literal

Label = Literal["OVERRULES", "DISTINGUISHES", "AFFIRMS"]

ADV = r"(?:(?:[a-z]+ly|now|also|therefore|thus|hereby|here|further|hence|again|today|so|too|likewise|however|must|in turn|do),? ){0,3}"
OF = (
    r"(?:(?:our|the|that|this|its|any|those|these|prior|earlier|previous|former|old|older|contrary|rules?|holdings?|decisions?|cases?|opinions?|"
    r"language|portions?|parts?|doctrine|statements?|test|reasoning|dicta|dictum|principles?|announced|stated|laid|down|adopted|"
    r"set|forth|expressed|articulated|established|of|in|by|from|and|to|as|as to|extent|such|on|court|appeals'?) )*"
)
NEXT = r"(?:§\d+§(?:,? (?:and |or )?|; ))*"  # other cases in a list
N = r"§(\d+)§(?:'s?)?(?: (?:line of )?(?:cases?|ease|decisions?|holding|rule|opinion))?"  # `ease`: `case`, misread
ASIDE = (
    r"(?:,? (?:however|on the other hand|too|also|supra|(?:up)?on which [^,§]{1,60}|relied (?:up)?on by [^,§]{1,60}|"
    r"cited by [^,§]{1,60}|(?:which|where|in which) [^,§]{1,90}|(?:also )?(?:cited|relied (?:up)?on)[^,§]{0,40}),|"
    r",? (?:cited|relied (?:up)?on) by (?:the )?\w+(?= (?:is|are)\b))?"
)
HERE = r"(?:(?:[Tt]his|[Tt]he (?:instant|present|case at)|our|these|the case before us|those before us|here|the facts (?:here|of this))\b)"
SUBJECT = r"(?:\b[Ww]e|\bI|\b[Tt]his [Cc]ourt)"
THING = (
    r"(?:(?:The|the|Those|These|that|those|these|and|Both|both|holding|holdings|decisions?|cases?|facts?|situations?|circumstances|"
    r"rule|of|in|presented|involved|our|opinion|reasoning) )*"
)
DISTINCT = (
    r"(?:distinguishable|distinguished|inapposite|not (?:factually )?(?:in|on) point|not (?:here )?(?:controlling|apposite|applicable)|"
    r"inapplicable|dissimilar|of no (?:help|assistance)|wide of the mark)"
)
IN_THIS = r"(?:here|in (?:this|the (?:instant|present|current)) (?:case|appeal|matter))"

TO_THIS = (
    r"(?:here )?(?:(?:control|govern)\b(?! (?:simply|merely|just|directly|these))|"
    r"apply(?:[.,;]|$| here\b| (?:to|in|on) (?:this|these|the (?:instant|present|case at|facts))\b| because\b| since\b))"
)
AT_HAND = r"(?:here|this case|instant|present case|case at bar|in this|[Aa]ppell(?:ant|ee)s?|[Dd]efendants?|[Pp]laintiffs?|[Pp]etitioners?|[Rr]espondents?)"
NONE_HERE = r"(?:(?:can|could) have|has|have|finds?) no application (?:here|(?:to|in) (?:this|the (?:instant|present|case|facts)))"

SHAPES: tuple[tuple[Label, str, str], ...] = (
    (
        "OVERRULES",
        "active",
        (
            rf"{SUBJECT},? {ADV}(?:overrule|disapprove(?: of)?|disavow|abrogate|overturn|repudiate|no longer (?:adhere to|follow))s?,? "
            rf"{OF}{NEXT}{N}"
        ),
    ),
    (
        "OVERRULES",
        "passive",
        (
            rf"{N}{ASIDE},? (?:and (?:its progeny|the cases following it|similar cases)[^§]{{0,30}})?(?:{NEXT})(?:is|are|must be) {ADV}"
            r"(?:overruled|disapproved|disavowed|abrogated)\b(?! by| on other)"
        ),
    ),
    (
        "OVERRULES",
        "sole",
        (
            rf"{N}[^§]*\b(?:it|they|that (?:decision|case|holding|rule)|those cases?|the same) (?:is|are|must be) {ADV}"
            r"(?:overruled|disapproved|disavowed)\b(?! by| on other)"
        ),
    ),
    (
        "OVERRULES",
        "progeny",
        rf"{N} and its progeny, §\d+§[^§;]{{0,80}}, are {ADV}(?:overruled|disapproved|disavowed)\b(?! by| on other)",
    ),
    ("DISTINGUISHES", "active", rf"{SUBJECT},? {ADV}distinguish {THING}{NEXT}{N}"),
    (
        "DISTINGUISHES",
        "active_from",
        rf"{SUBJECT},? {ADV}distinguish {HERE}[^§,;]{{0,60}} from {THING}{NEXT}{N}",
    ),
    (
        "DISTINGUISHES",
        "passive",
        (
            rf"{N}\.?{ASIDE},? (?:{NEXT})(?:(?:both |each |all )?of which )?(?:is|are|was|were|seems?|appears?) (?:to be )?{ADV}(?:factually |each )?{DISTINCT}\b"
            r"(?! (?:from|between) §)"
        ),
    ),
    (
        "DISTINGUISHES",
        "from",
        rf"(?:[Mm]akes? it|{HERE}[^§;]{{0,60}}?) {ADV}(?:factually )?distinguishable from {THING}{N}",
    ),
    (
        "DISTINGUISHES",
        "distinguishes_this",
        rf"distinguish(?:es|ing)? {HERE}[^§,;]{{0,40}} from {THING}{NEXT}{N}",
    ),
    (
        "DISTINGUISHES",
        "thing",
        (
            rf"\b(?:[Dd]ifferences?|[Ff]acts?|[Cc]ircumstances?)\b[^§.;]{{0,100}}?\b{ADV}(?:materially |factually )?distinguish(?:es)? "
            rf"(?:{THING}{N} from (?:this|the (?:instant|present)) (?:case|appeal)|"
            rf"(?:this|the (?:instant|present)|[A-Z]\w+'s) (?:case|ease|appeal|situation) from {THING}§(\d+)§)"
        ),
    ),
    (
        "DISTINGUISHES",
        "makes",
        rf"\b(?:makes|renders) {THING}{N} (?:not applicable|inapplicable|inapposite|distinguishable) here",
    ),
    (
        "DISTINGUISHES",
        "and_not",
        (
            rf"{N}{ASIDE},? (?:applies only|is limited|relates?|refers?|dealt|deals) [^§;]{{5,160}}? and,? (?:(?:therefore|thus|so|hence|consequently),? )?"
            rf"(?:(?:is|are) not (?:controlling|applicable) {IN_THIS}|(?:can )?ha(?:ve|s) no application here)"
        ),
    ),
    ("DISTINGUISHES", "not_control", rf"{N}{ASIDE},? (?:{NEXT})(?:does|do|did) not {TO_THIS}"),
    (
        "DISTINGUISHES",
        "sole",
        (
            rf"{N},? (?:(?:but|and|and yet) )?(?:that|this|the) (?:case|decision) (?:(?:does|do) not {TO_THIS}|"
            rf"is {ADV}{DISTINCT})\b"
        ),
    ),
    (
        "DISTINGUISHES",
        "misplaced",
        rf"\b[Rr]eliance (?:up)?on {THING}{NEXT}{N}[^§;]{{0,50}}?,? (?:is|are|was) {ADV}misplaced",
    ),
    (
        "DISTINGUISHES",
        "unlike",
        (
            rf"^(?:(?:But|And|However|Moreover|Furthermore|Additionally|Finally|Thus|critically),? ){{0,2}}[Uu]nlike "
            rf"(?:in |the (?:\w+ ){{1,6}}(?:in|of) )?(?:the )?{N}(?=.*\b{AT_HAND}\b)"
        ),
    ),
    ("DISTINGUISHES", "unlike", rf"^(?:[Hh]ere|[Ii]n this case), unlike (?:in |the (?:\w+ ){{1,6}}(?:in|of) )?{N}"),
    (
        "DISTINGUISHES",
        "unlike",
        rf"\b[Tt]his (?:case|ease|appeal|situation) is (?:also |thus |therefore )?unlike {THING}{N}",
    ),
    ("DISTINGUISHES", "no_application", rf"{N}{ASIDE},? (?:{NONE_HERE}|has no application[.,;])"),
    (
        "DISTINGUISHES",
        "found",
        rf"{SUBJECT},? {ADV}(?:find|consider|think|deem) {THING}{N}{ASIDE},? (?:to be )?{ADV}{DISTINCT}\b",
    ),
    ("AFFIRMS", "reaffirmed", rf"{SUBJECT},? {ADV}(?:and )?{ADV}re-?affirm,? {OF}{N}"),
    (
        "AFFIRMS",
        "reaffirmed",
        rf"{N} [^§;]{{5,80}} and (?:therefore |thus )?we {ADV}re-?affirm (?:its|that) (?:analysis|holding|rule)",
    ),
    ("AFFIRMS", "reaffirmed", rf"\b[Ww]e (?:address|take|write) [^§;,]{{3,60}} to re-?affirm {OF}{N}"),
    ("AFFIRMS", "reaffirmed", rf"depart from {N},? we decline, and expressly re-?affirm\b"),
    (
        "AFFIRMS",
        "litigation",
        rf"{SUBJECT},? {ADV}affirm (?:its|the) (?:decision|judgment|opinion|holding)s? of the [A-Z][\w ]{{3,40}}? in this case, [^§]{{0,20}}{N}",
    ),
    ("AFFIRMS", "litigation", rf"{N},? and we {ADV}affirm (?:its|that|the) (?:decision|judgment)"),
    (
        "AFFIRMS",
        "litigation_named",
        rf"{SUBJECT},? {ADV}affirm (?:the )?[^§;]{{0,80}}?(?:[Cc]ourt|[Cc]ircuit|[Dd]ivision)[^§;]{{0,60}}?{N}",
    ),
)
PATTERNS: list[tuple[Label, str, re.Pattern[str]]] = [
    (label, kind, re.compile(pattern)) for label, kind, pattern in SHAPES
]
