"""The page in a real browser, against the real service: scoring, comparing, reviewing, labelling, by mouse and by key."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cap_rlvr import registry
from cap_rlvr.wire.receipts import receipt_of
from cap_rlvr.wire.rejects import read_rejects
from cap_rlvr.wire.scoring import RewardItem, RewardReply

sys.path.insert(0, str(Path(__file__).parents[2] / "rows_toys"))
from row_toys import SENTENCE
from toy_keys import add_key
from workspaces import HOSTILE, LONG, make_workspace

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make setup")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; the page is tested in a real one only"),
    pytest.mark.slow,
    pytest.mark.timeout(600),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
ROOT = Path(__file__).parents[3]
ENTAIL = registry.get("entail")
GOLD = ENTAIL.gold(ENTAIL.read_truth(ENTAIL.example))
WAIT_MS = 90_000  # a busy machine starts a browser slowly


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("page") / "workspace")


@pytest.fixture(scope="module")
def url(workspace: Path) -> Iterator[str]:
    with serving(workspace) as address:
        yield address


@contextmanager
def serving(workspace: Path, **more: str) -> Generator[str]:
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    settings = {"REWARD_WORKSPACE": str(workspace), "REWARD_PORT": "0", "REWARD_WORKERS": "1", "PYTHONPATH": paths}
    settings |= more
    with (workspace.parent / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.reward_api"],
            cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    assert process.stdout
    try:
        found = re.search(r"http://[0-9.]+:\d+", process.stdout.readline())
        assert found, (workspace.parent / "log").read_text()
        yield found.group()
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright.expect.set_options(timeout=WAIT_MS)
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS, timeout=2 * WAIT_MS)
        yield browser
        browser.close()


class Visit:
    """A page with all that it asked for, and all that went wrong on it."""

    def __init__(self, browser: Any, url: str, **more: Any) -> None:
        self.url = url
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **more})
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def open(self, address: str = "") -> Any:
        self.page.goto(f"{self.url}{address}")
        self.page.wait_for_selector("body[data-ready=true]")
        return self.page

    def score(self, text: str, side: str = "A") -> None:
        self.page.fill(f"#completion-{side}", text)
        self.page.press(f"#completion-{side}", "Control+Enter")
        self.page.wait_for_selector("#verdicts[aria-busy=false] .headline")


@pytest.fixture
def visit(browser: Any, url: str) -> Iterator[Visit]:
    made = Visit(browser, url)
    yield made
    made.context.close()
    assert made.faults == []
    assert made.dialogs == []
    assert [one for one in made.asked if not one.startswith(url)] == []


def texts(page: Any, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def test_an_answer_is_explained_part_by_part(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=train&example=entail-2")
    replies: list[dict[str, Any]] = []
    page.on("response", lambda one: replies.append(one.json()) if one.url.endswith("/reward") else None)
    visit.score(GOLD)
    assert texts(page, ".headline output") == ["1"]
    assert "fully right" in texts(page, ".headline")[0]
    assert texts(page, ".reason") == ["Label, evidence and reasoning are right."]
    assert texts(page, ".parts tbody tr") == [
        "label DISTINGUISHES 1 × 0.6 +0.6", "consistency 1 × 0.25 +0.25", "reasoning 1 × 0.15 +0.15", "reward 1",
    ]  # fmt: skip
    assert texts(page, ".as-read mark")[:2] == ["DISTINGUISHES", SENTENCE]
    assert texts(page, "#prompt mark") == [SENTENCE]
    assert "from the answer tags" in texts(page, ".facts")[0]
    item = RewardItem(id="A", task="entail", completion=GOLD, example_id="entail-2")
    assert texts(page, ".receipt") == [receipt_of([item], RewardReply.model_validate(replies[0]))]
    page.wait_for_selector("#source:not([hidden])")
    assert page.locator("#source a").get_attribute("href") == "https://static.case.law/tex-crim/31/html/0035-01.html"
    assert "entail-2" in page.url


def test_evidence_is_marked_where_it_stands_whatever_stands_before(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=train")
    visit.score(f"<think>😀😀 𝔘 é\u0301</think>{GOLD}")
    assert texts(page, ".as-read mark")[:2] == ["DISTINGUISHES", SENTENCE]
    visit.score("<answer>NO\u200b\u200b\u200bNE\u202e</answer>")
    assert texts(page, ".hidden-character") == ["U+200B × 3", "U+202E"]


def test_what_an_attacker_writes_is_shown_and_never_run(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=eval&example=entail-hostile")
    assert HOSTILE in page.inner_text("#prompt")
    reply = f"<answer>{HOSTILE}</answer><evidence>{HOSTILE}</evidence><reasoning>{HOSTILE}</reasoning>"
    visit.score(reply)
    assert reply.replace("\n", "") in page.inner_text(".as-read .text")
    page.check("input[name=source][value=own]")
    page.fill("#truth", json.dumps({HOSTILE: HOSTILE}))
    visit.score(HOSTILE)
    assert texts(page, ".headline output") == ["no score"]
    page.goto(f"{visit.url}/#task={HOSTILE}&example={HOSTILE}&split={HOSTILE}")
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    visit.faults = [fault for fault in visit.faults if "404" not in fault]
    assert page.evaluate("window.hurt") is None
    assert page.locator("main img, main script").count() == 0


def test_the_policy_holds_in_the_browser(visit: Visit) -> None:
    page = visit.open()
    sink = "() => { try { document.body.innerHTML = '<b>x</b>'; return 'set'; } catch (error) { return error.name; } }"
    assert page.evaluate(sink) == "TypeError"
    page.evaluate(
        "() => { const made = document.createElement('style'); made.textContent = 'body{}'; document.body.append(made); }"
    )
    assert any("Content Security Policy" in fault or "TrustedHTML" in fault for fault in visit.faults)
    visit.faults.clear()


def test_two_completions_are_compared(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=train")
    page.click("#compare")
    page.fill("#completion-A", GOLD)
    visit.score("<answer>DISTINGUISHES</answer>", side="B")
    assert page.inner_text("#difference h2") == "A earns 0.4 more."
    assert texts(page, ".versus tbody tr") == [
        "label 0.6 0.6", "consistency 0.25 0 A +0.25", "reasoning 0.15 0 A +0.15", "reward 1 0.6 A +0.4",
    ]  # fmt: skip
    assert texts(page, ".headline output") == ["1", "0.6"]
    one, other = (page.locator(".verdict").nth(index).bounding_box() for index in (0, 1))
    assert one["x"] + one["width"] <= other["x"]
    page.click("#compare")
    assert page.locator("#desk-B").is_hidden()
    assert page.input_value("#completion-A") == GOLD


def test_one_s_own_ground_truth(visit: Visit) -> None:
    page = visit.open("/#task=holding&source=own")
    page.click("#sample")
    page.click("#score")
    page.wait_for_selector(".headline")
    assert texts(page, ".headline output") == ["1"]
    page.fill("#truth", "{")
    assert "no JSON" in page.inner_text("#truth-fault")
    page.click("#score")
    assert page.evaluate("document.activeElement.id") == "truth"
    page.fill("#truth", '{"choices": ["a"]}')
    page.click("#score")
    playwright.expect(page.locator(".headline output")).to_have_text("no score")
    assert "ground_truth.choices" in texts(page, ".reason")[0]
    page.click("text=Its fields")
    assert "choices (required)" in page.inner_text("#schema")


def test_what_is_refused_is_said(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=test")
    page.fill("#completion-A", GOLD)
    page.click("#score")
    page.wait_for_selector("#problem:not([hidden])")
    assert "split test are not scored" in page.inner_text("#problem")
    page.fill("#example-id", "no such row")
    page.press("#example-id", "Enter")
    playwright.expect(page.locator("#problem")).to_contain_text("No prepared row")
    visit.faults = [fault for fault in visit.faults if "403" not in fault and "404" not in fault]


def test_keys_move_and_drafts_stay(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=train")
    assert page.inner_text("#place") == "1 of 30"
    page.fill("#completion-A", "a draft with j and k")
    page.press("#completion-A", "j")
    assert page.inner_text("#place") == "1 of 30"
    page.locator("#completion-A").blur()
    for _ in range(21):  # over the end of the first page of twenty
        place = page.inner_text("#place")
        page.keyboard.press("j")
        playwright.expect(page.locator("#place")).not_to_have_text(place)
    assert page.inner_text("#place") == "22 of 30"
    assert page.input_value("#completion-A") == ""
    for number in range(21, 0, -1):
        page.keyboard.press("k")
        playwright.expect(page.locator("#place")).to_have_text(f"{number} of 30")
    assert page.input_value("#completion-A").startswith("a draft")
    page.uncheck("#single-keys")
    page.keyboard.press("j")
    page.keyboard.press("c")
    assert page.inner_text("#place") == "1 of 30"
    assert page.locator("#desk-B").is_hidden()


def test_all_of_scoring_by_keyboard_alone(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=train")
    met: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        met.append(
            page.evaluate("document.activeElement.id || document.activeElement.value || document.activeElement.tagName")
        )
        if met[-1] == "completion-A":
            break
    wanted = ["to-score", "entail", "example", "split", "next", "example-id", "prompt", "completion-A"]
    assert [one for one in met if one in wanted] == wanted
    page.keyboard.insert_text(GOLD)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".headline")
    assert "scored 1" in page.inner_text("#said")


def test_a_wrong_gold_is_rejected(visit: Visit, workspace: Path) -> None:
    page = visit.open("/#task=entail&split=train&example=entail-7")
    visit.score("<answer>NONE</answer>")
    page.wait_for_selector("#source:not([hidden])")
    page.locator("#completion-A").blur()
    page.keyboard.press("g")
    page.wait_for_selector(".gold-text")
    assert "DISTINGUISHES" in page.inner_text(".gold-text")
    assert texts(page, ".passages mark:not(.context)") == [SENTENCE]
    page.click("text=This gold is wrong …")
    page.fill("#reject-why", "the <b>dissent</b> says so")
    page.click("button:has-text('This gold is wrong')")
    page.wait_for_selector("text=Kept.")
    assert read_rejects(workspace / "rejects.jsonl")["entail-7"].why == "the <b>dissent</b> says so"
    page.click("text=Write it as the completion")
    visit.score(page.input_value("#completion-A"))
    assert texts(page, ".headline output") == ["1"]
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    visit.score("x")
    page.click("text=Show the gold")
    page.wait_for_selector("text=Rejected:")
    assert "the <b>dissent</b> says so" in page.inner_text(".reject")


def test_labelling_by_keys_is_blind_and_ends_in_the_same_file(visit: Visit, workspace: Path) -> None:
    page = visit.open("/#view=label&task=holding")
    told: list[str] = []
    page.on(
        "response",
        lambda one: told.append(one.text()) if "/review/labels" in one.url and one.request.method == "GET" else None,
    )
    page.click("text=Begin")
    page.wait_for_selector("button.answer")
    assert page.evaluate("document.activeElement.id") == "asked"
    assert "static.case.law" not in page.inner_text("main")
    assert "Reply with the letter" not in page.inner_text("#sitting")  # folded away, and at hand
    page.keyboard.press("z")
    page.keyboard.press("b")
    page.wait_for_selector("text=You and the gold agree.")
    assert "Stone v. Weller" in page.inner_text("#stage")
    assert page.locator(".look .gold-text").count() == 0
    page.keyboard.press("x")
    page.wait_for_selector("text=The question is badly put.")
    page.keyboard.press("p")
    page.wait_for_selector(".look .gold-text")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2 of 6")
    page.keyboard.press("a")
    page.wait_for_selector("text=The gold says otherwise.")
    assert len(labels(workspace)) == 1
    page.keyboard.press("w")
    page.keyboard.insert_text("gwc cut short")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Kept: the gold is wrong (gwc cut short).")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    for number in range(3, 7):
        page.keyboard.press("Enter")
        page.wait_for_selector(f"text={number} of 6")
        page.keyboard.press("b")
        page.wait_for_selector("text=You and the gold agree.")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The end: 6 of 6 done.")
    assert [(one["agrees"], one["verdict"], one["badly_put"]) for one in labels(workspace)] == [
        (True, "", True), (False, "gold_wrong", False), *[(True, "", False)] * 4,
    ]  # fmt: skip
    assert "5 of 6" in page.inner_text(".agreement")
    assert "gwc cut short" in page.inner_text(".found")
    assert all("B. " not in json.dumps(json.loads(one)["question"] or {}).replace("\\nB. ", "") for one in told)
    page.keyboard.press("u")
    page.wait_for_selector("text=6 of 6")
    page.wait_for_selector("button.answer")
    assert len(labels(workspace)) == 5


def labels(workspace: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (workspace / "labels" / "holding-1.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize(
    "address", ["/#task=entail&split=eval&example=entail-long", "/#view=label&task=entail", "/docs"]
)
def test_nothing_is_wider_than_the_screen(browser: Any, url: str, width: int, address: str) -> None:
    visit = Visit(browser, url, viewport={"width": width, "height": 800})
    page = visit.open(address)
    if "split" in address:
        visit.score("y" * 30_000)
        page.click("#compare")
    if "view" in address:
        page.click("text=Begin")
        page.wait_for_selector("button.answer")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    visit.context.close()


def test_a_text_of_40_kb_is_at_hand_at_once(visit: Visit) -> None:
    page = visit.open("/#task=entail&split=eval&example=entail-long")
    assert LONG in page.inner_text("#prompt")
    spent = page.evaluate(
        """async () => {
          const { places, marked } = await import("/page/marks.js");
          const text = "The court said so. ".repeat(2500), start = performance.now();
          marked(text, places(text, text.slice(40000, 40400)));
          return performance.now() - start;
        }"""
    )
    assert spent < 2000  # some milliseconds on an idle machine


CONTRAST = """() => {
  const channel = (value) => (value /= 255) <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const parse = (colour) => { const [r, g, b, a = 1] = (colour.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number); return [r, g, b, a]; };
  const behind = (node) => { for (let at = node; at; at = at.parentElement) {
    const style = getComputedStyle(at); if (style.backgroundColor.startsWith("rgb") && parse(style.backgroundColor)[3] === 1) return parse(style.backgroundColor); } return [255, 255, 255]; };
  const bad = [];
  for (const node of document.querySelectorAll("p, h1, h2, h3, label, button:not(:disabled), a, td, th, dd, dt, small, summary, .label, .gate, .told, output")) {
    if (!node.checkVisibility() || !node.innerText?.trim()) continue;
    const [one, other] = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    const ratio = (one + .05) / (other + .05);
    if (ratio < 4.5) bad.push(`${node.tagName}.${node.className} ${node.innerText.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return bad;
}"""
UNNAMED = """() => [...document.querySelectorAll("input, textarea, select, button, a")].filter((node) =>
  node.checkVisibility() && !(node.labels?.length || node.innerText?.trim() || node.ariaLabel)).map((node) => node.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_and_named_in_both_schemes(browser: Any, url: str, scheme: str) -> None:
    visit = Visit(browser, url, color_scheme=scheme)
    page = visit.open("/#task=entail&split=train")
    page.click("#compare")
    page.fill("#completion-A", GOLD)
    visit.score("<answer>DISTINGUISHES</answer><evidence>nowhere said at all in it, not once</evidence>", side="B")
    assert page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") == (
        "rgb(252, 250, 245)" if scheme == "light" else "rgb(23, 22, 26)"
    )
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []
    page.goto(f"{url}/#view=label&task=entail")
    page.click("text=Begin")
    page.wait_for_selector("button.answer")
    page.keyboard.press("o")
    page.wait_for_selector("text=On a second look?")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(UNNAMED) == []
    visit.context.close()


def test_the_reference_names_every_call(visit: Visit) -> None:
    page = visit.open("/docs")
    document = page.evaluate("fetch('/openapi.json').then((answer) => answer.json())")
    shown = texts(page, ".call h3")
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in shown
    for name in document["components"]["schemas"]:
        assert name in shown
    assert page.locator("a[href='#model-RewardItem']").count()


def test_a_key_is_asked_for_and_sent(browser: Any, url: str) -> None:
    visit = Visit(browser, url)
    seen: list[str | None] = []

    def keyed(route: Any) -> None:
        seen.append(route.request.headers.get("authorization"))
        if seen[-1] == "Bearer capk_right":
            route.continue_()
        else:
            route.fulfill(status=401, content_type="application/problem+json", body='{"detail": "no"}')

    visit.page.route("**/tasks", keyed)
    visit.page.goto(url)
    for key in ("capk_wrong", "capk_right"):
        visit.page.wait_for_selector("dialog[open]")
        playwright.expect(visit.page.locator("#key")).to_have_value("")
        visit.page.fill("#key", key)
        with visit.page.expect_response("**/tasks"):
            visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("body[data-ready=true]")
    assert seen == [None, "Bearer capk_wrong", "Bearer capk_right"]
    assert visit.page.input_value("#key") == ""
    assert visit.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    visit.context.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    add_key(file, "score")
    return file


@pytest.fixture(scope="module")
def keyed_url(workspace: Path, keys: Path) -> Iterator[str]:
    with serving(workspace, REWARD_KEY_FILE=str(keys)) as address:
        yield address


def enter(visit: Visit, key: str, address: str = "") -> Any:
    """Open the page of a service with keys and give it one."""
    visit.page.goto(f"{visit.url}{address}")
    visit.page.fill("dialog[open] #key", key)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("body[data-ready=true]")
    return visit.page


def test_a_key_for_everything_opens_everything(browser: Any, keyed_url: str, keys: Path) -> None:
    visit = Visit(browser, keyed_url)
    page = enter(visit, add_key(keys), "/#task=entail&split=train")
    visit.score(GOLD)
    page.wait_for_selector("#source a[href^='https://static.case.law/']")
    page.keyboard.press("Escape")
    page.locator("#source button", has_text="Show the gold").click()
    page.wait_for_selector("text=This gold is wrong")
    assert page.locator("#to-label").is_visible()
    assert page.locator("a[href='/metrics']").count() == 0  # a link carries no key
    visit.context.close()


def test_a_key_that_may_only_score_scores_what_is_sent(browser: Any, keyed_url: str, keys: Path) -> None:
    visit = Visit(browser, keyed_url)
    page = enter(visit, add_key(keys, "score"), "/#task=entail&split=train")
    assert "has no scope read-examples" in page.inner_text("#problem")
    assert page.locator("#to-label").is_hidden()
    page.click("#sample")
    page.click("#score")
    page.wait_for_selector("#verdicts[aria-busy=false] .headline")
    assert texts(page, ".headline output") == ["1"]
    visit.context.close()
