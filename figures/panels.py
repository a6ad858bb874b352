"""Panels that several figures show: curves of one number over training, a group of arms in each."""

from collections.abc import Callable, Sequence

from figures import style

NAMES = {
    "train_loss": "training loss (nats)",
    "train_nll": "training loss, labels unsmoothed (nats)",
    "valid_loss": "validation loss (nats)",
    "valid_loss_base2": "validation loss (bits)",
    "valid_top1": "top-1 accuracy (%)",
    "disagreement": "answers on which two models differ (%)",
    "distance": "‖θ − θ¹‖₂",
}

JUMPING = ("valid_top1", "disagreement", "valid_loss_base2")  # early on, so far that their ends look alike


def curves(axis, arms, names: Sequence[str], y: str, title: str, labels: Sequence[str] = ()) -> None:
    """One panel: the arms that were run, over the fraction of their updates; losses on a logarithmic axis."""
    if y in ("train_loss", "train_nll"):
        axis.set_yscale("log")
    shown = [(name, label) for name, label in zip(names, labels or names, strict=True) if name in arms]
    told = [label for _, label in shown] if labels else ()
    skip = style.EARLY if y in JUMPING else 0.0  # what is compared are the ends
    style.curves(axis, [arms[name] for name, _ in shown], "fraction", y, told, skip)
    axis.set(title=title, xlabel="fraction of the updates")


def over_training(
    names: Sequence[str], *ys: str, labels: Sequence[str] = (), columns: int = 3
) -> tuple[tuple[float, float], int, Callable]:
    """SIZE, PANELS and draw of a figure: the arms `names` over training, a panel for each of one to three `ys`."""

    def draw(arms, axes) -> None:
        for axis, y, letter in zip(axes, ys, "abc", strict=False):
            curves(axis, arms, names, y, f"{letter}  {NAMES.get(y, y)}" if len(ys) > 1 else NAMES.get(y, y), labels)
        style.legend(axes[0], columns)

    return ({1: 4.8, 2: 6.4, 3: 7.2}[len(ys)], 3.2), len(ys), draw


def two_networks(axes, arms, resnet50: Sequence[str], resnext101: Sequence[str], y: str) -> None:
    """The same comparison for the two networks of Figures 3, 8, 9 and 10."""
    for axis, names, letter, network in zip(
        axes, (resnet50, resnext101), "ab", ("ResNet50", "ResNeXt101"), strict=True
    ):
        curves(axis, arms, names, y, f"{letter}  {network}'s place: {NAMES[y]}")
    style.legend(axes[0], columns=4)
