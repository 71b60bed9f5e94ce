// The page: which view is shown, which keys press which buttons, and what is said when something fails.

import { askForKey, get, hasKey, Problem } from "./api.js";
import { byId, el, fill } from "./dom.js";
import * as labelling from "./label.js";
import * as scoring from "./score.js";

const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select";

/** Do something that may fail, and say so. */
async function report(act) {
  byId("problem").hidden = true;
  try {
    await act();
  } catch (problem) {
    fill(byId("problem"), el("strong", {}, problem instanceof Problem ? problem.message : "The page itself failed."),
      problem.field ? el("span", {}, ` Field: ${problem.field}.`) : null, problem.requestId ? el("small", {}, ` Request ${problem.requestId}`) : null);
    byId("problem").hidden = false;
    byId("problem").scrollIntoView({ block: "nearest" });
    if (!(problem instanceof Problem)) throw problem;
  }
}

function onKey(event) {
  if (!byId("single-keys").checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]") || event.target.closest?.(FIELDS)) return;
  if (event.key === "Enter" && event.target.closest?.("button, a, summary, label, input")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const button = [...document.querySelectorAll("button[data-key]")].find((one) => one.dataset.key === key && one.checkVisibility() && !one.disabled);
  if (!button) return;
  event.preventDefault();
  button.click();
}

async function show() {
  const wanted = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const label = wanted.view === "label" && !byId("to-label").hidden;
  byId("score-view").hidden = label;
  byId("label-view").hidden = !label;
  byId(label ? "to-label" : "to-score").setAttribute("aria-current", "page");
  byId(label ? "to-score" : "to-label").removeAttribute("aria-current");
  document.title = label ? "Label · Rewards from case law" : "Rewards from case law";
  await (label ? labelling : scoring).open(wanted);
}

async function start() {
  const { tasks, corpus } = await get("/tasks");
  const review = await get("/review").catch(() => ({ allowed: false })); // a key that may only score
  byId("to-label").hidden = !review.allowed;
  fill(byId("service"), corpus ? `Rows: ${corpus.id}. ` : "No prepared rows. ", el("a", { href: "/docs" }, "Every call of this service"),
    hasKey() ? null : [" · ", el("a", { href: "/metrics" }, "metrics")]);
  labelling.start(tasks, review, report);
  await scoring.start(tasks, review, report);
  window.addEventListener("hashchange", () => report(show));
  await show();
}

document.addEventListener("keydown", onKey);
byId("to-key").addEventListener("click", () => askForKey().then(() => location.reload(), () => undefined));
report(start).finally(() => { document.body.dataset.ready = "true"; });
