"""Figures: what is read from the logs, what is drawn of it, and that a redraw changes no byte."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import fabricate
import numpy as np
import pytest
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from codist import run_folder, runlog
from figures.__main__ import main
from figures.drawing import colours, legends, sheet, tables
from figures.evidence import names, provenance, results
from figures.evidence.names import NAMES
from figures.evidence.shown import arms_shown
from figures.v2 import table1

HOME = Path(__file__).parents[2]
SWEEPS = list(dict.fromkeys(sweep for sweep, *_ in fabricate.ARMS.values()))


def figures(*words, python=(), **more) -> subprocess.CompletedProcess:
    command = [sys.executable, *python, "-m", "figures", *map(str, words)]
    return subprocess.run(command, cwd=HOME, capture_output=True, text=True, **more)


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("logs")
    fabricate.everything(root)
    return root


MISSING, DIVERGED = ("batch_512",), (("checkpoints_625", 2), ("codist_fixed", 1))


@pytest.fixture(scope="module")
def flawed(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("flawed")
    fabricate.everything(root, without=MISSING, diverged=DIVERGED)
    return root


def test_a_curve_is_the_mean_over_the_models_of_each_seed(tmp_path):
    fabricate.run(
        tmp_path, "a", 1, [{"train_loss": [4.0, 2.0]}, {"train_loss": [6.0, 3.0]}], bits=7
    )
    fabricate.run(
        tmp_path, "a", 2, [{"train_loss": [1.0, 0.5]}, {"train_loss": [1.0, 0.7]}], bits=9
    )
    (arm,) = results.read("laptop", SWEEPS, [tmp_path]).values()
    updates, losses = arm.curve("update", "train_loss")
    assert updates.tolist() == [10, 20]
    assert losses.tolist() == [[5.0, 2.5], [1.0, 0.6]]
    assert arm.final("train_loss").tolist() == [2.5, 0.6]
    assert arm.curve("fraction", "train_loss")[0].tolist() == [0.5, 1.0]
    assert arm.bits().tolist() == [7, 9]
    assert arm.seeds == (1, 2) and arm.planned == 3


def test_a_model_that_is_not_finite_is_not_averaged_away(tmp_path):
    fabricate.run(
        tmp_path, "a", 1, [{"train_loss": [4.0, float("nan")]}, {"train_loss": [6.0, 3.0]}]
    )
    (arm,) = results.read("laptop", SWEEPS, [tmp_path]).values()
    assert np.array_equal(arm.curve("update", "train_loss")[1], [[5.0, np.nan]], equal_nan=True)


def test_the_first_root_with_the_run_finished_counts(tmp_path):
    first, second = tmp_path / "results", tmp_path / "runs"
    for root, values in ((first, (1.0, None, None)), (second, (7.0, 2.0, None))):
        for seed, value in enumerate(values, start=1):
            fabricate.run(
                root,
                "a",
                seed,
                [{"train_loss": [value or 9.0]}],
                outcome="finished" if value else None,
            )
    (arm,) = results.read("laptop", SWEEPS, [first, second]).values()
    assert arm.final("train_loss").tolist() == [1.0, 2.0]
    assert arm.unfinished == {3} and arm.planned == 3


def test_a_diverged_run_keeps_its_curve_and_has_no_final(tmp_path):
    fabricate.run(tmp_path, "a", 1, [{"train_loss": [4.0, 9.0]}], outcome="diverged", updates=40)
    fabricate.run(tmp_path, "a", 2, [{"train_loss": [4.0, 3.0, 2.0, 1.0]}])
    (arm,) = results.read("laptop", SWEEPS, [tmp_path]).values()
    assert np.array_equal(
        arm.curve("update", "train_loss")[1], [[4, 9, np.nan, np.nan], [4, 3, 2, 1]], equal_nan=True
    )
    assert np.array_equal(arm.final("train_loss"), [np.nan, 1.0], equal_nan=True)
    assert arm.diverged == (1,)


def test_a_figure_shows_final_numbers_of_one_validation_set(tmp_path):
    """A new arm beside committed ones that were scored on fewer images is shown by its last row, as they are."""
    from figures.v2 import fig7

    for seed in (1, 2, 3):
        for arm in ("all_reduce", "codist_fixed"):
            fabricate.run(tmp_path, arm, seed, [{"valid_top1": [90.0]}])

    def score(arm):
        for path in tmp_path.glob(f"laptop/regularization/{arm}/*/done.json"):
            final = {"0": {"valid_top1": 80.0, "images": 10_800}}
            path.write_text(json.dumps(json.loads(path.read_text()) | {"final": final}))
        shown = arms_shown(fig7, results.read("laptop", SWEEPS, [tmp_path]))
        return {name: (one.final("valid_top1")[0], one.images) for name, one in shown.items()}

    assert score("codist_fixed") == {"all_reduce": (90.0, None), "codist_fixed": (90.0, None)}
    assert score("all_reduce") == {"all_reduce": (80.0, 10_800), "codist_fixed": (80.0, 10_800)}


def test_half_copied_and_mixed_runs_are_refused(tmp_path):
    folder = fabricate.run(tmp_path, "a", 1, [{"train_loss": [4.0]}, {"train_loss": [4.0]}])
    fabricate.run(tmp_path, "a", 2, [{"train_loss": [4.0]}, {"train_loss": [4.0]}], batch=64)
    with pytest.raises(results.Unreadable, match="batch: 32, now 64"):
        results.read("laptop", SWEEPS, [tmp_path])["a"].config  # noqa: B018
    (folder / "model1.jsonl").unlink()
    with pytest.raises(results.Unreadable, match="1 of 2 models"):
        results.read("laptop", SWEEPS, [tmp_path])


@pytest.mark.parametrize("older", [1, 2])
def test_an_option_that_only_one_seed_knows_is_younger_than_the_other(tmp_path, older):
    for seed in (1, 2):
        folder = fabricate.run(tmp_path, "a", seed, [{"train_loss": [1.0]}])
        if seed != older:
            config = run_folder.config(folder)
            younger = {"exchange": config["exchange"] | {"peers": "all"}, "begin_from": ""}
            (folder / "config.yaml").write_text(yaml.safe_dump(config | younger))
    assert results.read("laptop", SWEEPS, [tmp_path])["a"].config["batch"] == 32


def test_the_papers_numbers_are_read_from_their_file():
    paper = results.reported("v2 table1")
    assert (
        paper["codist_decayed", "train_loss"] == 1.08 and paper["batch_2048", "valid_top1"] == 75.26
    )
    assert results.reported("v2 fig2b")["all_reduce", "valid_top1"] == 76.13
    assert {arm for arm, _ in paper} == set(names.arms_read(table1))


def test_every_arm_has_a_colour_of_its_own():
    """Or that of the arm whose part it plays; two of one figure may share it only where they stand in other panels."""
    exchanges = [colours.METHODS[one] for one in ("compressed gradients", "averaged weights")]
    listed = [*colours.OWN.values(), *colours.FREE, *colours.SHARES, *exchanges]
    assert len(set(listed)) == len(listed)
    assert set(colours.ROLES) <= set(colours.OWN)


def test_a_new_arm_has_a_free_colour_that_it_keeps_when_others_are_added_below_it(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(names, "HOME", tmp_path)
    monkeypatch.setattr(colours, "SWEEPS", {"mine"})
    file = tmp_path / "sweeps" / "sweep" / "mine.yaml"
    file.parent.mkdir(parents=True)
    told = []
    for arms in ("{codist_fixed: {}, one: {}}", "{codist_fixed: {}, one: {}, two: {}, three: {}}"):
        file.write_text(f"arms: {arms}")
        for cached in (names.yaml_of, names.arms_of, colours.free):
            cached.cache_clear()
        told.append([colours.COLOURS[arm] for arm in ("one", "two", "three") if arm in arms])
    assert told[0][0] == told[1][0] and len(set(told[1])) == 3 and set(told[1]) < set(colours.FREE)
    assert colours.COLOURS["codist_fixed"] == colours.OWN["codist_fixed"]


WATCH = """
import sys
from figures.__main__ import main
code = main(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


def watched(*words) -> tuple[subprocess.CompletedProcess, set[str]]:
    """What the command of figures printed, and the names of all modules that it imported."""
    command = [sys.executable, "-c", WATCH, *map(str, words)]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True)
    return done, set(done.stderr.splitlines()[-1].split())


def refuse_heavy(modules: set[str]) -> None:
    """Neither torch nor more of codist than the run log is imported."""
    assert not modules & {"torch", "seaborn", "pandas", "scipy.stats"}
    ours = {name for name in modules if name.startswith("codist.")}
    assert "codist.runlog" in ours and ours <= {
        f"codist.{name}"
        for name in (
            "run_folder",
            "packed",
            "packed_files",
            "run_lines",
            "unpacked",
            "designs",
            "plan_digest",
            "plan_of_run",
            "plan_seeds",
            "runlog",
            "run_identity",
            "metrics",
            "rows",
            "states",
            "disk",
            "errors",
            "progress",
            "durations",
            "link",
        )
    }


def test_every_figure_draws_without_torch_and_a_redraw_has_the_same_bytes(logs, tmp_path):
    """--all prints a summary: what was drawn and how much of it is new, the verdicts' file, the totals.

    Three are drawn twice here. test_results.py redraws all committed results, also as PNG, in another process.
    """
    out, again = tmp_path / "first", ("fig7", "fig2", "table1")

    def draw(*names: str) -> list[str]:
        done, modules = watched(*names, "--from", logs, "--out", out, "--formats", "pdf,svg")
        assert done.returncode == 0, done.stderr
        refuse_heavy(modules)
        return done.stdout.splitlines()

    drawn, verdicts, totals = draw("--all")
    kept = len(list(out.iterdir())) - 1  # of all but verdicts.txt
    shutil.copytree(out, tmp_path / "second")
    (out / "fig7.svg").write_text("another")
    (out / "table1.md").unlink()
    assert re.fullmatch(
        rf"figures +{len(NAMES)} figures and tables in \S+: {kept} files, {kept} new", drawn
    )
    assert re.match(r"verdicts +\S+/first/verdicts.txt: ", verdicts)
    assert re.match(r"total +laptop scale: papers \d+ holds, \d+ fails, .*; ours ", totals)
    draw(*again)
    drawn_files = {path.name for path in out.iterdir()}
    assert "n=3,3   laptop   v2 §A.4.1, Fig 7" in (out / "verdicts.txt").read_text()
    written = {name for name in NAMES if hasattr(names.module(name), "rows")}
    kinds = {name: ("md", "tex") if name in written else ("pdf", "svg") for name in NAMES}
    assert drawn_files == {f"{name}.{kind}" for name, of in kinds.items() for kind in of} | {
        "verdicts.txt"
    }
    for name in drawn_files:
        assert (tmp_path / "first" / name).read_bytes() == (
            tmp_path / "second" / name
        ).read_bytes(), name
    for pdf in (tmp_path / "first").glob("*.pdf"):
        streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf.read_bytes(), re.S)
        opened = b"".join(zlib.decompress(stream) for stream in streams if stream[:1] == b"\x78")
        everything = pdf.read_bytes() + opened
        assert b"/FontFile2" in everything and b"/Type3" not in everything, (
            "a font is not embedded as TrueType"
        )
    assert "<text" not in (tmp_path / "first" / "fig2.svg").read_text(), (
        "an SVG needs a font of the reader's machine"
    )


def draw_those_of(root: Path, arms: set[str] | None = None) -> dict[str, Figure]:
    """Each figure with one of `arms`, drawn from the runs in `root`."""
    there = results.read("laptop", SWEEPS, [root])
    modules = {name: names.module(name) for name in NAMES}
    return {
        name: sheet.draw(module, there)
        for name, module in modules.items()
        if hasattr(module, "draw")
        and (arms is None or any(map(arms.intersection, names.reads(module).values())))
    }


@pytest.fixture(scope="module")
def drawn(logs) -> dict[str, Figure]:
    return draw_those_of(logs)


def refuse_ink_outside(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        inked = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
        assert min(inked.x0, inked.y0) >= 0, f"{name}: {inked}"
        wide, high = figure.get_size_inches()
        assert inked.x1 <= wide and inked.y1 <= high, f"{name}: {inked}"


def test_nothing_that_is_drawn_sticks_out_of_its_page(drawn):
    refuse_ink_outside(drawn)


def test_nothing_sticks_out_where_runs_are_missing_or_diverged(flawed):
    figures = draw_those_of(flawed, {*MISSING, *(arm for arm, _ in DIVERGED)})
    assert len(figures) > 5
    refuse_ink_outside(figures)


def test_every_arm_of_every_panel_is_in_a_legend_or_has_a_label_at_its_end(drawn):
    for name, figure in drawn.items():
        shown = [*figure.legends, *(axis.get_legend() for axis in figure.axes if axis.get_legend())]
        told = {legends.look(handle) for legend in shown for handle in legend.get_lines()}
        labelled = {
            legends.look(line)
            for axis in figure.axes
            for line in axis.get_legend_handles_labels()[0]
        }
        assert labelled <= told, f"{name}: {labelled - told}"


@pytest.mark.parametrize("words", ["--claims", "--index"])
def test_claims_are_judged_without_drawing_and_without_torch(logs, words):
    done, modules = watched(words, "--from", logs)
    assert done.returncode == 0 and done.stdout
    refuse_heavy(modules)
    assert "matplotlib" not in modules


def test_a_diverged_run_is_shown_and_what_is_missing_is_named(flawed):
    from figures.v2 import fig1, fig2

    arms = results.read("laptop", SWEEPS, [flawed])
    for module, name in ((fig1, "checkpoints_625"), (fig2, "codist_fixed")):
        figure = sheet.draw(module, arms)
        texts = [text.get_text() for axis in figure.axes for text in axis.texts]
        assert "diverged" in texts and any(
            line.get_marker() == "X" for axis in figure.axes for line in axis.lines
        )
        assert f"{name} (1 of 3 seeds)" in " ".join(text.get_text() for text in figure.texts)
    assert "not run: batch_512" in " ".join(text.get_text() for text in figure.texts)


def test_seeds_that_are_not_finished_are_counted(tmp_path):
    for seed in (1, 2, 3):
        row = {"distance": [1.0, 2.0 + seed]}
        fabricate.run(
            tmp_path, "codist_fixed", seed, [row, row], outcome=None if seed == 3 else "finished"
        )
    from figures.v2 import fig7

    foot = sheet.footer(fig7, results.read("laptop", SWEEPS, [tmp_path]))
    config = provenance.fingerprint(
        run_folder.config(tmp_path / "laptop" / "regularization" / "codist_fixed" / "1")
    )
    config = hashlib.sha256(f"codist_fixed {config}".encode()).hexdigest()[:8]
    assert (
        f"laptop scale · seeds 1, 2 · config {config} · commit abc1234 · Abacus · "
        + "claims: 1 not run; ours: 2 not run".replace(" ", "\N{NO-BREAK SPACE}")  # on one line
        in foot
    )
    assert "seeds missing: codist_fixed (3)" in foot


def test_the_table_in_markdown_and_latex(flawed):
    arms = results.read("laptop", SWEEPS, [flawed])
    loss = arms["codist_decayed"].final("train_loss")
    markdown, latex = (
        make(table1, arms, sheet.head(table1, arms), ["laptop"])
        for make in (tables.markdown, tables.latex)
    )
    assert (
        f"| 2×32 (paper: 2×256) | {loss.mean():.5f} ± {4.302653 * loss.std(ddof=1) / 3**0.5:.5f} |"
        in markdown
    )
    assert "| batch_512 | not run | not run | 1.12 | 75.51 |" in markdown
    assert (
        r"2$\times$32 (paper: 2$\times$256) & " in latex
        and r"\bottomrule" in latex
        and r"batch\_512" in latex
    )
    assert not re.search("[^\x00-\x7f]", latex), "plain LaTeX reads ASCII"


def test_a_figure_without_runs_says_which_command_makes_them(tmp_path, capsys):
    assert main(["fig7", "--from", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert (
        said.count("\n") == 1 and "make fig7" in said and "python src/run.py -m sweep=fig7" in said
    )


def test_of_all_figures_those_wait_whose_sweeps_have_no_run_where_others_have(tmp_path, capsys):
    assert main(["--all", "--from", str(tmp_path)]) == 2
    assert "waits" not in capsys.readouterr().err.partition("anil_fig3: ")[2].splitlines()[0]
    fabricate.run(tmp_path, "codist_mse_sum", 1, [{"distance": [1.0]}])  # it is in no figure
    assert main(["--all", "--from", str(tmp_path)]) == 2
    said = dict(line.split(": ", 1) for line in capsys.readouterr().err.splitlines())
    assert said["anil_fig3"].startswith("waits for the plan's runs; make anil_fig3, or python")
    assert said["fig7"].startswith("no finished run in ")


class Watched(dict):
    """Arms that remember which of them were asked for, by name or in a walk over all."""

    def __init__(self, arms: dict):
        super().__init__(arms)
        self.asked = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self.asked.add(name)
        return super().__contains__(name)

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)

    def __iter__(self):
        self.asked |= super().keys()
        return super().__iter__()

    def values(self):
        return [self[name] for name in self]


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_names_the_arms_that_its_yaml_lists_and_no_others(name, logs):
    """What draw() or rows() asks for; claims about other arms are refused (test_extend_figure.py)."""
    module = names.module(name)
    listed = names.arms_read(module)
    watched = Watched(arms_shown(module, results.read("laptop", list(names.reads(module)), [logs])))
    if hasattr(module, "rows"):
        list(module.rows(watched))
    else:
        module.draw(watched, Figure().subplots(1, module.PANELS, squeeze=False)[0])
    assert watched.asked <= {*listed}, "draw() names arms that the yaml does not list"
    claimed = {arm for claim in module.CLAIMS for arm in claim.needs}
    assert {*listed} <= watched.asked | claimed, (
        "the yaml lists arms that are neither drawn nor claimed about"
    )


def test_claims_are_neither_told_nor_written_where_nothing_was_run(tmp_path, capsys):
    assert main(["--claims", "--ledger", str(tmp_path), "--from", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert (
        not said.out
        and said.err.count("\n") == 1
        and "python src/run.py -m sweep=<figure>" in said.err
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["tabel1"], "did you mean table1?"),
        (["qqqq"], "there is: fig1,"),
        (["network"], "no figure is called network"),
        (["fig2", "--scale", "gpuu"], "did you mean gpu?"),
        (["fig2", "--formats", "pngg"], "did you mean png?"),
        (["fig2", "--beside"], "expected one argument"),
        (["--index", "fig7"], "say fig7 --index"),
        (["--claims", "--ledger", "/nowhere"], "/nowhere is no folder; --ledger writes claims.md"),
        ([], "which figure? fig1,"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_told_in_one_line(words, says, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    said = capsys.readouterr().err
    assert stop.value.code == 2 and says in said and said.count("\n") == 1


def test_an_index_is_not_put_where_there_is_no_place_for_it(tmp_path, capsys):
    (tmp_path / "file").write_text("no marks")
    assert main(["--index", str(tmp_path / "file"), "--from", str(tmp_path)]) == 2
    assert "no lines <!-- index -->" in capsys.readouterr().err


def test_old_results_stand_beside_new_ones(logs, flawed, capsys):
    main(["fig7", "--claims", "--from", str(logs), "--beside", str(flawed)])
    lines = capsys.readouterr().out.splitlines()
    (changed,) = [line for line in lines if line.startswith("codist_fixed") and "distance" in line]
    (same,) = [line for line in lines if line.startswith("all_reduce ") and "distance" in line]
    assert "1 of 3 diverged" in changed and changed.endswith("*") and not same.endswith("*")


def test_claims_and_index_are_readable_and_always_the_same(logs, capsys):
    told = []
    for _ in range(2):
        main(["--claims", "--from", str(logs)])
        main(["--index", "--from", str(logs)])
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    claims, index = told[0].split("| figure |")
    assert max(map(len, claims.splitlines())) <= 100
    assert "n=3,3   laptop   v2 §A.4.1, Fig 7" in claims
    assert re.search(r"\| fig7 \| .* \| regularization \| .* \| laptop \| 12, 12.0 min \|", index)


def test_logs_of_made_up_runs_look_like_those_of_real_ones(logs):
    """fabricate.py imitates codist.runlog: the same files, one JSON object a line, no NaN."""
    folder = run_folder.folder_of(logs, "laptop", "regularization", "all_reduce", 1)
    assert (
        run_folder.done(folder)["outcome"] == "finished"
        and run_folder.config(folder)["batch"] == 64
    )
    assert all(json.dumps(row, allow_nan=False) for row in runlog.rows(folder)) and os.path.exists(
        folder / "model0.jsonl"
    )


def test_the_network_is_drawn_from_what_was_measured_and_asked_for_where_it_was_not(
    tmp_path, monkeypatch, capsys
):
    from figures import network

    monkeypatch.setattr(network, "RESULT", tmp_path / "network.json")
    assert network.main() == 2
    assert "python -m bench network measures it" in capsys.readouterr().err
    of = {
        kind: {"seconds": 0.04, "bits": 1e7}
        for kind in ("none", "all_reduce", "predictions", "checkpoints")
    }
    of["all_reduce"]["seconds"] = 0.12
    found = {
        "model": {"turns": 4},
        "period": 10,
        "times": {"100": of},
        "commit": "abc",
        "machine": {"cores": 2, "processor": "X"},
    }
    # 40 ms, and 1e7 bits at 1e8 a second
    assert [line.split() for line in network.table(found).splitlines()[1:2]] == [
        ["0.1", "Gb/s", "all_reduce", "120.0", "140.0", "3.00"]
    ]
    network.RESULT.write_text(json.dumps(found))
    assert network.main(tmp_path / "out") == 0
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {
        ".pdf",
        ".png",
        ".svg",
        ".txt",
    }
    assert (
        capsys.readouterr().out.count("\n") == 1
        and "all_reduce" in (tmp_path / "out" / "network.txt").read_text()
    )


@pytest.mark.parametrize(
    "module", ["verify", "drawn", "evidence.core_hours", "evidence.manifest", "report", "network"]
)
def test_a_command_without_arguments_passes_none_over(module):
    command = [sys.executable, "-m", f"figures.{module}", "--from", "x"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith(
        "--from x: this takes no arguments"
    )
