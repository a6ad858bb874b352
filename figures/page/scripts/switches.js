// What is switched on in an overlay, as parts of the address: "arms=all_reduce,codist_fixed&seeds=mean,3". Defaults are left out.

const SWITCHES = { arms: "arm", seeds: "seed", models: "model", axis: "axis", bed: "bed" }; // {key in the address: what one of its names is}

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
  const named = (key) => [...names[key]].filter(([, value]) => [asked[key]].flat().includes(value)).map(([name]) => name).join();
  return Object.keys(SWITCHES).filter((key) => String(asked[key]) !== String(defaults[key])).map((key) => [key, named(key)]);
}

// {on: what the address switches on, unknown: ["arm all_reduec", ...]}; a list of unknown names only counts as none given
function switchesFrom(given, defaults, names) {
  const on = { ...defaults }, unknown = [];
  for (const [key, value] of given.filter(isSwitch)) {
    const asked = value.split(",").filter(Boolean), known = asked.filter((name) => names[key].has(name));
    unknown.push(...asked.filter((name) => !known.includes(name)).map((name) => `${SWITCHES[key]} ${name}`));
    if (known.length || (!asked.length && !ONE.includes(key))) on[key] = [...names[key]].filter(([name]) => known.includes(name)).map(([, one]) => one);
  }
  for (const key of ONE) [on[key]] = [on[key]].flat();
  return { on, unknown };
}
