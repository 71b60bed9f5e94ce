"""Pictures of the reward service's page for docs/reward_page.md, from invented cases. Needs chromium, playwright and pillow.

python benchmarks/reward_page_pictures.py [FOLDER]
"""

import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
WIDE = {"width": 1360, "height": 900}
TALL = {"width": 1360, "height": 1180}
PHONE = {"width": 390, "height": 844}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
GOLD = """async (task) => {
  const get = async (address) => (await fetch(address)).json();
  const example = new URLSearchParams(location.hash.slice(1)).get("example");
  return (await get(`/review/rows/${task}/${example}`)).gold;
}"""


def answer(page: Page, task: str, change: dict[str, str], side: str = "A") -> None:
    """The gold with something changed, as the completion."""
    text = page.evaluate(GOLD, task)
    for old, new in change.items():
        text = re.sub(old, new, text)
    page.fill(f"#completion-{side}", text)


def score(page: Page) -> None:
    page.click("#score")
    page.wait_for_selector(".headline")
    page.wait_for_timeout(800)


def one_answer(page: Page) -> None:
    answer(page, "entail", {r"(?s)<reasoning>.*</reasoning>": "<reasoning>It says so itself.</reasoning>"})
    score(page)
    page.evaluate("scrollTo(0, 0)")


def two_answers(page: Page) -> None:
    page.click("#compare")
    answer(page, "entail", {})
    answer(
        page, "entail", {r"(?s)<evidence>.*</evidence>": "<evidence>the court said so in another case</evidence>"}, "B"
    )
    score(page)
    page.evaluate("document.querySelector('#desks').scrollIntoView()")


def phone(page: Page) -> None:
    answer(page, "bluebook", {r"\(([^()]*)\d{4}\)": r"(\g<1>1850)"})
    score(page)


def label(page: Page) -> None:
    page.click("text=Begin")
    page.wait_for_selector("button.answer")


PICTURES: dict[str, tuple[str, Any, dict[str, int]]] = {
    "score": ("#task=entail", one_answer, TALL),
    "compare": ("#task=entail", two_answers, TALL),
    "phone": ("#task=bluebook", phone, PHONE),
    "label": ("#view=label&task=entail", label, WIDE),
}


def main(folder: Path) -> None:
    """Start a service on invented cases and take every picture in both schemes."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {} if "REWARD_WORKSPACE" in os.environ else {"REWARD_SYNTHETIC": "200"}
    settings = {"REWARD_PORT": "0", "REWARD_WORKERS": "1", **rows}
    command = [sys.executable, "-m", "services.reward_api"]
    service = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
    assert service.stdout
    try:
        url = next(found.group() for line in service.stdout if (found := re.search(r"http://[0-9.]+:\d+", line)))
        with sync_playwright() as tools:
            browser = tools.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS, timeout=180_000)
            for name, (address, act, size) in PICTURES.items():
                for scheme in ("light", "dark"):
                    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
                    page = context.new_page()
                    page.set_default_timeout(120_000)
                    page.goto(f"{url}/{address}")
                    page.wait_for_selector("body[data-ready=true]")
                    act(page)
                    picture = Image.open(BytesIO(page.screenshot(full_page=size is PHONE)))
                    picture.convert("RGB").quantize(256).save(folder / f"{name}-{scheme}.png", optimize=True)
                    context.close()
            browser.close()
    finally:
        service.terminate()
        service.wait(60)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "reward_page"))
