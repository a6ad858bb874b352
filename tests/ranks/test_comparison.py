"""The comparison of models before an exchange finds a forgotten peers.row, and nothing else."""

import copy
import importlib

import pytest
import torch
import torch.nn.functional as F
from many import LOOP, guest, import_of_loop, on_ranks, refusal, replaced, run_loop
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.checkpoint import checkpoint

import codist
from codist.autograd_graph import parameters_behind
from codist.checksums import checksum, checksum_of_weights
from codist.errors import Refused

X = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
Y = torch.arange(8)
ROW_FORGOTTEN = "give DistributedDataParallel process_group=peers.row"


# ---- a forgotten row


def without_row(dropout: float) -> str:
    """The example without its row: DDP sends rank 0's weights to all ranks then, and averages all gradients."""
    script = replaced(LOOP.read_text(), ", process_group=row", "")
    network = "ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)"
    wider = replaced(network, "10", "32")
    head = f"torch.nn.Dropout({dropout}), torch.nn.Linear(32, 10)"
    return replaced(script, network, f"torch.nn.Sequential({wider}, {head})")


@pytest.mark.parametrize(("ranks", "dropout"), [(2, 0.0), (4, 0.1)])
def test_the_example_without_its_row_is_refused(tmp_path, ranks, dropout):
    def of_rank(rank):
        with pytest.raises(Refused, match=f"models 0 and 1 .*; .*{ROW_FORGOTTEN}"):
            run_loop(without_row(dropout), tmp_path)

    import_of_loop()
    on_ranks(ranks, of_rank)


def network(dropout: float = 0.5) -> nn.Module:
    return nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, 10))


def train(build, seed: int, lr: float = 0.1) -> codist.Peers:
    """Three updates of build(peers), the same in all ranks, under dropout from `seed`."""
    peers = codist.Peers(n=2)
    torch.manual_seed(0)
    model = build(peers)
    torch.manual_seed(1 + seed)
    optimizer = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], lr=lr)
    for k in range(3):
        logits = model(X)
        (F.cross_entropy(logits, Y) + peers.penalty(k, X, logits)).backward()
        optimizer.step()
        optimizer.zero_grad()
    return peers


class Checkpointed(nn.Module):
    def __init__(self, inner: nn.Module, reentrant: bool):
        super().__init__()
        self.inner, self.reentrant = inner, reentrant

    def forward(self, x):
        x = x.detach().requires_grad_(self.reentrant)  # which asks for an input with gradient
        return checkpoint(self.inner, x, use_reentrant=self.reentrant)


class Autocast(nn.Module):
    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            return self.inner(x)


def partly_checkpointed(model: nn.Module) -> nn.Module:
    return nn.Sequential(Checkpointed(model[:3], reentrant=True), model[3])


def frozen_head(model: nn.Module) -> nn.Module:
    model[3].requires_grad_(False)
    return model


def compiled(model: nn.Module) -> nn.Module:
    return torch.compile(model, backend="aot_eager")


FORGOTTEN = {
    "plain": lambda: DDP(network()),
    "unused parameters": lambda: DDP(network(), find_unused_parameters=True),
    "static graph": lambda: DDP(network(), static_graph=True),
    "autocast": lambda: DDP(Autocast(network())),
    "compiled": lambda: DDP(compiled(network())),
    "checkpointed": lambda: DDP(Checkpointed(network(), reentrant=False)),
    "partly checkpointed, reentrant": lambda: DDP(partly_checkpointed(network())),
    "frozen head": lambda: DDP(frozen_head(network())),
    "sharded": lambda: fully_shard(network()),
}


@pytest.mark.parametrize("how", FORGOTTEN)
def test_a_forgotten_row_is_refused_in_all_ranks_however_the_network_is_wrapped(how):
    """The error comes at the second exchange, the first after an update."""
    importlib.import_module("torch._dynamo")  # once, not in every rank
    assert refusal(2, lambda rank: train(lambda _: FORGOTTEN[how](), seed=rank)) == {
        "models 0 and 1 must be different models: their weights are equal after an update; "
        f"{ROW_FORGOTTEN}"
    }


# ---- what is no mistake


@pytest.mark.parametrize(
    ("lr", "distinct"),
    [(0.1, True), (0.0, False)],
    ids=["updated", "not updated: warm-up from 0, micro-batches"],
)
def test_models_of_equal_weights_part_under_dropout_with_the_first_update(lr, distinct):
    """Two models on two ranks each."""

    def of_rank(rank):
        peers = train(lambda peers: DDP(network(), process_group=peers.row), seed=rank // 2, lr=lr)
        return peers.compare.distinct

    assert guest(of_rank, 4) == [distinct] * 4


def test_weights_are_compared_until_models_were_seen_to_differ_and_no_longer():
    """Models that begin from different weights are compared at the first exchange only."""

    def of_rank(rank):
        peers = codist.Peers(n=2)
        torch.manual_seed(rank)
        peers.penalty(0, X, network()(X))
        return peers.compare.distinct, peers.compare.weights.found

    assert guest(of_rank, 2) == [(True, [])] * 2


class LowRank(nn.Module):
    """LoRA on a frozen network: its logits, until the first update."""

    def __init__(self, rank: int):
        super().__init__()
        self.frozen = network(dropout=0.0).requires_grad_(False)
        torch.manual_seed(rank)
        self.down, self.up = nn.Linear(5, 2, bias=False), nn.Linear(2, 10, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return self.frozen(x) + self.up(self.down(x))


def test_adapters_that_begin_at_zero_are_not_one_for_their_equal_logits():
    def of_rank(rank):
        return train(lambda _: LowRank(rank), seed=rank).compare.distinct

    assert guest(of_rank, 2) == [True, True]


def test_where_no_weights_are_found_the_logits_are_compared():
    """Reentrant checkpointing of the whole network hides its parameters from the graph."""
    hidden = Checkpointed(network(dropout=0.0), reentrant=True)
    assert parameters_behind(hidden(X)) == []

    def one(rank):
        torch.manual_seed(0)
        model = Checkpointed(network(dropout=0.0), reentrant=True)
        codist.Peers(n=2).penalty(0, X, model(X))

    (line,) = refusal(2, one)
    assert line.startswith("models 0 and 1 must be different models: all their logits are equal; ")

    def two(rank):
        torch.manual_seed(rank)
        peers, model = codist.Peers(n=2), Checkpointed(network(), reentrant=True)
        peers.penalty(0, X, model(X))
        return peers.compare.distinct

    assert guest(two, 2) == [True, True]


def test_an_evaluation_before_the_first_update_does_not_end_the_comparison():
    """Under no_grad the logits lead to no weights, and under dropout they differ anyway."""

    def wrong(rank):
        def evaluated(peers):
            model = DDP(network())
            torch.manual_seed(1 + rank)
            with torch.no_grad():
                peers.penalty(0, X, model(X))
            return model

        train(evaluated, seed=rank)

    assert all(ROW_FORGOTTEN in line for line in refusal(2, wrong))


def test_the_nearest_parameters_are_found_at_most_16():
    deep = nn.Sequential(*(nn.Linear(4, 4) for _ in range(20)))
    found = parameters_behind(deep(torch.ones(1, 4)))
    nearest = {id(parameter) for parameter in deep[-9:].parameters()}
    assert len(found) == 16 and {id(parameter) for parameter in found} < nearest


def test_a_checksum_of_weights_sees_an_update_in_any_of_them():
    weights = list(network().parameters())
    before = checksum_of_weights(weights)
    for which in range(len(weights)):
        updated = copy.deepcopy(weights)
        with torch.no_grad():
            updated[which] += 1e-3
        assert checksum_of_weights(updated) != before


def test_a_checksum_tells_flips_crops_and_orders_apart_in_any_layout():
    # 12 times its sample
    x = torch.randn(64, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert (
        checksum(x)
        == checksum(x.clone())
        == checksum(x.contiguous(memory_format=torch.channels_last))
    )
    others = [x, x.flip(-1), x.flip(0), x.roll(1, -1), x.roll(1, 0), x.half(), x[:, :, :8]]
    assert len({checksum(other) for other in others}) == len(others)
    wrong = x.clone()
    wrong[5, 1, 7, 3] += 1
    # 13: every element has its turn
    assert sum(checksum(x, k) != checksum(wrong, k) for k in range(13)) == 1
    for dtype in (
        torch.bool,
        torch.uint8,
        torch.uint16,
        torch.bfloat16,
        torch.float8_e4m3fn,
        torch.complex128,
    ):
        assert checksum(torch.zeros(3).to(dtype)) != checksum(torch.ones(3).to(dtype))


# ---- models out of step


@pytest.mark.parametrize("codec", ["Full()", "Half()", "TopK(2, 10, to_logits=True)"])
def test_logits_of_different_dtypes_are_refused_in_all_ranks(codec):
    """One model under autocast, the other not: an all_gather of both would abort or hang."""
    here = vars(importlib.import_module("codist.codecs"))

    def wrong(rank):
        model = Autocast(network()) if rank else network()
        codist.Peers(n=2, codec=eval(codec, here)).penalty(0, X, model(X))

    one, other = "torch.float32", "torch.bfloat16"
    assert refusal(2, wrong) == {
        f"models {i} and {1 - i} must return logits of one dtype, got {mine} and {theirs} at "
        "k=0 in shard 0; use autocast, or cast them, in all ranks alike"
        for i, mine, theirs in ((0, one, other), (1, other, one))
    }


def test_x_of_many_dimensions_does_not_fit_the_message_and_is_compared_as_far_as_it_does():
    def of_rank(rank):
        x = torch.ones([1] * 60)
        logits = torch.full((4, 10), float(rank), requires_grad=True)
        return codist.Peers(n=2).penalty(0, x, logits).item()

    assert guest(of_rank, 2) == [1.0, 1.0]
