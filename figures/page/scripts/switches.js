// What is switched on in an overlay, and its zoom, as parts of the address: "arms=all_reduce,codist_fixed&seeds=mean,3&zoom=0.2-0.6".
// Defaults are left out.

const SWITCHES = { arms: "arm", seeds: "seed", models: "model", axis: "axis", zoom: "zoom", bed: "bed" }; // {key in the address: what one of its names is}

const ONE = ["axis", "bed"]; // of these one is chosen
const isSwitch = ([key]) => Object.hasOwn(SWITCHES, key);
const withoutSwitches = (asked) => asked.filter((pair) => !isSwitch(pair));

// {key: {a name in the address: its value}}; arms are named without their scale where all have the same
function namesIn(keys, seeds, models, axes, bed) {
  const oneScale = new Set(keys.map((key) => key.split("/")[0])).size === 1;
  const named = (values, name = String) => new Map(values.map((value) => [name(value), value]));
  return { arms: named(keys, (key) => (oneScale ? key.split("/")[1] : key)), seeds: named(seeds), models: named(models), axis: named(axes), bed: named([bed].filter(Boolean)) };
}

// [[key, value], ...] of what differs from `defaults`
function switchesOf(asked, defaults, names) {
  const named = (key) => key === "zoom" ? asked.zoom : [...names[key]].filter(([, value]) => [asked[key]].flat().includes(value)).map(([name]) => name).join();
  return Object.keys(SWITCHES).filter((key) => String(asked[key]) !== String(defaults[key])).map((key) => [key, named(key)]);
}

// {on: what the address switches on, unknown: ["arm all_reduec", ...]}; a list of unknown names only counts as none given
function switchesFrom(given, defaults, names) {
  const on = { ...defaults }, unknown = [];
  for (const [key, value] of given.filter(isSwitch)) {
    if (key === "zoom") { // a range of the axis, no name
      on.zoom = rangeName(rangeOf(value)) || on.zoom;
      if (value && !rangeOf(value)) unknown.push(`zoom ${value}`);
      continue;
    }
    const asked = value.split(",").filter(Boolean), known = asked.filter((name) => names[key].has(name));
    unknown.push(...asked.filter((name) => !known.includes(name)).map((name) => `${SWITCHES[key]} ${name}`));
    if (known.length || (!asked.length && !ONE.includes(key))) on[key] = [...names[key]].filter(([name]) => known.includes(name)).map(([, one]) => one);
  }
  for (const key of ONE) [on[key]] = [on[key]].flat();
  return { on, unknown };
}

// ---- a range of the horizontal axis, in its units: [0.2, 0.6] is named "0.2-0.6", and the whole curves, null, ""

// with the digits that tell its ends apart
function rangeName(range) {
  if (!range) return "";
  const [low, high] = range, digits = Math.min(15, 3 + Math.ceil(Math.log10(high / (high - low))));
  return range.map((end) => Number(end.toPrecision(digits))).join("-");
}

function rangeOf(name) {
  const number = "(\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)", found = name.match(new RegExp(`^${number}-${number}$`));
  const range = found && [+found[1], +found[2]];
  return range && range[0] < range[1] && range[1] < Infinity ? range : null;
}

const covers = (range, whole) => whole && range[0] <= whole[0] && range[1] >= whole[1];

// the part of a range that the whole curves have; null where it has all or none of them
function within(range, whole) {
  if (!range || !whole || covers(range, whole)) return null;
  const part = [Math.max(range[0], whole[0]), Math.min(range[1], whole[1])];
  return part[0] < part[1] ? part : null;
}
