"""Panels shared by several figures: curves of one metric over training, for a group of arms."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from codist.metrics import metric
from figures.drawing import legends, style
from figures.evidence.arm import Arm


def curves(
    axis,
    arms,
    names: Sequence[str],
    y: str,
    title: str,
    labels: Sequence[str] = (),
    skip: float = style.EARLY,
) -> None:
    """Draw one panel: arms with runs, over the fraction of their updates.

    skip: the share of updates that does not affect the panel's range, as the metric still jumps;
        0 on a logarithmic axis.
    """
    if metric(y).log:
        axis.set_yscale("log")
    shown = [
        (name, label) for name, label in zip(names, labels or names, strict=True) if name in arms
    ]
    texts = [label for _, label in shown] if labels else ()
    style.curves(
        axis,
        [arms[name] for name, _ in shown],
        "fraction",
        y,
        texts,
        0.0 if metric(y).log else skip,
    )
    axis.set(title=title, xlabel="fraction of the updates")


def over_doublings(axes, xlabel: str) -> Iterator[tuple]:
    """Yield two panels, each with its metric: final accuracy and training loss over powers of 2."""
    for axis, y, title in zip(
        axes,
        ("valid_top1", "train_loss"),
        ("a  top-1 accuracy (%)", "b  training loss (nats)"),
        strict=True,
    ):
        axis.set_xscale("log", base=2)
        axis.set(title=title, xlabel=xlabel)
        yield axis, y


def over_training(
    *ys: str,
    names: Sequence[str] = (),
    labels: Sequence[str] = (),
    columns: int = 4,
    skip: float = style.EARLY,
    bits: bool = False,
) -> tuple[int, Callable]:
    """Make PANELS and draw of a figure with a panel over training for each of 1 to 3 `ys`.

    names: the arms, if their order differs from the figure's yaml. labels: of these arms.
    bits: losses in nats are converted, so that all panels have one unit.
    """

    def draw(arms, axes) -> None:
        for axis, y, letter in zip(axes, ys, "abc", strict=False):
            title, shown = metric(y).title, arms
            if bits and metric(y).unit == "nats":
                title = title.replace("(nats)", "(bits)")
                shown = {name: in_bits(arm, y) for name, arm in arms.items()}
            title = f"{letter}  {title}" if len(ys) > 1 else title
            curves(axis, shown, names or tuple(arms), y, title, labels, skip)
        legends.legend(axes[0], columns)

    return len(ys), draw


def in_bits(arm: Arm, y: str) -> Arm:
    """The arm with y, which is logged in nats, in bits."""
    of_bits = pl.col(y) / np.log(2)
    return replace(arm, rows={seed: rows.with_columns(of_bits) for seed, rows in arm.rows.items()})


def two_networks(
    axes, arms, resnet50: Sequence[str], resnext101: Sequence[str], y: str, labels=()
) -> None:
    """Draw a comparison for both networks of Figures 3, 8, 9, 10. labels: of the second's arms."""
    for axis, names, texts, place in zip(
        axes,
        (resnet50, resnext101),
        ((), labels),
        ("a  ResNet50's", "b  ResNeXt101's"),
        strict=True,
    ):
        curves(axis, arms, names, y, f"{place} place: {metric(y).title}", texts)
    legends.legend(axes[0], columns=4)
