"""Answers as different models write them, to passages of each label: all of them right, each in its own words."""

from cap_rlvr.tasks.entail import TASK
from cap_rlvr.tasks.entail.truth import EntailTruth, Label


def _truth(label: Label, context: str, evidence: str, citing: str, cited: str) -> EntailTruth:
    start = context.index(evidence)
    return EntailTruth(
        context=context, label=label, evidence_span=(start, start + len(evidence)), citing=citing, cited=cited
    )


DISTINGUISHED = TASK.read_truth(TASK.example)
_OVERRULING = (
    "The surety points to Drum v. Pike, 9 Mich. 1 (1860), where a bond without a seal was held void. We have looked at that rule again. "
    "We now overrule Drum, because the statute of 1871 did away with seals and nobody in trade has used one since. The wagon was paid "
    "for in cash, and Lunt v. Moss, 12 Mich. 8 (1863), has nothing to say of that. The surety must therefore pay."
)
OVERRULED = _truth(
    "OVERRULES", _OVERRULING, "We now overrule Drum, because the statute of 1871 did away with seals and nobody in trade has used one since.",
    "Vane v. Holt", "Drum v. Pike",
)  # fmt: skip
_AFFIRMING = (
    "The carrier was licensed in one county and drove in two. The Second Circuit held that the license covered both counties, since the "
    "road crosses the border twice. 90 F. 449 (1899). Other circuits, as in Reed v. Marsh, 88 F. 12 (1898), read the license by its letter. "
    "A license that ends in the middle of a road serves no one. The judgment of the Court of Appeals for the Second Circuit is affirmed."
)
AFFIRMED = _truth(
    "AFFIRMS", _AFFIRMING, "The judgment of the Court of Appeals for the Second Circuit is affirmed.", "Barge Co. v. Lane", "Barge Co. v. Lane"
)  # fmt: skip
_REAFFIRMING = (
    "Counsel asks us to give up the rule of Birch v. Nolan, 30 Mich. 77 (1874), that a finder of lost cattle must advertise before he sells. "
    "The rule protects the owner and costs the finder a shilling. We reaffirm Birch, and hold that the notice must stand in a paper of the "
    "county. Gray v. Poole, 33 Mich. 2 (1876), was a case of stolen cattle and is distinguishable."
)
REAFFIRMED = _truth(
    "AFFIRMS", _REAFFIRMING, "We reaffirm Birch, and hold that the notice must stand in a paper of the county.", "Hall v. Crane", "Birch v. Nolan"
)  # fmt: skip
ONLY_CITED = _truth(
    "NONE", DISTINGUISHED.context, "The general rule is stated in Quill v. Ames, 77 Mich. 310 (1889), and needs no further support.",
    "Stone v. Weller", "Quill v. Ames",
)  # fmt: skip
_TOLD = (
    "The buyer leans on Frost v. Day, 15 Mich. 40 (1867), overruled on other grounds by Hale v. Orr, 50 Mich. 9 (1883), for the measure of "
    "damages in a sale of wheat. The price on the day of delivery is the measure, as Frost says. The seller argues that the wheat was damp, "
    "but no witness weighed it."
)
TOLD_ONLY = _truth(
    "NONE", _TOLD,
    "The buyer leans on Frost v. Day, 15 Mich. 40 (1867), overruled on other grounds by Hale v. Orr, 50 Mich. 9 (1883), for the measure of damages",
    "Katz v. Rowe", "Frost v. Day",
)  # fmt: skip
_TRIED = (
    "The agent tries to distinguish Wynn v. Cobb, 21 Mich. 5 (1870), on the ground that the mill there stood on a stream. We are not persuaded. "
    "A mill is a mill, whatever turns its wheel, and the lien of the builder attaches to it as soon as the first timber is laid."
)
TRIED = _truth(
    "NONE", _TRIED, "The agent tries to distinguish Wynn v. Cobb, 21 Mich. 5 (1870), on the ground that the mill there stood on a stream.",
    "Ives v. Tuck", "Wynn v. Cobb",
)  # fmt: skip

HONEST: list[tuple[EntailTruth, str]] = [
    (DISTINGUISHED, "In Stone v. Weller the court distinguishes Harker v. Bolton because in Harker the landlord knew of the breach when he took the rent, while here he had no notice."),
    (DISTINGUISHED, "The court in Stone finds Harker distinguishable: the landlord there took rent with knowledge of the breach, and in this case he had no notice. It is not overruled, merely held inapplicable."),
    (DISTINGUISHED, "Stone v. Weller does not overrule or affirm Harker v. Bolton. Instead, it explains that Harker rested on a landlord's knowledge of the breach, a fact that is missing here, and so treats it as distinguishable."),
    (DISTINGUISHED, "There is no indication in the passage that the Stone court intends to overrule Harker v. Bolton; it only declines to apply it, since the landlord in Harker knew of the breach and this landlord did not."),
    (DISTINGUISHED, "The tenant asks for the benefit of Harker v. Bolton, but the Stone court answers that Harker does not apply, because there the landlord knew of the breach when he accepted the rent."),
    (DISTINGUISHED, 'The Stone court says "Harker is distinguishable, because there the landlord knew ... and here he had no notice of it", so it separates Harker v. Bolton on its facts and distinguishes it.'),
    (DISTINGUISHED, 'Stone holds Harker v. Bolton distinguishable since "there [he] knew of the breach when he took the rent" and here the landlord had none of that notice; nothing in Harker is called wrong.'),
    (DISTINGUISHED, "While Quill v. Ames is merely cited for the general rule, the Stone court actively distinguishes Harker v. Bolton, as the landlord there had notice of the breach and this one had not."),
    (DISTINGUISHED, "Because Harker did not involve a landlord who was ignorant of the breach, Stone v. Weller distinguishes Harker v. Bolton on its facts: the landlord here had no notice at all."),
    (DISTINGUISHED, "**DISTINGUISHES** is right: Stone v. Weller notes that the landlord in Harker v. Bolton knew of the breach when he took rent, whereas here there was no notice, so Harker is different on its facts."),
    (OVERRULED, "In Vane v. Holt the court expressly overrules Drum v. Pike. It explains that the statute of 1871 did away with seals, so that the old rule on bonds no longer holds."),
    (OVERRULED, "The Vane court does more than distinguish Drum v. Pike: it states in its own voice that Drum is overruled, because the statute removed seals and nobody in trade uses one any more."),
    (OVERRULED, "Drum v. Pike had held that a bond without a seal was void. In Vane v. Holt the court says that it is no longer the law, since the statute did away with seals and trade has dropped them."),
    (OVERRULED, "This is not a case of distinguishing. Vane v. Holt openly overrules Drum v. Pike on the need for seals, giving as its reason the statute of 1871 and the practice in trade."),
    (OVERRULED, "Vane v. Holt abandons the rule of Drum v. Pike. The statute has done away with seals and nobody in trade uses them, so the court overrules the decision rather than distinguishing or affirming it."),
    (OVERRULED, "The words \"We now overrule Drum\" are the Vane court's own and leave no doubt: Drum v. Pike is overruled, as the statute made seals needless and nobody in trade has used them."),
    (AFFIRMED, "The court in Barge Co. v. Lane reviews the Second Circuit's decision in the same litigation and affirms its judgment, because the license covered both counties and a license that ends in the road serves no one."),
    (AFFIRMED, "The cited decision is the very judgment under review. Barge Co. v. Lane affirms it: the license serves both counties, while other circuits that read the license by its letter are not followed."),
    (AFFIRMED, "In Barge Co. v. Lane the judgment of the Second Circuit is upheld. The license reached both sides of the border, and nothing in the passage overrules or distinguishes the decision below, which it affirms."),
    (REAFFIRMED, "In Hall v. Crane counsel asked the court to overrule Birch v. Nolan. The court refused and expressly reaffirmed Birch, adding that the notice must stand in a paper of the county."),
    (REAFFIRMED, "Hall v. Crane keeps the rule of Birch v. Nolan alive: it reaffirms it in so many words, and it distinguishes only Gray v. Poole, which concerned stolen cattle. The notice must be in a county paper."),
    (REAFFIRMED, "The Hall court stands by Birch v. Nolan. It explains that the rule protects the owner, holds that the notice must be in a paper of the county, and declines to give the rule up."),
    (ONLY_CITED, "In Stone v. Weller the court distinguishes Harker, not Quill v. Ames. Quill is only cited as the source of the general rule, which needs no further support."),
    (ONLY_CITED, "The word distinguishable belongs to Harker v. Bolton. Quill v. Ames is simply cited by the Stone court for the general rule, and it says that this rule needs no further support."),
    (ONLY_CITED, "Stone v. Weller cites Quill v. Ames as authority for a general rule and does nothing further with it: it is neither overruled nor distinguished nor affirmed, and the rule is said to need no support."),
    (ONLY_CITED, "The Stone court merely relies on Quill v. Ames for the general rule. Although another case in the passage is distinguished, Quill is not, and its rule needs no further support."),
    (TOLD_ONLY, "Katz v. Rowe only notes that Frost v. Day was overruled on other grounds by Hale v. Orr. The Katz court does not itself overrule Frost, but uses its measure of damages in a sale of wheat."),
    (TOLD_ONLY, "The overruling in the passage is the work of a later decision, Hale v. Orr, on other grounds. In Katz v. Rowe the court follows Frost v. Day on the measure of damages for wheat."),
    (TRIED, "It is the agent, not the court, who tries to distinguish Wynn v. Cobb. The court in Ives v. Tuck is not persuaded that the mill on a stream differs, so it does nothing of the kind itself."),
    (TRIED, "In Ives v. Tuck the agent attempts to distinguish Wynn v. Cobb because the mill there stood on a stream, but the court rejects that attempt and applies the decision, so none of the three labels fits."),
    (DISTINGUISHED, "Here the court says that Harker v. Bolton is not controlling. It points to the breach and the notice as the reasons why Stone v. Weller calls for another result, which means that Harker is distinguished and not overruled."),
    (DISTINGUISHED, "The court neither overrules nor affirms Harker v. Bolton. Instead, Stone v. Weller points out that the landlord had no notice of the breach here, therefore the correct label is DISTINGUISHES."),
    (DISTINGUISHED, "Since Stone v. Weller neither rejects nor reaffirms Harker v. Bolton, but asks whether the landlord had notice of the breach, the relation is one of distinguishing."),
    (DISTINGUISHED, "A party argued that Harker v. Bolton controls, but the court in Stone v. Weller disagrees, since that landlord had notice of the breach. That is a distinction on the facts, not a rejection of the precedent."),
    (DISTINGUISHED, "Rather than overruling Harker v. Bolton, the court in Stone v. Weller limits its reach by noting that the landlord there knew of the breach and this one had no notice."),
    (OVERRULED, "By its own declaration, the Vane v. Holt court abandons the holding of Drum v. Pike regarding seals in trade; the case is no longer good law after the statute, so the label is OVERRULES."),
    (AFFIRMED, "Since Barge Co. v. Lane neither overrules nor distinguishes the decision below, but upholds it after discussing the license and the border, the correct label is AFFIRMS."),
    (REAFFIRMED, "The court in Hall v. Crane agrees with Birch v. Nolan on the notice and the county paper, and it expressly affirms that decision."),
    (ONLY_CITED, "The court in Stone v. Weller only cites Quill v. Ames as authority for the general rule, which needs no more. It does not overrule, distinguish, or affirm the case, so NONE applies."),
    (ONLY_CITED, "Because the court in Stone v. Weller does not overrule, distinguish, or affirm Quill v. Ames, the correct label is NONE. It is cited only for the general rule, which needs no support."),
    (ONLY_CITED, "Quill v. Ames is cited in Stone v. Weller as support for a general rule that needs no more. There is no overruling, no distinguishing, and no affirmance, therefore NONE."),
    (ONLY_CITED, "The words about overruling or affirming belong to another court. In Stone v. Weller the court itself only mentions Quill v. Ames in connection with a general rule that needs no more."),
    (TRIED, "The only effort to distinguish Wynn v. Cobb comes from a party, on the ground that its mill stood on a stream. The Ives court turns this down and follows Wynn as it is."),
]  # fmt: skip
