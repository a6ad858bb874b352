"""Counted payload against the bytes that the operating system sent between two hosts."""

import pytest

from bench import hosts
from bench.rules import KEEP, PERIOD, RANK

pytestmark = pytest.mark.skipif(
    not hosts.allowed(), reason="making network namespaces needs root and iproute2"
)


def ranks(case: dict, each: int = 1) -> list[dict]:
    """What bench.rank measures in each rank in 20 updates; size: weights of the network."""
    with hosts.joined() as joined:
        return hosts.ranks(joined, case | {"turns": 1, "updates": 20}, each)


def test_payload_of_models_is_within_a_tenth_of_the_wire():
    """1.28 MB an update each: logits of 32 x 10,000 classes, and 320,000 weights."""
    case = {"kinds": ["predictions", "checkpoints"], "n": 2}
    case |= {"size": 320_000, "classes": 10_000, "batch": 32}
    for found in ranks(case)[0].values():
        assert found["bits"] == 32 * 320_000
        assert 0.9 * found["wire"] <= found["bits"] <= found["wire"]


def test_payload_of_an_all_reduce_is_within_a_tenth_of_the_wire():
    case = {"kinds": ["none"], "n": 1, "devices": 2, "size": 300_000, "classes": 10, "batch": 4}
    found = ranks(case)[0]["none"]
    assert found["bits"] == 32 * 300_000
    assert 0.9 * found["wire"] <= found["bits"] <= found["wire"]


def test_payload_of_every_rule_of_workers_is_counted_and_is_within_a_tenth_of_the_wire():
    """An all_reduce of b bits counts 2 b, half of which each of two workers sends; a message to another counts once."""
    size, classes, inputs = 320_000, 10_000, 16
    factors, rest = RANK * (classes + inputs), size - classes * inputs
    sent = {
        "gradients": 32 * size,
        "powersgd": 32 * (factors + rest),
        "weights": 32 * size / PERIOD,
        "topk_gradients": 64 * KEEP * size,
        "push_sum": 32 * (size + 1),
    }
    case = {"kinds": list(sent), "n": 2, "servers": 1, "size": size, "classes": classes, "batch": 4}
    for of_rank in ranks(case):
        for rule, bits in sent.items():
            found, reduced = of_rank[rule], rule in ("gradients", "powersgd", "weights")
            assert (found["bits"], found["counted"]) == (bits, 2 * bits if reduced else bits), rule
            assert 0.9 * found["wire"] <= bits <= found["wire"], rule


def test_two_shards_a_model_send_each_its_own_part():
    """Two ranks a host: the logits of both shards cross, their gradients stay on their host."""
    case = {"kinds": ["predictions"], "n": 2, "devices": 2}
    case |= {"size": 320_000, "classes": 10_000, "batch": 32}
    of_host = [rank["predictions"] for rank in ranks(case, each=2)[:2]]
    logits, gradients = 2 * 32 * 32 * 10_000, 2 * 32 * 320_000
    assert sum(one["bits"] for one in of_host) == logits + gradients
    for one in of_host:  # both ranks read the counter of their host
        assert 0.9 * one["wire"] <= logits <= one["wire"]
