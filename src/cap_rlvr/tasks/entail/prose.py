"""Whether a reasoning is prose of its own: no salad of words, no list, no copy of the passage."""

from __future__ import annotations

from itertools import pairwise

from cap_rlvr import linear
from cap_rlvr.law.words import words as words_of
from cap_rlvr.tasks.entail.truth import Words, read_words

MIN_WORDS, MAX_WORDS = 20, 120
MAX_CHARS = 3_000  # of a reasoning: words without end, or marks between few words, would cost 200 milliseconds
FUNCTION_SHARE = (0.28, 0.76)  # names left out
MIN_DISTINCT = 0.8  # of runs of three words
A_PAIR = (
    20  # words, in which two function words at least stand together: terms between single ones are a list in disguise
)
MAX_BROKEN = 1  # of those pairs: of 522 passages of real opinions 27 have one, and one has two
MAX_UNBROKEN = 45  # words of a sentence without a comma
MAX_COPIED = 14  # words in a row from the passage, names and citations included
MAX_WITHOUT_VERB = 30  # words, names not counted
_PAUSE = linear.compile(r"[,;:(-]")
_SENTENCE = linear.compile(r"[.!?][\"')\]*]*\s+")
_BEGUN = linear.compile(r"[\p{L}\p{N},] (?:The|It|In|And|That|Is|Of|To|Which|This|Its|As|By|On|For) [\p{Ll}]")
_STRAY = linear.compile(r"(?i)\b(?:is|are|was|of|and|the|in|it|to|that|by|on|for) v\b")  # a name torn apart
_LETTERS = linear.compile(r"(?:\b\pL [^\pL\pN]*){6}")  # a word letter by letter, which no list of words reads
_LIST = linear.compile(r"(?:[\p{L}'-]+[,;]\s+){5}")  # five words with nothing but commas between them
_FUNCTION = frozenset(
    words_of(
        "a an the this that these those it its he she they them their his her we us our you i who whom whose which what where when why "
        "how if then than so as at by for from in into of off on onto out over to under up upon with within without about against "
        "between through during before after above below not no nor neither either or and but yet while because since although though "
        "unless until whether is are was were be been being am has have had having do does did done can could may might must shall "
        "should will would there here both each every all any some such own same only just also too very more most less one other "
        "another rather instead once now itself himself themselves nothing something anything"
    )
)
_ARTICLES = frozenset({"a", "an", "the", "its", "their", "every", "our", "your", "my"})
_AFTER_ARTICLE = frozenset(
    [
        "same",
        "own",
        "other",
        "such",
        "most",
        "more",
        "very",
        "above",
        "one",
        "only",
        "just",
        "less",
        "too",
        "all",
        "both",
        "not",
        "once",
        "now",
        "here",
    ]
)
_PREPOSITIONS = frozenset(
    [
        "of",
        "in",
        "for",
        "from",
        "by",
        "with",
        "at",
        "into",
        "against",
        "between",
        "during",
        "upon",
        "within",
        "without",
        "toward",
        "onto",
    ]
)
_BE = frozenset({"is", "are", "was", "were"})
_MODALS = frozenset(["can", "could", "may", "might", "must", "shall", "should", "will", "would"])
_HELPERS = _BE | _MODALS | {"am", "be", "has", "have", "had", "do", "does", "did"}
_PRONOUNS = frozenset({"it", "he", "she", "they", "we", "i"})
_JOINTS = frozenset({"and", "or", "but", "nor", "than"})
# Pairs that no English sentence has, but for a slip or a word left at the end of its clause.
_POINTERS = frozenset({"this", "these", "those", "no", "any", "each", "every"})
_NEVER_NEXT: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (_ARTICLES, _FUNCTION - _AFTER_ARTICLE),
    (_PREPOSITIONS, _HELPERS | _JOINTS | {"he", "she", "they", "we", "of", "because", "although", "unless"}),
    (_HELPERS, _HELPERS - {"be", "have", "do"}),
    (_MODALS, _PREPOSITIONS | {"the", "a", "an", "and", "or"}),
    (_BE | {"not"}, frozenset({"and", "or", "does", "did", "do"})),
    (_JOINTS, _JOINTS),
    (_PRONOUNS, _PRONOUNS | _ARTICLES),
    (_POINTERS, _POINTERS | _ARTICLES | {"than", "then", "when", "if"}),
)
_NO_END = _ARTICLES | _JOINTS | {"because", "although", "unless", "whether"}
_AFTER_VERB = frozenset({"the", "a", "an", "that", "it", "this", "its", "to", "on", "for", "no", "not", "only"})
_NO_NOUN = frozenset({"affirms", "reaffirms", "overrules", "distinguishes", "upholds", "relies", "says", "explains"})
_FINITE = frozenset(
    words_of(
        "is are was were has have had do does did can could may might must shall should will would says said holds held states stated "
        "declares declared declines declined applies applied cites cited shows showed finds found treats treated explains explained "
        "relies relied refuses refused rejects rejected follows followed uses used makes made gives gave calls called upholds upheld "
        "stands stood concerns concerned involves involved turns turned reaches reached concludes concluded overrules overruled "
        "distinguishes distinguished affirms affirmed reaffirms reaffirmed adopts adopted disapproves quotes quoted mentions mentioned"
    )
)


def form_fault(text: str, said: Words, context: Words) -> str:
    """`length`, `not_prose` (a list) or `copied`; empty where a reasoning has the form of one."""
    if not MIN_WORDS <= len(said.words) <= MAX_WORDS:
        return "length"
    if _LIST.search(text):
        return "not_prose"
    return "copied" if _copies(said, context) else ""


def is_prose(text: str, names: frozenset[str]) -> bool:
    """Function words in the share of English prose, a finite verb again and again, and no phrase said over and over.

    In ``text`` the cases' names are signs, without their stops (`Unified Sch. Dist.`); ``names`` are their words, which count
    neither for nor against.
    """
    text = text.replace("...", " ")
    words = read_words(text).words
    own = ["" if word in names and word not in _FUNCTION else word for word in words]
    share = sum(word in _FUNCTION for word in own) / max(1, sum(map(bool, own)))
    trigrams = list(zip(words, words[1:], words[2:], strict=False))
    if not FUNCTION_SHARE[0] <= share <= FUNCTION_SHARE[1] or len(set(trigrams)) < MIN_DISTINCT * len(trigrams):
        return False
    if any(before in _ARTICLES and word in _NO_NOUN for before, word in pairwise(own)):
        return False
    if _LETTERS.search(text) or not _is_ordered(own) or not all(map(_is_sentence, _SENTENCE.split(text.strip()))):
        return False
    finite = [place for place, (word, after) in enumerate(pairwise([*own, ""])) if _is_finite(word, after)]
    verbs = [-1, *finite, len(own)]
    return len(verbs) > 2 and max(after - before for before, after in pairwise(verbs)) <= MAX_WITHOUT_VERB


def _is_sentence(text: str) -> bool:
    """Whether a sentence begins as one, ends as one, and has no other beginning in its middle."""
    words = words_of(text)
    if not words:
        return True
    if _STRAY.search(text) or (len(words) > MAX_UNBROKEN and not _PAUSE.search(text)):
        return False
    return (
        not (words[0][0].islower() and text.lstrip()[0].isalpha())
        and words[-1].lower() not in _NO_END
        and not _BEGUN.search(text)
    )


def _is_finite(word: str, after: str) -> bool:
    """Whether a word can carry a sentence: a known verb, a past tense, or a form in -s with what a verb has after it."""
    return word in _FINITE or (len(word) > 4 and word.endswith("ed")) or (word.endswith("s") and after in _AFTER_VERB)


def _is_ordered(words: list[str]) -> bool:
    """Whether function words follow one another as in English: some do, and hardly any as they can't (`the of`, `is for has`)."""
    pairs = [pair for pair in pairwise(words) if pair[0] in _FUNCTION and pair[1] in _FUNCTION]
    broken = sum(any(one in before and other in after for before, after in _NEVER_NEXT) for one, other in pairs)
    return len(pairs) >= len(words) // A_PAIR and broken <= MAX_BROKEN


def _copies(said: Words, context: Words) -> bool:
    """Whether more than MAX_COPIED words in a row are the passage's."""
    size = MAX_COPIED + 1
    if len(said.words) < size:
        return False
    text = context.joined
    return any(f" {' '.join(said.words[at : at + size])} " in text for at in range(len(said.words) - size + 1))
