"""Clicks: the network of Anil et al.'s Table 1, the area under the ROC curve, recipes, and real trainings."""

import json
import math
import os
import shutil
import subprocess
from itertools import product
from pathlib import Path

import commands
import pytest
import torch
import torch.nn.functional as F
import yaml
from many import on_ranks, world_of
from sklearn.metrics import roc_auc_score
from small import opened, rows_anywhere, small, state_of, trained, weights
from test_placement import spread

import workloads
from codist import runlog
from codist.exchange import exchange_options
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from codist.train import train
from codist.world import OneProcess
from workloads.clicks.network import ClicksNetwork
from workloads.clicks.options import Clicks
from workloads.clicks.roc import area_under_roc

ROOT = Path(__file__).parents[2]

# ---- the network


def test_softmax_of_its_two_logits_is_the_logistic_function():
    """So cross-entropy of (0, z) is the log loss of sigmoid(z), and classification.py serves unchanged."""
    torch.manual_seed(0)
    network = ClicksNetwork([3, 5], 2, [3 + 2 * 2, 8, 4, 1])
    logits = network((torch.randn(6, 3), torch.tensor([[0, 3], [2, 7]] * 3)))
    assert logits.shape == (6, 2) and (logits[:, 0] == 0).all()
    z, y = logits[:, 1], torch.tensor([0, 1, 1, 0, 1, 0])
    assert torch.allclose(logits.softmax(1)[:, 1], z.sigmoid())
    log_loss = F.binary_cross_entropy_with_logits(z, y.float())
    assert torch.allclose(F.cross_entropy(logits, y), log_loss)


def test_an_output_by_pencil():
    """Categories 1 and 0 of two tables of 2 and 3 rows, of width 1; one number; two hidden units, the second one off.

    h = relu(1 x 0.5 + 2 x 3 + 1 x 7, -...) = (13.5, 0), z = 2 x 13.5 + 0.25 = 27.25.
    """
    network = ClicksNetwork([2, 3], 1, [3, 2, 1])
    with torch.no_grad():
        network.embeddings.weight.copy_(torch.tensor([[1.0], [3.0], [7.0], [9.0], [11.0]]))
        network.layers[0].weight.copy_(torch.tensor([[1.0, 2.0, 1.0], [-1.0, -1.0, -1.0]]))
        network.layers[2].weight.copy_(torch.tensor([[2.0, 100.0]]))
        network.layers[2].bias.fill_(0.25)
    x = torch.tensor([[0.5]]), torch.tensor([[1, 2]])
    assert network(x).tolist() == [[0.0, 27.25]]


@pytest.mark.parametrize(
    "options",
    [
        Clicks(),
        Clicks(layers=[160, 64, 16], embedding=8),
        Clicks(layers=[5], embedding=1),
        Clicks(rows="criteo"),
        Clicks(rows="criteo", layers=[16, 16], embedding=4, buckets=100),
    ],
)
def test_parameters_are_counted_without_making_the_network(options):
    options.check(1)
    with torch.device("meta"):
        network = ClicksNetwork(options.tables, options.embedding, options.widths)
    assert options.parameters(0) == sum(weight.numel() for weight in network.parameters())


def test_layers_and_embeddings_begin_with_the_stated_deviations():
    torch.manual_seed(0)
    network = ClicksNetwork([50_000], 8, [400, 500, 300, 1])
    network.requires_grad_(False)
    first, second, last = (network.layers[at] for at in (0, 2, 4))
    assert network.embeddings.weight.std() == pytest.approx(0.05, rel=0.02)
    assert first.weight.std() == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert second.weight.std() == pytest.approx(math.sqrt(2 / 500), rel=0.02)
    assert last.weight.std() == pytest.approx(math.sqrt(1 / 300), rel=0.15)
    assert not any(layer.bias.any() for layer in (first, second, last))


# ---- the area under the ROC curve


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    """Positives 3 and 1 against negatives 2 and 1: 3 beats both, 1 loses to 2 and ties with 1: 2.5 of 4."""
    assert area_under_roc(torch.tensor([3.0, 1, 2, 1]), torch.tensor([1, 1, 0, 0])) == 0.625
    assert area_under_roc(torch.tensor([0.0, 1.0]), torch.tensor([0, 1])) == 1.0
    assert area_under_roc(torch.tensor([1.0, 0.0]), torch.tensor([0, 1])) == 0.0
    assert area_under_roc(torch.zeros(5), torch.tensor([0, 1, 0, 0, 1])) == 0.5


@pytest.mark.parametrize(("values", "seed"), list(product([2, 7, 10**6], range(3))))
def test_it_is_scikit_learns_with_many_ties_and_with_none(values, seed):
    drawn = torch.Generator().manual_seed(seed)
    scores = torch.randint(values, (1000,), generator=drawn).float() / 7 - 0.2
    labels = (torch.rand(1000, generator=drawn) < 0.2).long()
    assert area_under_roc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


# ---- training


def run_of(flights, **changes):
    """11 updates of 512 with a network of 3,000 weights beside its embeddings; checkpoints every 3."""
    run = small(
        workload=Clicks(layers=[24, 8], embedding=4),
        epochs=0.02,
        batch=512,
        device_batch=256,
        sampling="independent",
        distance="cross_entropy",
        exchange=exchange_options("checkpoints", period=3),
        optimizer=Optimizer(kind="adagrad"),
        lr=Schedule(0.05),
        weight_decay=Schedule(0.0),
    )
    run.place.data = str(flights)
    for name, value in changes.items():
        setattr(run, name, value)
    return run


ARMS = {
    "checkpoints": {},
    "predictions": {"exchange": exchange_options("predictions"), "sampling": "same"},
    "halves of the data": {"sampling": "disjoint"},
    "bf16": {"precision": "bf16"},
}


@pytest.mark.parametrize("arm", ARMS)
def test_one_process_and_a_rank_a_model_end_with_the_same_bits(tmp_path, flights, arm):
    run = run_of(flights, **ARMS[arm])
    one = trained(tmp_path / "one", run)
    assert weights(spread(tmp_path / "ranks", run, 2)) == weights(one)
    assert rows_anywhere(tmp_path / "ranks") == rows_anywhere(tmp_path / "one")


def ended(folder, run, world) -> dict:
    """Train `run` and return the content of its done.json."""
    own = world.rank == 0
    log = runlog.RunLog(folder, run.to_dict(), run.defaults()) if own else runlog.Onlooker(folder)
    facts = train(run, opened(run), world, log)
    log.close()
    return facts


def test_two_ranks_a_model_measure_the_same_area(tmp_path, flights):
    run = run_of(flights)
    one = ended(tmp_path / "one", run, OneProcess(run.n, run.devices, run.servers))
    ranks = on_ranks(4, lambda rank: ended(tmp_path / "ranks", run, world_of(run)))
    assert weights(state_of(tmp_path / "ranks")) == weights(state_of(tmp_path / "one"))
    assert ranks[0]["final"] == one["final"]
    network = workloads.open(run.workload, str(flights)).network(0)
    network.load_state_dict(state_of(tmp_path / "one")["models"][0]["network"])
    valid = workloads.open(run.workload, str(flights)).valid
    with torch.no_grad():
        scores = network((valid.numbers, valid.categories))[:, 1]
    expected = roc_auc_score(valid.labels, scores.double())
    assert one["final"][0]["valid_auc"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("stop", [2, 6])
def test_a_resumed_run_ends_with_the_same_bits(tmp_path, flights, stop):
    run = run_of(flights)
    whole = trained(tmp_path / "whole", run)
    assert trained(tmp_path / "halved", run, stop_after=stop)["update"] == stop
    assert weights(trained(tmp_path / "halved", run)) == weights(whole)


# ---- recipes

SWEEP = """# @package _global_
defaults: [{/workload: clicks}]
arms:
  alone: {n: 1, exchange: {kind: none}, alpha: {start: 0}}
  codist: {n: 2, sampling: independent, exchange: {kind: checkpoints, period: 25}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A copy of src and sweeps, with a sweep of clicks."""
    home = tmp_path_factory.mktemp("home")
    for part in ("src", "sweeps"):
        shutil.copytree(ROOT / part, home / part)
    (home / "slurm").symlink_to(ROOT / "slurm")
    (home / "sweeps" / "sweep" / "mine.yaml").write_text(SWEEP)
    return home


def typed(home, *words) -> subprocess.CompletedProcess:
    return commands.typed("src/run.py", *words, cwd=home, env=os.environ | {"PYTHONPATH": ""})


def test_the_recipe_of_the_paper_is_table_1s(home):
    """2560-1024-256, Adagrad 0.001; 13 numbers and 26 embeddings of 16; a pass over six sevenths of 45,840,617 rows."""
    told = typed(home, "plan", "sweep=mine", "scale=paper")
    assert told.returncode == 0, told.stderr
    assert "0.001; 0: alone, codist" in told.stdout
    recipe = yaml.safe_load((ROOT / "sweeps" / "workload" / "clicks" / "paper.yaml").read_text())
    options = Clicks(**recipe["workload"])
    assert (options.examples, options.valid_examples) == (39_291_958, 6_548_659)
    assert options.widths == [13 + 26 * 16, 2560, 1024, 256, 1]
    dense = 429 * 2560 + 2560 + 2560 * 1024 + 1024 + 1024 * 256 + 256 + 256 + 1
    assert options.parameters(0) == dense + 26 * 65_536 * 16 == 31_248_897
    assert f"{39_291_958 // 512:,}" in told.stdout


def test_flights_are_trained_below_their_base_rate_by_the_recipe_of_the_laptop(home, flights):
    """A quarter of an epoch: 288 updates of 256. Always the share of late flights has a log loss of 0.5515."""
    for arm, n in (("alone", 1), ("codist", 2)):
        asked = ("sweep=mine", f"arm={arm}", "seed=7", "epochs=0.25", f"place.data={flights}")
        told = typed(home, *asked, "place.runs=runs")
        assert told.returncode == 0, told.stderr
        folder = home / "runs" / "laptop" / "mine" / arm / "7"
        done = json.loads((folder / "done.json").read_text())
        assert (done["outcome"], done["update"], done["models"]) == ("finished", 288, n)
        for i in range(n):
            last = runlog.rows(folder, i)[-1]
            assert (
                last["train_loss"] < 0.53
                and last["valid_loss"] < 0.5515
                and last["valid_top1"] > 75
            )
            assert 0.6 < done["final"][str(i)]["valid_auc"] < 1
            assert (last["train_penalty"] is None) == (n == 1)
