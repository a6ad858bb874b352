"""Committed runs are retrained: to the same bits on the same kind of machine, within the tolerance elsewhere."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import commands
import pytest

from codist import packed, run_lines
from codist.unpacked import unpacked
from launch import compare_runs as compare
from launch.shipped import arms
from launch.shipped import shipped as committed

ROOT = Path(__file__).parents[2]
SHIPPED = unpacked(ROOT / "paper" / "results") / "laptop" / "regularization" / "codist_fixed" / "1"
# four updates, ten of all_reduce
SHORT = ("sweep=regularization", "arm=codist_fixed,all_reduce", "scaling.epochs=450")


def run(*words, **variables) -> subprocess.CompletedProcess:
    return commands.typed("src/run.py", *words, env=os.environ | variables)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Four runs of a second each, as they would be committed."""
    root = tmp_path_factory.mktemp("results")
    done = run("-m", *SHORT, "seed=1,2", f"place.runs={root}", "place.shipped=null")
    assert done.returncode == 0, done.stderr
    for folder in root.glob("laptop/*/*/*"):
        shutil.rmtree(folder / "state")
        (folder / "lock").unlink()
    return root


def repeat(
    root: Path, pick: int, runs: int = 3, asked=SHORT, **variables
) -> subprocess.CompletedProcess:
    picked = (f"runs={runs}", f"pick={pick}")
    return run("repeat", *asked, f"place.shipped={root}", *picked, **variables)


def edit(folder: Path, **facts) -> None:
    """Change facts of done.json, also within its `machine`; None takes one out."""
    ended = json.loads((folder / "done.json").read_text())
    for key, value in facts.items():
        of = ended if key in ended or key not in ended["machine"] else ended["machine"]
        of[key] = value
        if value is None:
            del of[key]
    (folder / "done.json").write_text(json.dumps(ended))


def test_runs_picked_at_random_come_to_the_same_bits(results):
    found = repeat(results, pick=5)
    assert found.returncode == 0, found.stderr + found.stdout
    picked = re.search(
        r"^retraining 3 of the runs in .*, drawn with pick=5: (.*)$", found.stdout, re.M
    )[1].split(", ")
    assert len(set(picked)) == 3
    assert re.search(
        r"^about \d+ s on \d+ cores of the same speed; the originals took \d+ s on one$",
        found.stdout,
        re.M,
    )
    for name in picked:
        assert re.search(rf"^{name}: the same bits, [12] models to update \d+$", found.stdout, re.M)


def test_a_number_that_is_not_that_of_the_run_is_named_and_so_is_where_the_new_one_is(
    results, tmp_path
):
    shutil.copytree(results, tmp_path, dirs_exist_ok=True)
    log = tmp_path / "laptop/regularization/all_reduce/2/model0.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    rows[-1]["valid_loss"] += 1e-9
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = repeat(tmp_path, pick=1, runs=9)  # all there are
    assert found.returncode == 1
    assert (
        "regularization/all_reduce/2: not the same bits, on the same kind of machine"
        in found.stdout
    )
    assert re.search(
        rf"model0.jsonl, update {rows[-1]['update']}: valid_loss \S+ shipped, \S+ here",
        found.stdout,
    )
    assert found.stdout.count("the same bits, ") == 3 + 1
    scratch = Path(
        re.search(r"1 of 4 runs are not reproduced; the retrained ones are in (\S+)", found.stderr)[
            1
        ]
    )
    assert (scratch / "laptop/regularization/all_reduce/2/done.json").exists()
    shutil.rmtree(scratch)


def test_live_runs_which_nothing_but_their_journals_repeats_are_left_out(results):
    files = ("exchange.kind=files", "sampling=independent")
    asked = ("sweep=regularization", "arm=codist_fixed", "scaling.epochs=450", *files)
    found = repeat(results, pick=1, asked=asked)
    assert found.returncode == 2
    assert (
        "2 runs of models that are trained apart are left out: `replay` repeats those"
        in found.stderr
    )


@pytest.mark.parametrize("asked", [["scale=laptop"], ["sweep=rivals"], ["scale=glyphs,laptop"]])
@pytest.mark.usefixtures("composing")
def test_each_committed_run_that_is_asked_for_has_its_arm(asked):
    """Scales differ in sweeps, and sweeps in the scales that have data for them."""
    _, folders = committed({})
    key, names = asked[0].split("=")
    of = {"scale": -4, "sweep": -3}[key]
    wanted = {folder.parts[-4:-1] for folder in folders if folder.parts[of] in names.split(",")}
    assert wanted
    assert wanted <= set(arms(asked, folders))


def test_packed_runs_are_repeated_too(results, tmp_path):
    shutil.copytree(results, tmp_path / "folders")
    for done in (tmp_path / "folders").glob("*/*/*/*/done.json"):  # this code may not be committed
        facts = json.loads(done.read_text()) | {"commit": "0123456789"}
        done.write_text(run_lines.text_of(facts))
    packed.pack(tmp_path / "folders", tmp_path / "packed")
    found = repeat(tmp_path / "packed", pick=5, runs=2)
    assert found.returncode == 0, found.stderr + found.stdout
    assert f"2 of the runs in {tmp_path}/packed, drawn with pick=5: " in found.stdout
    assert found.stdout.count(": the same bits, ") == 2


def change(folder: Path, line: int, **by) -> None:
    """Multiply numbers of one row of both models."""
    for log in folder.glob("model*.jsonl"):
        rows = [json.loads(of) for of in log.read_text().splitlines()]
        rows[line] |= {key: rows[line][key] * times for key, times in by.items()}
        log.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_runs_of_unknown_vectors_or_sums_are_held_to_the_tolerance(results, tmp_path):
    shutil.copytree(results, tmp_path, dirs_exist_ok=True)
    for folder in tmp_path.glob("laptop/*/*/*"):
        change(folder, -1, train_loss=1 + 1e-9)
        edit(folder, **{"vectors" if folder.name == "1" else "sums": None})
    found = repeat(tmp_path, pick=1, runs=4)
    assert found.returncode == 1
    for name in ("all_reduce/1", "codist_fixed/1"):
        assert re.search(
            rf"{name}: within the tolerance \(vectors .+ here, unknown shipped.*\); ", found.stdout
        )
    assert "all_reduce/2: within the tolerance (sums tree here, unknown shipped); " in found.stdout
    # a sum of two
    assert "codist_fixed/2: not the same bits, on the same kind of machine" in found.stdout


def test_limited_vectors_of_onednn_are_another_kind_of_machine(results):
    found = repeat(results, pick=1, runs=1, ONEDNN_MAX_CPU_ISA="SSE41")
    assert found.returncode == 0, found.stdout
    assert re.search(
        r"within the tolerance \(vectors \S+ ONEDNN_MAX_CPU_ISA=SSE41 here, .+ shipped\); ",
        found.stdout,
    )


@pytest.mark.parametrize("word", ["runs=x", "pick=x", "seed=9"])
def test_what_cannot_be_repeated_is_told_in_one_line(word):
    done = run("repeat", word)
    assert (
        done.returncode == 2
        and len(done.stderr.splitlines()) == 1
        and word.partition("=")[0] in done.stderr
    )


# ---------------------------------------------------------------- elsewhere
@pytest.fixture
def made(tmp_path):
    """The same run, as another machine would have made it: change it and see."""
    shutil.copytree(SHIPPED, tmp_path / "1")
    return tmp_path / "1"


@pytest.fixture
def ended():
    """The done.json of a run of today, on a CPU."""
    shipped = json.loads((SHIPPED / "done.json").read_text())
    return shipped | {
        "sums": "tree",
        "machine": shipped["machine"] | {"processor": "Loom", "vectors": "AVX2"},
    }


def test_a_kind_of_machine_is_its_processor_its_vectors_its_threads_and_its_torch(ended):
    other = json.loads(json.dumps(ended))
    other["machine"] |= {"system": "another", "cores": 64}
    assert compare.kind(ended, other, 8) == ""
    other["machine"] |= {"processor": "Abacus", "vectors": "AVX512"}
    other["threads"], other["versions"]["torch"] = 2, "3.0"
    told = "processor Abacus here, Loom shipped, vectors AVX512 here, AVX2 shipped, threads 2 here, 1 shipped"
    assert compare.kind(ended, other, 8) == f"{told}, torch 3.0 here, 2.10.0 shipped"


@pytest.mark.parametrize("key", ["processor", "vectors", "threads", "torch", "sums"])
def test_what_one_of_two_runs_or_both_do_not_name_is_not_alike(ended, key):
    older = json.loads(json.dumps(ended))
    of = (
        older["machine"]
        if key in older["machine"]
        else older["versions"]
        if key == "torch"
        else older
    )
    value = of.pop(key)
    assert compare.kind(older, ended, 8) == f"{key} {value} here, unknown shipped"
    assert compare.kind(ended, older, 8) == f"{key} unknown here, {value} shipped"
    assert compare.kind(older, older, 8) == f"{key} unknown here, unknown shipped"


def test_no_gpu_is_named_where_none_ran(ended):
    on_gpu = ended | {"machine": ended["machine"] | {"gpu": "H100"}}
    assert compare.kind(ended, on_gpu, 8) == "gpu H100 here, none shipped"
    assert compare.kind(on_gpu, on_gpu, 8) == ""


def test_the_order_of_sums_matters_from_three_device_batches_on(ended):
    older = {key: value for key, value in ended.items() if key != "sums"}
    assert [bool(compare.kind(older, ended, device_batches)) for device_batches in (1, 2, 3)] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("line", "by", "beyond"),
    [
        (0, {"train_loss": 1.009}, ""),
        (0, {"train_loss": 1.011}, "first row, update 45: train_loss"),
        (0, {"distance": 0.989}, "first row, update 45: distance"),
        (7, {"train_loss": 2.0, "valid_top1": 0.5}, ""),  # between, chance is wide
        (-1, {"train_loss": 1.14, "distance": 0.95}, ""),
        (-1, {"train_loss": 1.16}, "last row, update 673: train_loss"),
        (-1, {"valid_top1": 0.8}, "last row, update 673: valid_top1"),
        (7, {"lr": 1.001}, "model0.jsonl, update 360: lr"),
        (7, {"update": 2}, "model0.jsonl, update 360: update"),
        (-1, {"train_loss": float("nan")}, "last row, update 673: train_loss"),
    ],
)
def test_elsewhere_what_is_planned_must_be_equal_and_what_is_learned_near(made, line, by, beyond):
    change(made, line, **by)
    assert bool(compare.bits(SHIPPED, made)) is True, "to the bit none of these passes"
    far, near = compare.near(SHIPPED, made)
    assert bool(far) == bool(beyond) and all(beyond in of for of in far if "model0" in of), far
    assert near.startswith("largest differences: train_loss first ")


def test_a_small_last_loss_may_differ_by_a_tenth(made, tmp_path):
    """Where data are memorized, 15 % of the last loss is less than the noise of its few updates."""
    change(made, -1, train_loss=0.02)
    memorized = Path(shutil.copytree(made, tmp_path / "memorized"))  # 0.014
    change(made, -1, train_loss=3)
    assert compare.near(memorized, made)[0] == []
    change(made, -1, train_loss=4)
    far, _ = compare.near(memorized, made)
    assert len(far) == 2 and all("last row, update 673: train_loss" in of for of in far)


def test_a_first_row_after_several_epochs_has_the_bounds_of_the_last(made, tmp_path):
    for log in made.glob("model*.jsonl"):  # as with measured_every=2
        log.write_text("".join(log.read_text().splitlines(keepends=True)[1::2]))
    shipped = Path(shutil.copytree(made, tmp_path / "shipped"))
    change(made, 0, train_loss=1.14, valid_top1=0.5)  # accuracy still jumps then
    assert compare.near(shipped, made)[0] == []
    change(made, 0, train_loss=1.1)
    far, _ = compare.near(shipped, made)
    assert len(far) == 2 and all("late row, update 90: train_loss" in of for of in far), far


def test_the_largest_difference_is_told(made):
    change(made, -1, train_loss=1.05, valid_top1=0.99)
    top1 = max(
        json.loads(log.read_text().splitlines()[-1])["valid_top1"]
        for log in SHIPPED.glob("model*.jsonl")
    )
    _, near = compare.near(SHIPPED, made)
    told = "train_loss first 0 %, distance first 0 %, train_loss last 5 %"
    assert (
        near
        == f"largest differences: {told}, valid_top1 last {0.01 * top1:.2g} points, distance last 0 %"
    )


def test_rows_too_few_and_too_many_are_differences(made):
    log = made / "model1.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:-1]))
    for compared in (compare.bits, lambda *of: compare.near(*of)[0]):
        assert compared(SHIPPED, made) == ["model1.jsonl: a row of update 673 only shipped"]
        assert compared(made, SHIPPED) == ["model1.jsonl: a row of update 673 only here"]


def test_what_is_measured_once_at_the_end_counts_and_what_younger_code_notes_besides_does_not(
    made, tmp_path
):
    shutil.copytree(made, tmp_path / "theirs")
    theirs, here = tmp_path / "theirs" / "done.json", made / "done.json"
    ended = json.loads(here.read_text())
    theirs.write_text(json.dumps(ended | {"final": {"0": {"bleu": 80.0, "corpus": "grammar"}}}))
    here.write_text(
        json.dumps(
            ended | {"final": {"0": {"bleu": 80.0, "scored": "last weights"}}, "state": "abc"}
        )
    )
    assert compare.bits(theirs.parent, here.parent) == []
    here.write_text(json.dumps(ended | {"final": {"0": {"bleu": 80.1}}}))
    assert compare.bits(theirs.parent, here.parent) == [
        "done.json, model 0, update 673: bleu 80.0 shipped, 80.1 here"
    ]
    here.write_text(json.dumps(ended))
    assert compare.bits(theirs.parent, here.parent) == [
        "done.json, model 0, update 673: bleu 80.0 shipped, None here"
    ]


def test_decoded_hypotheses_are_compared_where_both_runs_have_their_digest(made, tmp_path):
    """Also hypotheses of the last weights; a committed run without digests is compared by BLEU only."""
    shutil.copytree(made, tmp_path / "theirs")
    theirs, here = tmp_path / "theirs" / "done.json", made / "done.json"
    ended = json.loads(here.read_text())

    def compared(shipped: dict, ours: dict) -> list[str]:
        for path, final in ((theirs, shipped), (here, ours)):
            path.write_text(json.dumps(ended | {"final": {"0": final}}))
        return compare.bits(theirs.parent, here.parent)

    new = {"bleu": 80.0, "hypotheses": "ab", "last_weights": {"bleu": 79.0, "hypotheses": "cd"}}
    old = {"bleu": 80.0, "last_weights": {"bleu": 79.0}}
    assert compared(new, new) == compared(old, new) == compared(new, old) == []
    where = "done.json, model 0, update 673"
    assert compared(new, new | {"hypotheses": "ef"}) == [f"{where}: hypotheses ab shipped, ef here"]
    assert compared(new, new | {"last_weights": {"bleu": 79.0, "hypotheses": "ef"}}) == [
        f"{where}: last_weights.hypotheses cd shipped, ef here"
    ]


def test_another_seed_is_no_repetition(tmp_path):
    """The tolerance is wide, and yet not so wide that any run passes."""
    assert compare.near(SHIPPED, SHIPPED.parent / "2")[0]
