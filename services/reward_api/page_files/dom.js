// Elements made of text: nothing here or elsewhere on the page turns text into markup.

export const byId = (id) => document.getElementById(id);

/** An element with properties and children; a child that is null, undefined or false is left out. */
export function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "on") for (const [event, call] of Object.entries(value)) made.addEventListener(event, call);
    else if (key in made && typeof value !== "string") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...present(children));
  return made;
}

/** Children in a flat list, those left out gone. */
const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

export function fill(place, ...children) {
  place.replaceChildren(...present(children));
}

/** A button with the key that presses it. */
export function keyed(key, text, press, more = {}) {
  const shown = key === "Enter" ? "↵" : key.toUpperCase();
  return el("button", { type: "button", "data-key": key, on: { click: press }, ...more }, `${text} `, el("kbd", {}, shown));
}

/** A number as people write it: at most four decimals, no trailing zeros. */
export const number = (value) => String(Number(value.toFixed(4)));

/** A name of the scorer's as words. */
export const words = (name) => name.replaceAll("_", " ");

/** A link to a page of another site; null where it is none. */
export function outside(url, text) {
  if (!/^https:\/\//.test(url ?? "")) return null;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text, el("span", { class: "away", "aria-hidden": "true" }, " ↗"));
}

/** A button that copies what `text()` gives, and says so. */
export function copier(label, text) {
  const button = el("button", { type: "button", class: "plain" }, label);
  button.addEventListener("click", async () => {
    const copied = await copy(text());
    button.textContent = copied ? "Copied" : "Not copied: select it instead";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no secure context, or not allowed
    const field = el("textarea", { class: "unseen", "aria-hidden": "true", value: text }, text);
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
