"""Party names in a holding become roles, so that no option is told by whose case it is."""

from __future__ import annotations

import re
from functools import cached_property

from cap_rlvr.wire.case import Case

_VERSUS = re.compile(r",?\s+(?:v|vs|against|versus)\.?\s+", re.IGNORECASE)
_PROSECUTION = re.compile(
    r"\b(?:state|people|commonwealth|united states|republic|territory|regina|rex)\b", re.IGNORECASE
)
_ROLE = re.compile(
    r"\b(plaintiffs?|defendants?|appellants?|appellees?|petitioners?|respondents?|relators?|complainants?|claimants?|"
    r"libell?ants?|libell?ees?|garnishees?|intervenors?)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z][\w&'’.-]*[A-Za-z]")
_CAPITALISED = re.compile(r"(?<![\w§])[A-Z][\w-]*(?:['’](?!s\b)\w+)?")
_CALLED = re.compile(rf"[^.;\n]{{0,40}}?,?\s+(?:\w+\s+)?{_ROLE.pattern}", re.IGNORECASE)
_TITLE = r"(?:the\s+)?(?:(?:Mr|Mrs|Ms|Dr)\.\s+)?"
_TITLES = frozenset(
    {"judge", "justice", "officer", "sheriff", "mr", "mrs", "ms", "dr", "miss", "governor", "president", "secretary"}
    | {"captain", "sergeant", "detective", "deputy"}
)
_OPENERS = frozenset(
    re.findall(
        r"\w+",
        "a an the in on at of to by for where when whenever while because although though under upon if as since "
        "there absent given unless until after before whether once that",
    )
)
_NOT_A_NAME = frozenset(
    re.findall(
        r"\w+",
        "the and et al inc co corp company ltd llc others another ex parte rel in re matter estate of for city county "
        "town board commission commissioner department division bank insurance appellant appellee plaintiff defendant "
        "error petitioner respondent state states united people commonwealth republic texas mexico new york america "
        "american national first general university school district village association trustees director secretary "
        "attorney court judge sheriff warden jr sr mr mrs miss dr etc als wife husband minor infant heirs executor "
        "administrator guardian taxation revenue railroad railway public service",
    )
)
_LEGAL_CAPITALS = frozenset(
    re.findall(
        r"\w+",
        "a an the i in on at of to by for where when while because although under upon if as since since there absent "
        "given due process clause equal protection privileges immunities first second third fourth fifth sixth seventh "
        "eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth amendment amendments constitution bill "
        "rights congress legislature senate house assembly court courts supreme appeals appeal circuit district federal "
        "judge judges justice clerk sheriff state states united america american territory government governor mayor "
        "council president secretary attorney general city county town village board commission commissioner department "
        "division bureau agency tribe tribal indian code statute statutes act acts section sections article articles "
        "rule rules chapter title part subsection paragraph art sec procedure civil criminal evidence penal law laws "
        "restatement torts contracts uniform commercial january february march april may june july august september "
        "october november december sunday monday tuesday wednesday thursday friday saturday god bible english spanish "
        "mexican british french german german latin arabic christian negro alabama alaska arizona arkansas california "
        "colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana "
        "maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada hampshire jersey "
        "mexico york carolina dakota ohio oklahoma oregon pennsylvania rhode island tennessee texas utah vermont "
        "virginia washington wisconsin wyoming columbia north south west east new dwi dui uim um dna nmsa nmra irs "
        "usc ucc erisa ftca plaintiff plaintiffs defendant defendants appellant appellants appellee appellees "
        "petitioner petitioners respondent respondents relator claimant worker workers employer employee employers "
        "father mother husband wife child children parent parents victim taxpayer insurer insured buyer seller "
        "landlord tenant lessor lessee vendor vendee testator grantor grantee mortgagor mortgagee",
    )
)


class Names:
    """The names in one case: its parties, each with the role to put in the name's place, and what is no name at all."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._common: dict[str, bool] = {}

    @cached_property
    def roles(self) -> dict[str, str]:
        """The parties by each word of their names: a role, or "" where none is known."""
        sides = _VERSUS.split(self._case.name, maxsplit=1)
        if len(sides) != 2:
            return {}
        roles: dict[str, str] = {}
        for side, other in (sides, sides[::-1]):
            if _PROSECUTION.search(side) and not _ROLE.search(side):
                continue
            role = "the defendant" if _PROSECUTION.search(other) else self._role_of(side)
            roles.update({name: role for name in _names(side) if name not in roles})
        return roles

    def is_common(self, word: str) -> bool:
        """Whether the decision also writes a word in lower case, so that it is no name."""
        if word not in self._common:
            written = re.compile(rf"(?<![\w'’]){re.escape(word)}(?![a-z])")
            texts = (self._case.head_matter, *(opinion.text for opinion in self._case.opinions))
            self._common[word] = any(written.search(text) for text in texts)
        return self._common[word]

    def as_roles(self, text: str) -> str | None:
        """A holding with the parties' names made into roles; None where a name stays that no role is known for."""
        first = text.split(maxsplit=1)[0].lower() if text else ""
        if first in _OPENERS or (first.isalpha() and first not in _TITLES and self.is_common(first)):
            text = text[:1].lower() + text[1:]  # a capital of the sentence's, so no forename: `When Bolton failed`
        for name, role in self.roles.items():
            if role and name in text.lower():
                pattern = rf"{_TITLE}(?:[A-Z][\w.]*\s+){{0,2}}(?<!\w)(?i:{re.escape(name)})(?!\w)"
                text = re.sub(pattern, role, text)
        text = re.sub(r"\b(the \w+)(?:\s+\1)+\b", r"\1", text)
        text = text[:1].upper() + text[1:]
        return None if any(self._is_name(word) for word in _CAPITALISED.findall(text)) else text

    def _is_name(self, word: str) -> bool:
        if self.roles.get(_plain(word)) == "":
            return True
        parts = [part for part in re.split(r"[-'’]", word.lower()) if len(part) > 1]
        return any(part not in _LEGAL_CAPITALS and not part.isdigit() and not self.is_common(part) for part in parts)

    def _role_of(self, side: str) -> str:
        """`the appellant`, as the caption, the list of parties or the head matter calls this side; "" where none does."""
        told = _ROLE.search(side)
        if told:
            return f"the {told.group(1).lower()}"
        names = _names(side)
        for text in (*self._case.parties, self._case.head_matter[:2000]) if names else ():
            place = text.lower().rfind(names[-1])
            found = _CALLED.match(text, place + len(names[-1])) if place >= 0 else None
            if found:
                return f"the {found.group(1).lower()}"
        return ""


def _names(side: str) -> list[str]:
    """The words of a party's name, in lower case, without titles, kinds of company and the like."""
    found = (_plain(name) for name in _NAME.findall(side))
    return [name for name in found if len(name) > 2 and name not in _NOT_A_NAME and not _ROLE.fullmatch(name)]


def _plain(name: str) -> str:
    return re.sub(r"['’]s$|\.$", "", name).lower()
