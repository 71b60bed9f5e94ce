"""Briefs written by hand from the opinions alone, without a look at the headnotes: what an able writer would answer.

Keys are case ids of the real sample volumes.
"""

HONEST = {
    "tex-crim/52/1118-01": """Issue: Whether the trial court erred in refusing the defendant's first application for a continuance, and in denying a new trial, when an absent witness would have contradicted the prosecutrix.
Rule: A continuance should be granted when the accused has used sufficient diligence and the testimony of the absent witness is material and directly contradicts the evidence of the State.
Application: Foster was convicted of assault with intent to rape a girl under 15. He expected Napoleon Foster to swear that he was the first to reach the scene and that her drawers were not torn. That would contradict Alberta Peterson, the prosecutrix, and Victoria Foster. The diligence was adequate. The State filed a contest and suggested that the appellant had kept the witness away, but it offered no proof of this, so the expected testimony remained material.
Conclusion: The application for continuance and the new trial should have been granted. The court reversed the judgment and remanded the cause.""",
    "tex-crim/31/0352-01": """**Issue:** Is a defendant entitled to a new trial when one of the jurors who convicted him was biased and had formed an opinion about his guilt before the trial?

**Rule:** Under Long v. The State, 10 Texas Ct. App., 186, the accused must have a fair and impartial jury, and a verdict of conviction should be above suspicion as to its fairness.

**Application:** Washburn was convicted of murder in the second degree and given twenty-five years. The juror D. E. Pope passed his voir dire, yet he later told Durham, Scott and Chester that he knew too much about the case and ought to have been a witness. Neither the defendant nor his attorneys knew of this prejudice until after the conviction. Pope denied bias in a counter-affidavit but did not deny the statements. His mind was so fixed that the verdict was tainted.

**Conclusion:** Because the defendant did not have an impartial jury, the judgment was reversed and the cause remanded.""",
    "mich/2/0183-01": """Issue: The questions are whether a witness may give an opinion based on testimony he has heard, and whether the defendant could set off the value of wood that the plaintiff sold from the job.
Rule: A witness may not testify to an opinion drawn from the evidence of others unless the matter is one of skill and he is an expert. A promise to pay is implied only when the circumstances of the contract warrant it.
Application: Mosher agreed to clear land for Daniels and to cut and burn the timber that was not suitable for rails. He made some of it into fire-wood and sold it. Daniels made no objection, the land was prepared for cultivation just the same, and he lost nothing. The justice was wrong to receive the opinions, but several witnesses had said that the job was well done, so the error did not affect the merits.
Conclusion: No set off was allowed, and the judgment of the Circuit Court is affirmed.""",
    "ny-crim/20/0140-01": """Issue: Did the Court of Special Sessions have jurisdiction to try the defendant for petit larceny although the information did not state that it was a first offense, and was his evidence wrongly excluded?
Rule: Under the Code of Criminal Procedure, section 56, Special Sessions may try petit larceny charged as a first offense. People v. Cook holds that a charge is deemed to be of a first offense unless the contrary is alleged.
Application: Johnston insisted that the court lacked jurisdiction because the information was silent. The rule of Cook answers that contention. He also offered to show that the same complainant had laid an earlier information for larceny and that he had been arrested on a warrant. The offer did not say that he had committed that earlier crime, so it proved nothing about whether this offense was his first, and there was no error in excluding it.
Conclusion: The judgment of conviction was affirmed.""",
    "tex-crim/52/1094-01": """Issue: Whether a charge that allows a conviction for assault with intent to murder without a specific intent to kill is error.

Rule: To constitute assault with intent to murder there must be an assault coupled with a specific intent to kill and with malice aforethought. An intent to commit serious bodily injury is not enough, and when the proof is inconclusive the jury should be told of the lower grade of offense.

Application: Prescott was tried for an assault upon W. H. Reese. The trial judge instructed the jury that if the defendant sought the meeting to slay Reese or to do him serious bodily injury, self-defense was lost and he was guilty of assault to murder. That charge permitted conviction on an intent to injure alone. The evidence raised self-defense and aggravated assault, so a charge on the lesser degree was required. The State's bill of exceptions could not be considered because the State has no right of appeal.

Conclusion: The court reversed the judgment and remanded the cause.""",
    "alaska/1/0104-01": """Issue: Whether McRae and Tarrant held a valid judgment in attachment that should be preferred to the claims of other creditors.
Rule: Under the laws of Oregon then in force in Alaska, an attachment may issue only on a contract for the payment of money that is payable within the territory, and a justice of the peace has no jurisdiction beyond the statute.
Application: McRae and Tarrant sued before a justice of the peace in Skagway on a note that was payable in Victoria, British Columbia. The attachment was the sole basis of the proceeding. Because the note was payable at a foreign place, the statute gave the justice no authority to attach the property, and the judgment that followed was void. It could not be made a preferred claim against the First Bank of Skagway.
Conclusion: The motion to prefer the judgment was denied.""",
}
