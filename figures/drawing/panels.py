"""Panels that several figures show: curves of one number over training, a group of arms in each."""

from collections.abc import Callable, Sequence

from codist.metrics import metric
from figures.drawing import style


def curves(
    axis,
    arms,
    names: Sequence[str],
    y: str,
    title: str,
    labels: Sequence[str] = (),
    skip: float = style.EARLY,
) -> None:
    """One panel: the arms that were run, over the fraction of their updates.

    skip: of what jumps early on, the share of the updates after which it sets the panel's range.
    What is on a
          logarithmic axis does so from the beginning.
    """
    if metric(y).log:
        axis.set_yscale("log")
    shown = [
        (name, label) for name, label in zip(names, labels or names, strict=True) if name in arms
    ]
    told = [label for _, label in shown] if labels else ()
    style.curves(
        axis, [arms[name] for name, _ in shown], "fraction", y, told, 0.0 if metric(y).log else skip
    )
    axis.set(title=title, xlabel="fraction of the updates")


def over_training(
    *ys: str,
    names: Sequence[str] = (),
    labels: Sequence[str] = (),
    columns: int = 3,
    skip: float = style.EARLY,
) -> tuple[tuple[float, float], int, Callable]:
    """SIZE, PANELS and draw of a figure: arms over training, a panel for each of one to three `ys`.

    names: the arms, where another order is wanted than that of the figure's yaml. labels: of these.
    """

    def draw(arms, axes) -> None:
        for axis, y, letter in zip(axes, ys, "abc", strict=False):
            title = f"{letter}  {metric(y).title}" if len(ys) > 1 else metric(y).title
            curves(axis, arms, names or tuple(arms), y, title, labels, skip)
        style.legend(axes[0], columns)

    return ({1: 4.8, 2: 6.4, 3: 7.2}[len(ys)], 3.2), len(ys), draw


def two_networks(
    axes, arms, resnet50: Sequence[str], resnext101: Sequence[str], y: str, labels=()
) -> None:
    """The same comparison for the two networks of Figures 3, 8, 9 and 10. labels: of the second one's arms."""
    for axis, names, told, place in zip(
        axes,
        (resnet50, resnext101),
        ((), labels),
        ("a  ResNet50's", "b  ResNeXt101's"),
        strict=True,
    ):
        curves(axis, arms, names, y, f"{place} place: {metric(y).title}", told)
    style.legend(axes[0], columns=4)
