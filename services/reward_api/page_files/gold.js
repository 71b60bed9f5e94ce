// For reviewers: a row's gold with the passages it was made from, and "this gold is wrong".

import { get, path, post } from "./api.js";
import { el, fill, keyed, outside, words } from "./dom.js";
import { marked, visible } from "./marks.js";

const FRAMES = new Set(["passage", "query"]); // the whole of what a question shows

/** A panel that shows the gold when asked to. `useIt(gold)` writes it as the completion. */
export function goldPanel(task, id, useIt) {
  const panel = el("div", { class: "gold" });
  const shown = keyed("g", "Show the gold", async () => {
    try {
      fill(panel, goldOf(await get(path("review", "rows", task, id)), useIt));
    } catch (problem) {
      fill(panel, el("p", { class: "fault", role: "alert" }, problem.message));
    }
  });
  panel.append(shown);
  return panel;
}

function goldOf(row, useIt) {
  return [
    el("h2", {}, "The gold"),
    el("div", { class: "text gold-text" }, visible(row.gold)),
    row.points.map((point) => el("p", { class: "text point" }, visible(point))),
    el("p", { class: "row" }, el("button", { type: "button", on: { click: () => useIt(row.gold) } }, "Write it as the completion")),
    el("h2", {}, "What it was made from"),
    passages(row.cases, row.passages),
    wrong(row),
  ];
}

/** Cases with their pages, and passages with the stretches that the gold rests on. */
export function passages(cases, found) {
  const names = Object.fromEntries(cases.map((one) => [one.id, one]));
  return el("div", { class: "passages" }, cases.length ? el("ul", { class: "cases" }, cases.map((one) => el("li", {}, caseOf(one)))) : null,
    found.map((passage) => el("figure", {},
      el("figcaption", {}, names[passage.case_id]?.name || passage.case_id, " ", el("small", {}, passage.field.replace("/", " "))),
      passage.fault ? el("p", { class: "quiet" }, passage.fault.replace(/ Name them with --source\.?/, "")) : el("blockquote", { class: "text scroll", tabindex: "0" }, pieces(passage)))));
}

function pieces(passage) {
  let at = 0;
  const marks = passage.pieces.flatMap((piece) => {
    const start = at;
    at += piece.text.length;
    return piece.names.map((name) => ({ start, end: at, name: words(name), colour: FRAMES.has(name) ? null : name === "gold" ? 2 : 0 }));
  });
  const text = passage.pieces.map((piece) => piece.text).join("");
  return [passage.cut_before ? "… " : "", ...marked(text, joined(marks)), passage.cut_after ? " …" : ""];
}

/** Neighbouring stretches of one mark as one, so that its name stands once. */
function joined(marks) {
  const whole = [];
  for (const mark of marks) {
    const former = whole.findLast((one) => one.name === mark.name && one.end === mark.start);
    if (former) former.end = mark.end;
    else whole.push(mark);
  }
  return whole;
}

function caseOf(one) {
  return [el("span", {}, [one.name, one.date].filter(Boolean).join(", ") || one.id), " ", outside(one.url, "read it at static.case.law")];
}

/** "This gold is wrong", or that it has been said. */
export function wrong(row) {
  const place = el("div", { class: "reject" });
  if (row.rejected) {
    fill(place, el("p", {}, el("strong", {}, "Rejected: "), row.rejected, el("span", { class: "quiet" }, " It is out at the next build.")));
    return place;
  }
  const why = el("textarea", { id: "reject-why", rows: "2", maxlength: "2000", required: true });
  const said = el("p", { class: "fault", role: "alert" });
  const form = el("form", {}, el("label", { for: "reject-why" }, "What is wrong with it?"), why, said, el("div", { class: "row" }, el("button", { class: "main" }, "This gold is wrong")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { rejected } = await post("/review/rejects", { task: row.task, example_id: row.id, why: why.value });
      fill(place, el("p", { role: "status" }, el("strong", {}, "Kept. "), `It is out at the next build; ${rejected} of ${row.task} rejected.`));
    } catch (problem) {
      said.textContent = problem.message;
    }
  });
  fill(place, el("details", {}, el("summary", {}, "This gold is wrong …"), form));
  return place;
}
