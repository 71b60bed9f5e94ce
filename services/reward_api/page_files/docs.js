// The OpenAPI document as a page: each call with its parameters, body and answers, then every model once.

import { byId, el, fill } from "./dom.js";

const METHODS = ["get", "post", "put", "delete"];

function callsOf(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, call: item[method] })));
}

function grouped(calls) {
  const groups = new Map();
  for (const one of calls) {
    const tag = one.call.tags?.[0] ?? "other";
    groups.set(tag, [...(groups.get(tag) ?? []), one]);
  }
  return groups;
}

function shownCall({ path, method, call }) {
  const body = call.requestBody?.content?.["application/json"]?.schema;
  const answers = Object.entries(call.responses ?? {});
  return el("article", { class: "call", id: call.operationId },
    el("h3", {}, el("span", { class: `method ${method}` }, method.toUpperCase()), " ", el("code", {}, path)),
    el("p", {}, call.description || call.summary || ""),
    call.parameters?.length ? fields("Parameters", call.parameters.map((one) => ({ name: one.name, note: one.in, required: one.required, schema: one.schema }))) : null,
    body ? el("p", {}, el("span", { class: "label" }, "Body"), " ", type(body), properties(body)) : null,
    el("p", {}, el("span", { class: "label" }, "Answers"), answers.map(([code, answer]) => {
      const [media, content] = Object.entries(answer.content ?? {})[0] ?? [];
      return el("span", { class: "answer-code" }, el("b", {}, code), " ", content?.schema && Object.keys(content.schema).length ? type(content.schema) : media ?? answer.description);
    })));
}

function fields(title, rows) {
  return el("table", { class: "fields" }, el("caption", {}, title), el("tbody", {}, rows.map(({ name, note, required, schema }) =>
    el("tr", {}, el("th", { scope: "row" }, el("code", {}, name), required ? null : el("small", {}, "optional")),
      el("td", {}, type(schema), note ? ` in ${note}` : "", limits(schema)), el("td", {}, schema.description ?? "")))));
}

const properties = (schema) => (schema.properties
  ? fields("", Object.entries(schema.properties).map(([name, one]) => ({ name, required: schema.required?.includes(name), schema: one }))) : null);

/** What a schema allows, in a few words; models by name, linked. */
function type(schema) {
  if (!schema || schema === true) return "anything";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return el("a", { href: `#model-${name}` }, name);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return el("span", {}, choices.flatMap((one, index) => (index ? [" or ", type(one)] : [type(one)])));
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" or ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return el("span", {}, "list of ", type(schema.items ?? schema.prefixItems?.[0]));
  if (schema.additionalProperties && schema.additionalProperties !== true) return el("span", {}, "object of ", type(schema.additionalProperties));
  return schema.type ?? "anything";
}

function limits(schema) {
  const told = [];
  if (schema.minimum !== undefined) told.push(`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) told.push(`at most ${schema.maximum}`);
  if (schema.maxLength !== undefined) told.push(`at most ${schema.maxLength} characters`);
  if (schema.maxItems !== undefined) told.push(`${schema.minItems ?? 0} to ${schema.maxItems} of them`);
  if (schema.default !== undefined && schema.default !== null) told.push(`default ${JSON.stringify(schema.default)}`);
  return told.length ? el("small", {}, told.join(", ")) : null;
}

function shownModel([name, schema]) {
  return el("article", { class: "call", id: `model-${name}` }, el("h3", {}, el("code", {}, name)), el("p", {}, schema.description ?? ""),
    properties(schema) ?? el("p", {}, type(schema)));
}

async function start() {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`The service answered ${answer.status}.`);
  const description = await answer.json();
  const groups = [...grouped(callsOf(description))];
  const models = Object.entries(description.components?.schemas ?? {}).sort(([one], [other]) => one.localeCompare(other));
  const index = el("nav", { class: "index", "aria-label": "Calls" }, groups.map(([tag, calls]) => el("p", {}, el("span", { class: "label" }, tag),
    el("span", {}, calls.map(({ method, path, call }) => el("a", { href: `#${call.operationId}` }, el("span", { class: "method" }, method.toUpperCase()), ` ${path}`))))));
  fill(byId("calls"), index, groups.map(([tag, calls]) => el("section", {}, el("h2", {}, tag), calls.map(shownCall))),
    el("section", {}, el("h2", {}, "models"), models.map(shownModel)));
  if (location.hash.length > 1) byId(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

start().catch((error) => fill(byId("calls"), el("p", { class: "problem", role: "alert" }, error.message))).finally(() => { document.body.dataset.ready = "true"; });
