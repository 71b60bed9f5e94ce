// The labelling of `cap-rlvr label`: one question at a time, the gold only after the answer.

import { get, path, post, put, remove } from "./api.js";
import { byId, el, fill, keyed, number, words } from "./dom.js";
import { passages, wrong } from "./gold.js";
import { visible } from "./marks.js";

const view = { task: null, sheet: null, report: null, tasks: [], lasting: true };

export function start(tasks, review, report) {
  Object.assign(view, { tasks, report, lasting: review.lasting });
  fill(byId("label-tasks"), tasks.map((task) => el("label", {},
    el("input", { type: "radio", name: "label-task", value: task.name, on: { change: () => report(() => open({ task: task.name })) } }), ` ${task.title}`)));
  byId("draw").addEventListener("submit", (event) => { event.preventDefault(); report(begin); });
}

/** Choose a task; the questions come when they are asked for. */
export async function open({ task }) {
  view.task = view.tasks.some((one) => one.name === task) ? task : view.tasks[0].name;
  for (const radio of document.getElementsByName("label-task")) radio.checked = radio.value === view.task;
  history.replaceState(null, "", `#${new URLSearchParams({ view: "label", task: view.task })}`);
  byId("sheet").textContent = "";
  byId("label-view").classList.remove("busy");
  fill(byId("sitting"), el("p", { class: "quiet" }, "Questions are drawn from all splits, real ones where there are any. ",
    view.lasting ? "Answers go into the same files as those of cap-rlvr label; you may stop at any time and go on, here or there."
      : "This service invented its rows when it started, and the answers go with them when it ends."));
}

const drawn = () => ({ seed: byId("seed").value, rows: byId("rows").value });
const address = () => path("review", "labels", view.task);

async function begin() {
  fill(byId("sitting"), el("p", { class: "quiet", role: "status" }, "Drawing the questions and looking up the case …"));
  view.sheet = await get(address(), drawn());
  byId("label-view").classList.add("busy");
  byId("sheet").textContent = view.sheet.file;
  if (view.sheet.question) ask();
  else end();
}

function ask() {
  const { question, done, total, told } = view.sheet;
  const answers = Object.entries(question.keys).map(([key, meaning]) => keyed(key, meaning, () => view.report(() => answer(key)), { class: "answer" }));
  const title = el("h2", { id: "asked", tabindex: "-1" }, question.question);
  fill(byId("sitting"),
    progress(done, total),
    el("details", { class: "told" }, el("summary", {}, "What a model is told beside every question"), el("div", { class: "text" }, told)),
    el("div", { class: "text scroll asked", tabindex: "0", role: "region", "aria-labelledby": "asked" }, visible(question.shown)),
    el("div", { id: "stage", class: "open" }, title,
      el("div", { class: "row" }, answers, keyed("s", "Skip", () => view.report(() => answer(null)), { class: "plain" }),
        done ? keyed("u", "Take the last answer back", () => view.report(undo), { class: "plain" }) : null)));
  title.focus({ preventScroll: true });
}

function progress(done, total) {
  return el("p", { class: "progress" }, el("progress", { max: total, value: done, "aria-label": "Answered" }), ` ${Math.min(done + 1, total)} of ${total}`);
}

async function answer(key) {
  const given = { item: view.sheet.question.item, key };
  const shown = await post(address(), given, drawn());
  if (key === null) await begin();
  else reveal(given, shown);
}

function reveal(given, shown) {
  const said = shown.agrees ? "You and the gold agree." : shown.decoy ? "An error had been put into that answer." : "The gold says otherwise.";
  const title = el("h2", { tabindex: "-1", class: shown.agrees ? "good" : "bad" }, said);
  const look = el("div", { class: "look" });
  const secondLook = (call) => {
    fill(look, el("h3", {}, "The gold"), el("div", { class: "text gold-text" }, visible(shown.gold)), passages(shown.cases, shown.passages),
      shown.decoy ? null : verdicts(call));
  };
  const judge = (verdict, why) => view.report(async () => {
    const sent = { ...given, verdict, why, badly_put: shown.badly_put };
    if (shown.kept) delete sent.key;
    reveal(given, shown.kept ? await put(address(), sent, drawn()) : await post(address(), sent, drawn()));
  });
  if (!shown.kept) secondLook(judge);
  const after = shown.kept ? kept(given, shown, () => secondLook(judge)) : el("div", { class: "row" }, keyed("u", "Answer again", ask, { class: "plain" }));
  byId("stage").className = "";
  fill(byId("stage"), title, el("p", { class: "quiet" }, `Your answer: ${shown.answer}. `, shown.kept ? caseLine(shown.cases) : null), look, after);
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "nearest" });
}

const caseLine = (cases) => el("span", {}, cases.map((one) => one.name || one.id).join("; "));

function kept(given, shown, lookAgain) {
  const amend = (changes) => view.report(async () => {
    const now = { item: given.item, verdict: shown.verdict, why: shown.why, badly_put: shown.badly_put, ...changes };
    reveal(given, await put(address(), now, drawn()));
  });
  const told = { gold_right: "Kept: the gold is right.", gold_wrong: `Kept: the gold is wrong (${shown.why}).`, unclear: "Kept: it can’t be told.", "": "Kept." };
  return el("div", {}, el("p", { role: "status" }, told[shown.verdict], shown.badly_put ? " The question is badly put." : ""),
    el("div", { class: "row" }, keyed("Enter", "Next question", () => view.report(begin), { class: "main" }),
      keyed("p", "Gold and passage", lookAgain),
      keyed("x", shown.badly_put ? "Not badly put after all" : "Ambiguous or badly put", () => amend({ badly_put: !shown.badly_put })),
      keyed("u", "Take it back", () => view.report(undo), { class: "plain" })));
}

/** Which of the two is right, with the gold in sight. */
function verdicts(judge) {
  const place = el("div", { class: "second" });
  const why = el("input", { id: "why", maxlength: "2000", required: true, autocomplete: "off" });
  const form = el("form", { hidden: true }, el("label", { for: "why" }, "What is wrong with it?"), why, el("div", { class: "row" }, el("button", { class: "main" }, "Keep")));
  form.addEventListener("submit", (event) => { event.preventDefault(); judge("gold_wrong", why.value); });
  place.append(el("h3", {}, "On a second look?"), el("div", { class: "row" },
    keyed("g", "The gold is right", () => judge("gold_right", "")),
    keyed("w", "The gold is wrong", () => { form.hidden = false; why.focus(); }),
    keyed("c", "It can’t be told", () => judge("unclear", ""))), form);
  return place;
}

async function undo() {
  await remove(address(), { seed: drawn().seed });
  await begin();
}

function end() {
  const { total, agreement, found_wrong: foundWrong } = view.sheet;
  const title = el("h2", { tabindex: "-1" }, `The end: ${total} of ${total} done.`);
  fill(byId("sitting"), title, agreement.length ? table(agreement) : null,
    el("p", { class: "quiet" }, "Developer labels, not lawyers’. Intervals are Wilson’s, 95 %; under 20 rows a share proves nothing."),
    foundWrong.length ? [el("h2", {}, "Golds that you found wrong"), foundWrong.map((one) =>
      el("section", { class: "found" }, el("p", {}, el("code", {}, one.row_id), ` ${one.why}`), wrong({ task: view.task, id: one.row_id, rejected: one.rejected ? one.why : "" })))] : null,
    el("div", { class: "row" }, keyed("u", "Take the last answer back", () => view.report(undo), { class: "plain" })));
  title.focus({ preventScroll: true });
}

function table(lines) {
  const titles = ["rows", "agreed blind", "gold right at last", "decoys seen through", "unclear", "badly put", "skipped"];
  return el("div", { class: "wide" }, el("table", { class: "agreement" }, el("caption", {}, "How often you and the gold agree"),
    el("thead", {}, el("tr", {}, titles.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, lines.map((line) => el("tr", { class: line.name === "all" ? "sum" : null }, el("th", { scope: "row" }, words(line.name)),
      [line.blind, line.right, line.seen_through].map((share) => el("td", {}, told(share))), [line.unclear, line.badly_put, line.skipped].map((count) => el("td", {}, String(count))))))));
}

const told = ({ hits, total, low, high }) => (total ? [`${hits} of ${total}`, el("small", {}, `${number(Math.round(low * 1000) / 1000)} to ${number(Math.round(high * 1000) / 1000)}`)] : "–");
