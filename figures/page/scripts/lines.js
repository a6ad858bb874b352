// The lines of an overlay: one for each arm, seed and model that is switched on.

const AXES = {
  fraction: "share of the updates", update: "updates", epoch: "epochs", examples: "examples",
  sent_bits: "bits that a device has sent", seconds: "seconds",
};

const armOf = (key) => runs.arms[key] ?? runs.planned[key];
const facts = (arm, run) => ({ ...arm.facts, ...run.facts });

function lengthOf(run) {
  return Math.max(1, ...Object.values(run.rows).filter(Array.isArray).flat().map((model) => model.length));
}

// the values of one column: of each model of a run, a row each
function column(run, name) {
  const packed = run.rows[name];
  const models = Array.isArray(packed) ? packed : [new Array(lengthOf(run)).fill(packed)];
  return Array.from({ length: run.models }, (_, model) => models[model] || models[0]);
}

// the mean over the models or seeds, as long as the shortest; null where one of them is not finite
function mean(each) {
  const length = Math.min(...each.map((one) => one.length));
  return each[0].slice(0, length).map((_, row) => {
    const values = each.map((one) => one[row]);
    return values.every(Number.isFinite) ? values.reduce((a, b) => a + b) / values.length : null;
  });
}

function along(arm, run, axis) {
  if (axis !== "fraction") return column(run, axis);
  const { updates } = facts(arm, run);
  return column(run, "update").map((model) => model.map((value) => value / updates));
}

const ofModel = (models, which) => (which === "mean" ? mean(models) : models[which]);

// asked: {arms: [key], seeds, models: ["mean", 1, ...], axis}; name: a metric
function linesOf(asked, name) {
  const found = [];
  for (const key of asked.arms) {
    const arm = armOf(key);
    if (!arm.metrics.includes(name)) continue;
    for (const model of asked.models) {
      const each = arm.seeds.filter((run) => name in run.rows && (model === "mean" || model < run.models)).map((run) => ({
        seed: run.seed, xs: ofModel(along(arm, run, asked.axis), model), ys: ofModel(column(run, name), model),
      }));
      if (!each.length) continue;
      const over = { seed: "mean", xs: mean(each.map((one) => one.xs)), ys: mean(each.map((one) => one.ys)) };
      const every = [...(asked.seeds.includes("mean") ? [over] : []), ...each.filter((one) => asked.seeds.includes(one.seed))];
      found.push(...every.map((one) => ({ key, arm, model, seeds: each.length, ...one })));
    }
  }
  return found.map(drawable);
}

// without rows that have no place on the axis
function drawable(line) {
  const there = line.ys.map((_, row) => row).filter((row) => Number.isFinite(line.xs[row]));
  return { ...line, name: nameOf(line), xs: there.map((row) => line.xs[row]), ys: there.map((row) => line.ys[row]) };
}

function nameOf({ key, seed, model }) {
  const parts = [key.split("/")[1], seed === "mean" ? null : `seed ${seed}`, model === "mean" ? null : `model ${model}`];
  return parts.filter((part) => part !== null).join(", ");
}

// the seeds of these arms, and the numbers of their models
function choices(keys) {
  const every = keys.flatMap((key) => armOf(key).seeds);
  const models = Math.max(1, ...every.map((run) => run.models));
  const seeds = [...new Set(every.map((run) => run.seed))].sort((a, b) => a - b);
  return { seeds: ["mean", ...seeds], models: ["mean", ...(models > 1 ? Array(models).keys() : [])] };
}

const metricsOf = (keys) => Object.keys(runs.metrics).filter((name) => keys.some((key) => armOf(key).metrics.includes(name)));

const sendsNothing = (key) => armOf(key).seeds.every((run) => column(run, "sent_bits").flat().every((bits) => !bits));
