"use strict";
// Elements of HTML and the words in them. Strings become text, never markup.

function make(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...inside.filter((part) => part !== null));
  return made;
}

function button(text, pressed, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", pressed);
  return made;
}

// a choice among [[value, text], ...]
function choice(label, options, chosen, changed) {
  const made = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
  made.value = chosen;
  made.addEventListener("change", () => changed(made.value));
  return make("label", { class: "choice" }, `${label} `, made);
}

function swatch(colour) {
  const made = make("span", { class: "swatch", "aria-hidden": "true" });
  made.style.background = colour;
  return made;
}

function badge(verdict, on = null) {
  return make("span", { class: `badge ${verdict.replace(" ", "-")}` }, on ? `${on}: ${verdict}` : verdict);
}

// what is long is made when it is opened
function folded(title, content) {
  const made = make("details", {}, make("summary", {}, title));
  made.addEventListener("toggle", () => made.children.length === 1 && made.append(content()));
  return made;
}

// a table that scrolls sideways where it is too wide; name: for those who hear it
function table(name, head, rows) {
  const line = (kind, cells, attributes) => make("tr", {}, ...cells.map((cell) => make(kind, attributes, cell)));
  return make("div", { class: "wide rows", tabindex: 0, role: "region", "aria-label": name },
    make("table", {}, make("thead", {}, line("th", head, { scope: "col" })),
      make("tbody", {}, ...rows.map((row) => line("td", row, {})))));
}

function short(value) {
  if (!Number.isFinite(value)) return "–";
  const plain = value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6);
  return plain ? String(+value.toPrecision(4)) : value.toExponential(2);
}

function written(value) {
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  return value === "" ? "''" : String(value); // as one types it
}

function pairs(config) {
  const line = ([key, value]) => make("div", {}, make("dt", {}, key), make("dd", {}, written(value)));
  return make("dl", { class: "config" }, ...Object.entries(config).map(line));
}

// rows of cells as a file that the browser saves
function saveCsv(name, rows) {
  const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const text = rows.map((row) => row.map((value) => cell(String(value ?? ""))).join(",")).join("\n") + "\n";
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
