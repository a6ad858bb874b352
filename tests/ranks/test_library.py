"""`import codist` in a loop of one's own: tests/own_loop.py, which the README shows, and what it calls."""

import importlib
import os
import re
import subprocess
import sys
import time
import warnings
from datetime import timedelta

import numpy
import pytest
import torch
import torch.nn.functional as F
from many import LOOP, ROOT, guest, import_of_loop, on_ranks, refusal, replaced, run_loop, torchrun
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

import codist
from codist.checksums import checksum
from codist.codecs import Half, TopK
from codist.errors import Refused
from codist.exchange.predictions import Predictions
from codist.existing_group import patience_of_the_loop
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.optimizer import Optimizer
from codist.train import Now, step
from codist.workload import Batch
from codist.world import OneProcess

SECTION = (ROOT / "docs" / "library.md").read_text()


# ---- the example


def test_under_torchrun_the_losses_of_both_models_fall(tmp_path):
    """A rank a model."""
    done = torchrun(LOOP.read_text(), 2, tmp_path)
    assert done.returncode == 0, done.stderr
    said = re.findall(r"model (\d), epoch (\d): loss (\d+\.\d+)", done.stdout)
    loss = {(int(model), int(epoch)): float(loss) for model, epoch, loss in said}
    assert sorted(loss) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    # ln 10 = 2.3
    assert all(1.5 < loss[model, 0] < 3 and loss[model, 1] < loss[model, 0] / 2 for model in (0, 1))
    first, second = (torch.load(tmp_path / f"model{model}.pt")["fc.weight"] for model in (0, 1))
    assert not torch.equal(first, second)


def here(folder, script: str, ranks: int) -> list[dict]:
    """What is left of `script`, a shortened own_loop.py, in each of so many ranks; its files lie in `folder`."""
    import_of_loop()
    folder.mkdir()
    script = replaced(script, "range(2)", "range(1)")

    def of_rank(rank):
        left = run_loop(script, folder)
        return {name: left[name] for name in ("model", "shard", "losses")} | {
            "x": left["x"].numpy().tobytes()
        }

    return on_ranks(ranks, of_rank)


def test_on_two_ranks_a_model_the_losses_of_both_fall(tmp_path):
    ranks = here(tmp_path / "run", LOOP.read_text(), ranks=4)
    assert [(rank["model"], rank["shard"]) for rank in ranks] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for first, *_, last in (rank["losses"] for rank in ranks):
        assert 2 < first < 3 and last < first / 2


def test_without_the_marked_lines_it_is_plain_ddp_and_with_alpha_0_it_has_its_bits(tmp_path):
    text = LOOP.read_text()
    plain = "".join(
        line for line in text.splitlines(keepends=True) if not line.endswith("  # codist\n")
    )
    assert not re.search(r"codist\.|import codist|peers", plain)
    here(tmp_path / "plain", plain, ranks=2)
    ranks = here(tmp_path / "codist", replaced(text, ", 1.0  #", ", 0.0  #"), ranks=4)
    one, other = (torch.load(tmp_path / which / "model0.pt") for which in ("plain", "codist"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)

    assert [(rank["model"], rank["shard"]) for rank in ranks] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    seen = [rank["x"] for rank in ranks]  # the last minibatch
    assert seen[0] == seen[2] != seen[1] == seen[3]


def test_the_readme_shows_that_very_file_of_at_most_40_lines():
    text = LOOP.read_text()
    assert re.search(r"```python\n(.*?)```", SECTION, re.DOTALL)[1] == text
    assert len(text.splitlines()) <= 40
    assert str(LOOP.relative_to(ROOT)) in SECTION


# ---- what it calls


X = torch.arange(12.0).reshape(4, 3)


def test_the_penalty_is_the_mean_over_the_peers_and_only_ones_own_logits_feel_it():
    """Three models that say 0, 1 and 3 of everything: (1 + 9) / 2, (1 + 4) / 2, (9 + 4) / 2."""

    def of_rank(rank):
        peers = codist.Peers(n=3, period=2)
        logits = torch.full((4, 10), (0.0, 1.0, 3.0)[rank], requires_grad=True)
        skipped = peers.penalty(1, X, logits)
        assert (skipped.item(), skipped.requires_grad, peers.sent_bits) == (0.0, False, 0)
        penalty = peers.penalty(2, X, logits)
        penalty.backward()
        return penalty.item(), logits.grad.sum().item(), peers.sent_bits

    sent = 2 * 32 * 10 * 4  # (n-1) x 32 x C x N
    assert guest(of_rank, 3) == [
        (5.0, pytest.approx(-4), sent),
        (2.5, pytest.approx(-1), sent),
        (6.5, pytest.approx(5), sent),
    ]


@pytest.mark.parametrize("codec", [None, Half()], ids=["Full", "Half"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_logits_of_16_bits_are_sent_in_16_bits_and_compared_in_fp32(dtype, codec):
    """Whole logits are exact: the penalty has the bits of that of the same logits in fp32."""

    def of_rank(rank):
        def penalty(logits):
            peers = codist.Peers(n=2, distance="kl", codec=codec)
            value = peers.penalty(0, X, logits.requires_grad_())
            value.backward()
            return value.item(), value.dtype, bool(logits.grad.any()), peers.sent_bits

        logits = torch.randn(4, 10, generator=torch.Generator().manual_seed(rank)).to(dtype)
        return penalty(logits), penalty(logits.detach().float())

    for (value, precision, felt, sent), (in_fp32, *_, whole) in guest(of_rank, 2):
        assert (precision, felt, sent) == (torch.float32, True, 16 * 10 * 4)
        assert value == in_fp32 and whole == (16 if codec else 32) * 10 * 4


def test_one_model_is_plain_data_parallelism():
    def of_rank(rank):
        peers = codist.Peers(n=1)
        return (
            peers.model,
            peers.shard,
            peers.shards,
            peers.penalty(0, X, X.clone().requires_grad_()).item(),
        )

    assert guest(of_rank, 2) == [(0, 0, 2, 0.0), (0, 1, 2, 0.0)]


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("averaged", [True, False], ids=["averaged", "not averaged"])
def test_ranks_of_one_model_whose_weights_part_are_told_so_once(n, averaged):
    def of_rank(rank):
        peers = codist.Peers(n=n)
        torch.manual_seed(peers.model)
        network = nn.Linear(5, 10)
        model = DistributedDataParallel(network, process_group=peers.row) if averaged else network
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for k in range(4):
                batch = minibatch(k, peers.shard)
                logits = model(batch.x)
                peers.penalty(k, batch.x, logits)
                F.cross_entropy(logits, batch.y).backward()
                optimizer.step()
        return [str(one.message) for one in told if "hold model" in str(one.message)]

    first = [
        f"codist: ranks {2 * i} and {2 * i + 1} hold model {i}, and their weights differ; wrap the network in "
        "DistributedDataParallel(network, process_group=peers.row)"
        for i in range(n)
    ]
    expected = [] if averaged else first
    assert [line for lines in guest(of_rank, 2 * n) for line in lines] == expected


def minibatch(k: int, part: int) -> Batch:
    drawn = torch.Generator().manual_seed(10 * k + part)
    return Batch(torch.randn(8, 5, generator=drawn), torch.randint(10, (8,), generator=drawn))


def begun(model: int) -> nn.Module:
    torch.manual_seed(model)
    return nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 10))


def test_the_lines_for_one_process_give_the_penalty_that_the_ranks_have():
    """The 0, 1 and 3 of above."""
    lines = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)[1]
    logits = {
        i: torch.full((4, 10), said, requires_grad=True) for i, said in enumerate((0.0, 1.0, 3.0))
    }
    for i, expected in enumerate((5.0, 2.5, 6.5)):
        there = {"n": 3, "k": 2, "i": i, "logits": logits}
        exec(lines, there)
        there["penalty"].backward()
        assert there["penalty"].item() == expected
    # of its own alone
    assert [one.grad.sum().item() for one in logits.values()] == pytest.approx([-4, -1, 5])


class OfTheMinibatch(Predictions):
    """Draws rows as Peers does; in the reference loop k and the part name a minibatch well enough."""

    def drawn_rows(self, k, part, logits):
        return super().drawn_rows(k, (part, checksum(minibatch(k, part).x, k)), logits)


@pytest.mark.parametrize(("period", "positions"), [(1, 1), (2, 1), (1, 3)])
def test_a_loop_of_ones_own_has_the_bits_of_the_reference_loop(period, positions):
    """Two models on two ranks each, against codist.train.step in one process."""
    world = OneProcess(2, devices=2)
    learners = {i: Learner(i, begun(i), world, optimizer=Optimizer(momentum=0.9)) for i in (0, 1)}
    exchange = OfTheMinibatch(world, period, positions=positions, seed=5)
    for k in range(5):
        parts = {part: dict.fromkeys(learners, minibatch(k, part)) for part in (0, 1)}
        step(
            k,
            learners,
            parts,
            exchange,
            lambda logits, y, smoothing: F.cross_entropy(logits, y),
            DISTANCES["mse"],
            Now(lr=0.1, weight_decay=0.0, alpha=0.5, smoothing=0.0),
        )

    def of_rank(rank):
        peers = codist.Peers(n=2, period=period, positions=positions, seed=5)
        network = DistributedDataParallel(begun(peers.model), process_group=peers.row)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, fused=True)
        for k in range(5):
            x, y, _ = minibatch(k, peers.shard)
            logits = network(x)
            (F.cross_entropy(logits, y) + 0.5 * peers.penalty(k, x, logits)).backward()
            optimizer.step()
            optimizer.zero_grad()
        return [parameter.tolist() for parameter in network.parameters()]

    for rank, weights in enumerate(guest(of_rank, 4)):
        assert weights == [
            parameter.tolist() for parameter in learners[rank // 2].network.parameters()
        ]


def test_other_rows_are_sent_of_each_micro_batch_and_of_a_minibatch_that_comes_in_another_order():
    def of_rank(rank):
        peers = codist.Peers(n=2, positions=8)

        def rows_sent(x):
            logits = torch.full((64, 3), float(rank), requires_grad=True)
            peers.penalty(0, x, logits).backward()
            return logits.grad.any(1).nonzero().flatten().tolist()

        x = torch.arange(64.0)
        return [rows_sent(x), rows_sent(x), rows_sent(x + 64), rows_sent(x.flip(0))]

    one, other = guest(of_rank, 2)
    assert one == other
    assert one[0] == one[1] != one[2] != one[3] != one[0]
    assert all(len(rows) == 8 for rows in one)


def test_a_compiled_step_gives_the_same_penalty():
    """The tracing of torch.compile, without its compiler."""
    importlib.import_module("torch._dynamo")  # once, not in every rank

    def of_rank(rank):
        peers, network = codist.Peers(n=2), begun(rank)

        def loss(k, x, y):
            logits = network(x)
            return F.cross_entropy(logits, y) + peers.penalty(k, x, logits)

        compiled = torch.compile(loss, backend="aot_eager")
        return [
            (compiled(k, x, y).item(), loss(k, x, y).item())
            for k in range(3)
            for x, y, _ in [minibatch(k, 0)]
        ]

    assert all(one == pytest.approx(other) for rank in guest(of_rank, 2) for one, other in rank)


# ---- mistakes, and what an import costs


def turns(rank, *of_rank) -> None:
    """One good exchange, and then what this rank does: (k, which minibatch, rows, dtype)."""
    peers, network = codist.Peers(n=2), begun(rank)
    for k, which, rows, dtype in ((0, 0, 8, torch.float32), of_rank[rank]):
        x = minibatch(which, 0).x[:rows]
        peers.penalty(k, x.to(dtype), network(x))


F32, F16 = torch.float32, torch.float16
OUT_OF_STEP = {
    "one skips a minibatch": (
        (1, 1, 8, F32),
        (2, 2, 8, F32),
        "be at the same k, got k=1 and k=2 in shard 0",
    ),
    "and counts on": (
        (1, 1, 8, F32),
        (1, 2, 8, F32),
        "see the same minibatch, got {} and {} at k=1 in shard 0",
    ),
    "one has fewer rows": (
        (1, 1, 8, F32),
        (1, 1, 7, F32),
        "return logits of one shape, got (8, 10) and (7, 10) at k=1 in shard 0",
    ),
    "one casts x": (
        (1, 1, 8, F32),
        (1, 1, 8, F16),
        "receive x of one dtype and shape, got torch.float32 (8, 5) and torch.float16 (8, 5) at k=1 in "
        "shard 0",
    ),
}


@pytest.mark.parametrize("how", OUT_OF_STEP)
def test_models_that_fall_out_of_step_are_refused_at_once_in_both(how):
    one, other, what = OUT_OF_STEP[how]
    sums = [f"{checksum(minibatch(which, 0).x, 1):08x}" for which in (1, 2)]
    said = refusal(2, lambda rank: turns(rank, one, other))
    assert len(said) == 2
    assert any(
        said_by_0.startswith(f"models 0 and 1 must {what.format(*sums)}; ") for said_by_0 in said
    ), said


def test_models_that_see_different_minibatches_are_refused_from_the_first_on():
    said = refusal(
        2,
        lambda rank: codist.Peers(n=2).penalty(0, X + rank, torch.randn(4, 10, requires_grad=True)),
    )
    assert len(said) == 2 and all("must see the same minibatch" in one for one in said)


def test_models_that_are_one_are_refused_but_heads_that_begin_at_zero_are_not():
    """One model on all ranks: what DistributedDataParallel makes of two without peers.row. Its penalty would be 0."""
    same = torch.arange(40.0, requires_grad=True)
    said = refusal(2, lambda rank: codist.Peers(n=2).penalty(0, X, same.reshape(4, 10)))
    assert len(said) == 1 and all(
        "models 0 and 1 must be different models: all their logits are equal" in one for one in said
    )

    def learning(rank, apart):
        """A head that begins at zero but for a prior, and then has learned something, or `apart` each its own."""
        peers, prior = codist.Peers(n=2), torch.arange(10.0).expand(4, 10)
        began = peers.penalty(0, X, prior.clone().requires_grad_()).item()
        return began, peers.penalty(1, X, same.reshape(4, 10) + apart * rank).item()

    assert guest(lambda rank: learning(rank, apart=1), 2) == [(0.0, 1.0), (0.0, 1.0)]
    assert refusal(2, lambda rank: learning(rank, apart=0)) == said


def test_ranks_that_were_given_other_options_are_refused():
    """With another seed a rank would compare different rows; with another n all ranks would wait forever."""
    for ranks, name, given in (
        (2, "seed", (0, 1)),
        (4, "n", (4, 2, 2, 2)),
        (2, "n", (1, 2)),
        (2, "period", (1, 2)),
        (2, "codec", (Half(), None)),
    ):
        said = refusal(ranks, lambda rank: codist.Peers(**{"n": 2, name: given[rank]}))  # noqa: B023
        mine, other = ("Half {}", "Full {}") if name == "codec" else given[:2]
        assert said == {
            f"all ranks must create Peers with the same {name}, got {mine} in rank 0 and {other} in rank 1; "
            "use one value in all ranks"
        }


def test_a_rank_that_does_not_answer_is_waited_for_as_long_as_the_loop_said():
    """The loop's timeout holds in an exchange and in Peers(); torch's own is half an hour."""

    def of_rank(rank):
        distributed.init_process_group("gloo", timeout=timedelta(seconds=3))
        peers = codist.Peers(n=2)
        if rank == 1:
            time.sleep(8)
            return 0
        began = time.monotonic()
        with pytest.raises(RuntimeError, match=r"Timed out"):
            peers.penalty(0, X, X.clone().requires_grad_())
        with pytest.raises(RuntimeError, match=r"timeout .*codist\.Peers 2 of 1"):
            codist.Peers(n=2)
        return time.monotonic() - began

    assert 5 < on_ranks(2, of_rank)[0] < 8


def test_the_timeout_is_found_where_torch_looks_over_the_groups_shoulder():
    """TORCH_DISTRIBUTED_DEBUG=DETAIL wraps the groups."""

    def of_rank(rank):
        distributed.set_debug_level(distributed.DebugLevel.DETAIL)
        distributed.init_process_group("gloo", timeout=timedelta(seconds=77))
        return patience_of_the_loop().seconds

    assert on_ranks(2, of_rank) == [77, 77]


def test_what_cannot_be_is_refused_in_one_line():
    assert refusal(3, lambda rank: codist.Peers(n=2)) == {
        "3 ranks cannot share n=2 models; start a multiple of n: --nproc-per-node 2"
    }
    with pytest.raises(Refused, match="call init_process_group before it"):
        codist.Peers(n=2)
    with pytest.raises(Refused, match="distance=mze is not known; did you mean mse"):
        codist.Peers(n=2, distance="mze")
    with pytest.raises(Refused, match="1 or more, got 0"):
        codist.Peers(n=2, period=0)
    with pytest.raises(
        Refused, match="n, a number of models, must be an integer of 1 or more, got '2'"
    ):
        codist.Peers(n="2")
    for k, got in ((None, "None"), (0.0, "0.0"), (-1, "-1"), (torch.zeros(2, 2), "a Tensor")):
        assert refusal(2, lambda rank: codist.Peers(n=numpy.int64(2)).penalty(k, X, X)) == {  # noqa: B023
            f"k, a number of updates so far, must be an integer of 0 or more, got {got}"
        }
    assert refusal(2, lambda rank: codist.Peers(n=2).penalty(0, {"ids": X}, X)) == {
        "x must be one tensor, got dict; pass a tensor out of it"
    }
    assert refusal(
        2, lambda rank: codist.Peers(n=2).penalty(0, X, X[:0].clone().requires_grad_())
    ) == {"logits must have rows, got (0, 3); skip such a minibatch in all ranks"}
    with pytest.raises(
        Refused, match=r"codec must be one of codist.codecs, Full\(\), .*, got 'half'"
    ):
        codist.Peers(n=2, codec="half")
    assert refusal(2, lambda rank: codist.Peers(n=2).penalty(0, X, X)) == {
        "logits must require grad, since the penalty trains through them; do not detach them"
    }
    with pytest.raises(
        Refused,
        match="positions, a number of rows of which one is sent, must be an integer of 1 or more, got 0",
    ):
        codist.Peers(n=2, positions=0)
    with pytest.raises(
        Refused, match=r"period, a number of updates, must be an integer of 1 or more, got 2\.5"
    ):
        codist.Peers(n=2, period=2.5)
    assert refusal(
        2, lambda rank: codist.Peers(n=2).penalty(0, X, X.view(2, -1, X.shape[1]).requires_grad_())
    ) == {
        f"logits must be (N, C), one row per example, got {tuple(X.view(2, -1, X.shape[1]).shape)}; move C last and "
        "flatten the other dimensions"
    }
    assert refusal(
        2,
        lambda rank: codist.Peers(n=2, codec=TopK(2, 100, True)).penalty(
            0, X, X.clone().requires_grad_()
        ),
    ) == {"TopK(2, 100) expects 100 classes, got logits of 3; use TopK(2, 3, to_logits=True)"}
    for distance, told, what in (
        ("kl", True, "softmaxes"),
        ("cross_entropy", True, "softmaxes"),
        ("mse", False, "raw logits"),
        ("mse_sum", False, "raw logits"),
    ):
        with pytest.raises(
            Refused,
            match=rf"{distance} compares {what}, .*; use TopK\(2, 5, to_logits={not told}\)",
        ):
            codist.Peers(n=2, distance=distance, codec=TopK(2, 5, to_logits=told))


def test_torch_comes_with_the_first_use_and_nothing_else_that_is_heavy():
    said = """
import sys, codist, codist.runlog
assert "torch" not in sys.modules and not hasattr(codist, "Pears")
from codist import *
from codist.optimizer import Optimizer
assert Peers.__module__ == "codist.peers" and "torch" in sys.modules
assert not {"hydra", "omegaconf", "fairseq", "sklearn", "torchvision", "workloads"} & set(sys.modules)
"""
    subprocess.run(
        [sys.executable, "-c", said], env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, check=True
    )
