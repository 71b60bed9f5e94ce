// Calls of the service; a refusal is thrown as a Problem with what RFC 9457 says of it.

import { byId } from "./dom.js";

const KEPT = "reward-key";

export class Problem extends Error {
  constructor(status, details) {
    super(details.detail || details.title || `The service answered ${status}.`);
    this.status = status;
    this.field = details.field ?? null;
    this.code = (details.type ?? "").split(":").pop();
    this.requestId = details.request_id ?? null;
  }
}

export const get = (path, query) => call("GET", path, query);
export const post = (path, body, query) => call("POST", path, query, body);
export const put = (path, body, query) => call("PUT", path, query, body);
export const remove = (path, query) => call("DELETE", path, query);

/** A path of steps, each escaped but for the slashes that ids have. */
export const path = (...steps) => "/" + steps.map((step) => step.split("/").map(encodeURIComponent).join("/")).join("/");

async function call(method, place, query = {}, body = undefined) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const address = given.length ? `${place}?${new URLSearchParams(given)}` : place;
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const key = sessionStorage.getItem(KEPT);
  if (key) headers.Authorization = `Bearer ${key}`;
  const text = body === undefined ? undefined : JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(address, { method, headers, body: text, credentials: "omit" });
  } catch {
    throw new Problem(0, { detail: "The service can't be reached. Is it still running?" });
  }
  if (answer.status === 401) {
    await askForKey();
    return call(method, place, query, body);
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, data);
  return data;
}

/** Whether this tab has a key; what a browser opens by itself is sent without it. */
export const hasKey = () => sessionStorage.getItem(KEPT) !== null;

let asking = null;

/** Ask for a key, once for all calls that wait for one. */
export function askForKey() {
  const dialog = byId("key-dialog");
  byId("to-key").hidden = false;
  asking ??= new Promise((settle, refuse) => {
    dialog.showModal();
    dialog.addEventListener("close", () => {
      asking = null;
      const key = byId("key").value.trim();
      byId("key").value = "";
      if (key) {
        sessionStorage.setItem(KEPT, key);
        settle();
      } else refuse(new Problem(401, { detail: "This service answers only to a key." }));
    }, { once: true });
  });
  return asking;
}
