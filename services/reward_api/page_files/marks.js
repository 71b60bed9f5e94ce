// Text with marked stretches, what it hides made visible, and where words of an answer stand in the question.

import { el } from "./dom.js";

const HIDDEN = /[\p{Cf}\p{Cc}\p{Co}\p{Cs}\u2028\u2029]+/gu; // but not newline and tab, see below
const LEAST = 12; // characters that are looked for in the question: fewer stand there by chance

/** Offsets as the service counts them (code points) as those of JavaScript (UTF-16 units). */
export function units(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (point) => Math.min(point, text.length);
  const starts = [];
  for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) starts.push(at);
  return (point) => (point < starts.length ? starts[point] : text.length);
}

/** The whole text in pieces, cut where marks {start, end, name, colour} begin and end; colour null is for what frames others. */
export function cut(text, marks) {
  const inside = marks
    .map((mark) => ({ ...mark, start: Math.max(0, mark.start), end: Math.min(text.length, mark.end) }))
    .filter((mark) => mark.start < mark.end);
  const edges = [...new Set([0, text.length, ...inside.flatMap((mark) => [mark.start, mark.end])])].sort((a, b) => a - b);
  return edges.slice(1).map((end, index) => ({
    text: text.slice(edges[index], end),
    marks: inside.filter((mark) => mark.start <= edges[index] && end <= mark.end),
    opens: inside.filter((mark) => mark.start === edges[index]),
  }));
}

/** Nodes of a text with its marks. */
export function marked(text, marks) {
  return cut(text, marks).flatMap((piece) => {
    const shown = visible(piece.text);
    if (!piece.marks.length) return shown;
    const names = [...new Set(piece.marks.map((mark) => mark.name))].join(", ");
    const opens = [...new Set(piece.opens.map((mark) => mark.name))].join(", ");
    const colour = piece.marks.at(-1).colour;
    return [el("mark", { class: colour === null ? "context" : `c${colour % 8}`, title: names, "data-opens": opens || null }, shown)];
  });
}

/** Nodes of a text in which characters that can't be seen are named. */
export function visible(text) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(HIDDEN)) {
    const hidden = found[0].replace(/[\n\t]/g, "");
    if (!hidden) continue;
    nodes.push(text.slice(last, found.index));
    for (const run of found[0].match(/([\s\S])\1*/gu)) nodes.push(/^[\n\t]/.test(run) ? run : named(run));
    last = found.index + found[0].length;
  }
  nodes.push(text.slice(last));
  return nodes.filter((node) => node !== "");
}

function named(run) {
  const points = [...run];
  const name = `U+${points[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return el("span", { class: "hidden-character", title: "a character that can't be seen" }, points.length > 1 ? `${name} × ${points.length}` : name);
}

/** Where an answer's words stand in the question: the lines that its ids name, or the words themselves. */
export function places(question, words) {
  const ids = words.split("\n").map((line) => line.trim()).filter(Boolean);
  if (ids.length && ids.every((id) => /^\W*[A-Za-z]\d{0,3}\W*$/.test(id))) {
    return ids.flatMap((id) => lineOf(question, id.replace(/\W/g, "").toUpperCase()));
  }
  return words.trim().length < LEAST ? [] : quoted(question, words);
}

function lineOf(question, id) {
  const found = new RegExp(`^(?:\\[${id}\\]|${id}[.)]) .*$`, "mu").exec(question);
  return found ? [{ start: found.index, end: found.index + found[0].length }] : [];
}

function quoted(question, words) {
  const whole = plain(question);
  const wanted = plain(words.trim()).text;
  const at = whole.text.indexOf(wanted);
  return at < 0 ? [] : [{ start: whole.from[at], end: whole.from[at + wanted.length - 1] + 1 }];
}

/** A text in lower case with single spaces and straight quotes, and where each of its characters comes from. */
function plain(text) {
  let out = "";
  const from = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = /\s/.test(text[at]) ? " " : (STRAIGHT[text[at]] ?? text[at]);
    if (char === " " && out.endsWith(" ")) continue;
    const lower = char.toLowerCase();
    out += lower.length === 1 ? lower : char;
    from.push(at);
  }
  return { text: out, from };
}

const STRAIGHT = { "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-" };
