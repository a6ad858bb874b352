"""Frozen teachers: the finished models of another arm answer, in evaluation mode, and nothing renews them."""

import copy
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from small import NONE, log_of, opened, rows_anywhere, small, state_of, trained, weights
from test_begin import made
from test_placement import Dropped, spread

from codist import checkpoint, finished_run
from codist.errors import Refused
from codist.exchange import exchange_options
from codist.exchange.no_exchange import ALL
from codist.feed import feed
from codist.losses import DISTANCES
from codist.run_folder import done
from codist.schedules import Schedule
from codist.set_up import set_up
from codist.states import newest_first
from codist.world import OneProcess
from workloads.digits.options import Digits
from workloads.views.options import Views

LARGE = Digits(width=2, redraws=2, networks=["resnet14"])
DROPPED = {
    "workload": Dropped(width=2, redraws=2),
    "exchange": exchange_options("frozen", of="dropped"),
}


def taught(**changes):
    """A student, one ResNet-8, of the arm `pair`."""
    more = {"n": 1, "exchange": exchange_options("frozen", of="pair")} | changes
    return small(**more)


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    """A sweep's folder with `pair`, two finished ResNet-14s, and `dropped`, a ResNet-8 with dropout; seed 1."""
    folder = tmp_path_factory.mktemp("sweep")
    made(folder / "pair" / "1", small(workload=LARGE, sampling="independent", **NONE))
    made(folder / "dropped" / "1", small(n=1, workload=Dropped(width=2, redraws=2), **NONE))
    return folder


def beside(arms: Path, here: Path) -> Path:
    """A copy of the sweep's folder, in which a test may break the teachers."""
    for arm in ("pair", "dropped"):
        shutil.copytree(arms / arm, here / arm)
    return here


def teachers(arms: Path) -> list[torch.nn.Module]:
    """The finished models as they were measured, loaded by hand."""
    found = []
    for i, model in state_of(arms / "pair" / "1")["models"].items():
        network = opened(small(workload=LARGE)).network(i)
        network.load_state_dict(model["network"])
        found.append(network.eval())
    return found


def first_batch(run, arms: Path):
    """(learners, exchange, logits, batch) before the first update, in one process."""
    workload, world = opened(run), OneProcess(run.n, run.devices, run.servers)
    learners, exchange, _ = set_up(run, workload, world, arms / "student" / "1")
    k, parts = next(iter(feed(run, workload, world, 0, 1)))
    exchange.begin(k, learners)
    logits = {i: model(parts[0][i].x, k, 0, parts) for i, model in learners.items()}
    return learners, exchange, logits, parts[0]


# ---- what the teachers answer


def test_a_model_learns_from_each_of_the_other_arms_models_as_they_were_measured(arms):
    _, exchange, logits, batch = first_batch(taught(), arms)
    rows, peer_logits = exchange.others(0, 0, batch, logits)[0]
    with torch.no_grad():
        expected = torch.stack([network(batch[0].x) for network in teachers(arms)])
    assert rows is ALL and torch.equal(peer_logits, expected)
    assert peer_logits.shape == (2, 144, 10) and not torch.equal(*peer_logits)


@pytest.mark.parametrize("name", DISTANCES)
def test_the_penalty_is_the_mean_of_the_distances_from_them(arms, name):
    _, exchange, logits, batch = first_batch(taught(), arms)
    _, peer_logits = exchange.others(0, 0, batch, logits)[0]
    each = [DISTANCES[name](logits[0], one[None]) for one in peer_logits]
    assert DISTANCES[name](logits[0], peer_logits).item() == pytest.approx(
        sum(one.item() for one in each) / 2, rel=1e-6
    )


def test_two_models_of_one_minibatch_are_given_the_same_answers(arms):
    _, exchange, logits, batch = first_batch(taught(n=2), arms)
    others = exchange.others(0, 0, batch, logits)
    assert torch.equal(others[0][1], others[1][1])
    _, exchange, logits, batch = first_batch(taught(n=2, sampling="independent"), arms)
    others = exchange.others(0, 0, batch, logits)
    assert not torch.equal(others[0][1], others[1][1])


def test_a_teacher_has_no_dropout_and_nothing_renews_it(arms):
    run = taught(**DROPPED)
    learners, exchange, logits, batch = first_batch(run, arms)
    before = copy.deepcopy([network.state_dict() for network in exchange.copies.networks])
    answers = exchange.others(0, 0, batch, logits)[0][1]
    for k in (1, 2):
        exchange.begin(k, learners)
        assert torch.equal(exchange.others(k, 0, batch, logits)[0][1], answers)
        exchange.end(k, learners)
    for network, state in zip(exchange.copies.networks, before, strict=True):
        assert not network.training
        assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_alpha_zero_equals_no_exchange_bitwise(arms):
    zero = trained(arms / "zero" / "1", taught(alpha=Schedule(0.0)))
    assert weights(zero) == weights(trained(arms / "none" / "1", small(n=1, **NONE)))


def test_a_run_sends_nothing_and_names_the_checkpoint_that_taught_it(arms):
    run = taught()
    made(arms / "named" / "1", run)
    ended = done(arms / "named" / "1")
    assert ended["taught_by"] == done(arms / "pair" / "1")["state"] and "begun_from" not in ended
    last = log_of(arms / "named" / "1", 1)[0][-1]
    assert last["sent_bits"] == run.sent_bits(run.updates) == 0 and last["train_penalty"] > 0


# ---- the same bits in every placement, and after an interruption


@pytest.mark.parametrize(
    ("changes", "ranks"),
    [
        ({}, 2),
        ({"n": 2}, 2),
        ({"n": 2}, 4),
        ({"n": 2, "sampling": "independent"}, 2),
        ({"n": 2, "sampling": "independent", **DROPPED}, 4),
        ({"n": 2, "precision": "bf16"}, 2),
    ],
    ids=["2 ranks, one model", "2", "4", "2, own batches", "4, dropout", "2, bf16"],
)
def test_spread_over_ranks_equals_one_process_bitwise(arms, tmp_path, changes, ranks):
    run, here = taught(**changes), beside(arms, tmp_path)
    alone = trained(here / "alone" / "1", run)
    assert weights(spread(here / "ranks" / "1", run, ranks)) == weights(alone)
    assert rows_anywhere(here / "ranks" / "1", run.n) == rows_anywhere(here / "alone" / "1", run.n)


def test_stopped_and_resumed_in_another_placement_it_has_the_same_bits(arms, tmp_path):
    run, here = taught(n=2, sampling="independent"), beside(arms, tmp_path)
    whole = trained(here / "whole" / "1", run)
    assert trained(here / "moved" / "1", run, stop_after=3)["update"] == 3
    spread(here / "moved" / "1", run, 2, stop_after=5)
    assert weights(trained(here / "moved" / "1", run)) == weights(whole)
    assert rows_anywhere(here / "moved" / "1") == rows_anywhere(here / "whole" / "1")


def test_it_resumes_where_its_teachers_were_repeated_to_the_bit(arms, tmp_path):
    run, here = taught(), beside(arms, tmp_path)
    trained(here / "student" / "1", run, stop_after=3)
    before = done(here / "pair" / "1")["state"]
    shutil.rmtree(here / "pair")
    made(here / "pair" / "1", small(workload=LARGE, sampling="independent", **NONE))
    assert done(here / "pair" / "1")["state"] != before  # the same weights, and other seconds
    state = made(here / "student" / "1", run)
    assert weights(state) == weights(trained(arms / "again" / "1", run))
    assert done(here / "student" / "1")["taught_by"] == before


def test_it_does_not_resume_with_other_teachers(arms, tmp_path):
    run, here = taught(), beside(arms, tmp_path)
    trained(here / "student" / "1", run, stop_after=3)
    shutil.rmtree(here / "pair")
    made(here / "pair" / "1", small(workload=LARGE, sampling="independent", seed=2, **NONE))
    with pytest.raises(Refused, match=r"trained again since this run began: expected weights \w"):
        trained(here / "student" / "1", run)


# ---- teachers that are not there


def unfinished(folder: Path) -> None:
    shutil.rmtree(folder)
    trained(folder, small(workload=LARGE, sampling="independent", **NONE), stop_after=5)


def damaged(folder: Path) -> None:
    last = newest_first(folder / "state")[0]
    last.write_bytes(last.read_bytes() + b"damage")


def of_one_model(folder: Path) -> None:
    state = state_of(folder)
    del state["models"][1]
    checkpoint.save(folder / "state", state["update"], state)


def configured(**workload):
    def change(folder: Path) -> None:
        config = yaml.safe_load((folder / "config.yaml").read_text())
        config["workload"] |= workload
        (folder / "config.yaml").write_text(yaml.safe_dump(config))

    return change


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (shutil.rmtree, "pair/1 has no finished run with its state, which this run starts from"),
        (unfinished, "pair/1 has no finished run with its state"),
        (damaged, "pair/1/state is damaged, and this run starts from it; move .* away"),
        (of_one_model, "pair/1/state is damaged"),
        (configured(networks=["resnet8"]), "weights do not fit the networks that its config desc"),
        (configured(width=4), "exchange.of=pair: .*pair/1: its weights do not fit"),
        (configured(colour="red"), "do not fit the networks that its config describes today"),
    ],
)
def test_a_teacher_that_is_not_there_or_does_not_fit_is_refused_in_one_line(
    arms, tmp_path, broken, says
):
    here = beside(arms, tmp_path)
    broken(here / "pair" / "1")
    with pytest.raises(Refused, match=says) as refused:
        trained(here / "student" / "1", taught())
    assert "\n" not in str(refused.value)


def test_teachers_of_other_classes_are_refused(tmp_path):
    views = Views(width=2, examples=288, valid_examples=144)
    made(tmp_path / "pair" / "1", small(workload=replace(views, classes=4), **NONE))
    says = re.escape("pair/1 has models of 4 classes, expected 10; name another arm")
    with pytest.raises(Refused, match=says):
        trained(tmp_path / "student" / "1", taught(workload=views))


def test_a_kind_without_its_arm_is_refused():
    with pytest.raises(Refused, match=r"set exchange.of=<an arm of the same sweep>"):
        small(exchange=exchange_options("frozen"))


def test_a_finished_run_is_read_with_its_networks_and_their_digests(arms, tmp_path):
    found = finished_run.read(arms / "pair" / "1")
    state = state_of(arms / "pair" / "1")
    assert found.config["workload"]["networks"] == ["resnet14"] and len(found.networks) == 2
    assert found.digest == done(arms / "pair" / "1")["state"]
    again = found._replace(networks=[model["network"] for model in state["models"].values()])
    assert again.digest_of_networks == found.digest_of_networks
    again.networks[1]["last.bias"][3] += 1e-6
    assert again.digest_of_networks != found.digest_of_networks
