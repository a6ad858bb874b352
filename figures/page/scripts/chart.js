// One metric of an overlay, drawn by uPlot: zoom by dragging, and the value of each line under the pointer.

// colours are those of light paper; the style sheet inverts the canvas in the dark
const INK = "#444", GRID = "#e4e4e4", FONT = "12px system-ui, sans-serif";

// overlay: {asked, keys, sync, zoomed(plot), zoom(by)}; returns {figure, plot}
function chart(name, lines, overlay) {
  const { title, log } = runs.metrics[name];
  const box = make("div", { class: "plotted", "aria-hidden": "true" }); // its values are in the list below
  const values = make("ul", { class: "values", tabindex: 0, "aria-label": `values of ${title}` }), at = make("li", { class: "at" });
  const shown = lines.map(() => make("output", { "aria-live": "off" }));
  values.append(at, ...lines.map((line, k) => make("li", {}, sample(line.arm.colour, lookOfLine(line, overlay.keys)), ` ${line.name} `, shown[k])));
  const figure = make("figure", { class: "chart" }, make("h4", {}, `${title}${log ? ", logarithmic" : ""}`), box, values);
  const tell = (plot) => {
    const under = Number.isFinite(plot.cursor.left) && plot.cursor.left >= 0;
    const x = under ? plot.posToVal(plot.cursor.left, "x") : null;
    at.textContent = under ? `at ${short(x)} ${AXES[overlay.asked.axis]}:` : "at the end:";
    lines.forEach((line, k) => {
      const row = under ? plot.cursor.idxs[k + 1] : null;
      shown[k].textContent = under ? (row === null ? "–" : short(plot.data[k + 1][row])) : short(line.ys.at(-1));
    });
  };
  const positive = lines.every((line) => line.ys.every((value) => value === null || value > 0));
  const plot = new uPlot({
    width: 320, height: 240,
    scales: {
      x: { time: false, distr: overlay.asked.axis === "sent_bits" ? 3 : 1 },
      y: log && positive ? { distr: 3, range: (u, low, high) => (low === null ? [1, 10] : [low / 1.06, high * 1.06]) }
        : { range: (u, low, high) => late(u, lines, low, high) },
    },
    axes: [
      { stroke: INK, font: FONT, labelFont: FONT, labelSize: 16, size: 30, label: AXES[overlay.asked.axis],
        grid: { show: overlay.asked.axis !== "sent_bits", stroke: GRID }, // logarithmic: too many lines
        values: (u, ticks) => ticks.map((tick) => (tick === null ? "" : tick >= 1e4 ? short(tick).replace(/\.?0*e\+/, "e") : short(tick))) },
      { stroke: INK, font: FONT, size: 52, grid: { stroke: GRID },
        ...(log && positive ? { filter: few } : {}),
        values: (u, ticks) => ticks.map((tick) => (tick === null ? "" : short(tick))) },
    ],
    series: [{}, ...lines.map((line) => drawnAs(line, overlay))],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, focus: { prox: 24 }, hover: { prox: 40 }, sync: { key: overlay.sync, setSeries: false },
      bind: { dblclick: () => () => overlay.zoom(0) } },
    focus: { alpha: 0.25 },
    hooks: {
      setCursor: [tell],
      setSeries: [(u, k) => [...values.children].forEach((item, row) => item.classList.toggle("near", k !== null && row === k))],
      setScale: [(u, scale) => scale === "x" && overlay.zoomed(u)],
    },
  }, joined(lines, overlay.asked.axis), box);
  tell(plot);
  return { figure, plot };
}

function drawnAs(line, { asked, keys }) {
  const behind = line.seed !== "mean" && asked.seeds.includes("mean"); // a seed behind the mean
  const { dash, points } = lookOfLine(line, keys);
  return { label: line.name, stroke: line.arm.colour, width: behind ? 1 : 2, alpha: behind ? 0.6 : 1, dash, points: pointsOf(line, points) };
}

function lookOfLine(line, keys) {
  const seed = line.seed === "mean" ? 0 : 1 + line.arm.seeds.findIndex((run) => run.seed === line.seed);
  return lookOf(line.key, keys, seed + (line.model === "mean" ? 0 : line.model));
}

// the x of all lines, then the y of each; on a logarithmic axis without the rows at zero
function joined(lines, axis) {
  const tables = lines.map(({ xs, ys }) => {
    const kept = xs.map((_, row) => row).filter((row) => axis !== "sent_bits" || xs[row] > 0);
    return [kept.map((row) => xs[row]), kept.map((row) => ys[row])];
  });
  return uPlot.join(tables);
}

// of the ticks of a logarithmic axis those that begin with 1, 2 or 5, or all round ones where these are few
function few(plot, ticks) {
  const { min, max } = plot.scales.y, round = (tick) => Math.abs(tick.toPrecision(1) / tick - 1) < 1e-6;
  const kept = ticks.map((tick) => (round(tick) && /^[0.]*[125]/.test(tick.toPrecision(1)) ? tick : null));
  return kept.filter((tick) => tick >= min && tick <= max).length > 2 ? kept : ticks.map((tick) => (round(tick) ? tick : null));
}

// The range of y. Of whole curves it is that of their later part, as in the figures: early rows jump too far.
function late(plot, lines, low, high) {
  const [xs] = plot.data, [first, last] = plot.series[0].idxs ?? [0, xs.length - 1];
  if (first === 0 && last === xs.length - 1) {
    const from = xs.at(-1) * runs.early;
    const values = lines.flatMap((line) => line.ys.filter((y, row) => y !== null && (line.xs[row] >= from || line.ys.length < 4)));
    if (values.length) [low, high] = [Math.min(...values), Math.max(...values)];
  }
  return low === null ? [0, 1] : uPlot.rangeNum(low, high, 0.06, true);
}
