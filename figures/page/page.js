"use strict";
// What is shown stands in the address behind #: "laptop/fig2&paper=v2&theme=dark", so that a link leads to it.

const runs = JSON.parse(document.getElementById("runs").textContent);
const cards = [...document.querySelectorAll(".card")];
const boxes = [...document.querySelectorAll("#filters input")];
const systemDark = matchMedia("(prefers-color-scheme: dark)");

// ---- the address: {open: a card's id or null, asked: [[filter, value], ...]}

function address() {
  const parts = location.hash.slice(1).split("&").filter(Boolean);
  const named = parts.find((part) => !part.includes("="));
  const asked = parts.filter((part) => part.includes("=")).map((part) => part.split("="));
  const card = named && (cards.find((one) => one.id === named) || cards.find((one) => one.id.endsWith("/" + named)));
  return { open: card ? card.id : null, asked };
}

function write(open, asked) {
  const hash = [...(open ? [open] : []), ...asked.map((pair) => pair.join("="))].join("&");
  if (open) location.hash = hash; // the browser's Back closes it
  else history.replaceState(null, "", "#" + hash);
  follow();
}

function follow() {
  const { open, asked } = address();
  theme(asked);
  filter(asked);
  for (const dialog of document.querySelectorAll("dialog[open]")) if (dialog.dataset.of !== open) dialog.close();
  if (open) show(open);
}

// ---- light and dark

function theme(asked) {
  const chosen = asked.find(([key]) => key === "theme");
  if (chosen) document.documentElement.dataset.theme = chosen[1];
  else delete document.documentElement.dataset.theme;
  document.getElementById("theme").textContent = isDark() ? "Light" : "Dark";
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : systemDark.matches;
}

document.getElementById("theme").addEventListener("click", () => {
  const { open, asked } = address();
  write(open, [...asked.filter(([key]) => key !== "theme"), ["theme", isDark() ? "light" : "dark"]]);
});
systemDark.addEventListener("change", follow);

// ---- filters: of each group any that is ticked, all where none is

function filter(asked) {
  for (const box of boxes) box.checked = asked.some(([key, value]) => key === box.name && value === box.value);
  for (const card of cards) {
    card.hidden = ["paper", "scale", "verdict"].some((group) => {
      const ticked = boxes.filter((box) => box.name === group && box.checked);
      return ticked.length && !ticked.some((box) => card.dataset[group].split(" ").includes(box.value));
    });
  }
  for (const section of document.querySelectorAll(".of-paper"))
    section.hidden = !section.querySelector(".card:not([hidden])");
  const shown = cards.filter((card) => !card.hidden).length;
  const status = `${shown} of ${cards.length} figures and experiments shown`;
  const output = document.getElementById("shown");
  if (output.textContent !== status) output.textContent = status;
}

function tick() {
  const kept = address().asked.filter(([key]) => key === "theme");
  write(null, [...boxes.filter((box) => box.checked).map((box) => [box.name, box.value]), ...kept]);
}

const form = document.getElementById("filters");
form.addEventListener("change", tick);
form.addEventListener("reset", () => setTimeout(tick)); // once the boxes are empty
form.addEventListener("submit", (event) => event.preventDefault());

// ---- a card opens

function show(id) {
  const card = document.getElementById(id);
  const dialog = document.querySelector(`dialog[data-of="${id}"]`);
  const large = dialog.querySelector(".large");
  if (large && !large.src) large.src = card.querySelector("img").src;
  if (!dialog.open) {
    dialog.showModal();
    dialog.querySelector(".close").focus(); // as autofocus, at which Chromium complains where keys were faster than it
  }
}

// the next of the cards that are shown, or the one before; after the last comes the first
function step(id, by) {
  const shown = cards.filter((card) => !card.hidden || card.id === id);
  const at = shown.findIndex((card) => card.id === id) + by + shown.length;
  write(shown[at % shown.length].id, address().asked);
}

for (const link of document.querySelectorAll("main a[href^='#'], dialog a[href^='#']")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    write(link.getAttribute("href").slice(1), address().asked); // filters stay
  });
}
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // its # would take the filters' place
  document.getElementById("wall").focus();
});
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  for (const button of dialog.querySelectorAll(".step"))
    button.addEventListener("click", () => step(dialog.dataset.of, +button.value));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  dialog.addEventListener("close", () => {
    const { open, asked } = address();
    if (open === dialog.dataset.of) write(null, asked);
    if (!document.querySelector("dialog[open]")) document.getElementById(dialog.dataset.of).querySelector("a").focus();
  });
}

// ---- the runs of an arm

function make(name, attributes, ...inside) {
  const svg = ["svg", "polyline", "line", "text"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside); // strings become text, never markup
  return made;
}

function written(value) {
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  return value === "" ? "''" : String(value); // as one types it
}

function pairs(config) {
  const line = ([key, value]) => make("div", {}, make("dt", {}, key), make("dd", {}, written(value)));
  return make("dl", { class: "config" }, ...Object.entries(config).map(line));
}

function lengthOf(run) {
  return Math.max(1, ...Object.values(run.rows).filter(Array.isArray).flat().map((model) => model.length));
}

// the values of one column: of each model of a run, a row each
function column(run, name) {
  const packed = run.rows[name];
  const models = Array.isArray(packed) ? packed : [new Array(lengthOf(run)).fill(packed)];
  return Array.from({ length: run.models }, (_, model) => models[model] || models[0]);
}

// the mean over the models, null where one of them is not finite
function mean(models) {
  return models[0].map((_, row) => {
    const values = models.map((model) => model[row]);
    return values.every(Number.isFinite) ? values.reduce((a, b) => a + b) / values.length : null;
  });
}

function short(value) {
  if (!Number.isFinite(value)) return "–";
  const plain = value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5);
  return plain ? String(+value.toPrecision(4)) : value.toExponential(2);
}

const DASHES = ["", "6 3", "2 2", "8 2 2 2"];

// a line for each seed, over updates; logarithmic where it spans a decade
function chart(arm, name) {
  const lines = arm.seeds.map((run) => [column(run, "update")[0], mean(column(run, name))]);
  const values = lines.flatMap(([, ys]) => ys).filter((y) => y !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const log = least > 0 && most > 10 * least;
  const scale = log ? Math.log : (y) => y;
  const [low, high] = [scale(least), scale(most)];
  const last = Math.max(...lines.flatMap(([xs]) => xs));
  const [wide, tall, left, right, top, bottom] = [300, 160, 46, 8, 8, 22];
  const x = (update) => left + (update / last) * (wide - left - right);
  const y = (value) => top + (1 - (high > low ? (scale(value) - low) / (high - low) : 0.5)) * (tall - top - bottom);
  const ends = arm.seeds.map((run, k) => `seed ${run.seed} ends at ${short(lines[k][1].at(-1))}`);
  const title = `${runs.metrics[name]}${log ? ", logarithmic" : ""}`;
  const label = `${title}, ${arm.label}: ${ends.join(", ")}`;
  const drawn = make("svg", { viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": label });
  for (const value of new Set([least, most])) {
    drawn.append(make("line", { x1: left, x2: wide - right, y1: y(value), y2: y(value) }));
    drawn.append(make("text", { x: left - 4, y: y(value) + 3, "text-anchor": "end" }, short(value)));
  }
  drawn.append(make("text", { x: left, y: tall - 6 }, "0"));
  drawn.append(make("text", { x: wide - right, y: tall - 6, "text-anchor": "end" }, `${last} updates`));
  const dash = (k) => ({ stroke: arm.colour, "stroke-dasharray": DASHES[k % DASHES.length] });
  lines.forEach(([xs, ys], k) => {
    const points = ys.map((value, row) => value !== null && `${x(xs[row]).toFixed(1)},${y(value).toFixed(1)}`);
    drawn.append(make("polyline", { points: points.filter(Boolean).join(" "), ...dash(k) }));
  });
  const sample = { viewBox: "0 0 24 6", class: "sample", "aria-hidden": "true" };
  const key = arm.seeds.flatMap((run, k) => [
    ` seed ${run.seed} `, make("svg", sample, make("polyline", { points: "0,3 24,3", ...dash(k) })),
  ]);
  return make("figure", { class: "paper" }, make("strong", {}, title), drawn, make("figcaption", {}, ...key));
}

function table(head, rows) {
  const line = (kind, cells, attributes) => make("tr", {}, ...cells.map((cell) => make(kind, attributes, cell)));
  return make("div", { class: "wide rows", tabindex: 0, role: "region", "aria-label": "a table, scrolls sideways" },
    make("table", {}, make("thead", {}, line("th", head, { scope: "col" })),
      make("tbody", {}, ...rows.map((row) => line("td", row, {})))));
}

function rowsOf(run) {
  const first = ["update", "epoch", ...Object.keys(runs.metrics)].filter((name) => name in run.rows);
  const names = [...first, ...Object.keys(run.rows).filter((name) => !first.includes(name))];
  const columns = names.map((name) => column(run, name));
  const found = [];
  for (let model = 0; model < run.models; model++)
    columns[0][model].forEach((_, row) => {
      const values = columns.map((models) => models[model][row]);
      found.push([String(model), ...values.map((value) => (Number.isFinite(value) ? String(value) : "–"))]);
    });
  return table(["model", ...names], found);
}

// what is long is made when it is opened
function folded(title, content) {
  const made = make("details", {}, make("summary", {}, title));
  made.addEventListener("toggle", () => made.children.length === 1 && made.append(content()));
  return made;
}

function fill(details) {
  const arm = runs.arms[details.dataset.arm];
  const finals = arm.metrics;
  details.append(make("div", { class: "charts" }, ...finals.map((name) => chart(arm, name))));
  const facts = ["outcome", "update", "seconds", "commit"];
  const ends = arm.seeds.map((run) => [
    String(run.seed),
    ...finals.map((name) => short(name in run.rows ? mean(column(run, name)).at(-1) : null)),
    ...facts.map((key) => String({ ...arm.facts, ...run.facts }[key])),
  ]);
  details.append(make("h4", {}, "Each seed, at its end (mean over its models)"));
  details.append(table(["seed", ...finals.map((name) => runs.metrics[name]), ...facts], ends));
  if (arm.missing.length) details.append(make("p", { class: "told" }, `Seeds missing: ${arm.missing.join(", ")}.`));
  details.append(folded("Config, resolved: what its seeds have in common", () => pairs(arm.config)));
  details.append(folded("Machine, versions, placement and what else its seeds have in common", () => pairs(arm.facts)));
  for (const run of arm.seeds) {
    details.append(make("h4", {}, `Seed ${run.seed}`), make("p", {}, "To repeat it: ", make("code", {}, run.command)));
    details.append(folded("What is its own: config and outcome", () => pairs({ ...run.config, ...run.facts })));
    details.append(folded("Its log, a row an epoch for each model", () => rowsOf(run)));
  }
}

for (const details of document.querySelectorAll("details[data-arm]"))
  details.addEventListener("toggle", () => details.children.length === 1 && fill(details));

addEventListener("hashchange", follow);
follow();
