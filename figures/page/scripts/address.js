// What is shown stands in the address behind #: "laptop/fig2&paper=v2&q=bits&theme=dark", so that a link leads to it.
// What is switched on in its curves does, too: switches.js.

const cards = [...document.querySelectorAll(".card")];
const boxes = [...document.querySelectorAll("#filters [type=checkbox]")];
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const KEPT = ["theme", "with"]; // stay when the filters change
const COMPARED = "compare"; // the name of the dialog that shows several figures

// {named: what the address names, open: a card's id or null, at: the claim or arm in it, asked: [[key, value], ...],
// unknown: what has no place here}
function address() {
  const parts = location.hash.slice(1).split("&").filter(Boolean).map(decoded);
  const named = parts.find((part) => !part.includes("="));
  const asked = parts.filter((part) => part.includes("=")).map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]);
  const place = named && placeOf(named);
  if (place?.bed && !asked.some(([key]) => key === "bed")) asked.push(["bed", place.bed]);
  return { named: place?.bed ? place.open : named, open: null, at: null, ...place, asked, unknown: named && !place ? named : null };
}

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

function placeOf(named) {
  if (named === COMPARED) return { open: COMPARED };
  const card = cards.find((one) => one.id === named) || cards.find((one) => one.id.endsWith("/" + named));
  if (card) return { open: card.id };
  const here = `[data-claim="${CSS.escape(named)}"]`, arm = `dialog [data-arm="${CSS.escape(named)}"]`;
  const own = `dialog[data-of$="/${CSS.escape(named.split(".")[0])}"] ${here}`; // other figures list it, too
  const [scale, name] = named.split("/");
  const planned = `planned:${named}` in runs.planned, ofPlan = `dialog [data-arm$="/${CSS.escape(name)}"]`; // runs of the plan on a bed
  const inside = document.querySelector(own) || document.querySelector(planned ? ofPlan : `dialog ${here}, ${arm}`);
  return inside && { open: inside.closest("dialog").dataset.of, at: inside, bed: planned ? scale : null };
}

function hash(named, asked) {
  const pair = ([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ",")}`;
  return "#" + [...(named ? [named] : []), ...asked.map(pair)].join("&");
}

function write(open, asked) {
  const same = open === address().open && open !== COMPARED; // other curves begin with their defaults
  const written = hash(open, same ? asked : withoutSwitches(asked));
  if (open) location.hash = written; // the browser's Back closes it
  else history.replaceState(null, "", written);
  follow();
}

// switches: of the curves that are shown. One of them is no step of the browser's Back.
function writeSwitches(switches) {
  const { named, asked } = address();
  history.replaceState(null, "", hash(named, [...withoutSwitches(asked), ...switches]));
}

function follow() {
  const { open, at, asked, unknown } = address();
  theme(asked);
  filter(asked);
  compared(asked);
  lost(unknown);
  for (const dialog of document.querySelectorAll("dialog[open]")) if (dialog.dataset.of !== open) dialog.close();
  if (open) show(open, at);
}

// ---- an address that leads nowhere

function lost(unknown) {
  const told = document.getElementById("lost");
  told.hidden = !unknown;
  if (!unknown) return;
  const names = [...cards.map((card) => card.id), ...Object.keys(runs.claims), ...Object.keys(runs.arms), ...Object.keys(runs.planned).map((key) => key.slice("planned:".length))];
  const near = names.map((name) => [apart(unknown, name.split("/").at(-1)), name]).sort(([a], [b]) => a - b).slice(0, 3);
  told.replaceChildren(make("strong", {}, `Nothing here is named ${unknown}.`), " An address names a figure, an experiment, a claim or an arm. Nearest: ",
    ...near.flatMap(([, name], k) => [k ? ", " : "", make("a", { href: `#${name}` }, name)]), ". Or search below.");
}

// the number of letters to change, add or leave out
function apart(a, b) {
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] !== b[j - 1]));
  }
  return row.at(-1);
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
systemDark.addEventListener("change", () => follow());
