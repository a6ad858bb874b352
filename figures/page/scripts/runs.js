// The runs of an arm: each seed at its end, configs, facts, and the rows of the logs.

const runs = JSON.parse(document.getElementById("runs").textContent);
const ODD = 4; // standard deviations of the other seeds, from their mean, from which a value is marked: one in a hundred
const MOST = 999;
const ENOUGH = 5; // seeds: of fewer the others' deviation is too uncertain

function rowsOf(arm, run) {
  const first = ["update", "epoch", ...Object.keys(runs.metrics)].filter((name) => name in run.rows);
  const names = [...first, ...Object.keys(run.rows).filter((name) => !first.includes(name))];
  const columns = names.map((name) => column(run, name));
  const found = [];
  for (let model = 0; model < run.models; model++)
    columns[0][model].forEach((_, row) => {
      const values = columns.map((models) => models[model][row]);
      found.push([String(model), ...values.map((value) => (Number.isFinite(value) ? String(value) : "–"))]);
    });
  return table(`log of ${arm}, seed ${run.seed}`, ["model", ...names], found);
}

// the values of the seeds; of one that is far from the others, how far
function marked(values) {
  const there = values.filter(Number.isFinite);
  return values.map((value, seed) => {
    const off = there.length < ENOUGH ? 0 : deviations(value, values.filter((other, k) => k !== seed && Number.isFinite(other)));
    return Math.abs(off) >= ODD ? `${short(value)} (${off > 0 ? "+" : "−"}${Math.abs(off).toFixed(1)} SD)` : short(value);
  });
}

// how many of their standard deviations a value is above the mean of the others
function deviations(value, others) {
  const middle = others.reduce((a, b) => a + b, 0) / others.length;
  const spread = Math.sqrt(others.reduce((sum, other) => sum + (other - middle) ** 2, 0) / (others.length - 1));
  return Math.max(-MOST, Math.min(MOST, (value - middle) / spread)); // the others may be equal
}

function ends(key) {
  const arm = armOf(key);
  const about = ["outcome", "update", "seconds", "commit"];
  const finals = arm.metrics.map((name) => marked(arm.ends[name]));
  const rows = arm.seeds.map((run, k) => [String(run.seed), ...finals.map((values) => values[k]), ...about.map((key) => String(facts(arm, run)[key]))]);
  return table(`each seed of ${key} at its end`, ["seed", ...arm.metrics.map((name) => runs.metrics[name].title), ...about], rows);
}

// the table of an arm's seeds, and what it marks
function seedsOf(key) {
  const told = armOf(key).seeds.length < ENOUGH ? `No seed is marked as odd: that takes ${ENOUGH} seeds or more.`
    : `Marked: ${ODD} or more standard deviations (SD) of the other seeds from their mean.`;
  return [make("h4", {}, "Each seed, at its end (mean over its models)"), ends(key), make("p", { class: "told" }, told)];
}

const repeat = (arm, run) => make("p", {}, "To repeat it: ", make("code", {}, arm.command.replace("{seed}", run.seed)));

function fill(details) {
  const key = details.dataset.arm, arm = runs.arms[key];
  details.append(...seedsOf(key));
  if (arm.missing.length) details.append(make("p", { class: "told" }, `Seeds missing: ${arm.missing.join(", ")}.`));
  details.append(folded("Config, resolved: what its seeds have in common", () => pairs(arm.config)));
  details.append(folded("Machine, versions, placement and what else its seeds have in common", () => pairs(arm.facts)));
  for (const run of arm.seeds) {
    details.append(make("h4", {}, `Seed ${run.seed}`), repeat(arm, run));
    details.append(folded("What is its own: config and outcome", () => pairs({ ...run.config, ...run.facts })));
    details.append(folded("Its log, a row for each measurement and model", () => rowsOf(key, run)));
  }
}

for (const details of document.querySelectorAll("details[data-arm]"))
  details.addEventListener("toggle", () => details.children.length === 1 && fill(details));
