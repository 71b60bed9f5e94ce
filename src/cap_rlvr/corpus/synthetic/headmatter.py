"""What is printed above the opinion: caption, docket, court, date, headnote and syllabus, counsel, bench."""

from __future__ import annotations

from dataclasses import dataclass

from cap_rlvr.corpus.synthetic.chance import Chance
from cap_rlvr.corpus.synthetic.decisions import printed_day
from cap_rlvr.corpus.synthetic.posture import Scene
from cap_rlvr.corpus.synthetic.prose import Prose
from cap_rlvr.corpus.synthetic.tables import capital, fill, phrase
from cap_rlvr.corpus.synthetic.values import printed_date


@dataclass(frozen=True)
class HeadMatter:
    prose: Prose
    attorneys: list[str]
    judges: list[str]


def write_head_matter(scene: Scene, syllabus: bool = True) -> HeadMatter:
    """Some cases have no syllabus, as in the real reports; none has one if ``syllabus`` is False."""
    case, chance = scene.case, scene.chance("head")
    prose = Prose()
    attorneys = _counsel(scene, chance)
    judges = [_bench(scene)] if chance.happens(35) and not scene.trial else []
    lines = [case.caption, case.docket]
    if len(case.reporter.courts) > 1 or chance.happens(40):
        lines.append(f"{case.court.name}.")
    lines += _dates(scene, chance)
    for line in lines:
        _line(prose, line)
    if chance.happens(85) and syllabus:
        _syllabus(scene, prose, chance)
    if not scene.trial and chance.happens(50):
        _line(prose, fill("Appeal from the {trial} of {venue}, {witness2}, J.", scene.words))
    for line in [*attorneys, *judges]:
        _line(prose, line)
    return HeadMatter(prose, attorneys, judges)


def _line(prose: Prose, text: str) -> None:
    prose.say(text)
    prose.paragraph()


def _dates(scene: Scene, chance: Chance) -> list[str]:
    decided = printed_day(scene.case)
    if chance.happens(50):
        return [f"{decided}."]
    argued = printed_date(scene.case.day - chance.between(30, 160))
    return [f"Argued {argued}.", f"Decided {decided}."] if chance.happens(50) else [f"{argued}. — {decided}."]


def _syllabus(scene: Scene, prose: Prose, chance: Chance) -> None:
    case = scene.case
    heads = case.doctrine.heads.split("; ")
    prose.say(". ".join(head.upper() if place == 0 else head for place, head in enumerate(heads)) + ".")
    if chance.happens(60):
        prose.paragraph()
    hold = case.hold(1)
    words = {"hold": hold, "turn": case.turn, "Facts": capital(fill(chance.pick(case.doctrine.facts), scene.words))}
    prose.say(phrase(chance, "texts", "syllabus_hold", words), "hold", holding=hold, point=case.doctrine.name)
    prose.paragraph()
    if scene.point and chance.happens(50):
        side = scene.point.yes if scene.point_won else scene.point.no
        hold = fill(side.hold[-1], scene.words)
        prose.say(f"Held, further, that {hold}.", "hold", holding=hold, point=scene.point.touches)
        prose.paragraph()


def _counsel(scene: Scene, chance: Chance) -> list[str]:
    words = {**scene.words, **{name: scene.words[name] for name in ("lawyer", "lawyer2", "town", "firm")}}
    first = phrase(chance, "counsel", "first", words)
    people = scene.case.doctrine.form == "criminal"
    words |= {"lawyer": scene.words["lawyer3"], "lawyer2": scene.words["lawyer4"], "firm": scene.words["firm2"]}
    return [first, phrase(chance, "counsel", "people" if people else "second", words)]


def _bench(scene: Scene) -> str:
    first, second, third = scene.bench[:3]
    return f"Before {first.upper()}, {second.upper()} and {third.upper()}, JJ."
