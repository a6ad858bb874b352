"""Results that were tampered with, mixed up or half copied are named; by their contents too, if lists are renewed."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from arms import hydra_initialized

from codist import errors, packed
from codist.unpacked import unpacked
from figures.evidence import manifest, provenance, results
from figures.evidence.consistency import Unreadable
from launch import shipped, verify
from workloads.digits.options import Digits

ROOT = Path(__file__).parents[2]
SHIPPED = unpacked(ROOT / "paper" / "results")
SUBSET = (
    "regularization/codist_fixed",
    "regularization/all_reduce",
    "communication/predictions_100",
    "communication/codec_top2",
)
FIXED, OTHER = "regularization/codist_fixed/1", "communication/predictions_100/1"
LOG = f"{FIXED}/model0.jsonl"
HISTORY = verify.git("rev-parse", "--is-shallow-repository") == "false"


def swap(one: str, other: str):
    def attack(root: Path) -> None:
        a, b, aside = root / one, root / other, root / "aside"
        a.rename(aside), b.rename(a), aside.rename(b)

    return attack


def copy(one: str, other: str):
    return lambda root: shutil.copy(root / one, root / other)


def rename(one: str, other: str):
    return lambda root: (root / one).rename(root / other)


def edit(name: str, change):
    """`change` of the text of a file."""
    return lambda root: (root / name).write_text(change((root / name).read_text()))


def lines(change, name: str = LOG):
    """`change` of the list of a log's lines, in place."""

    def changed(text: str) -> str:
        of = text.splitlines(keepends=True)
        change(of)
        return "".join(of)

    return edit(name, changed)


def field(key: str, value, line: int = 3, name: str = LOG):
    """One number of one row."""
    return lines(
        lambda of: of.__setitem__(line, json.dumps(json.loads(of[line]) | {key: value}) + "\n"),
        name,
    )


def facts(folder: str = FIXED, **changes):
    """Returns an attack that changes done.json."""
    return edit(f"{folder}/done.json", lambda text: json.dumps(json.loads(text) | changes))


def classes_of(top1: float) -> list[float]:
    """Accuracies by class, in percent, that add up to `top1`: the first classes are all right."""
    left, found = round(top1 / 100 * Digits.valid_examples), []
    for of in Digits.valid_classes:
        found.append(round(100 * min(left, of) / of, 2))
        left -= min(left, of)
    return found


def ended_early(outcome: str):
    """Returns an attack that ends a run in its fifth epoch, as if it had diverged, with this `outcome`."""

    def attack(root: Path) -> None:
        for model in (0, 1):
            lines(lambda of: of.__delitem__(slice(5, None)), f"{FIXED}/model{model}.jsonl")(root)
            field("train_loss", None, 4, f"{FIXED}/model{model}.jsonl")(root)
        lasts = [
            json.loads((root / FIXED / f"model{model}.jsonl").read_text().splitlines()[-1])
            for model in (0, 1)
        ]
        by_class = {str(model): classes_of(last["valid_top1"]) for model, last in enumerate(lasts)}
        ended = {"update": lasts[0]["update"], "sent_bits": lasts[0]["sent_bits"]}
        facts(outcome=outcome, top1_of_class=by_class, **ended)(root)

    return attack


def as_seed_3(root: Path) -> None:
    """Seed 1 once more, under the name of seed 3."""
    third = FIXED.replace("/1", "/3")
    shutil.rmtree(root / third)
    shutil.copytree(root / FIXED, root / third)
    facts(third, seed=3)(root)
    edit(f"{third}/config.yaml", lambda text: text.replace("\nseed: 1\n", "\nseed: 3\n"))(root)


# what was done; what the contents show of it, once the list of SHA-256s was renewed; what
# reading them for a verdict says. None: nothing, it is the list alone that knows.
ATTACKS = {
    "two arms' logs are swapped": (
        swap(LOG, f"{OTHER}/model0.jsonl"),
        "model0.jsonl, line 1: sent_bits is",
        None,
    ),
    "a log is another sweep's": (
        copy(f"{OTHER}/model1.jsonl", LOG),
        "model0.jsonl, line 1: sent_bits is",
        None,
    ),
    "a log is one without exchange": (
        copy("regularization/all_reduce/1/model0.jsonl", LOG),
        "model0.jsonl, line 1: expected update 45, got 23",
        "rows of update 23 by 2 models",
    ),
    "two seeds' logs are swapped": (
        swap(LOG, FIXED.replace("/1", "/3") + "/model0.jsonl"),
        "took longer than done.json says",
        None,
    ),
    "two seeds are swapped": (
        swap(FIXED, FIXED.replace("/1", "/2")),
        "done.json: seed is 2, not 1",
        "holds a run of seed 2",
    ),
    "a seed is dropped": (
        lambda root: shutil.rmtree(root / FIXED),
        "codist_fixed: seed 1 is not there",
        None,
    ),
    "a seed is there twice": (
        as_seed_3,
        "model0.jsonl agrees with model0.jsonl of seed 1 in every row",
        None,
    ),
    "a model's log is dropped": (
        lambda root: (root / LOG).unlink(),
        "model0.jsonl is not there",
        "has 1 of 2 models' logs",
    ),
    "a model's log too many": (
        copy(LOG, f"{FIXED}/model2.jsonl"),
        "model2.jsonl does not belong there",
        "has 3 of 2 models' logs",
    ),
    "a number is edited": (field("train_loss", 0.5), None, None),
    "a planned number is edited": (field("lr", 0.05), "model0.jsonl, line 4: lr is 0.05", None),
    "a row is deleted": (
        lines(lambda of: of.pop(3)),
        "line 4: expected update 180, got 225",
        "has 1 rows of update 180 by 2 models",
    ),
    "the last row is deleted": (
        lines(lambda of: of.pop()),
        "the row of update 673 is not there",
        "has 1 rows of update 673 by 2 models",
    ),
    "a row is there twice": (
        lines(lambda of: of.insert(3, of[3])),
        "line 5: expected update 225, got 180",
        "has 3 rows of update 180 by 2 models",
    ),
    "rows are in another order": (
        lines(lambda of: of.insert(3, of.pop(5))),
        "line 4: expected update 180, got 270",
        None,
    ),
    "NaN is written into a row": (
        field("train_loss", float("nan")),
        "train_loss is nan",
        "the logs cannot be read",
    ),
    "a number is taken out of a row": (
        field("valid_top1", None),
        "valid_top1 is not a number",
        None,
    ),
    "the last line is cut off": (
        edit(LOG, lambda text: text[:-40]),
        "model0.jsonl is cut off in its last line",
        "model0.jsonl is cut off in its last line",
    ),
    "a folder is renamed to another seed": (
        rename(FIXED, FIXED.replace("/1", "/4")),
        "done.json: seed is 1, not 4",
        "holds a run of seed 1",
    ),
    "a run lies in another arm's folder": (
        swap(FIXED, "communication/codec_top2/1"),
        "done.json: sweep is communication, not regularization",
        "holds a run of sweep communication",
    ),
    "an arm has a name that no sweep knows": (
        rename("regularization/codist_fixed", "regularization/codist_fixd"),
        "no sweep has this arm",
        "holds a run of arm codist_fixed",
    ),
    "a config is edited": (
        edit(f"{FIXED}/config.yaml", lambda text: text.replace("batch: 32", "batch: 16")),
        "sweeps/sweep/regularization.yaml today: batch: 16, now 32",
        "codist_fixed/2 has another config than seed 1: batch: 16, now 32",
    ),
    "the commit is edited": (
        facts(commit="0123456789"),
        "commit 0123456789 is not in the history" if HISTORY else None,
        None,
    ),
    "files were changed then": (
        facts(commit="5e6d398603-dirty"),
        "5e6d398603-dirty is of changed files",
        None,
    ),
    "the outcome is edited": (
        facts(outcome="diverged"),
        "done.json says diverged, but its last losses and weights are finite",
        None,
    ),
    "the updates are edited": (
        facts(update=600, updates=600),
        "done.json: updates is 600, not 673",
        "has rows up to update 673, expected 600",
    ),
    "a diverged run is marked finished": (
        ended_early("finished"),
        "done.json: finished at update 225 of 673",
        "is marked as finished at update 225 of 673",
    ),
    "done.json is damaged": (
        edit(f"{FIXED}/done.json", lambda text: text[:-30]),
        "done.json is damaged",
        "done.json is damaged",
    ),
    "done.json is gone": (
        lambda root: (root / FIXED / "done.json").unlink(),
        "done.json is not there",
        None,
    ),
    "a file is added": (copy(LOG, f"{FIXED}/notes.txt"), "notes.txt does not belong there", None),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Some committed results, and the list of their SHA-256s."""
    home = tmp_path_factory.mktemp("whole")
    for arm in SUBSET:
        shutil.copytree(SHIPPED / "laptop" / arm, home / "results" / "laptop" / arm)
    manifest.write(home / "results.sha256", manifest.digests(home / "results"))
    return home


@pytest.fixture(scope="module")
def asked():
    with hydra_initialized():
        return shipped.arms(["sweep=regularization,communication", "scale=laptop"], [])


def by_contents(root: Path, asked: dict) -> list[str]:
    there = {}
    for folder in sorted(path for path in root.glob("*/*/*/*") if path.is_dir()):
        there.setdefault(folder.parts[-4:-1], []).append(folder)
    return [
        f"{folder}: {wrong}"
        for folder, wrong in verify.stale(there, asked, verify.wanted_seeds(there, root))
    ]


def by_reading(root: Path) -> str:
    """What stands in the way of a verdict, with the configs read as a ledger reads them."""
    try:
        for arm in results.read("laptop", ["regularization", "communication"], [root]).values():
            provenance.runs_of(arm)
    except (Unreadable, errors.Refused) as error:
        return str(error)
    return ""


def test_what_is_whole_is_found_whole(whole, asked):
    """Or the attacks below would be found for nothing."""
    assert manifest.stale(whole / "results.sha256", manifest.digests(whole / "results")) == []
    assert by_contents(whole / "results", asked) == []
    assert by_reading(whole / "results") == ""


@pytest.mark.parametrize(("attack", "contents", "reading"), ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_named(attack, contents, reading, whole, asked, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    root = tmp_path / "results"
    attack(root / "laptop")
    assert manifest.stale(tmp_path / "results.sha256", manifest.digests(root)), (
        "the list of SHA-256s does not know it"
    )
    found = by_contents(root, asked)
    assert [line for line in found if contents and contents in line] or (
        found == [] and contents is None
    ), found
    said = by_reading(root)
    assert (reading in said) if reading else said == "", said


def test_what_is_changed_gone_and_new_is_told_apart(whole, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    root, where = tmp_path / "results", "results.sha256"
    field("train_loss", 0.5)(root / "laptop")
    shutil.rmtree(root / "laptop" / OTHER)
    (root / "new").write_text("")
    told = [
        line.replace(str(tmp_path), "")
        for line in manifest.stale(tmp_path / where, manifest.digests(root))
    ]
    assert [re.sub(r"\S*results\.sha256", where, line) for line in told] == [
        f"laptop/{OTHER} is missing, but listed in {where}",
        f"laptop/{FIXED} differs from {where}",
        f"new is not in {where}",
    ]


def test_a_list_that_is_damaged_or_gone_is_refused(whole, tmp_path):
    with pytest.raises(Unreadable, match=r"sha256 is not there; make ship and make readme write"):
        manifest.stale(tmp_path / "results.sha256", {})
    (tmp_path / "results.sha256").write_text("garbage\n")
    with pytest.raises(Unreadable, match=r"results.sha256 is damaged"):
        manifest.stale(tmp_path / "results.sha256", {})


def test_a_list_names_each_run_that_ships_and_each_other_file():
    listed = manifest.read(manifest.RESULTS)
    assert list(listed) == sorted(listed) and len(listed) > 300
    runs = {name for name in listed if (SHIPPED / name).is_dir()}
    assert listed.keys() - runs == {"network.json", "links.json"}
    for sweep in packed.sweeps(ROOT / "paper" / "results"):
        for (arm, seed), lines in packed.packed_runs(sweep).items():
            run = json.loads(lines.run)
            assert run["sha256"] == listed[f"{sweep.parent.name}/{sweep.name}/{arm}/{seed}"]


def test_packed_runs_have_the_digests_of_their_folders(whole, tmp_path):
    packed.pack(whole / "results", tmp_path / "results")
    assert manifest.stale(whole / "results.sha256", manifest.digests(tmp_path / "results")) == []
    (unpacked(tmp_path / "results") / "laptop" / LOG).write_text("")  # where they are read
    [told] = manifest.stale(whole / "results.sha256", manifest.digests(tmp_path / "results"))
    assert told.startswith(f"laptop/{FIXED} differs from ")


def test_what_is_wrong_with_a_packed_run_names_it_where_it_ships(whole, tmp_path):
    shutil.copytree(whole / "results", tmp_path / "folders")
    facts(seed=2)(tmp_path / "folders/laptop")
    done = tmp_path / "folders/laptop" / FIXED / "done.json"
    done.write_text(json.dumps(json.loads(done.read_text()), indent=1) + "\n")
    packed.pack(tmp_path / "folders", tmp_path / "results")
    assert by_reading(tmp_path / "results").startswith(
        f"{tmp_path}/results/laptop/{FIXED} holds a run of seed 2, expected 1"
    )
    command = [sys.executable, "src/run.py", "verify", "sweep=regularization", "arm=codist_fixed",
               f"place.shipped={tmp_path}/results"]  # fmt: skip
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    line = f"stale: {tmp_path}/results/laptop/{FIXED}: done.json: seed is 2, not 1"
    assert told.returncode == 1 and line in told.stderr.splitlines(), told.stderr


def test_a_run_that_diverged_is_whole(whole, asked, tmp_path):
    """A run that ends early with a training loss that is no number is a result, not damage."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    ended_early("diverged")(tmp_path / "results" / "laptop")
    assert by_contents(tmp_path / "results", asked) == [] and by_reading(tmp_path / "results") == ""


def test_an_option_younger_than_the_run_does_not_make_it_stale(whole, asked, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "results" / "laptop" / FIXED / "config.yaml"
    config = yaml.safe_load(path.read_text())
    del config["exchange"]["peers"]
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    assert by_contents(tmp_path / "results", asked) == []
