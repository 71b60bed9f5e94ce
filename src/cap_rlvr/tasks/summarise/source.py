"""A truth made ready for scoring: what the source says, word by word, and what the reference asks for.

Everything here is worked out once for a truth and kept for the completions of its group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise

from cap_rlvr import linear
from cap_rlvr.answer import normalise
from cap_rlvr.tasks.summarise.truth import Reference, SummariseTruth
from cap_rlvr.tasks.summarise.words import (
    is_content,
    negations,
    number,
    read_list,
    salient,
    sentences,
    stem,
    weight,
    word_list,
    words,
)

KEY_TERMS = 24  # the reference's salient terms that recall is measured over, the rarest first
MIN_KEY_TERMS = 5
NEAR = 10  # words
_ROLES = (
    "plaintiff|defendant|appellant|appellee|petitioner|respondent|complainant|relator|claimant|"
    "libelant|libellant|prosecutor|insurer|insured|lessor|lessee|vendor|vendee|mortgagor|mortgagee|buyer|seller"
)
_OPPOSITES = {
    "plaintiff": {"defendant"}, "defendant": {"plaintiff"}, "appellant": {"appellee", "respondent"},
    "appellee": {"appellant", "petitioner"}, "petitioner": {"respondent", "appellee"}, "respondent": {"petitioner", "appellant"},
    "complainant": {"defendant"}, "claimant": {"libelant", "libellant"}, "libelant": {"claimant"}, "libellant": {"claimant"},
    "insurer": {"insured"}, "insured": {"insurer"}, "lessor": {"lessee"}, "lessee": {"lessor"}, "vendor": {"vendee"},
    "vendee": {"vendor"}, "mortgagor": {"mortgagee"}, "mortgagee": {"mortgagor"}, "buyer": {"seller"}, "seller": {"buyer"},
}  # fmt: skip
_ROLE_THEN_NAME = linear.compile(rf"\b(?i:({_ROLES}))s?,? (?:in error,? )?([A-Z][A-Za-z'&-]{{2,}})")
_NAME_THEN_ROLE = linear.compile(
    rf"\b([A-Z][A-Za-z'&-]{{2,}})(?:,? (?:as )?(?:the|an|a)|,| \((?:the )?| (?:is|was) (?:the|an|a)) (?i:({_ROLES}))s?\b"
)


_NAME = linear.compile(r"[a-z,;] ([A-Z][a-z]+[A-Za-z-]*)")
_ACTORS = word_list("actors")
MIN_SHARED = 3  # salient terms of a statement that can be compared with another
_CLAUSES = linear.compile(
    r"(?i)[,;:()]|\b(?:that|which|who|whom|where|when|if|although|though|because|but|unless|while|held|whether|since|until)\b"
)
_DENIAL = linear.compile(  # what makes a sentence out of a statement that says the contrary
    r"(?i)\b(?:(?:it )?(?:is|was|were|be|would be) (?:false|untrue|wrong|incorrect|mistaken|bad law|not true|not the law|not so|no law)"
    r"(?: to (?:say|hold|think))?|(?:reject|repudiat|refut|disavow)\w*(?: \w+){0,3}"
    r"|(?:(?:can|could|may) (?:hardly|scarcely|never|not)|cannot|no court has|no one can) (?:be )?(?:say|said|hold|held)) that\b"
)
_UNTRUE = (
    r"(?:false|untrue|wrong|incorrect|mistaken|bad law|no law|not (?:true|right|so|the (?:law|rule|case|holding)))"
)
_NOT_HELD = (
    r"(?:the|this) (?:court|law|decision|opinion) (?:(?:did|does|would|could) not|never|refuse[ds]|decline[ds]|reject(?:ed|s)"
    r"|denie[ds]|disapprove[ds])(?: [\w-]+){0,4}"
)
_DENIED_AFTER = linear.compile(  # what stands after a statement and says that it does not hold
    rf"(?i)(?:[,;:]? *(?:\b(?:which|and|but|yet|so)\b,? *)?(?:\b(?:that|this|it)\b *)?\b(?:is|was|were)"
    rf" (?:{_UNTRUE}|(?:exactly |just |precisely )?what {_NOT_HELD})|[,;:] *(?:which|and|but|yet|so|a \w+ that)? *{_NOT_HELD})[ .!]*$"
)
_DENIES_BEFORE = linear.compile(  # a sentence that says so of the one before it
    rf"(?i)^\W*(?:but |yet |however,? )?(?:(?:that|this|it|such|the (?:contrary|opposite))\b(?: [\w-]+){{0,2}} (?:is|was) (?:{_UNTRUE}"
    rf"|the law|what {_NOT_HELD})|(?:the|this) court (?:(?:did|does|would) not (?:so(?: hold| say| rule)?|(?:hold|say|agree to) (?:so|that|this))|(?:never|refused|declined)"
    rf"(?: to)? (?:so |hold |say ){{1,2}}(?:so|that|this)?|(?:rejected|denied|disapproved|repudiated)(?: of)? (?:this|that|such|it)\b"
    rf"(?: [\w-]+){{0,2}}))\W*$"
)
_THAT = linear.compile(r"(?i)\bthat\b")
_PARTS = linear.compile(r"(?i);|\bheld\b[,:]? ?(?:that)?")


@dataclass(frozen=True)
class Statement:
    """A sentence (``whole``) or clause: its salient terms, whether it negates an odd number of times, whom it names.

    ``actors`` are the roles of persons in order, each where it first stands: `the buyer sued the seller`.
    """

    terms: frozenset[str]
    odd: bool
    whole: bool
    actors: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Key:
    """A truth as the scorer uses it.

    ``pairs`` are the source's words beside one another, ``neighbours`` the terms near each term there, ``together`` there or in
    the reference. ``places`` are up to four positions of each run of three words; ``joined`` is its words between
    spaces. ``asked`` are the key terms with their weights; ``expected`` all salient terms of the reference.
    ``constant`` is what the best constant brief earns in `term_score`; ``told`` whether a syllabus was given.
    """

    disposition: frozenset[str]
    words: tuple[str, ...]
    joined: str
    vocabulary: frozenset[str]
    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    places: dict[tuple[str, str, str], tuple[int, ...]]
    neighbours: dict[str, frozenset[str]]
    together: dict[str, frozenset[str]]
    numbers: frozenset[str]
    names: frozenset[str]
    arts: frozenset[str]
    roles: dict[str, frozenset[str]]
    asked: dict[str, int]
    expected: frozenset[str]
    reference: tuple[Statement, ...]
    constant: float
    told: bool

    def recall(self, terms: frozenset[str]) -> float:
        """The share of the key terms, weighed by rarity, that are among these."""
        wanted = sum(self.asked.values())
        return sum(value for term, value in self.asked.items() if term in terms) / wanted if wanted else 0.0

    def specific(self, terms: frozenset[str], own: frozenset[str]) -> float:
        """The share of terms, weighed by rarity, that are ``own``, in the source and in no constant brief."""
        said = sum(weight(term) for term in terms)
        telling = (own & self.stems) - of_constants()
        return sum(weight(term) for term in telling) / said if said else 0.0

    def term_score(self, terms: frozenset[str], counted: frozenset[str] | None = None) -> float:
        """The harmonic mean of recall and precision of salient terms against the reference, both weighed by rarity.

        With ``counted``, only those of them are hits; the others still cost precision.
        """
        hits = terms if counted is None else counted
        said = sum(weight(term) for term in terms)
        if not said:
            return 0.0
        recall = self.recall(hits)
        precision = sum(weight(term) for term in hits if term in self.expected) / said
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def key_of(truth: SummariseTruth) -> Key:
    """A truth's index; the brief that its gold is made of has no part in it."""
    return _key_of(truth.source, truth.ground_truth)


@lru_cache(maxsize=64)  # the completions of one group are judged against one truth
def _key_of(shown: str, reference_given: Reference) -> Key:
    source = normalise(shown)[0]
    said = words(source)
    stems = frozenset(stem(word) for word in said)
    syllabus = normalise(reference_given.syllabus)[0]
    reference = tuple(one for low, high in sentences(syllabus) for one in statements(syllabus[low:high]))
    asked, expected = _key_terms(said, stems, syllabus)
    key = Key(
        disposition=frozenset(reference_given.disposition),
        words=tuple(said),
        joined=f" {' '.join(said)} ",
        vocabulary=frozenset(said),
        stems=stems,
        pairs=frozenset(pairwise(said)),
        places=_places(said),
        neighbours=_neighbours(said),
        together=_merged(_neighbours(said), _neighbours(words(syllabus))),
        numbers=frozenset(filter(None, map(number, said))),
        names=frozenset(hit.group(1).lower() for hit in _NAME.finditer(source)),
        arts=arts(said),
        roles=_roles_of(reference_given, source),
        asked=asked,
        expected=expected,
        reference=reference,
        constant=0.0,
        told=bool(syllabus) and len(asked) >= MIN_KEY_TERMS,
    )
    best = max((key.term_score(terms) for terms in constants()), default=0.0)
    object.__setattr__(key, "constant", best)
    return key


def said_roles(text: str) -> list[tuple[str, str]]:
    """The (name, role) pairs that a text states, both in lower case: `plaintiff Mosher`, `Mosher, the plaintiff`."""
    pairs = [(hit.group(2), hit.group(1)) for hit in _ROLE_THEN_NAME.finditer(text)]
    pairs += [(hit.group(1), hit.group(2)) for hit in _NAME_THEN_ROLE.finditer(text)]
    return [(name.lower().removesuffix("'s"), role.lower()) for name, role in pairs]


def contradicts(role: str, known: frozenset[str]) -> bool:
    """Whether someone known only in opposite roles is given this one."""
    return role not in known and bool(_OPPOSITES.get(role, set[str]()) & known)


def arts(text_words: list[str]) -> frozenset[str]:
    """The terms of art in a text, each as it stands in the frozen list."""
    single, double = _art_index()
    stems = [stem(word) for word in text_words]
    found = {single[term] for term in stems if term in single}
    runs = zip(stems, stems[1:], [*stems[2:], ""], strict=False)
    for first, second, third in runs:
        found.update(double[run] for run in ((first, second), (first, second, third)) if run in double)
    return frozenset(found)


@cache
def constants() -> tuple[frozenset[str], ...]:
    """The salient terms of each frozen constant brief."""
    return tuple(frozenset(line.split()) for line in read_list("constants.txt"))


@cache
def of_constants() -> frozenset[str]:
    """The terms of all constant briefs: of no decision alone."""
    return frozenset(term for constant in constants() for term in constant)


@cache
def _art_index() -> tuple[dict[str, str], dict[tuple[str, ...], str]]:
    single: dict[str, str] = {}
    double: dict[tuple[str, ...], str] = {}
    for term in read_list("terms_of_art.txt"):
        stems = tuple(stem(word) for word in words(term))
        if len(stems) == 1:
            single[stems[0]] = term
        else:
            double[stems] = term
    return single, double


def joined(spoken: Sequence[str]) -> list[str]:
    """Sentences, each with the next one put into it where it is denied there (`This is not the law.`)."""
    found: list[str] = []
    for sentence in spoken:
        if found and _DENIES_BEFORE.search(sentence):
            found[-1] = f"{found[-1].rstrip('. ')}, which is not so."
        else:
            found.append(sentence)
    return found


@lru_cache(maxsize=64)  # the sentences of a summary are asked for several times
def statements(sentence: str) -> tuple[Statement, ...]:
    """A sentence as statements: whole, the parts that a semicolon or a "held" divides, and its clauses.

    What is denied behind it (`…, which the court did not hold`) is the contrary, and only as a whole; the reference may
    have it as a clause.
    """
    after = _DENIED_AFTER.search(sentence)
    if after:
        body = sentence[: after.start()]
        tails = [body, *(body[hit.end() :] for hit in _THAT.finditer(body))]
        told = [one for text in tails for one in statements(text)]
        all_of_it = {one.terms for one in told if one.whole}
        return tuple(replace(one, odd=not one.odd) for one in told if one.terms in all_of_it)
    denied = [f"not {text}" for text in _DENIAL.split(sentence)[1:]]
    sentence = _DENIAL.sub(" not ", sentence)
    pieces = [part for part in _PARTS.split(sentence) if part]
    wholes = dict.fromkeys([sentence, *pieces[:1], *pieces[-1:], *denied[-1:]])
    found = [_statement(text, whole=True) for text in wholes]
    found += [clause_statement(text) for text in clauses(sentence)]
    return tuple(one for one in found if len(one.terms) >= MIN_SHARED)


def clauses(sentence: str) -> list[str]:
    """The pieces of a sentence between commas, brackets and words that open a clause."""
    return [text for text in _CLAUSES.split(sentence) if text]


def clause_statement(text: str) -> Statement:
    """A clause as a statement."""
    return _statement(text, whole=False)


def _statement(text: str, whole: bool) -> Statement:
    said = words(text)
    actors = dict.fromkeys(stem(word) for word in said if word in _ACTORS)
    return Statement(frozenset(salient(said)), negations(said) % 2 == 1, whole, tuple(actors))


def _key_terms(said: list[str], stems: frozenset[str], syllabus: str) -> tuple[dict[str, int], frozenset[str]]:
    """The terms that a summary should hold: of the syllabus, as far as the source has them; else of the source itself."""
    told = salient(words(syllabus))
    counts: dict[str, int] = {}
    for term in told or salient(said):
        counts[term] = counts.get(term, 0) + 1
    known = [term for term in counts if term in stems]
    if told:
        ranked = sorted(known, key=lambda term: (-weight(term) - min(2, counts[term] - 1), term))
    else:
        ranked = sorted(known, key=lambda term: (-weight(term) * min(6, counts[term]), term))
    asked = {term: weight(term) for term in ranked[:KEY_TERMS]}
    return asked, frozenset(counts) if told else frozenset(ranked[: 3 * KEY_TERMS])


def _places(said: list[str]) -> dict[tuple[str, str, str], tuple[int, ...]]:
    places: dict[tuple[str, str, str], tuple[int, ...]] = {}
    for index, run in enumerate(zip(said, said[1:], said[2:], strict=False)):
        before = places.get(run, ())
        if len(before) < 4:
            places[run] = (*before, index)
    return places


def _neighbours(said: list[str]) -> dict[str, frozenset[str]]:
    """The content words (stems) that come within a few words of each content word, before or after it."""
    terms = [stem(word) if is_content(word) else "" for word in said]
    found: dict[str, set[str]] = {}
    for index, term in enumerate(terms):
        if term:
            found.setdefault(term, set()).update(terms[max(0, index - NEAR) : index + 1 + NEAR])
    return {term: frozenset(others - {"", term}) for term, others in found.items()}


def _merged(one: dict[str, frozenset[str]], other: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {term: one.get(term, frozenset()) | other.get(term, frozenset()) for term in one.keys() | other.keys()}


def _roles_of(given: Reference, source: str) -> dict[str, frozenset[str]]:
    roles: dict[str, set[str]] = {}
    for name, role in said_roles(source):
        roles.setdefault(name, set()).add(role)
    for party in given.key_parties:
        for name in words(party.name):
            if party.role and len(name) > 2:
                roles.setdefault(name, set()).add(party.role.lower())
    return {name: frozenset(found) for name, found in sorted(roles.items())}
