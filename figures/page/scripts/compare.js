// Figures and arms side by side: what is compared stands in the address as with=laptop/fig2.

let compareShown = null; // what the dialog was made for

const compareList = (asked) => asked.filter(([key]) => key === "with").map(([, value]) => value).filter((name) => name in runs.arms || dialogOf(name));

function toggleCompared(name) {
  const { open, asked } = address(), there = asked.some(([key, value]) => key === "with" && value === name);
  write(open, there ? asked.filter(([key, value]) => key !== "with" || value !== name) : [...asked, ["with", name]]);
}

// the buttons of the dialogs and the line at the bottom of the page
function compared(asked) {
  const names = compareList(asked), tray = document.getElementById("tray");
  tray.hidden = !names.length;
  tray.replaceChildren(`Compared: ${names.join(", ")} `, make("a", { href: `#${COMPARED}` }, "Show side by side"));
  for (const pin of document.querySelectorAll(".pin")) pin.setAttribute("aria-pressed", names.includes(pin.value));
  for (const beside of document.querySelectorAll(".beside")) {
    beside.hidden = names.length < 2;
    beside.textContent = `Side by side (${names.length})`;
  }
}

function compare(dialog) {
  const names = compareList(address().asked), place = dialog.querySelector(".compared");
  if (compareShown === names.join()) return;
  compareShown = names.join();
  const figures = names.filter((name) => !(name in runs.arms));
  const arms = names.filter((name) => name in runs.arms);
  const keys = [...new Set([...arms, ...figures.flatMap((name) => armsIn(dialogOf(name)))])];
  const first = [...arms, ...figures.flatMap((name) => (dialogOf(name).querySelector("[data-first]")?.dataset.first ?? "").split(" "))];
  const add = (what, options) => choice(what, [["", "choose"], ...options.map((name) => [name, name])], "", (name) => name && toggleCompared(name));
  const differences = make("div");
  const drawn = keys.length && overlay(keys, first, { changed: (on) => differences.replaceChildren(...differing(on)) });
  if (drawn) opened.set(COMPARED, drawn);
  else opened.delete(COMPARED);
  place.replaceChildren(
    make("div", { class: "tools" }, add("add a figure", cards.filter((card) => dialogOf(card.id).querySelector("[data-first]")).map((card) => card.id).filter((id) => !names.includes(id))),
      add("add an arm", Object.keys(runs.arms).filter((key) => !arms.includes(key)))),
    make("div", { class: "beside-each-other" }, ...names.map(besideOthers)),
    ...(drawn ? [make("h3", {}, "Curves"), drawn.box, make("h3", {}, "Where the settings of these arms differ"), differences]
      : [make("p", {}, "Choose figures or arms; their pictures, curves and settings are shown side by side.")]),
  );
}

function besideOthers(name) {
  const remove = button("Remove", () => toggleCompared(name), { "aria-label": `Remove ${name}` });
  if (name in runs.arms) return make("div", {}, make("h3", {}, swatch(runs.arms[name].colour), ` ${name} `, remove), make("p", {}, runs.arms[name].label), ends(name));
  const card = document.getElementById(name), shown = card.querySelector(".paper")?.cloneNode(true);
  const copies = [".why", ".badges"].map((part) => card.querySelector(part)?.cloneNode(true) ?? null);
  return make("div", {}, make("h3", {}, make("a", { href: `#${name}` }, card.querySelector("h3").textContent), " ", remove), copies[0], shown ?? null, copies[1]);
}

// a row for each option in which the arms differ
function differing(keys) {
  if (keys.length < 2) return [make("p", {}, "Switch on two arms or more.")];
  const options = [...new Set(keys.flatMap((key) => Object.keys(runs.arms[key].config)))].sort();
  const value = (key, option) => (option in runs.arms[key].config ? written(runs.arms[key].config[option]) : "–");
  const rows = options.map((option) => [option, ...keys.map((key) => value(key, option))]).filter(([, ...values]) => new Set(values).size > 1);
  return [table("options in which the arms differ", ["option", ...keys.map((key) => key.split("/")[1])], rows)];
}

for (const pin of document.querySelectorAll(".pin")) pin.addEventListener("click", () => toggleCompared(pin.value));
for (const beside of document.querySelectorAll(".beside")) beside.addEventListener("click", () => write(COMPARED, address().asked));
follow();
