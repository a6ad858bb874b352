"""Ours, budget: what does each arm cost, in examples, forward passes, core time and bits?

Not in the papers (C09, C42): predictions need one minibatch for all models, and stale copies answer
at a cost.
"""

from figures.drawing import tables
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals

ORDER = (
    "all_reduce",
    "codist_decayed",
    "checkpoints_2500",
    "independent_decayed",
    "predictions_100",
    "nway_4",
    "ring_4",
    "nway_8",
    "ring_8",
    "nway_4_half",
    "nway_8_quarter",
)
HEAD = (
    "arm",
    "n",
    "top-1 (%)",
    "examples drawn",
    "forward passes",
    "with gradient",
    "core time",
    "bits a device",
)


def rows(arms):
    """A row per arm, for one run. Examples drawn and forward passes are sums over its models."""
    for name in ORDER:
        if name not in arms:
            yield (name, "", "not run", *[""] * (len(HEAD) - 3))
            continue
        arm = arms[name]
        config, done = arm.config, arm.done[arm.seeds[0]]
        n, each = config["n"], done["update"] * config["batch"]
        common = config.get("sampling", "same") == "same"
        # forward passes through stale copies, per example of each model
        stale = (1 if common else n - 1) if config["exchange"]["kind"] == "checkpoints" else 0
        cells = (each * (1 if common else n), n * each * (1 + stale), n * each)
        seconds = arm.seconds / len(arm.done)
        yield (
            name,
            f"{n}",
            tables.mean(arm, "valid_top1"),
            *(f"{cell:,}" for cell in cells),
            f"{seconds:.0f} s",
            f"{done['sent_bits']:.3g}",
        )


CLAIMS = [
    Claim(
        "ours_budget.more_examples",
        "ours",
        "Twice the examples help: exchanging checkpoints on independent mini-batches is more accurate than "
        "exchanging predictions on a shared one.",
        "ours (C09)",
        finals(above, "valid_top1"),
        ("checkpoints_2500", "codist_decayed"),
        after=True,
    )
]
