"""Rate-limited network: time per update of all_reduce and both exchanges, predicted and measured; overlap.

Two hosts with one rank each (bench/hosts.py; needs root). Writes paper/results/network.json, which
figures/network.py draws. Compute and network share this machine's cores, so at 10 Gb/s copying, not
the rate, limits the speed.
"""

import json

from bench import hosts
from codist.link import update_seconds
from launch.origin import origin

RESULT = hosts.ROOT / "paper" / "results" / "network.json"
MEGABITS = (100, 1000, 10_000)
# ResNet-8, 311,000 parameters
MODEL = {"width": 32, "classes": 10, "batch": 32, "turns": 4, "updates": 10}
PERIOD = 10  # of checkpoints: one exchange per turn
# ResNet50's own shapes: 25.6 million weights, logits (32, 1000)
RESNET50 = {"size": 25_557_032, "classes": 1000, "batch": 32, "turns": 2, "updates": 2}


def slowest(found: list[dict], kind: str) -> dict:
    return max((rank[kind] for rank in found), key=lambda one: one["seconds"])


def at(megabits: float | None, parts: int = 1, waiting: bool = False) -> dict[str, dict]:
    """Seconds and bits per update of {all_reduce, none, predictions, checkpoints} at that rate."""
    case = MODEL | {"period": PERIOD, "parts": parts, "waiting": waiting}
    with hosts.joined(megabits) as joined:
        together = hosts.ranks(
            joined, case | {"n": 2, "kinds": ["none", "predictions", "checkpoints"]}
        )
        one = hosts.ranks(joined, case | {"n": 1, "devices": 2, "kinds": ["none"]})
    return {kind: slowest(together, kind) for kind in together[0]} | {
        "all_reduce": slowest(one, "none")
    }


def run(line) -> None:
    if not hosts.allowed():
        line("network: not measured; network namespaces need root and iproute2", float("nan"))
        return
    found = {}
    for megabits in MEGABITS:
        found[str(megabits)] = times = at(megabits)
        compute = times["none"]["seconds"]
        for kind in ("all_reduce", "checkpoints", "predictions"):
            of = times[kind]
            predicted = update_seconds(compute, of["bits"], megabits * 1e6)
            line(f"{megabits / 1000:g} Gb/s: {kind} over no exchange", of["seconds"] / compute)
            line(
                f"{megabits / 1000:g} Gb/s: {kind}, measured over predicted",
                of["seconds"] / predicted,
            )
    case = MODEL | {"period": 1, "n": 2, "kinds": ["none", "predictions", "checkpoints"]}
    exposed = {}
    for name, waiting in (("overlapped", False), ("waiting", True)):
        with hosts.joined(1000) as joined:
            times_of_ranks = hosts.ranks(joined, case | {"waiting": waiting})
        compute = slowest(times_of_ranks, "none")["seconds"]
        for kind in ("predictions", "checkpoints"):
            exposed[f"{kind}, {name}"] = share = (
                slowest(times_of_ranks, kind)["seconds"] / compute - 1
            )
            line(f"1 Gb/s, T=1: exposed communication of {kind}, {name}, over compute", share)
    with hosts.joined() as joined:
        times_of_ranks = hosts.ranks(
            joined, RESNET50 | {"n": 2, "kinds": ["none", "predictions", "checkpoints"]}
        )
    resnet50 = {kind: slowest(times_of_ranks, kind) for kind in times_of_ranks[0]}
    for kind in ("predictions", "checkpoints"):
        extra = resnet50[kind]["seconds"] - resnet50["none"]["seconds"]
        line(
            f"ResNet50's shapes, T=1, unslowed gloo: seconds of {kind} over 0.23 s of compute",
            extra / 0.232,
        )
    RESULT.write_text(
        json.dumps(
            {
                "model": MODEL,
                "period": PERIOD,
                "times": found,
                "exposed": exposed,
                "resnet50": resnet50,
                **origin(),
            },
            indent=1,
        )
        + "\n"
    )
