"""State that a network carries between device batches is the run's: kept, saved, and resumed to the bit."""

import copy
import re
import shutil
from types import SimpleNamespace

import pytest
import torch
from few import EXCHANGES, everything_carried, few, few_documents
from small import CHECKPOINTS, log_of, small, state_of, trained, weights
from test_begin import made
from test_placement import spread
from test_resume_damaged import edit, resumed_at

import workloads
from codist.exchange import exchange_options
from codist.exchange.checkpoints import Checkpoints
from codist.feed import feed
from codist.learner import Learner
from codist.measure import evaluate
from codist.world import OneProcess
from workloads.language.lstm import LanguageModel


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return few_documents(tmp_path_factory.mktemp("few"))


def learner(i=0, devices=2, rows=3, **options) -> Learner:
    torch.manual_seed(i)
    world = OneProcess(2, devices)
    return Learner(i, LanguageModel(12, 6, 5, True), world, rows=rows, **options)


def windows(rows: int, steps: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The input of a network: pieces (steps, rows), all of them with a target."""
    drawn = torch.randint(12, (steps, rows), generator=torch.Generator().manual_seed(seed))
    return drawn, torch.arange(steps * rows)


def joined(*of: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    pieces = torch.cat([pieces for pieces, _ in of])
    return pieces, torch.arange(pieces.numel())


# ---- the models' own state


def test_a_part_goes_on_where_it_was_and_no_part_sees_another(data):
    model = learner()
    seen = {part: [windows(3, 4, 10 * part + k) for k in range(3)] for part in (0, 1)}
    found = {part: [] for part in seen}
    for k in range(3):
        for part in seen:
            found[part].append(model(seen[part][k], k, part, [0, 1]))
    for part in seen:
        at_once, _ = model.network(joined(*seen[part]))  # a window of 12 pieces from zero state
        assert torch.allclose(torch.cat(found[part]), at_once, atol=1e-6)
    later, _ = model.network(seen[0][1])
    assert not torch.allclose(found[0][1], later, atol=1e-3)


def test_no_gradient_reaches_the_window_before():
    model = learner(devices=1)
    for k in range(2):
        loss = model(windows(3, 4, k), k, 0, [0]).square().sum()
        loss.backward()
        assert not any(one.requires_grad for one in model.carried.states[0])


def test_state_is_never_reset_at_the_end_of_an_epoch(data):
    """An epoch has 21 updates; the first of the next one goes on from the state after the last."""
    run = few(data, n=1, sampling="same", epochs=2.0, exchange=exchange_options("none"))
    model, zero = learner(rows=4), []
    workload = workloads.open(run.workload, str(data))
    for k, parts in feed(run, workload, OneProcess(1, 2), 0, 23):
        for part in parts:
            zero.append(not any(one.any() for one in model.carried.states[part]))
            model(parts[part][0].x, k, part, parts)
    assert zero == [True, True] + [False] * 44


def test_validation_starts_from_zero_state_and_leaves_that_of_training(data):
    run = few(data)
    workload, world = workloads.open(run.workload, str(data)), OneProcess(2, 2)
    model = learner()
    batch = workload.valid.__getitems__(list(range(len(workload.valid))))

    def scored():
        with torch.no_grad():
            return evaluate(workload, world, {0: model}, 0)[0][0][0]["nll"]

    fresh = scored()
    for k in range(2):
        model(windows(3, 4, k), k, 0, [0])
    states = [one.clone() for one in model.carried.states[0]]
    assert scored() == fresh
    logits, _ = model.network(batch.x)
    nll = workload.score(logits.detach(), batch.y, logits.argmax(-1))["nll"]
    assert fresh == pytest.approx(float(nll))
    assert all(map(torch.equal, model.carried.states[0], states))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_carries_32_bits(data, precision):
    model = learner(precision=precision)
    logits = model(windows(3, 4, 0), 0, 0, [0, 1])
    assert {one.dtype for one in model.carried.states[0]} == {logits.dtype} == {torch.float32}
    plain, _ = model.network(windows(3, 4, 0))
    assert 0 < (logits - plain).abs().max() < 0.2


# ---- stale copies


def test_a_stale_copy_has_its_own_state_for_each_reader_and_keeps_it_when_fresh_weights_arrive():
    world = OneProcess(2, 2)
    learners = {i: learner(i) for i in range(2)}
    exchange = Checkpoints(
        world, 2, [learner(9).network for _ in range(2)], 0, common=False, rows=3
    )
    state = {(j, i, part): None for j, i in ((0, 1), (1, 0)) for part in (0, 1)}
    for k in range(5):
        with torch.no_grad():
            for model in learners.values():
                for weight in model.network.parameters():
                    weight.add_(0.01 * k)
        if k % 2 == 0:  # the exchange's period
            by_hand = {j: copy.deepcopy(model.network) for j, model in learners.items()}
        exchange.begin(k, learners)
        for part in (0, 1):
            batch = {i: SimpleNamespace(x=windows(3, 4, 100 * i + 10 * part + k)) for i in (0, 1)}
            logits = {i: learners[i](batch[i].x, k, part, [0, 1]) for i in (0, 1)}
            others = exchange.others(k, part, batch, logits)
            for j, i in ((0, 1), (1, 0)):
                expected, state[j, i, part] = by_hand[j](batch[i].x, state[j, i, part])
                assert torch.equal(others[i][1][0], expected), (k, part, j, i)


def test_checkpoints_at_every_update_on_a_common_batch_equal_predictions_bitwise(data, tmp_path):
    """A copy whose weights are always fresh carries what its model carries."""
    said = trained(tmp_path / "p", few(data, **EXCHANGES["predictions"]))
    fresh = exchange_options("checkpoints", period=1)
    asked = trained(tmp_path / "c", few(data, sampling="same", exchange=fresh))
    assert weights(said) == weights(asked)
    copies = [weights({"models": of}) for of in asked["exchange"]["carried"]]
    models = [weights({"models": asked["models"][i]["carried"]}) for i in range(2)]
    assert copies == models[::-1]


def test_frozen_teachers_carry_their_own_state_wherever_students_are_bitwise(data, tmp_path):
    """Two students on halves of the documents, each with the two finished models of another arm."""
    alone = few(data, epochs=0.5, **EXCHANGES["independent"])
    made(tmp_path / "one" / "pair" / "1", alone)
    for other in ("ranks", "moved"):
        shutil.copytree(tmp_path / "one" / "pair", tmp_path / other / "pair")
    run = few(data, epochs=0.5, exchange=exchange_options("frozen", of="pair"))
    whole = trained(tmp_path / "one" / "student" / "1", run)
    carried = whole["exchange"]["carried"]
    assert [len(of) for of in carried] == [2, 2]  # the teachers of each student
    assert len({weights({"models": one})[0] for of in carried for one in of}) == 4
    ranks = spread(tmp_path / "ranks" / "student" / "1", run, 4)
    assert weights(ranks) == weights(whole)
    assert everything_carried(ranks) == everything_carried(whole)
    trained(tmp_path / "moved" / "student" / "1", run, stop_after=4)
    moved = trained(tmp_path / "moved" / "student" / "1", run)
    assert weights(moved) == weights(whole)
    assert everything_carried(moved) == everything_carried(whole)


# ---- checkpoints


@pytest.mark.parametrize("case", EXCHANGES)
@pytest.mark.parametrize("stop", [1, 11, 16])
def test_resumed_equals_uninterrupted(data, tmp_path, case, stop):
    run = few(data, **EXCHANGES[case])
    whole = trained(tmp_path / "whole", run)
    assert trained(tmp_path / "halved", run, stop_after=stop)["update"] == stop
    halved = trained(tmp_path / "halved", run)
    assert halved["update"] == whole["update"] == run.updates == 21
    assert weights(halved) == weights(whole)
    assert everything_carried(halved) == everything_carried(whole) != []
    assert log_of(tmp_path / "halved") == log_of(tmp_path / "whole")


def test_resumed_equals_uninterrupted_in_mixed_precision(data, tmp_path):
    run = few(data, precision="bf16")
    trained(tmp_path / "halved", run, stop_after=10)
    whole = trained(tmp_path / "whole", run)
    assert weights(trained(tmp_path / "halved", run)) == weights(whole)


def test_a_checkpoint_has_the_state_of_each_part_of_each_model_and_copy(data, tmp_path):
    state = trained(tmp_path, few(data), stop_after=5)
    for of in (state["models"][0]["carried"], state["exchange"]["carried"][1][0]):
        assert len(of) == 2  # parts; of each, hidden state and cell of two layers
        assert [[tuple(one.shape) for one in part] for part in of] == [[(4, 6)] * 4] * 2


def test_without_carried_state_a_checkpoint_is_what_it_was(tmp_path):
    state = trained(tmp_path, small(**CHECKPOINTS), stop_after=2)
    assert set(state["exchange"]) == {"copies"}
    assert set(state["models"][0]) == {"network", "optimizer", "scaler", "seen", "total", "ends"}


HARMS = {
    "model 1: carried: expected 2 entries, got list": lambda state: state["models"][1][
        "carried"
    ].pop(),
    r"model 0: carried: 1: 2: expected torch.float32 \(4, 6\), got torch.float32 \(3, 6\)": (
        lambda state: state["models"][0]["carried"][1].__setitem__(2, torch.zeros(3, 6))
    ),
    r"model 0: carried: 0: 0: expected torch.float32 \(4, 6\), got torch.float64": lambda state: (
        state["models"][0]["carried"][0].__setitem__(0, torch.zeros(4, 6, dtype=torch.float64))
    ),
    "model 0: carried: expected 2 entries, got list ": lambda state: state["models"][0].pop(
        "carried"
    ),
    "exchange lacks carried": lambda state: state["exchange"].pop("carried"),
    "exchange: carried: 1: expected 1 entries, got list": lambda state: state["exchange"][
        "carried"
    ][1].clear(),
}


@pytest.mark.parametrize(("why", "harm"), HARMS.items(), ids=HARMS)
def test_a_checkpoint_whose_carried_state_is_not_this_runs_is_passed_over(
    data, tmp_path, capsys, why, harm
):
    run = few(data)
    run.place.save_seconds = 0
    whole = trained(tmp_path / "whole", run)
    trained(tmp_path / "hurt", run, stop_after=7)

    def change(state):
        harm(state)
        return state

    edit(tmp_path / "hurt", change)
    assert resumed_at(tmp_path / "hurt", run) == 6
    assert weights(state_of(tmp_path / "hurt")) == weights(whole)
    assert re.search(why.strip(), capsys.readouterr().err)
