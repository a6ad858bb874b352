"""Figure 6: do more models help only if they see different views?

v2 Fig 6. In each run 8 models, as 8/n groups, so that every n is scored on all 8 splits; where a
group shares one split, on the first 8/n of them. The last two groups of arms are ours (C27): the
paper's random models share a split and its pretrained ones do not.
"""

from figures.drawing import style
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals, near
from figures.evidence.results import reported

# {label: arms}, first the paper's; a single model is listed under both ways of choosing splits
PAPER = {
    "all 160\nchannels": ("whole",),
    "pretrained,\nfrozen": ("frozen_1", "frozen_2", "frozen_4", "frozen_8"),
    "pretrained,\nnot frozen": ("trained_1", "trained_2", "trained_4", "trained_8"),
    "random,\none split": ("random_1", "random_2", "random_4", "random_8"),
}
OURS = {
    "random,\ndifferent splits": ("random_own_2", "random_own_4", "random_own_8"),
    "pretrained, frozen,\none split": ("frozen_shared_2", "frozen_shared_4", "frozen_shared_8"),
}
PANELS = 2


def draw(arms, axes):
    for axis, groups, title in zip(
        axes,
        (PAPER, OURS),
        ("a  the paper's models: top-1 accuracy (%), above each its n", "b  ours"),
        strict=True,
    ):
        bars(axis, arms, groups)
        axis.set_title(title)
    style.same_range(axes)
    paper = reported("v2 fig6")["whole", "valid_top1"]
    style.reported_above(axes[0], f"paper, on CIFAR-10: all channels {paper:g}, others not printed")


def bars(axis, arms, groups) -> None:
    """Draw the arms of each of the groups side by side, with the group's label below."""
    at, ticks = 0.0, []
    for label, names in groups.items():
        places = {name: at + i for i, name in enumerate(names) if name in arms}
        sizes = [name.rpartition("_")[2] if "_" in name else "1" for name in places]
        style.points(axis, style.have(arms, names), [*places.values()], "valid_top1", sizes)
        ticks.append((at + (len(names) - 1) / 2, label))
        at += len(names) + 0.8
    axis.set_xticks(*zip(*ticks, strict=True))
    axis.margins(x=0.08, y=0.12)


def rises(name, kind, says, where, one, other, after=False):
    test = finals(above, "valid_top1")
    return Claim(f"fig6.{name}", kind, says, where, test, (one, other), after)


CLAIMS = [
    rises(
        "frozen_two",
        "paper",
        "Pretrained and frozen: two models are more accurate than one.",
        "v2 §5.1, Fig 6",
        "frozen_2",
        "frozen_1",
    ),
    rises(
        "frozen_four",
        "paper",
        "Pretrained and frozen: four models are more accurate than two.",
        "v2 §5.1, Fig 6",
        "frozen_4",
        "frozen_2",
    ),
    rises(
        "frozen_eight",
        "paper",
        "Pretrained and frozen: eight models are more accurate than four.",
        "v2 §5.1, Fig 6",
        "frozen_8",
        "frozen_4",
    ),
    rises(
        "trained_two",
        "paper",
        "Pretrained and fine-tuned: two models are more accurate than one.",
        "v2 §5.1, Fig 6",
        "trained_2",
        "trained_1",
        after=True,
    ),
    rises(
        "trained_four",
        "paper",
        "Pretrained and fine-tuned: four models are more accurate than two.",
        "v2 §5.1, Fig 6",
        "trained_4",
        "trained_2",
    ),
    Claim(
        "fig6.trained_eight",
        "paper",
        "Pretrained and fine-tuned: eight models match four within half a point.",
        "v2 §5.1, Fig 6",
        finals(near, "valid_top1", by=0.5),
        ("trained_8", "trained_4"),
    ),
    *(
        rises(
            f"random_{more}_above_{fewer}",
            "paper",
            f"Random initialization, one split for all: {more} models are more accurate than {fewer}.",
            "v2 §5.1, Fig 6",
            one,
            other,
            after=True,
        )
        for more, fewer, one, other in (
            ("two", "one", "random_2", "random_1"),
            ("four", "two", "random_4", "random_2"),
        )
    ),
    rises(
        "random_four",
        "paper",
        "Random initialization, one split for all: four models are more accurate than one.",
        "v2 §5.1, Fig 6",
        "random_4",
        "random_1",
    ),
    Claim(
        "fig6.random_eight",
        "paper",
        "Random initialization, one split for all: eight models are less accurate than four.",
        "v2 §5.1, Fig 6",
        finals(below, "valid_top1"),
        ("random_8", "random_4"),
    ),
    rises(
        "whole_above_split",
        "paper",
        "A model of all 160 channels is more accurate than one of a single split of its frozen first block.",
        "v2 §5.1, Fig 6 (C26)",
        "whole",
        "frozen_1",
        after=True,
    ),
    rises(
        "whole_above_random_split",
        "control",
        "Control: a model of all 160 channels is more accurate than one of a single split, both from scratch.",
        "ours, for v2 Fig 6 (C26)",
        "whole",
        "random_1",
        after=True,
    ),
    rises(
        "random_own_eight",
        "ours",
        "Views matter, not initialization: random with different splits, eight models are more accurate than four.",
        "ours, for v2 Fig 6 (C27)",
        "random_own_8",
        "random_own_4",
    ),
    rises(
        "frozen_own_splits",
        "ours",
        "Views matter: eight frozen models with different splits are more accurate than eight that share one.",
        "ours, for v2 Fig 6 (C27)",
        "frozen_8",
        "frozen_shared_8",
    ),
    rises(
        "random_own_splits",
        "ours",
        "Views matter: eight random models with different splits are more accurate than eight that share one.",
        "ours, for v2 Fig 6 (C27)",
        "random_own_8",
        "random_8",
    ),
]
