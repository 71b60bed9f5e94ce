// The view that scores: a question or a ground truth, one completion or two, and what they earn.

import { get, path, post } from "./api.js";
import { byId, el, fill, number, outside, words } from "./dom.js";
import { marked, visible } from "./marks.js";
import { difference, evidenceIn, verdict } from "./verdict.js";
import { goldPanel } from "./gold.js";

const SIDES = ["A", "B"];
const MOST = 32_000; // what a completion may hold; see the answer convention

const view = {
  tasks: [], task: null, details: {}, source: "example", split: null, rows: [], cursor: null, at: 0, example: null,
  comparing: false, drafts: new Map(), turn: 0, reviewer: false, shown: [],
};

export async function start(tasks, review, report) {
  view.tasks = tasks;
  view.reviewer = review.allowed;
  view.report = report;
  fill(byId("tasks"), tasks.map((task) => el("label", {},
    el("input", { type: "radio", name: "task", value: task.name, on: { change: () => report(() => chooseTask(task.name)) } }), ` ${task.title}`)));
  for (const radio of document.getElementsByName("source")) radio.addEventListener("change", () => report(() => chooseSource(radio.value)));
  byId("split").addEventListener("change", () => report(() => chooseSplit(byId("split").value)));
  byId("previous").addEventListener("click", () => report(() => move(-1)));
  byId("next").addEventListener("click", () => report(() => move(1)));
  byId("open").addEventListener("submit", (event) => { event.preventDefault(); report(() => openById(byId("example-id").value.trim())); });
  byId("truth").addEventListener("input", checkTruth);
  byId("score").addEventListener("click", () => report(score));
  byId("compare").addEventListener("click", compare);
  byId("sample").addEventListener("click", () => write(0, view.details[view.task].item.completion));
  fill(byId("desks"), SIDES.map(desk));
  showSides();
}

/** Show what the address asks for. */
export async function open({ task, example, split, source }) {
  if (view.task && !task) return; // back from another view
  const known = view.tasks.some((one) => one.name === task) ? task : view.tasks[0].name;
  await chooseTask(known, { split, source, example });
}

async function chooseTask(name, wanted = {}) {
  const turn = begin();
  view.task = name;
  for (const radio of document.getElementsByName("task")) radio.checked = radio.value === name;
  view.details[name] ??= await get(path("tasks", name));
  if (turn !== view.turn) return;
  const rows = view.details[name].rows;
  const splits = Object.keys(rows).filter((split) => rows[split] > 0);
  fill(byId("split"), splits.map((split) => el("option", { value: split }, `${split} (${rows[split]})`)));
  fillTruth();
  await chooseSource(splits.length ? (wanted.source ?? view.source) : "own", { ...wanted, splits });
}

async function chooseSource(source, wanted = {}) {
  const splits = wanted.splits ?? [...byId("split").options].map((option) => option.value);
  view.source = source;
  for (const radio of document.getElementsByName("source")) {
    radio.checked = radio.value === source;
    if (radio.value === "example") radio.disabled = !splits.length;
  }
  const own = source === "own";
  byId("browse").hidden = own;
  byId("own").hidden = !own;
  byId("prompt").hidden = own;
  byId("sample").hidden = !own;
  byId("question-title").textContent = own ? "The ground truth" : "The question";
  if (own) {
    begin();
    view.example = null;
    fill(byId("about"), "What a scorer needs to judge by. It is filled in with an example.");
    remember("source", "own");
    takeDrafts();
    return;
  }
  try {
    if (wanted.example) await openById(wanted.example);
    else await chooseSplit(splits.includes(wanted.split) ? wanted.split : (view.split && splits.includes(view.split) ? view.split : splits[0]));
  } catch (problem) {
    if (problem.code === "scope_missing") await chooseSource("own"); // a key that may score and not read examples
    throw problem;
  }
}

async function chooseSplit(split) {
  view.split = split;
  byId("split").value = split;
  view.rows = [];
  view.cursor = null;
  await more();
  view.at = 0;
  showExample(view.rows[0]);
}

async function more() {
  const turn = view.turn;
  const page = await get(path("tasks", view.task, "examples"), { split: view.split, cursor: view.cursor });
  if (turn !== view.turn) return;
  view.rows.push(...page.examples);
  view.cursor = page.next_cursor;
}

async function move(by) {
  const next = view.at + by;
  if (next < 0) return;
  if (next >= view.rows.length && view.cursor) await more();
  if (next >= view.rows.length) return;
  view.at = next;
  showExample(view.rows[next]);
}

async function openById(id) {
  if (!id) return;
  const example = await get(path("tasks", view.task, "examples", id));
  if (example.split !== view.split) await chooseSplit(example.split);
  const at = view.rows.findIndex((row) => row.id === id);
  view.at = Math.max(0, at);
  showExample(example, at < 0);
}

function showExample(example, apart = false) {
  begin();
  view.example = example;
  const total = view.details[view.task].rows[view.split];
  byId("place").textContent = apart ? "" : `${view.at + 1} of ${total}`;
  byId("previous").disabled = view.at === 0;
  byId("next").disabled = view.at + 1 >= total;
  const isOpen = example.difficulty !== null; // of a closed split little is told
  const told = [example.id, isOpen && words(example.kind), { static: "a published case", text: "the text of a modern opinion", synthetic: "an invented case" }[example.source_kind], isOpen && `difficulty ${number(example.difficulty)}`];
  fill(byId("about"), told.filter(Boolean).join(" · "));
  remember("example", example.id);
  showPrompt([]);
  byId("prompt").scrollTop = 0;
  takeDrafts();
}



/** The prompt, the task's own words apart from the question's; `marks` are where evidence stands. */
function showPrompt(marks) {
  const [before, after] = view.details[view.task].prompt_template.split("{inputs}");
  const prompt = view.example.prompt;
  const inputs = prompt.slice(before.length, prompt.length - after.length);
  const inside = marks.map((mark) => ({ ...mark, start: mark.start - before.length, end: mark.end - before.length }));
  fill(byId("prompt"), el("p", { class: "instructions" }, visible(before.trim())), el("div", { class: "inputs" }, marked(inputs, inside)),
    el("p", { class: "instructions" }, visible(after.trim())));
  byId("prompt").querySelector("mark")?.scrollIntoView({ block: "nearest" });
}

function fillTruth() {
  const details = view.details[view.task];
  byId("truth").value = JSON.stringify(details.item.ground_truth, null, 2);
  const { properties = {}, required = [] } = details.ground_truth_schema;
  fill(byId("schema"), el("ul", {}, Object.entries(properties).map(([name, field]) =>
    el("li", {}, el("code", {}, name), required.includes(name) ? " (required)" : "", field.description ? `: ${field.description}` : ""))));
  checkTruth();
}

function checkTruth() {
  let fault = "";
  try {
    const value = JSON.parse(byId("truth").value);
    if (value === null || typeof value !== "object" || Array.isArray(value)) fault = "It must be an object: { … }.";
  } catch (error) {
    fault = `This is no JSON yet: ${error.message}.`;
  }
  byId("truth-fault").textContent = fault;
  return !fault;
}

function desk(name, index) {
  const count = el("span", { class: "quiet" });
  const area = el("textarea", { id: `completion-${name}`, rows: "9", placeholder: "Write or paste what a model would reply, <answer>…</answer> and all." });
  area.addEventListener("input", () => { keep(); counted(area, count); });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); byId("score").click(); }
  });
  return el("article", { id: `desk-${name}`, class: "desk", hidden: index > 0 },
    el("h2", {}, el("label", { for: area.id }, el("span", { class: "side-name" }), "Completion"), count), area);
}

function counted(area, count) {
  const size = new TextEncoder().encode(area.value).length;
  count.textContent = size > MOST ? `${size.toLocaleString("en")} bytes: over ${MOST.toLocaleString("en")} earns nothing` : "";
}

const area = (index) => byId(`completion-${SIDES[index]}`);

function write(index, text) {
  area(index).value = text;
  area(index).dispatchEvent(new Event("input"));
  area(index).focus();
}

const draftOf = () => `${view.task} ${view.example?.id ?? ""}`;

function keep() {
  view.drafts.set(draftOf(), SIDES.map((_, index) => area(index).value));
}

function takeDrafts() {
  const kept = view.drafts.get(draftOf()) ?? ["", ""];
  SIDES.forEach((_, index) => { area(index).value = kept[index]; });
}

function compare() {
  view.comparing = !view.comparing;
  showSides();
  clearVerdicts();
  area(view.comparing ? 1 : 0).focus();
}

function showSides() {
  byId("compare").setAttribute("aria-pressed", String(view.comparing));
  byId("score-view").classList.toggle("comparing", view.comparing);
  byId("desk-B").hidden = !view.comparing;
  for (const name of SIDES) byId(`desk-${name}`).querySelector(".side-name").textContent = view.comparing ? name : "";
}

/** A new question: what was shown of the former one goes, and answers to it that are still on their way are dropped. */
function begin() {
  clearVerdicts();
  fill(byId("source"));
  byId("source").hidden = true;
  view.turn += 1;
  return view.turn;
}

function clearVerdicts() {
  fill(byId("verdicts"));
  fill(byId("difference"));
  byId("difference").hidden = true;
  byId("said").textContent = "";
}

async function score() {
  const turn = view.turn;
  if (view.source === "own" && !checkTruth()) { byId("truth").focus(); return; }
  const truth = view.source === "own" ? { ground_truth: JSON.parse(byId("truth").value) } : { example_id: view.example.id };
  const sides = view.comparing ? SIDES : SIDES.slice(0, 1);
  const items = sides.map((name, index) => ({ id: name, task: view.task, completion: area(index).value, ...truth }));
  byId("said").textContent = "Scoring …";
  byId("verdicts").setAttribute("aria-busy", "true");
  try {
    const reply = { ...(await post("/reward", { items })), sent: items };
    if (turn === view.turn) show(reply, items);
  } catch (error) {
    if (turn === view.turn) clearVerdicts();
    throw error;
  } finally {
    byId("verdicts").setAttribute("aria-busy", "false");
  }
}

function show(reply, items) {
  const results = reply.results;
  const two = results.length > 1;
  fill(byId("verdicts"), results.map((result, index) => el("article", { class: "verdict", "aria-label": two ? `Verdict ${SIDES[index]}` : "Verdict" },
    verdict(result, items[index], reply, two ? SIDES[index] : null).filter(Boolean))));
  fill(byId("difference"), two ? difference(...results) : []);
  byId("difference").hidden = !two;
  byId("said").textContent = results.map((result, index) => `${two ? `${SIDES[index]}: ` : ""}${result.status === "scored" ? `scored ${number(result.reward)}` : "no score"}`).join(", ");
  if (view.example) {
    showPrompt(results.flatMap((result, index) => evidenceIn(view.example.prompt, result, items[index].completion, two ? SIDES[index] : null)));
    view.report(showSource);
  }
  byId("verdicts").querySelector(".headline").scrollIntoView({ block: "nearest" });
}

/** The case behind the question: its page for everyone, its gold for reviewers. Shown once an answer has been scored. */
async function showSource() {
  const { turn, example, task } = view;
  if (!byId("source").hidden) return;
  const details = await get(path("tasks", task, "examples", example.id));
  if (turn !== view.turn) return;
  const nowhere = details.source_kind === "synthetic" ? "an invented case" : "the source gives it no page";
  const place = details.case_id === null ? null : el("p", {}, el("span", { class: "label" }, "The case"), `${details.case_id}: `,
    outside(details.case_url, "read it at static.case.law") ?? el("span", { class: "quiet" }, nowhere));
  fill(byId("source"), place, view.reviewer ? goldPanel(task, example.id, (gold) => write(0, gold)) : null);
  byId("source").hidden = !byId("source").childNodes.length;
}

function remember(name, value) {
  const kept = new URLSearchParams({ task: view.task, ...(name === "example" ? { split: view.split } : {}), [name]: value });
  history.replaceState(null, "", `#${kept}`);
}
