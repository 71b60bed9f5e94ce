"""The opinion of the court: posture, facts, issue, authorities, treatment of earlier cases, holding and order."""

from __future__ import annotations

from cap_rlvr.corpus.synthetic import authorities
from cap_rlvr.corpus.synthetic.chance import Chance
from cap_rlvr.corpus.synthetic.decisions import Decision
from cap_rlvr.corpus.synthetic.posture import Scene
from cap_rlvr.corpus.synthetic.prose import Prose
from cap_rlvr.corpus.synthetic.tables import capital, fill, phrase, phrases

_LONGEST_EVIDENCE = 38  # words: an evidence span of the entail task has at most 40


def author_line(scene: Scene) -> str:
    pattern = scene.case.system.words["author"].get(scene.case.reporter.level, "{J}, J.")
    return pattern.replace("{J}", scene.author.upper())


def write_memorandum(scene: Scene) -> Prose:
    """The order alone, in its shortest words, of a case decided without an opinion."""
    prose = Prose()
    prose.say(capital(fill(min(phrases("disposition", scene.order), key=len), scene.words)), "disposition")
    return prose


def full_citation(prose: Prose, cited: Decision, chance: Chance) -> str:
    """Cite a decision in full, with its parallels, sometimes a pin page, and the year; remembered in the prose."""
    pin = cited.page + chance.between(1, max(1, cited.last_page - cited.page)) if chance.happens(45) else 0
    prose.cites.append((cited, pin))
    places = [str(cite) for cite in cited.cites]
    if pin:
        places[0] += f", {pin}"
    court = "" if cited.reporter.names_court else f"{cited.court.abbreviation} "
    return f"{cited.name}, {', '.join(places)} ({court}{cited.year})"


def short_citation(cited: Decision, chance: Chance) -> str:
    pin = cited.page + chance.below(max(1, cited.last_page - cited.page + 1))
    return f"{cited.short}, {cited.volume} {cited.reporter.short} at {pin}"


class Majority:
    """Writes one majority opinion into ``prose``; the marks say what is true of it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.case = scene.case
        self.words = scene.words
        self.prose = Prose()
        self.chance = scene.chance("majority")
        self.earlier = authorities.earlier(scene.plan, scene.case, self.chance)

    def write(self) -> Prose:
        self.prose.say(author_line(self.scene))
        self.prose.paragraph()
        self._posture()
        self._facts()
        self._issue()
        self._law()
        self._treatment()
        self._application()
        self._second_question()
        self._order()
        return self.prose

    def _say(self, name: str, **more: str) -> None:
        words = {**self.words, **more} if more else self.words
        self.prose.say(capital(phrase(self.chance, "texts", name, words)))

    def _posture(self) -> None:
        group = "trial_posture" if self.scene.trial else "posture"
        self.prose.say(capital(phrase(self.chance, group, self.case.doctrine.form, self.words)))
        self.prose.paragraph()

    def _facts(self) -> None:
        self._say("trial_facts_lead" if self.scene.trial else "facts_lead")
        facts = self.case.doctrine.facts
        for place, fact in enumerate(facts):
            if place == len(facts) // 2 + 1 and len(facts) > 4:
                self.prose.paragraph()
            self.prose.say(capital(fill(fact, self.words)) + ".")
        self._say("turn")
        self.prose.paragraph()

    def _issue(self) -> None:
        self._say("issue")
        self._say("contend")
        if self.chance.happens(60):
            self._say("respond")
        self._say("trial_review" if self.scene.trial else "review")
        hub = authorities.hub(self.scene.plan, self.case)
        if hub and self.chance.happens(45):
            self._cite("plain_cite", hub, "NONE")
        self.prose.paragraph()

    def _law(self) -> None:
        self._say("rule_lead")
        shared = authorities.shared(self.scene.plan, self.case, self.chance)
        rules = list(self.case.doctrine.rule)
        for place, rule in enumerate(rules):
            self.prose.say(capital(fill(rule, self.words)) + ".")
            if place < len(shared):
                self._cite_with_holding(shared[place])
        for cited in shared[len(rules) :]:
            self._cite_with_holding(cited)
        self.prose.paragraph()
        self._followed()

    def _cite_with_holding(self, cited: Decision) -> None:
        if self.chance.happens(30):
            self._cite("plain_cite", cited, "NONE")
        else:
            self._cite("holding_cite" if cited.yes == self.case.yes else "contra_cite", cited, "NONE")

    def _followed(self) -> None:
        cited = self._from_corpus(self.case.yes) or authorities.home(
            self.scene.plan, self.case, self.chance, self.case.yes, "followed"
        )
        if cited is None:
            return
        self._cite("discuss", cited, "NONE")
        text = phrase(self.chance, "texts", "follow", {**self.words, "name": cited.name})
        self.prose.say(text, "relation", label="FOLLOWS", cited=cited)
        if self.chance.happens(50):
            self._say("short_cite", short=short_citation(cited, self.chance))
        self.prose.paragraph()

    def _treatment(self) -> None:
        roll = self.chance.below(100)
        level = self.case.reporter.level
        if level == "high" and roll < 30:
            self._overrule()
        elif roll < 78:
            self._distinguish()
        if self.chance.happens(25):
            self._concede()
        self._affirm_earlier(level)
        self.prose.paragraph()

    def _distinguish(self) -> None:
        cited = self._from_corpus(not self.case.yes) or authorities.home(
            self.scene.plan, self.case, self.chance, not self.case.yes, "distinguished"
        )
        if cited:
            self._cite("distinguish", cited, "DISTINGUISHES", here=self.case.turn)

    def _overrule(self) -> None:
        cited = self._from_corpus(not self.case.yes, same_court=True) or authorities.home(
            self.scene.plan, self.case, self.chance, not self.case.yes, "overruled"
        )
        if cited:
            self._cite("overrule", cited, "OVERRULES")
            self._say("overrule_why")

    def _concede(self) -> None:
        cited = authorities.home(self.scene.plan, self.case, self.chance, self.case.yes, "conceded")
        if cited:
            self._cite("concession", cited, "NONE")

    def _affirm_earlier(self, level: str) -> None:
        if level == "trial" or self.chance.happens(80 if level == "middle" else 60):
            return
        cited = authorities.home(self.scene.plan, self.case, self.chance, self.case.yes, "reaffirmed")
        if cited and cited.court == self.case.court:
            self._cite("reaffirm", cited, "AFFIRMS")

    def _application(self) -> None:
        self._say("apply_lead")
        self._say("apply")
        for reason in self.chance.some(self.case.side.why, 2):
            self.prose.say(capital(fill(reason, self.words)) + ".")
        if self.chance.happens(40):
            self._say("statute")
        name = "trial_hold" if self.scene.trial else "hold"
        self._hold(name, self.case.hold(0), self.case.doctrine.name)
        self.prose.paragraph()

    def _hold(self, name: str, hold: str, point: str) -> None:
        text = phrase(self.chance, "texts", name, {"hold": hold})
        self.prose.say(text, "hold", holding=hold, point=point)

    def _second_question(self) -> None:
        point = self.scene.point
        if point is None:
            if self.chance.happens(50):
                self._say("extra")
                self.prose.paragraph()
            return
        words = {"question": fill(point.question, self.words), "fact": capital(fill(point.fact, self.words))}
        self._say("side_lead", **words)
        self._say("side_fact", **words)
        self._say("side_reason")
        side = point.yes if self.scene.point_won else point.no
        self._hold("side_hold", fill(self.chance.pick(side.hold), self.words), point.touches)
        self.prose.paragraph()
        if self.chance.happens(50):
            self._say("extra")
            self.prose.paragraph()

    def _order(self) -> None:
        below = authorities.below(self.scene.plan, self.case) if self.case.reporter.level == "high" else None
        if below and self.scene.order == "affirmed" and self.chance.happens(60):
            self._cite("affirm_litigation", below, "AFFIRMS")
        text = capital(phrase(self.chance, "disposition", self.scene.order, self.words))
        self.prose.say(text, "disposition")
        self.prose.paragraph()
        if not self.scene.trial and self.chance.happens(70):
            others = [judge for judge in self.scene.bench if judge != self.scene.author]
            words = {"j1": others[0], "j2": others[1], "j3": others[2]}
            self.prose.say(phrase(self.chance, "separate", "concur_line", words))

    def _from_corpus(self, yes: bool, same_court: bool = False) -> Decision | None:
        """An earlier case of the corpus that came out on that side, each used once."""
        for cited in self.earlier:
            if cited.yes == yes and not (same_court and cited.court != self.case.court):
                self.earlier.remove(cited)
                return cited
        return None

    def _cite(self, name: str, cited: Decision, label: str, **more: str) -> None:
        """Print a sentence that cites a decision in full, and mark it as a relation."""
        hold = cited.hold(2)
        words = {
            **self.words,
            "cite": full_citation(self.prose, cited, self.chance),
            "name": cited.name,
            "hold": hold,
            "turn": cited.turn,
            **more,
        }
        text = self._fitting(name, words) if label != "NONE" else fill(self.chance.pick(phrases("texts", name)), words)
        facts = {"holding": hold} if f"(holding that {hold})" in text else {}
        self.prose.say(capital(text), "relation", label=label, cited=cited, **facts)

    def _fitting(self, name: str, words: dict[str, str]) -> str:
        """The first wording that is short enough to be evidence, else the shortest."""
        texts = [fill(template, words) for template in self.chance.some(phrases("texts", name), 9)]
        return next((text for text in texts if text.count(" ") < _LONGEST_EVIDENCE), min(texts, key=len))


def write_majority(scene: Scene) -> Prose:
    return Majority(scene).write()
