"""A fictional corpus in the real format: coherent decisions whose truth is known because they were made from it.

People, companies, places, facts and law are invented; courts and reporters are real, so a synthetic case can stand at
the volume and page of a real one. What tells them apart is `provenance.source` (`synthetic`) and an id above 900
million. Everything about a case follows from the seed, the corpus's size and the case's place in it: a case can cite
any other of its corpus without holding it, and authorities outside the corpus too.

`truth.jsonl` has one line a case, in the volumes' order; ``start`` and ``end`` are places in ``field``::

    {"case_id": "mass/325/0121-01", "id": 900000012, "name": "Ridshaw & Sons v. Becker Bros.", "area": "Property",
     "point": "fixture-removal", "claimant_prevails": true, "parties": {"claimant": …, "respondent": …},
     "roles": ["lessee", "owner"],
     "holdings": [{"field": "opinions/0", "start": …, "end": …, "sentence": "We hold that …", "holding": "…",
                   "point": "fixture-removal"}, …],
     "disposition": {"field": …, "start": …, "end": …, "sentence": "Affirmed.", "verbs": ["affirmed"],
                     "rehearing": ""},
     "relations": [{"field": …, "start": …, "end": …, "sentence": …, "label": "DISTINGUISHES", "holding": …,
                    "cited": {"name": …, "cites": […], "year": …, "court": …, "case_id": …, "id": …}}, …],
     "authorities": ["320 Mass. 14", …]}

``label``: FOLLOWS, DISTINGUISHES, OVERRULES, AFFIRMS (this litigation, or a rule expressly reaffirmed) or NONE.
A relation's ``holding`` is what its "(holding that …)" says; ``case_id`` and ``id`` are null for a case that the
corpus does not hold. ``authorities`` are the first citations of all that is cited: two cases share what both list.
"""

from __future__ import annotations

from cap_rlvr.corpus.synthetic.write import write_corpus

__all__ = ["write_corpus"]
