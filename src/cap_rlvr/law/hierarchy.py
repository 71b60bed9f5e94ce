"""Which court may overrule which: its own decisions, and those of the courts that it reviews in its own system.

A panel of a federal circuit or of an intermediate court is bound by its own court: only the court sitting en banc may,
but for the courts that never sit so.
The Supreme Court of the United States may overrule any court (on federal questions, which a citation can't tell).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cap_rlvr.law.courts import STATES, conveyed
from cap_rlvr.wire.case import Court, Jurisdiction

Level = Literal["high", "middle", "trial"]
FEDERAL = "U.S."
_SPELLED = sorted(STATES, key=len, reverse=True)
_CIRCUIT = re.compile(r"\b(\d{1,2}(?:st|nd|rd|d|th)|D\.?C\.?|Fed\.) ?Cir\b|\bCA(\d{1,2}|DC|Fed)\b")
_CRIMINAL = re.compile(r"\bCrim\. ?App\b")
_MIDDLE = re.compile(r"\bApp\b|\bDCA\b|\bAppeals?\b|\bAppellate\b|\bCommw\. ?Ct\b")
_TRIAL = re.compile(
    r"\b(?:Cir|Cty|Cnty|County|Dist|Super|Mun|City|Ch|Sur|Surr|Fam|Prob|Com|C\.P|Crim|Civ|Gen|Sess|Tax|Bankr|Just)\b|"
    r"\b(?:[NSEWMC]\. ?)?D\. ?[A-Z]|\bCircuit Court|\bDistrict Court|\bSuperior Court"
)
_NO_EN_BANC = frozenset({"N.M."})  # three judges are the Court of Appeals, and overrule what three others held
_JUSTICE = re.compile(
    r"^[^a-z]{0,40}?\b(?:Chief |Senior )?(Justice|Judge)\b|^OPINION[A-Z., ]{3,40}?(?:Chief )?(Justice|Judge)\b"
)
_CITED_STATE = re.compile(r"\b\d{1,3} (N\.M\.|Cal\.|Tex\.|Mich\.|Va\.|Fla\.|N\.Y\.) ?(?:2d |3d |4th )?\d")
_NEUTRAL: dict[str, tuple[str, Level]] = {"NMSC": ("N.M.", "high"), "NMCA": ("N.M.", "middle")}


@dataclass(frozen=True)
class Seat:
    """A court's place: its system (a state as citations spell it, or `U.S.`), level, and name within them."""

    system: str
    level: Level
    name: str = ""


def seat_of_court(court: Court, jurisdiction: Jurisdiction) -> Seat | None:
    """The seat of a court from CAP's fields or from a court's name in words; None where they don't tell it."""
    short = court.name_abbreviation or court.name
    if not short:
        return None
    if short in ("U.S.", "Supreme Court of the United States", "United States Supreme Court"):
        return Seat(FEDERAL, "high")
    return _seat(short, jurisdiction.name if jurisdiction.name in STATES else "")


def seat_of_citation(reporters: Sequence[str], court: str) -> Seat | None:
    """The seat of a cited case's court from its reporters and the words in its parentheses; None: not told."""
    if re.search(r"[A-Za-z]", court):
        place = next((title.jurisdiction for title in map(conveyed, filter(None, reporters)) if title.jurisdiction), "")
        place = next((_NEUTRAL[one][0] for one in reporters if one in _NEUTRAL), place or "")
        return _seat(court, place or "")
    for reporter in reporters:
        if reporter in _NEUTRAL:
            return Seat(*_NEUTRAL[reporter])
        title = conveyed(reporter) if reporter else None
        if title and title.jurisdiction and title.court is not None:
            return _of_title(title.jurisdiction, title.court)
    return None


def _of_title(place: str, names: tuple[str, ...]) -> Seat | None:
    if not names:
        return Seat(place, "high") if place in STATES or place == FEDERAL else None
    return _seat(names[0], place)


def _seat(court: str, place: str) -> Seat | None:
    circuit = _CIRCUIT.search(court)
    if circuit:
        return Seat(FEDERAL, "middle", (circuit.group(1) or circuit.group(2)).rstrip("stndrh."))
    state = next((state for state in _SPELLED if court == state or court.startswith(f"{state} ")), "")
    system = state or place
    if not system:
        return None
    rest = court.removeprefix(state).strip()
    if not rest or (_CRIMINAL.search(rest) and system in ("Tex.", "Okla.")):
        return Seat(system, "high", "criminal" if rest else "")
    return _below_or_high(system, rest)


def _below_or_high(system: str, rest: str) -> Seat | None:
    if _MIDDLE.search(rest):
        return Seat(system, "middle", rest)
    if rest in ("Sup. Ct.", "Sup. Jud. Ct.") or rest.startswith("Supreme"):
        return Seat(system, "trial", rest) if system == "N.Y." else Seat(system, "high")
    return Seat(system, "trial", rest) if _TRIAL.search(rest) else None


def seat_by_text(text: str) -> Seat | None:
    """Where a source names no court: the author's title, and the state whose reports the opinion cites most."""
    hit = _JUSTICE.search(text[:90])
    states = Counter(_CITED_STATE.findall(text))
    if not hit or not states:
        return None
    state, times = states.most_common(1)[0]
    title = hit.group(1) or hit.group(2)
    return Seat(state, "high" if title == "Justice" else "middle") if times * 2 >= sum(states.values()) else None


def may_overrule(citing: Seat | None, cited: Seat | None, en_banc: bool = False) -> bool:
    """Whether the citing court has the power to nullify the cited decision; False where either court is unknown."""
    if citing is None or cited is None:
        return False
    if citing.level == "high" and citing.system == FEDERAL:
        return True
    if citing.system != cited.system:
        return False
    if citing.level == "high":
        return True
    whole = en_banc or citing.system in _NO_EN_BANC
    one_court = (
        citing.system in _NO_EN_BANC or citing.name == cited.name
    )  # where there is one, its name is spelled in many ways
    return citing.level == cited.level == "middle" and whole and one_court
