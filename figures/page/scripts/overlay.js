// The curves of several arms over each other, a chart for each metric; arms, seeds and models are switched on and off.

const MANY = 12; // of more arms only those that the answer compares are on at first
let overlays = 0;

// keys: the arms that can be shown; first: those of the answer. changed: called after each switch; bed: of planned runs
function overlay(keys, first, { changed = () => {}, bed = "" } = {}) {
  const { seeds, models } = choices(keys);
  const there = Object.entries(AXES).filter(([axis]) => axis === "fraction" || keys.some((key) => armOf(key).seeds.some((run) => axis in run.rows)));
  const names = namesIn(keys, seeds, models, there.map(([axis]) => axis), bed);
  const on = keys.length > MANY ? keys.filter((key) => first.includes(key)) : keys;
  const listed = [...on, ...keys.filter((key) => !on.includes(key))]; // in a long list one sees what is on
  const asked = { arms: on.length ? on : keys.slice(0, MANY), seeds: ["mean"], models: ["mean"], axis: "fraction", zoom: "", bed };
  const defaults = { ...asked, bed: "" };
  const self = { asked, keys, sync: `overlay-${overlays++}`, plots: [], unknown: [], view: null, zoomed, zoom, show, restore, box: make("div", { class: "overlay" }) };
  const charts = make("div", { class: "charts" }), note = make("p", { class: "told", role: "status" });
  const slider = make("input", { type: "range", min: 0, max: 1000, value: 1000 });
  const switches = make("div", { class: "switches" });

  function ends() { // of the whole curves; null where there are none
    const xs = self.plots.map((plot) => plot.data[0]).filter((one) => one.length);
    return xs.length ? [Math.min(...xs.map((one) => one[0])), Math.max(...xs.map((one) => one.at(-1)))] : null;
  }

  function sameRange() {
    const [low, high] = self.view ?? ends() ?? [0, 0];
    if (low < high) for (const plot of self.plots) plot.setScale("x", { min: low, max: high }); // of one row uPlot chooses it
  }

  function zoomTo(low, high) { // the charts and the address follow
    const view = within([low, high], ends());
    if (rangeName(view) === asked.zoom) return; // already shown, as uPlot tells of each chart
    self.view = view;
    asked.zoom = rangeName(view);
    sameRange();
    writeSwitches(switchesOf(asked, defaults, names));
  }

  function zoomed(plot) { // uPlot tells later: the chart may be gone
    if (self.plots.includes(plot) && plot.scales.x.min !== null) zoomTo(plot.scales.x.min, plot.scales.x.max);
  }

  function zoom(by) { // by: 0 for the whole curves
    const whole = ends();
    if (!whole) return;
    const [low, high] = self.view ?? whole, middle = by ? centre(low, high) : 0, half = (by * (high - low)) / 2;
    const view = by ? [Math.max(whole[0], middle - half), Math.min(whole[1], middle + half)] : whole;
    zoomTo(...(view[0] < view[1] ? view : whole));
  }

  // where the slider is, so that keys zoom to it
  const centre = (low, high) => low + (slider.value / 1000) * (high - low);

  function read() { // the slider moves the pointer of all charts
    for (const plot of self.plots) {
      const left = (slider.value / 1000) * plot.over.clientWidth;
      plot.setCursor({ left: Math.max(0.5, left - 0.5), top: -10 });
    }
    slider.setAttribute("aria-valuetext", [...charts.querySelectorAll(".chart")].map((one) => one.innerText.replace(/\s+/g, " ")).join("; "));
  }

  function draw() {
    self.plots.forEach((plot) => plot.destroy());
    self.plots = [];
    const drawn = metricsOf(asked.arms).map((name) => [name, linesOf(asked, name)]).filter(([, lines]) => lines.some((line) => line.xs.length));
    const made = drawn.map(([name, lines]) => chart(name, lines, self));
    charts.replaceChildren(...made.map((one) => one.figure));
    self.plots = made.map((one) => one.plot);
    fit();
    self.view = within(rangeOf(asked.zoom), ends());
    if (ends()) asked.zoom = rangeName(self.view); // without a chart it stays, for the next one
    sameRange();
    tell();
    changed(asked.arms);
  }

  function tell() {
    const silent = asked.axis === "sent_bits" ? asked.arms.filter(sendsNothing) : [];
    const told = !self.plots.length ? "Nothing is shown: switch on an arm, and a seed or the mean."
      : silent.length ? `Without a line here, as they send nothing: ${silent.map((key) => key.split("/")[1]).join(", ")}.` : "";
    note.textContent = [self.unknown.length ? `Nothing here is named ${self.unknown.join(", ")}.` : "", told].filter(Boolean).join(" ");
  }

  function switched() { // by the reader: the address follows
    self.unknown = [];
    draw(); // drops a zoom beyond the curves
    writeSwitches(switchesOf(asked, defaults, names));
  }

  function restore(given) { // from the address
    const { on, unknown } = switchesFrom(given, defaults, names);
    if (JSON.stringify([asked, self.unknown]) === JSON.stringify([on, unknown])) return;
    Object.assign(asked, on);
    self.unknown = unknown;
    over.lastChild.value = on.axis;
    fill();
    draw();
    if (!on.zoom || asked.zoom || covers(rangeOf(on.zoom), ends())) return;
    self.unknown = [...unknown, `zoom ${on.zoom}`]; // it is beyond the curves
    tell();
  }

  function fit() {
    for (const plot of self.plots) {
      const wide = plot.root.parentElement.clientWidth;
      if (wide && wide !== plot.width) plot.setSize({ width: wide, height: 240 });
    }
  }

  // a group of switches; values: [[value, what it is called], ...]
  function group(title, name, values) {
    const boxes = values.map(([value, text]) => {
      const box = make("input", { type: "checkbox", name });
      box.checked = asked[name].includes(value);
      box.addEventListener("change", () => {
        asked[name] = values.map(([one]) => one).filter((one) => (one === value ? box.checked : asked[name].includes(one)));
        switched();
      });
      return make("label", {}, box, " ", ...[text].flat());
    });
    const all = (which) => button(which.length ? "all" : "none", () => { asked[name] = which; fill(); switched(); });
    const both = values.length > 2 ? [all(values.map(([value]) => value)), all([])] : [];
    return make("fieldset", {}, make("legend", {}, title), ...both, ...boxes);
  }

  function fill() {
    const numbers = (values, what) => values.map((value) => [value, value === "mean" ? `mean of the ${what}s` : `${what} ${value}`]);
    const label = (key) => [sample(armOf(key).colour, lookOf(key, keys)), ` ${key.split("/")[1]}`];
    switches.replaceChildren(
      group("arms", "arms", listed.map((key) => [key, label(key)])),
      group("seeds", "seeds", numbers(seeds, "seed")),
      ...(models.length > 1 ? [group("models", "models", numbers(models, "model"))] : []),
    );
  }

  function show(arms) { // these arms only, with their mean
    asked.arms = keys.filter((key) => arms.some((arm) => arm.split("/")[1] === key.split("/")[1])); // on a bed, its own
    fill();
    switched();
    self.box.scrollIntoView({ block: "start" });
  }

  function save() {
    const [low, high] = self.view ?? [-Infinity, Infinity];
    const rows = metricsOf(asked.arms).flatMap((name) => linesOf(asked, name).flatMap((line) => line.ys.map((y, row) =>
      [name, line.key, line.seed, line.model, line.xs[row], y]).filter(([, , , , x]) => x >= low && x <= high)));
    saveCsv("curves.csv", [["metric", "arm", "seed", "model", asked.axis, "value"], ...rows]);
  }

  slider.addEventListener("input", read);
  const over = choice("over", there, asked.axis, (axis) => { asked.axis = axis; asked.zoom = ""; switched(); });
  fill();
  self.box.append(switches, make("div", { class: "tools" }, over,
    make("label", { class: "choice" }, "read values at ", slider),
    button("Zoom in", () => zoom(0.5)), button("Zoom out", () => zoom(2)), button("Whole curves", () => zoom(0)),
    button("Save as CSV", save)), note, charts);
  new ResizeObserver(fit).observe(charts);
  draw();
  return self;
}
