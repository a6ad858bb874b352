"""Measurements that no run makes are named: impossible shares, contradictions, copies, seeds outside the plan."""

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from arms import hydra_initialized
from test_attacks import FIXED, LOG, SHIPPED, by_contents, edit, facts, field, lines

import workloads
from codist import run_folder
from launch import content_audit, shipped, verify
from workloads.clicks.options import Clicks
from workloads.digits.options import VALID_CLASSES, Digits
from workloads.grammar.options import Grammar
from workloads.views.options import Views

TOKENS, VIEWS = "translation/wmt_codist/1", "views/views_4/1"
SUBSET = ("regularization/codist_fixed", "translation/wmt_codist", "views/views_4")


def last(root: Path, name: str = LOG) -> dict:
    return json.loads((root / name).read_text().splitlines()[-1])


def shift(images: int, line: int = -1, name: str = LOG, key: str = "valid_top1", of: int = 360):
    """So many images more or fewer in one row: another multiple of 100/N."""

    def attack(root: Path) -> None:
        row = json.loads((root / name).read_text().splitlines()[line])
        field(key, 100 * (round(row[key] * of / 100) + images) / of, line, name)(root)

    return attack


def by_class(label: int, percent: float | None, folder: str = FIXED):
    """The accuracy of one class of model 0, in done.json."""

    def attack(root: Path) -> None:
        found = run_folder.ended(root / folder)["top1_of_class"]
        found["0"][label] = percent
        facts(folder, top1_of_class=found)(root)

    return attack


def more_bits(root: Path) -> None:
    """Each row and done.json of a translation, twice as many."""
    for model in (0, 1):
        edit(f"{TOKENS}/model{model}.jsonl", lambda text: "".join(map(with_more, text.splitlines())))(root)  # fmt: skip
    facts(TOKENS, sent_bits=last(root, f"{TOKENS}/model0.jsonl")["sent_bits"])(root)


def with_more(line: str) -> str:
    row = json.loads(line)
    return json.dumps(row | {"sent_bits": 2 * row["sent_bits"]}) + "\n"


def copied(folder: str, change: float):
    """Model 0's losses and distances of seed 1, times `change`, in its log of seed 3."""

    def attack(root: Path) -> None:
        rows = [
            json.loads(line) for line in (root / folder / "model0.jsonl").read_text().splitlines()
        ]

        def changed(of: list[str]) -> None:
            for at, row in enumerate(rows):
                mine = {key: row[key] * change for key in ("train_loss", "valid_loss", "distance")}
                of[at] = json.dumps(json.loads(of[at]) | mine) + "\n"

        lines(changed, f"{folder[:-1]}3/model0.jsonl")(root)

    return attack  # fmt: skip


def state(root: Path) -> None:
    for seed in (1, 3):
        facts(f"{FIXED[:-1]}{seed}", state="883baed0")(root)


def final(**ends):
    """A score of 10,800 images for model 0, as done.json has it since there are redraws."""
    return facts(
        final={"0": {"scored": "last weights", "images": 10800, "valid_top1": 90.0} | ends}
    )


ATTACKS = {
    "an accuracy that 360 images cannot give": (
        field("valid_top1", 91.4),
        "model0.jsonl, line 4: valid_top1 is 91.4, no multiple of 100/360",
    ),
    "an accuracy above 100 %": (
        field("valid_top1", 101 + 1 / 9),
        "no multiple of 100/360 from 0 to 100",
    ),
    "a disagreement that 360 images cannot give": (
        field("disagreement", 3.7),
        "disagreement is 3.7, no multiple of 100/360",
    ),
    "a disagreement that is taken out": (field("disagreement", None), "damaged"),
    "an accuracy that no number of words gives": (
        field("valid_top1", 92.0, name=f"{TOKENS}/model0.jsonl"),
        "valid_top1 is 92.0, no multiple of 100/",
    ),
    "a last accuracy of one image more": (
        shift(1),
        "the last row's valid_top1 is",
    ),
    "a class's accuracy that its images cannot give": (
        by_class(0, 98.0),
        "98.0 in class 0, which has 43 validation examples",
    ),
    "a class's accuracy that contradicts the last row": (
        by_class(3, 0.0),
        "done.json, top1_of_class of model 0 adds up to",
    ),
    "a class that is taken out": (by_class(3, None), "None in class 3, which has 37"),
    "a last accuracy below that of every class": (
        field("valid_top1", 5.0, -1, f"{VIEWS}/model0.jsonl"),
        "but the last row's valid_top1 is 5.0",
    ),
    "bits that no batches of tokens send": (more_bits, "if all batches are full"),
    "a seed is nearly another": (
        copied(FIXED, 1 + 5e-5),
        "3: model0.jsonl agrees with model0.jsonl of seed 1 in every row",
    ),
    "two runs end in one checkpoint": (
        state,
        "3: its last checkpoint is that of laptop/regularization/codist_fixed/1",
    ),
    "a final score of fewer images": (final(images=10799), "10799 images, not 10800"),
    "a final score that its images cannot give": (
        final(valid_top1=90.001),
        "valid_top1 is 90.001, no multiple of 100/10800",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    for arm in SUBSET:
        shutil.copytree(SHIPPED / "laptop" / arm, root / "laptop" / arm)
    return root


@pytest.fixture(scope="module")
def asked():
    with hydra_initialized():
        sweeps = ",".join(arm.split("/")[0] for arm in SUBSET)
        overrides = [f"sweep={sweeps}", "scale=laptop"]
        return shipped.arms(overrides, [])


@pytest.mark.parametrize(("attack", "said"), ATTACKS.values(), ids=ATTACKS)
def test_what_no_run_measures_is_named(attack, said, whole, asked, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    attack(tmp_path / "laptop")
    found = by_contents(tmp_path, asked)
    assert [line for line in found if said in line], found


BEYOND = {
    "nothing": lambda root: None,
    "an accuracy before the last row, to another multiple": shift(1, line=3),
    "a loss": field("valid_loss", 0.3),
    "a copy with other losses by 1 %": copied(FIXED, 1.01),
    "a final score that its images can give": final(),
}


@pytest.mark.parametrize("attack", BEYOND.values(), ids=BEYOND)
def test_what_only_a_repetition_can_find_is_no_false_alarm(attack, whole, asked, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    attack(tmp_path / "laptop")
    assert by_contents(tmp_path, asked) == []


@pytest.fixture
def planned():
    """Runs of two arms where the plan has its own; the folder need not exist."""
    root = verify.CHECKOUT / "paper" / "planned"
    arms = {("glyphs_scarce", "regularization", "all_reduce"), ("laptop", "nway", "nway_4")}
    return root, {arm: [root.joinpath(*arm, seed) for seed in ("301", "302")] for arm in arms}


def test_the_plan_names_the_seeds_of_its_own_folder_only(planned, tmp_path):
    root, there = planned
    assert verify.wanted_seeds(there, root) == {
        ("glyphs_scarce", "regularization", "all_reduce"): set(range(301, 317)),
        ("laptop", "nway", "nway_4"): set(range(101, 113)),
    }
    assert set(map(frozenset, verify.wanted_seeds(there, tmp_path).values())) == {frozenset({301, 302})}  # fmt: skip


def test_a_seed_of_the_plan_that_is_missing_is_named_and_so_is_one_too_many(whole, asked):
    folders = sorted((whole / "laptop" / "regularization" / "codist_fixed").iterdir())
    there = {folders[0].parts[-4:-1]: folders}
    wanted = {arm: {2, 3, 7, 8} for arm in there}
    assert [what for _, what in verify.stale(there, asked, wanted)] == [
        "seeds 7, 8 are not there",
        "seed 1 is not planned",
    ]


@pytest.mark.parametrize("options", [Digits(redraws=2), Grammar(sentences=10), Views()])
def test_options_know_the_validation_set(options):
    workload = workloads.open(options, "")
    valid, which = workload.valid, range(len(workload.valid))
    together = hasattr(valid, "__getitems__")
    labels = workload.collate(
        valid.__getitems__(which) if together else [valid[i] for i in which]
    ).y
    assert options.valid_examples == len(labels)
    if hasattr(options, "valid_classes"):
        counts = torch.bincount(labels, minlength=options.classes)
        assert options.valid_classes == tuple(counts.tolist())
    if options.name == "digits":
        assert options.final_examples == len(workload.final_set) == 2 * sum(VALID_CLASSES)


def test_two_decimals_of_a_large_class_leave_one_hit_open_and_not_more():
    """0.005 % of 23,715 punctual flights are 1.2, so one hit may differ, but not three."""
    run = SimpleNamespace(workload=Clicks(rows="flights"))
    counts = run.workload.valid_classes
    hits = [round(0.98 * counts[0]), round(0.13 * counts[1])]
    by_class = [round(100 * of / many, 2) for of, many in zip(hits, counts, strict=True)]
    done = {"top1_of_class": {"0": by_class}}

    def wrong(more: int) -> list[str]:
        last = {"valid_top1": 100 * (sum(hits) + more) / sum(counts)}
        return list(content_audit.wrong_classes(last, 0, done, run))

    assert wrong(0) == []
    assert len(wrong(3)) == len(wrong(-3)) == 1
    low, high = re.search(r"adds up to ([\d.]+) to ([\d.]+), but", wrong(3)[0]).groups()
    hits_open = (float(high) - float(low)) * sum(counts) / 100
    assert 1 <= round(hits_open) <= 2
