"""What we count is what crosses: payload against the bytes that the operating system sent between two hosts."""

import pytest

from bench import hosts

pytestmark = pytest.mark.skipif(
    not hosts.allowed(), reason="making network namespaces needs root and iproute2"
)


def crossed(case, each=1):
    """Bits an update on the wire out of the first host, and the payload that its ranks counted.

    What two runs sent while they started is subtracted, and is not the same to the byte: hence the
    hundredth below.
    """
    with hosts.joined() as joined:
        once = hosts.sent(joined[0])
        hosts.ranks(joined, case | {"turns": 1, "updates": 2}, each)
        short = hosts.sent(joined[0]) - once
        found = hosts.ranks(joined, case | {"turns": 1, "updates": 12}, each)
        long = hosts.sent(joined[0]) - once - short
    (kind,) = case["kinds"]
    # a warm-up turn and a timed one: 2 x 10 updates more in the second
    return 8 * (long - short) / 20, sum(rank[kind]["bits"] for rank in found[:each])


@pytest.mark.parametrize(
    "case",
    [
        {
            "kinds": ["predictions"],
            "n": 2,
            "size": 2_000_000,
            "classes": 10_000,
            "batch": 32,
        },  # 1.28 MB of logits
        {
            "kinds": ["checkpoints"],
            "n": 2,
            "size": 300_000,
            "classes": 10,
            "batch": 4,
        },  # 1.2 MB of weights
        {
            "kinds": ["none"],
            "n": 1,
            "devices": 2,
            "size": 300_000,
            "classes": 10,
            "batch": 4,
        },  # an all_reduce of them
    ],
    ids=["predictions", "checkpoints", "all_reduce"],
)
def test_payload_is_within_a_tenth_of_the_wire(case):
    wire, counted = crossed(case)
    assert counted >= 8e6
    assert 0.9 * wire <= counted <= 1.01 * wire


def test_two_shards_a_model_send_each_its_own_part():
    """Two ranks a host: the logits of both shards cross, their gradients stay on their host."""
    case = {
        "kinds": ["predictions"],
        "n": 2,
        "devices": 2,
        "size": 320_000,
        "classes": 10_000,
        "batch": 32,
    }
    wire, counted = crossed(case, each=2)
    logits, gradients = 2 * 32 * 32 * 10_000, 2 * 32 * 320_000
    assert counted == logits + gradients
    assert 0.9 * wire <= logits <= 1.01 * wire
