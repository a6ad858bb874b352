// Filters and search: of each group any that is ticked, all where none is; every word of the search occurs.

const LISTED = 12; // claims and arms that a search lists, of each
const form = document.getElementById("filters");
const query = document.getElementById("query");
const GROUPS = ["paper", "scale", "verdict"];

const textOf = {
  claim: ([id, claim]) => [id, claim.says, claim.where, claim.verdict, ...claim.arms].join(" "),
  arm: ([key, arm]) => `${key} ${arm.label}`,
  card: (card) => {
    const dialog = dialogOf(card.id);
    const inside = [...dialog.querySelectorAll("[data-claim], [data-arm]")].map((one) => one.dataset.claim || one.dataset.arm);
    const known = inside.map((name) => (name in runs.claims ? textOf.claim([name, runs.claims[name]]) : name in runs.arms ? textOf.arm([name, runs.arms[name]]) : name));
    return [card.id, card.textContent, dialog.querySelector("h2").textContent, ...known].join(" ");
  },
};
const index = new Map();

// whether all words occur in the text of `one`
function has(words, kind, one, key = one) {
  if (!index.has(key)) index.set(key, textOf[kind](one).toLowerCase());
  return words.every((word) => index.get(key).includes(word));
}

function filter(asked) {
  const typed = asked.find(([key]) => key === "q")?.[1] ?? "", words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (query.value.trim() !== typed.trim()) query.value = typed;
  for (const box of boxes) box.checked = asked.some(([key, value]) => key === box.name && value === box.value);
  for (const card of cards) {
    card.hidden = (words.length > 0 && !has(words, "card", card)) || GROUPS.some((group) => {
      const ticked = boxes.filter((box) => box.name === group && box.checked);
      return ticked.length && !ticked.some((box) => card.dataset[group].split(" ").includes(box.value));
    });
  }
  for (const section of document.querySelectorAll(".of-paper"))
    section.hidden = !section.querySelector(".card:not([hidden])");
  const shown = cards.filter((card) => !card.hidden).length;
  tell(`${shown} of ${cards.length} figures and experiments shown`);
  hits(words);
}

function tell(status) {
  const output = document.getElementById("shown");
  if (output.textContent !== status) output.textContent = status;
}

// the claims and arms that a search finds, each with a link
let listed = "";
function hits(words) {
  if (words.join(" ") === listed) return; // a list made anew would lose a click that leaves the search field
  listed = words.join(" ");
  const box = document.getElementById("hits"), found = (kind, of) => Object.entries(of).filter((one) => has(words, kind, one, `${kind} ${one[0]}`));
  box.hidden = !words.length;
  if (!words.length) return;
  const beds = ({ on }) => Object.entries(on).flatMap(([bed, { verdict }]) => [" ", badge(verdict, bed)]);
  const claims = found("claim", runs.claims).map(([id, claim]) => make("li", {}, make("a", { href: `#${id}` }, claim.says),
    ...(Object.keys(claim.on).length ? beds(claim) : [" ", badge("not run")])));
  const arms = found("arm", runs.arms).map(([key, arm]) => make("li", {}, swatch(arm.colour), " ", make("a", { href: `#${key}` }, key), arm.label === key.split("/")[1] ? "" : ` ${arm.label}`));
  const some = [["Claims", claims], ["Arms", arms]].filter(([, items]) => items.length);
  if (!some.length) return box.replaceChildren(make("p", { class: "told" }, "No claim and no arm has these words; seeds and outcomes are not searched."));
  box.replaceChildren(...some.flatMap(([title, items]) => {
    const more = items.length > LISTED ? [make("p", { class: "told" }, `${items.length - LISTED} more; add a word to the search.`)] : [];
    return [make("h2", {}, `${title}: ${items.length}`), make("ul", {}, ...items.slice(0, LISTED)), ...more];
  }));
}

function tick() {
  const kept = address().asked.filter(([key]) => KEPT.includes(key));
  const ticked = boxes.filter((box) => box.checked).map((box) => [box.name, box.value]);
  write(null, [...ticked, ...(query.value.trim() ? [["q", query.value.trim()]] : []), ...kept]);
}

// the claims of the cards that are shown
function saveClaims() {
  const shown = new Set(cards.filter((card) => !card.hidden).flatMap((card) =>
    [...dialogOf(card.id).querySelectorAll("[data-claim]")].map((one) => one.dataset.claim)));
  const head = ["bed", "verdict", "gap", "low", "high", "lowest", "highest", "unit", "n"];
  const rows = [...shown].flatMap((id) => Object.entries(runs.claims[id].on).map(([bed, on]) =>
    [id, runs.claims[id].kind, bed, ...head.slice(1).map((key) => on[key]), runs.claims[id].says, runs.claims[id].where]));
  saveCsv("claims.csv", [["claim", "kind", ...head, "says", "place"], ...rows]);
}

form.addEventListener("change", tick);
query.addEventListener("input", tick);
form.addEventListener("reset", () => setTimeout(tick)); // once the boxes are empty
form.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("save-claims").addEventListener("click", saveClaims);
