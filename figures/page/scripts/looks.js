// How the line of an arm is drawn: arms that share a colour differ by dashes, and when these run out, by points.

const DASHES = [[], [6, 3], [2, 2], [8, 2, 2, 2], [12, 3], [4, 4]];
const POINTS = [0, 5, 9]; // their size in pixels; 0: none
const FEW = 10; // points of a line

// keys: the arms that can be shown together. shift: of a seed or model, which has the next dashes.
function lookOf(key, keys, shift = 0) {
  const twin = Math.max(0, keys.filter((one) => armOf(one).colour === armOf(key).colour).indexOf(key));
  return { dash: DASHES[(twin + shift) % DASHES.length], points: POINTS[Math.floor(twin / DASHES.length) % POINTS.length] };
}

// for uPlot: a few points of the line, or its only one
function pointsOf(line, size) {
  if (!size) return { show: line.xs.length === 1 };
  const few = (plot, k) => {
    const there = plot.data[k].flatMap((y, row) => (y === null || y === undefined ? [] : [row]));
    return there.filter((_, nth) => nth % Math.ceil(there.length / FEW) === 0);
  };
  return { show: true, size, fill: line.arm.colour, filter: few };
}

// a piece of the line, for lists
function sample(colour, { dash, points }) {
  const draw = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const made = draw("svg", { class: "swatch sample", viewBox: "0 0 34 10", "aria-hidden": "true" });
  made.append(draw("line", { x1: 0, x2: 34, y1: 5, y2: 5, stroke: colour, "stroke-width": 3, "stroke-dasharray": dash.join(" ") }));
  if (points) made.append(draw("circle", { cx: 17, cy: 5, r: points / 2, fill: colour }));
  return made;
}
