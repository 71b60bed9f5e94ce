"""Concurrences, dissents and opinions on rehearing."""

from __future__ import annotations

from dataclasses import dataclass

from cap_rlvr.corpus.synthetic import authorities
from cap_rlvr.corpus.synthetic.chance import Chance
from cap_rlvr.corpus.synthetic.opinion import author_line, full_citation
from cap_rlvr.corpus.synthetic.posture import Scene
from cap_rlvr.corpus.synthetic.prose import Prose
from cap_rlvr.corpus.synthetic.tables import capital, phrase


@dataclass(frozen=True)
class Written:
    """An opinion with CAP's type and the author as printed."""

    type: str
    author: str
    prose: Prose


def separate_opinions(scene: Scene) -> list[Written]:
    """The opinions beside the majority's, in print order; most cases have none."""
    chance = scene.chance("separate")
    out: list[Written] = []
    if scene.trial:
        return out
    others = [judge for judge in scene.bench if judge != scene.author]
    roll = chance.below(100)
    if roll < 9:
        out.append(_dissent(scene, chance, others[-1]))
    elif roll < 17:
        out.append(_concurrence(scene, chance, others[-2]))
    if scene.rehearing:
        out.append(_rehearing(scene, chance))
    return out


def _signed(scene: Scene, judge: str, word: str) -> tuple[str, Prose]:
    title = "Circuit Judge" if scene.case.system.name == "federal" and scene.case.reporter.level == "middle" else "J."
    author = f"{judge.upper()}, {title}"
    prose = Prose()
    prose.say(f"{author}, {word}.")
    prose.paragraph()
    return author, prose


def _dissent(scene: Scene, chance: Chance, judge: str) -> Written:
    author, prose = _signed(scene, judge, "dissenting")
    prose.say(phrase(chance, "separate", "dissent", scene.words))
    words = {**scene.words, "opposite": scene.case.contrary(1)}
    cited = authorities.home(scene.plan, scene.case, chance, not scene.case.yes, "dissent")
    bodies = [
        "dissent_view",
        "dissent_body",
        "dissent_end_reverse" if "affirmed" in scene.verbs else "dissent_end_affirm",
    ]
    if cited:
        words["cite"] = full_citation(prose, cited, chance)
        bodies.insert(1, "dissent_cite")
    for name in bodies:
        prose.say(capital(phrase(chance, "separate", name, words)))
    return Written("dissent", author, prose)


def _concurrence(scene: Scene, chance: Chance, judge: str) -> Written:
    author, prose = _signed(scene, judge, "concurring")
    prose.say(phrase(chance, "separate", "concurrence", scene.words))
    prose.say(capital(phrase(chance, "separate", "concurrence_body", scene.words)))
    return Written("concurrence", author, prose)


def _rehearing(scene: Scene, chance: Chance) -> Written:
    prose = Prose()
    for line in (phrase(chance, "separate", "rehearing_head", scene.words), author_line(scene)):
        prose.say(line)
        prose.paragraph()
    for name in ("rehearing_body", "rehearing_more"):
        prose.say(capital(phrase(chance, "separate", name, scene.words)))
    prose.paragraph()
    prose.say(phrase(chance, "separate", f"rehearing_{scene.rehearing}", scene.words), "rehearing")
    return Written("rehearing", author_line(scene), prose)
