"""The plan of the house: who may import whom (core below, cases above), and the rules that a glance can check."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from launch.commands import COMMANDS

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("src/**/*.py"), *ROOT.glob("figures/**/*.py")]

# Top to bottom: a module imports from lower lines only. Files of one package of workloads/ that
# stand on one line may import each other, in no circle. <name>: the packages that are a workload.
LINES = """
run
hydra_plugins.codist
launch.commands
launch.plan launch.repeat launch.settings launch.status launch.verify launch.which
launch.slurm launch.sweep
launch.follow launch.local
launch.known launch.methods launch.outcome launch.prerequisites launch.shipped launch.slurm_files
launch.replay launch.cli_args launch.command_config launch.jobs
launch.starts launch.seeds
launch.run_of_arm launch.schema
launch.rehearsal launch.attempt launch.failing launch.batch_script launch.committed launch.compose launch.progress
launch.run_of_config launch.cost launch.work
launch.overlay
launch.error_messages launch.origin
launch.commit launch.compare_runs launch.content_audit launch.heap launch.installed launch.log_audit launch.manual
launch.nodes launch.pack launch.places launch.slurm_queue launch.stop launch.table
launch
figures.verify
figures.drawn
figures.page figures.report
figures.__main__ figures.network
figures.anil figures.ours figures.v1
figures.v2
figures.drawing
figures.evidence
figures.screen figures.ending
figures
codist
codist.train codist.check codist.peers
codist.set_up codist.saving codist.peers_by_files codist.bits
workloads
workloads.prepare
workloads.fetch workloads.imagenet_check
workloads.unpack
workloads.<name>.data
workloads.<name>.options
workloads.<name>
workloads.preparation
workloads.images workloads.text workloads.download
workloads.sources workloads.classification workloads.cached
workloads.files workloads.networks workloads.ending workloads.checkout
codist.measure codist.feed codist.config codist.resumable codist.begin_from codist.comparison codist.learner
codist.existing_group codist.row_weights
codist.exchange
codist.exchange.files
codist.exchange.predictions codist.exchange.checkpoints codist.exchange.constant codist.exchange.frozen
codist.exchange.gradients
codist.live_peers codist.loop_peers codist.exchange.one_model codist.exchange.outer_step codist.exchange.turns
codist.publisher codist.listener codist.exchange.copies codist.exchange.periodic
codist.published codist.exchange.no_exchange codist.runlog codist.ranks codist.finished_run
codist.codecs codist.grid codist.unpacked
codist.packed
codist.packed_files
codist.plan_seeds codist.run_lines codist.groups codist.arguments
codist.run_folder
codist.journal codist.lease
codist.weights_behind codist.scaling
codist.checksums codist.world codist.loading codist.row codist.workload codist.losses codist.schedules codist.keys
codist.rows codist.checkpoint codist.state_form codist.options codist.metrics codist.optimizer codist.store_notes
codist.weight_average codist.link codist.carried codist.store codist.disk_errors codist.designs codist.together
codist.failures codist.progress
codist.durations codist.errors codist.clock codist.disk codist.presence codist.states codist.gradients codist.precision
codist.run_identity codist.swap codist.plan_digest codist.start codist.store_use codist.autograd_graph
"""

FLOORS = {
    name: -line for line, names in enumerate(LINES.strip().split("\n")) for name in names.split()
}
WORKLOADS = {path.parent.name for path in ROOT.glob("src/workloads/*/options.py")}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "src" else parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, inside its functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def package(module: str) -> str | None:
    """The folder of workloads/ or figures/ that holds `module`. Its files of one floor may import each other, in no
    circle."""
    parts = module.split(".")
    above = {"workloads": ROOT / "src", "figures": ROOT}.get(parts[0])
    return parts[1] if above and parts[1:2] and (above / Path(*parts[:2])).is_dir() else None


def floor(module: str) -> int | None:
    if package(module) in WORKLOADS:
        module = module.replace(f".{package(module)}", ".<name>", 1)
    while module:
        if module in FLOORS:
            return FLOORS[module]
        module = module.rpartition(".")[0]
    return None


IMPORTS = {module_of(path): imports(path) for path in SOURCES}


def importers(*packages: str) -> set[str]:
    return {
        m
        for m, names in IMPORTS.items()
        if any(n == p or n.startswith(p + ".") for n in names for p in packages)
    }


def test_imports_only_go_down():
    for module, names in IMPORTS.items():
        here = floor(module)
        assert here is not None, f"{module} has no floor; give it one in LINES"
        for name in names:
            below = floor(name)
            if below is not None and name not in ("codist", "figures"):
                one_package = below == here and package(name) == package(module) is not None
                assert below < here or one_package, (
                    f"{module} imports {name}, which is not below it"
                )


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The modules that import each other, directly or through others."""

    def reached(module: str) -> set[str]:
        found, todo = set(), [module]
        while todo:
            for name in graph[todo.pop()] - found:
                found.add(name)
                todo.append(name)
        return found

    below = {module: reached(module) for module in graph}
    return [
        {module, *(m for m in below[module] if module in below[m])}
        for module in graph
        if module in below[module]
    ]


def test_no_modules_import_each_other():
    """Inside functions or not. `from codist import runlog` imports runlog; the package imports nothing of it."""
    ours = IMPORTS.keys() - {"codist"}
    assert cycles({module: IMPORTS[module] & ours for module in ours}) == []


def test_a_cycle_of_imports_is_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert cycles(graph) == [{"b", "c"}, {"b", "c"}]


HIDDEN = ("from launch import commands", "def f():\n    import launch.commands")


@pytest.mark.parametrize("text", HIDDEN, ids=("on top", "in a function"))
def test_an_import_up_is_found_wherever_it_stands(text, tmp_path, monkeypatch):
    (file := tmp_path / "errors.py").write_text(text)
    monkeypatch.setitem(IMPORTS, "codist.errors", imports(file))
    with pytest.raises(AssertionError, match=r"codist\.errors imports launch"):
        test_imports_only_go_down()


def test_a_circle_on_one_floor_is_found(monkeypatch):
    assert "figures.drawing.style" in IMPORTS["figures.drawing.panels"]
    back = IMPORTS["figures.drawing.style"] | {"figures.drawing.panels"}
    monkeypatch.setitem(IMPORTS, "figures.drawing.style", back)
    test_imports_only_go_down()
    with pytest.raises(AssertionError, match=r"figures\.drawing\.panels"):
        test_no_modules_import_each_other()


def test_no_import_hides_from_these_rules():
    """Those by name find the files of a folder, so that a new file needs no list. None is relative."""
    by_name = re.compile(r"\b(import_module|__import__|exec|runpy)\b")
    assert {module_of(path) for path in SOURCES if by_name.search(path.read_text())} == {
        "codist.exchange",
        "workloads",
        "workloads.prepare",
        "figures.evidence.names",
        "launch.commands",
    }
    for path in SOURCES:
        nodes = ast.walk(ast.parse(path.read_text()))
        assert not [n for n in nodes if isinstance(n, ast.ImportFrom) and n.level], path


def test_a_command_is_below_the_file_that_opens_it_by_name():
    assert all(floor(f"launch.{name}") < floor("launch.commands") for name in COMMANDS)


def test_no_workload_imports_another():
    for module in IMPORTS:
        if (own := package(module)) in WORKLOADS:
            assert not [n for n in IMPORTS[module] if package(n) in WORKLOADS - {own}], module


def test_options_need_no_torch():
    asked = "import sys, workloads; print(len(workloads.options_by_name()), 'torch' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT / "src", capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == [str(len(WORKLOADS)), "False"]


def test_the_method_names_no_data_set():
    assert not {m for m in importers("workloads") if m.startswith("codist")}


def test_the_library_imports_nothing_that_pip_does_not_install_with_it():
    found = {
        name.split(".")[0]
        for m, names in IMPORTS.items()
        if m.split(".")[0] == "codist"
        for name in names
    }
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    named = {"yaml" if need.startswith("PyYAML") else re.match(r"\w+", need)[0] for need in needs}
    assert found - sys.stdlib_module_names == named | {"codist"}


def test_a_workload_knows_nothing_of_codistillation():
    above = (
        "codist.train",
        "codist.exchange",
        "codist.world",
        "codist.feed",
        "codist.config",
        "codist.measure",
    )
    assert not {m for m in importers(*above) if m.startswith("workloads")}


def test_hydra_and_submitit_stay_at_the_door():
    allowed = ("run", "launch", "hydra_plugins")
    assert not {
        m for m in importers("hydra", "omegaconf", "submitit") if m.split(".")[0] not in allowed
    }


def test_figures_need_no_torch_and_nothing_of_the_method_but_its_log():
    assert not {m for m in importers("torch") if m.startswith("figures")}
    ours = {
        n
        for m, names in IMPORTS.items()
        if m.startswith("figures")
        for n in names
        if n.split(".")[0] == "codist"
    }
    allowed = tuple(
        f"codist.{name}"
        for name in (
            "run_folder",
            "runlog",
            "run_identity",
            "designs",
            "plan_digest",
            "plan_of_run",
            "plan_seeds",
            "packed",
            "run_lines",
            "unpacked",
            "metrics",
            "errors",
            "link",
            "progress",
        )
    )
    assert all(name == "codist" or name.startswith(allowed) for name in ours)


def test_only_a_run_and_its_origin_import_torch_in_launch():
    assert {
        m for m in importers("torch") if m.split(".")[0] in ("run", "launch", "hydra_plugins")
    } == {"launch.work", "launch.origin", "launch.rehearsal"}  # a replay trains


def test_only_a_run_imports_its_origin():
    """Otherwise a command that trains nothing would import torch."""
    assert importers("launch.origin") == {"launch.work"}


def test_only_placements_over_ranks_import_torch_distributed():
    assert importers("torch.distributed") == {
        "codist.grid",
        "codist.ranks",
        "codist.row",
        "codist.row_weights",
        "codist.swap",
        "codist.existing_group",
    }


def test_only_one_file_imports_fairseq():
    assert importers("fairseq") == {"workloads.text.fairseq_parts"}


def test_only_a_learner_steps_an_optimizer():
    steps = {
        module_of(path)
        for path in SOURCES
        if "step(self.optimizer)" in path.read_text() or "optimizer.step(" in path.read_text()
    }
    assert steps <= {"codist.learner", "bench.update"}


def test_every_file_says_its_subject_in_its_first_line():
    for path in SOURCES:
        said = ast.get_docstring(ast.parse(path.read_text()))
        assert said and len(said.splitlines()[0]) > 20, path


def test_no_file_is_much_above_150_lines():
    lengths = {module_of(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert not {module: lines for module, lines in lengths.items() if lines > 200}
