// The curves of a figure: of the runs that it shows, or on a bed of the plan, of whose runs the page has few rows.

const overlaysMade = new Map(); // {dialog and bed: overlay}

const onBed = (bed, key) => `planned:${bed}/${key.split("/")[1]}`;

// {bed: the keys of its arms}, of the arms of a dialog
function bedsOf(dialog) {
  const planned = (bed) => armsIn(dialog).map((key) => onBed(bed, key)).filter((key) => key in runs.planned);
  return new Map(Object.keys(runs.beds).map((bed) => [bed, planned(bed)]).filter(([, keys]) => keys.length));
}

function showCurves(dialog, place, asked) {
  const id = dialog.dataset.of, beds = bedsOf(dialog);
  const named = asked.find(([key]) => key === "bed")?.[1], bed = beds.has(named) ? named : "";
  if (opened.has(id) && opened.get(id).asked.bed === bed) return;
  const first = place.dataset.first.split(" "), made = `${id} ${bed}`;
  if (!overlaysMade.has(made)) {
    const shown = bed ? [beds.get(bed), first.map((key) => onBed(bed, key))] : [armsIn(dialog), first];
    overlaysMade.set(made, overlay(...shown, { bed }));
  }
  opened.set(id, overlaysMade.get(made));
  const had = place.contains(document.activeElement), chosen = beds.size ? chooser(id, beds, bed) : null;
  place.replaceChildren(...[make("h3", {}, "Curves"), chosen, bed ? toldOf(bed, beds.get(bed)) : null, opened.get(id).box, bed ? runsOn(bed, beds.get(bed)) : null].filter(Boolean));
  if (had && chosen) chosen.lastChild.focus();
}

function chooser(id, beds, bed) {
  const options = [...beds.keys()].map((one) => [one, `the plan: ${runs.beds[one]}`]);
  return choice("runs of", [["", "the figure"], ...options], bed, (chosen) => {
    writeSwitches(chosen ? [["bed", chosen]] : []);
    show(id);
  });
}

// the runs of each arm: its seeds at their end, and the commands that repeat them
function runsOn(bed, keys) {
  const arms = keys.map((key) => {
    const arm = armOf(key), name = key.split("/")[1];
    const commands = arm.seeds.flatMap((run) => [make("h4", {}, `Seed ${run.seed}`), repeat(arm, run)]);
    return folded(`${name}: ${arm.seeds.length} seeds`, () => make("div", {}, ...seedsOf(key), ...commands));
  });
  return make("div", { class: "planned" }, make("h4", {}, `Runs of the plan on ${runs.beds[bed]}`), ...arms);
}

// keys: the arms that are shown
function toldOf(bed, keys) {
  const all = (what) => [...new Set(keys.flatMap((key) => runs.planned[key][what]))].sort().join(", ");
  return make("p", { class: "told" }, `At most ${runs.points} rows of each run, and the mean of its models. All rows are in `,
    make("code", {}, `paper/planned/${bed}`), `. Trained at commit ${all("commits")} on ${all("machines")}.`);
}
