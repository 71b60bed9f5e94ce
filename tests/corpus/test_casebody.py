import contextlib
from typing import Any

import pytest

from cap_rlvr.corpus.casebody import read_body
from cap_rlvr.wire.case import Origin
from cap_rlvr.wire.errors import BadData

ORIGIN = Origin(file="case.json")
XML = """<?xml version='1.0' encoding='utf-8'?>
<casebody xmlns="http://nrs.harvard.edu/urn-3:HLS.Libr.US_Case_Law.Schema.Case_Body:v1" firstpage="56" lastpage="59">
<parties id="b1">Ada Moss v. The State &amp; another.</parties><docketnumber>No. 12.</docketnumber>
<opinion type="majority"><author id="b2">DAVIS, Judge.</author>
<p id="b3">The judg<page-number label="57">*57</page-number>ment is
 affirmed.</p><footnote label="1"><p>See above.</p></footnote></opinion>
<opinion type="dissent"><p>I dissent.</p></opinion></casebody>"""
HTML = """<section class="casebody" data-firstpage="56"><section class="head-matter">
<h4 class="parties">Ada Moss v. The State &amp; another.</h4><p class="docketnumber">No. 12.</p></section>
<article class="opinion" data-type="majority"><p class="author">DAVIS, Judge.</p>
<p>The judg<a class="page-label" href="#p57">*57</a>ment is<br> affirmed.</p><aside class="footnote"><p>See above.</p></aside></article>
<article class="opinion" data-type="dissent"><p>I dissent.</p></article></section>"""


@pytest.mark.parametrize("markup", [XML, HTML])
@pytest.mark.parametrize("wrap", [False, True])
def test_markup(markup: str, wrap: bool) -> None:
    body = read_body({"status": "ok", "data": markup} if wrap else markup, ORIGIN)
    assert body.head_matter == "Ada Moss v. The State & another.\nNo. 12."
    assert body.parties == ("Ada Moss v. The State & another.",)
    assert [(opinion.type, opinion.author) for opinion in body.opinions] == [
        ("majority", "DAVIS, Judge."),
        ("dissent", ""),
    ]
    assert body.opinions[0].text == "DAVIS, Judge.\nThe judgment is affirmed.\nSee above."


def test_a_dict_in_the_apis_wrapping() -> None:
    data = {"head_matter": "A v. B", "opinions": [{"type": None, "author": None, "text": "Affirmed."}], "parties": None}
    body = read_body({"status": "ok", "data": data}, ORIGIN)
    assert (body.head_matter, body.opinions[0].text, body.parties) == ("A v. B", "Affirmed.", ())
    assert body.length == len("A v. B\nAffirmed.")


@pytest.mark.parametrize(
    "casebody",
    [
        None,
        5,
        "plain words",
        "<p></p>",
        {},
        {"status": "error", "data": None},
        {"data": 5},
        {"opinions": "x"},
        {"head_matter": 5},
    ],
)
def test_no_body(casebody: Any) -> None:
    with pytest.raises(BadData, match=r"case\.json"):
        read_body(casebody, ORIGIN)


@pytest.mark.parametrize(
    "markup", ["<opinion>", "</opinion></p>x<", "<p>a<opinion type='dissent'>b</section>c", "<<<>>>&&;x"]
)
def test_broken_markup_never_raises_anything_else(markup: str) -> None:
    with contextlib.suppress(BadData):
        assert read_body(markup, ORIGIN).length
