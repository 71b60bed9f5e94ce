// One result as a person reads it: the reward, why, and how it adds up.

import { copier, el, number, words } from "./dom.js";
import { marked, places, units } from "./marks.js";

const READ_AS = {
  tag: "from the answer tags",
  boxed: "from a box",
  line: "from a line that begins with “Answer:”",
  bare: "from the whole one-line reply",
  none: "nowhere: no answer was found",
};

/** The nodes of one result. `sent` is the item it answers, `reply` the whole reply, `name` A or B where there are two. */
export function verdict(result, sent, reply, name) {
  const nodes = [headline(result, name)];
  if (result.status === "scored") {
    nodes.push(buildUp(result), gates(result), steps(result));
    nodes.push(completion(result, sent.completion));
  }
  nodes.push(facts(result, sent, reply));
  return nodes;
}

/** The parts in the order in which they are earned; the service sends them by name. */
export function partsOf(result) {
  const order = result.steps.map((step) => step.name);
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.entries(result.parts).sort(([one, a], [other, b]) => place(one) - place(other) || b.weight - a.weight);
}

/** The stretches of the question that a result's evidence stands on. */
export function evidenceIn(question, result, completion, name) {
  const at = units(completion);
  const seen = new Set();
  return partsOf(result).flatMap(([part, { evidence }], index) => {
    if (!evidence) return [];
    const text = completion.slice(at(evidence.start), at(evidence.end));
    if (seen.has(text)) return [];
    seen.add(text);
    const label = name ? `${name}: ${words(part)}` : words(part);
    return places(question, text).map((place) => ({ ...place, name: label, colour: index }));
  });
}

function headline(result, name) {
  const scored = result.status === "scored";
  const big = scored ? number(result.reward) : "no score";
  const told = { scored: result.strict ? "fully right" : result.reward > 0 ? "right in part" : "earns nothing" };
  told.unscorable = "the request’s own data can’t be judged; nothing is counted";
  told.error = result.retryable ? "a fault of the service; ask again" : "a fault of the service; nothing is counted";
  return el("header", { class: `headline ${scored ? "" : "unscored"}` },
    el("p", { class: "big" }, name ? el("span", { class: "side" }, name) : null, el("output", {}, big), scored ? el("span", { class: "of" }, "of 1") : null,
      el("span", { class: `told ${scored && result.strict ? "good" : ""}` }, told[result.status])),
    el("p", { class: "reason" }, result.reason?.text || result.failure_reason || ""));
}

function buildUp(result) {
  const parts = partsOf(result);
  if (!parts.length) return el("p", { class: "quiet" }, "No part was judged: the answer did not get that far.");
  let upTo = 0;
  const rows = parts.map(([name, part], index) => {
    const adds = part.value * part.weight;
    const row = el("tr", {},
      el("th", { scope: "row" }, el("span", { class: `swatch c${index % 8}`, "aria-hidden": "true" }), words(name),
        part.note ? el("small", {}, /^[a-z_]+$/.test(part.note) ? words(part.note) : part.note) : null),
      el("td", { class: "product" }, `${number(part.value)} × ${number(part.weight)}`),
      el("td", { class: "bar", "aria-hidden": "true" }, bar(upTo, part.weight, adds, index)),
      el("td", { class: adds ? "adds" : "adds quiet" }, adds ? `+${number(adds)}` : "0"));
    upTo += adds;
    return row;
  });
  const held = Number((upTo - result.reward).toFixed(4));
  if (held > 0) {
    rows.push(el("tr", { class: "held" }, el("th", { scope: "row" }, "held back", el("small", {}, Object.values(result.gates).every(Boolean) ? "a cap: see the reason above" : "a closed gate")), el("td"),
      el("td", { class: "bar", "aria-hidden": "true" }, bar(result.reward, held, 0, 0)), el("td", { class: "adds" }, `−${number(held)}`)));
  }
  rows.push(el("tr", { class: "sum" }, el("th", { scope: "row" }, "reward"), el("td"),
    el("td", { class: "bar", "aria-hidden": "true" }, bar(0, 1, result.reward, null)), el("td", { class: "adds" }, number(result.reward))));
  const titles = ["part", "value × weight", "built up", "adds"].map((title) => el("th", { scope: "col" }, title));
  return el("table", { class: "parts" }, el("caption", { class: "unseen" }, "How the reward adds up"), el("thead", {}, el("tr", {}, titles)), el("tbody", {}, rows));
}

function bar(from, room, filled, index) {
  const track = el("div", { class: "track" });
  const outline = el("div", { class: "room" });
  const gain = el("div", { class: index === null ? "gain whole" : `gain c${index % 8}` });
  outline.style.left = percent(from);
  outline.style.width = percent(Math.min(room, 1 - from));
  gain.style.left = percent(from);
  gain.style.width = percent(Math.min(filled, 1 - from));
  track.append(outline, gain);
  return track;
}

const percent = (share) => `${Math.max(0, Math.min(1, share)) * 100}%`;

function gates(result) {
  const all = Object.entries(result.gates);
  if (!all.length) return null;
  const closedFirst = [...all].sort(([, one], [, other]) => one - other);
  return el("p", { class: "gates" }, el("span", { class: "label" }, "Gates"),
    closedFirst.map(([name, open]) => el("span", { class: open ? "gate" : "gate closed" }, el("span", { "aria-hidden": "true" }, open ? "✓ " : "✗ "),
      words(name), el("span", { class: "unseen" }, open ? " open" : " closed"))));
}

function steps(result) {
  const known = result.steps.every((step) => result.parts[step.name] && number(paid(result, step.name)) === number(step.earned));
  if (known) return null; // the table has said so
  return el("p", { class: "gates" }, el("span", { class: "label" }, "Steps"),
    result.steps.map((step) => el("span", { class: "gate" }, `${words(step.name)} `, el("b", {}, step.earned ? `${step.earned < 0 ? "−" : "+"}${number(Math.abs(step.earned))}` : "0"))));
}

function completion(result, text) {
  const at = units(text);
  const marks = partsOf(result).flatMap(([name, { evidence }], index) =>
    (evidence ? [{ start: at(evidence.start), end: at(evidence.end), name: words(name), colour: index }] : []));
  return el("section", { class: "as-read" }, el("h3", {}, "The answer, as it was read"),
    text ? el("div", { class: "text scroll", tabindex: "0", role: "region", "aria-label": "The completion with its evidence marked" }, marked(text, marks))
      : el("p", { class: "quiet" }, "It is empty."));
}

function facts(result, sent, reply) {
  const scorer = reply.scorers[result.task];
  const rows = [
    ["Read", result.parse_mode ? READ_AS[result.parse_mode] : null],
    ["Code", result.reason ? el("code", {}, result.reason.code) : null],
    ["Scorer", scorer ? `${result.task} ${scorer.version}, ${scorer.sha256.slice(0, 16)}…` : null],
    ["Rows", reply.corpus ? reply.corpus.id : null],
    ["Receipt", el("code", { class: "receipt" }, reply.receipt)],
  ].filter(([, value]) => value);
  return el("footer", { class: "facts" },
    el("dl", {}, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    el("p", { class: "row" }, copier("Copy receipt", () => reply.receipt),
      copier("Copy request", () => JSON.stringify({ items: reply.sent }, null, 2)),
      copier("Copy reply", () => JSON.stringify({ ...reply, sent: undefined }, null, 2))));
}

/** What tells two results apart, part by part. */
export function difference(one, other) {
  if (one.status !== "scored" || other.status !== "scored") return [];
  const gap = Number((one.reward - other.reward).toFixed(4));
  const told = gap === 0 ? "Both earn the same." : `${gap > 0 ? "A" : "B"} earns ${number(Math.abs(gap))} more.`;
  const names = [...new Set([one, other].flatMap((result) => partsOf(result).map(([name]) => name)))];
  const rows = names.map((name) => {
    const [a, b] = [paid(one, name), paid(other, name)];
    const apart = Number(((a ?? 0) - (b ?? 0)).toFixed(4));
    return el("tr", { class: apart ? "differs" : null }, el("th", { scope: "row" }, words(name)), shown(a), shown(b),
      el("td", {}, apart === 0 ? "" : `${apart > 0 ? "A" : "B"} +${number(Math.abs(apart))}`));
  });
  rows.push(el("tr", { class: "sum" }, el("th", { scope: "row" }, "reward"), shown(one.reward), shown(other.reward), el("td", {}, gap ? `${gap > 0 ? "A" : "B"} +${number(Math.abs(gap))}` : "")));
  const head = ["part", "A", "B", "more"].map((title) => el("th", { scope: "col" }, title));
  return [el("h2", {}, told), el("table", { class: "versus" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows))];
}

const paid = (result, name) => (result.parts[name] ? result.parts[name].value * result.parts[name].weight : null);

const shown = (value) => el("td", {}, value === null ? "–" : number(value));
