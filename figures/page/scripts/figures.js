// The dialogs: a card opens one; keys and buttons lead to the next.

const dialogOf = (id) => document.querySelector(`dialog[data-of="${CSS.escape(id)}"]`);
const ARROWS = { ArrowLeft: -1, ArrowRight: 1 };
const OWN_ARROWS = "input, select, textarea, .wide, .paper"; // these use arrow keys themselves
const opened = new Map(); // {a dialog's id: its overlay}

function show(id, at) {
  const dialog = dialogOf(id);
  const large = dialog.querySelector(".large");
  if (large && !large.src) large.src = document.getElementById(id).querySelector("img").src;
  if (!dialog.open) {
    dialog.showModal();
    dialog.querySelector(".close").focus(); // as autofocus, at which Chromium complains where keys were faster than it
  }
  if (id === COMPARED) compare(dialog);
  const place = dialog.querySelector("[data-first]");
  if (place) showCurves(dialog, place, address().asked);
  opened.get(id)?.restore(address().asked);
  if (at) {
    if (at.matches("details")) at.open = true;
    at.classList.add("here");
    at.scrollIntoView({ block: "center" });
  }
}

// the arms with runs of a figure
const armsIn = (dialog) => [...dialog.querySelectorAll("[data-arm]")].map((one) => one.dataset.arm).filter((key) => key in runs.arms);

// the next of the cards that are shown, or the one before; after the last comes the first
function step(id, by) {
  const shown = cards.filter((card) => !card.hidden || card.id === id);
  const at = shown.findIndex((card) => card.id === id) + by + shown.length;
  write(shown[at % shown.length].id, address().asked);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("main a[href^='#'], dialog a[href^='#'], #hits a, #lost a, #answer a[href^='#'], #tray a");
  if (link) {
    event.preventDefault();
    write(link.getAttribute("href").slice(1), address().asked); // filters stay
  }
  const curves = event.target.closest("[data-curves]");
  if (curves) opened.get(curves.closest("dialog").dataset.of).show(curves.dataset.curves.split(" "));
  const larger = event.target.closest(".larger");
  if (larger) larger.setAttribute("aria-pressed", larger.parentElement.classList.toggle("magnified"));
});
document.addEventListener("keydown", (event) => {
  const by = ARROWS[event.key];
  if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest(OWN_ARROWS)) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog && dialog.dataset.of !== COMPARED) step(dialog.dataset.of, by);
  const card = !dialog && event.target.closest(".card");
  if (card) {
    const shown = cards.filter((one) => !one.hidden);
    shown[(shown.indexOf(card) + by + shown.length) % shown.length].querySelector("h3 a").focus();
  }
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // its # would take the filters' place
  document.getElementById("wall").focus();
});
for (const dialog of document.querySelectorAll("dialog")) {
  const keys = armsIn(dialog); // in the list of runs as in the curves
  for (const key of keys)
    dialog.querySelector(`[data-arm="${CSS.escape(key)}"] .swatch`).replaceWith(sample(armOf(key).colour, lookOf(key, keys)));
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  for (const button of dialog.querySelectorAll(".step"))
    button.addEventListener("click", () => step(dialog.dataset.of, +button.value));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // the event comes late, and keys have opened it again
    const { open, asked } = address();
    if (open === dialog.dataset.of) write(null, asked);
    const link = dialog.dataset.of === COMPARED ? document.querySelector("#tray a") : document.getElementById(dialog.dataset.of).querySelector("h3 a");
    if (link && !document.querySelector("dialog[open]")) link.focus();
  });
}

addEventListener("hashchange", follow);
