"""Ours, rivals: does codistillation, averaging or compression reach all_reduce, for how many bits?

Small characters on two beds. Every method trains for the same number of updates of 512 examples
(128 here) in two or four workers, and each has both recipes of weight decay.
"""

from collections.abc import Callable
from typing import NamedTuple

from figures.drawing.over_bits import (
    ALL_REDUCE,
    ALONE,
    DECAYED,
    LETTERS,
    RECIPES,
    Panel,
    draw_panels,
)
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals
from figures.evidence.names import arms_of

# {bed: (the first words of its claims, title of its panel)}
BEDS = {
    "scarce": ("Where noise can be memorized", "noise memorizable"),
    "few": ("Where noise can be memorized in an eighth of the data", "an eighth of the data"),
    "plenty": ("Where noise is drawn anew", "noise anew"),
}
AVERAGES = {  # in words, with their bits on these beds beside those of logits
    16: "averaging weights every 16 updates, at about equal bits as v2 §3 counts",
    64: "averaging weights every 64, for fewer bits as v2 §3 counts",
}
FAR = ("codist_5",)  # so far below the others that its accuracy is written at the bottom
PANELS, HIGH = 3, 2.9
READ = "Codistilled and independent models read half as many examples an update as others (four: a quarter)"
METHOD = (
    "filled: decayed weight decay, mean over {seeds}, 95 % t-interval, seeds as dots; hollow: constant weight decay; "
    f"{LETTERS}, dotted with constant weight decay. Learning rates and outer steps were tuned for each method, with "
    f"other seeds. {READ}"
)


class Quality(NamedTuple):
    """How claims compare two arms, with the words for it. side: of the better one, in ids."""

    side: str
    better: Callable
    is_better: str
    reaches: Callable
    ends: str


def prefix(bed: str, recipe: str) -> str:
    return f"{bed}_{recipe}_"


def draw(arms, axes, beds=BEDS, far=FAR):
    shown = [
        Panel(f"top-1 (%): {words}", {recipe: prefix(bed, recipe) for recipe in RECIPES}, far=far)
        for bed, (_, words) in beds.items()
    ]
    draw_panels(arms, axes, shown)


ACCURACY = Quality(
    "above",
    finals(above, "valid_top1"),
    "is more accurate than",
    # three times the papers' larger gap at parity
    finals(above, "valid_top1", by=-1.0),
    "at most one point below",
)


def loss(y: str, by: float, unit: str) -> Quality:
    """By the final loss `y`: an arm reaches another if it ends at most `by` above it."""
    return Quality(
        "below",
        finals(below, y),
        "has a lower validation loss than",
        finals(below, y, by=-by),
        f"at most {by} {unit} of validation loss above",
    )


def claims_of(
    sweep: str, beds: dict[str, tuple[str, str]], averages: dict[int, str]
) -> list[Claim]:
    """The claims on all beds, with decayed weight decay, written before the runs. averages: in words."""
    return [
        claim
        for bed, (where, _) in beds.items()
        for claim in on_bed(sweep, bed, prefix(bed, DECAYED), where, averages)
    ]


def on_bed(
    sweep: str,
    bed: str,
    begin: str,
    where: str,
    averages: dict[int, str],
    quality: Quality = ACCURACY,
    further: tuple[str, ...] = (),
) -> list[Claim]:
    """The claims of the figure ours_<sweep> on one bed, about the methods that its sweeps have.

    begin: what the names of the bed's arms begin with. averages: in words. further: its other sweeps
    """
    there = {arm for one in (sweep, *further) for arm in arms_of(one)}

    def claim(what: str, says: str, test, *methods: str) -> Claim:
        needs = tuple(f"{begin}{method}" for method in methods)
        return Claim(f"ours_{sweep}.{bed}_{what}", "ours", f"{where}, {says}", "ours", test, needs)

    fewer = "averaging weights every 64 updates, for fewer bits"
    # {name: (what is better, than what, the arms)}
    pairs = {
        "logits": ("codistillation by logits", averages[16], "codist", "local_16"),
        "logits_5": ("codistillation every 5 updates", averages[64], "codist_5", "local_64"),
        "logits_top2": ("codistillation by two logits", fewer, "codist_top2", "local_64"),
        "logits_positions": (
            "codistillation by eight logits of an eighth of the tokens",
            fewer,
            "codist_positions_8_top8",
            "local_64",
        ),
        "copies": (
            "codistillation by stale copies",
            "averaging weights every 64 updates",
            "codist_copies",
            "local_64",
        ),
        "alone": ("codistillation by logits", "independent training", "codist", ALONE),
        "copies_alone": (
            "codistillation by stale copies",
            "independent training",
            "codist_copies",
            ALONE,
        ),
        "four": (
            "codistillation of four models by logits",
            "averaging the weights of four workers every 16 updates",
            "four_codist",
            "four_local_16",
        ),
        **{
            f"{name.lower()}_tuned": (
                f"{name} with an outer step that was tuned there",
                "local SGD, each with 16 updates between averages",
                f"{name.lower()}_16_tuned",
                "local_16",
            )
            for name in ("SlowMo", "DiLoCo")
        },
    }
    reach = {
        "powersgd_4": "PowerSGD of rank 4",
        "topk_1": "sending the largest hundredth of gradients",
        "local_16": "local SGD with 16 updates between averages",
        "local_64": "local SGD with 64 updates between averages",
        "slowmo_16": "SlowMo with 16 updates between averages",
        "diloco_16": "DiLoCo with 16 updates between averages",
        "slowmo_16_tuned": "SlowMo with 16 updates between averages and an outer step that was tuned there",
        "diloco_16_tuned": "DiLoCo with 16 updates between averages and an outer step that was tuned there",
        "diloco_64": "DiLoCo with 64 updates between averages",
        "codist": "codistillation by logits",
        "codist_top2": "codistillation by two logits",
        "codist_positions_8_top8": "codistillation by eight logits of an eighth of the tokens",
        "codist_copies": "codistillation by stale copies",
        "four_push_sum": "push-sum of four workers",
        "four_local_16": "local SGD of four workers with 16 updates between averages",
    }
    return [
        *(
            claim(
                f"{pair}_{quality.side}",
                f"{one} {quality.is_better} {other}.",
                quality.better,
                a,
                b,
            )
            for pair, (one, other, a, b) in pairs.items()
            if f"{begin}{a}" in there
        ),
        *(
            claim(
                f"{method}_reaches",
                f"{who} ends {quality.ends} all_reduce.",
                quality.reaches,
                method,
                ALL_REDUCE,
            )
            for method, who in reach.items()
            if f"{begin}{method}" in there
        ),
    ]


CLAIMS = claims_of("rivals", BEDS, AVERAGES)
