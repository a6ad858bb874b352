"""The arms of a dialog: the place of their curves, and each with its final numbers and runs."""

from xml.etree.ElementTree import Element

from codist.metrics import metric
from figures.drawing.colours import COLOURS, LABELS
from figures.drawing.tables import mean
from figures.evidence.arm import Arm
from figures.page.cards import badge
from figures.page.subjects import Subject
from figures.page.tags import tag


def curves(subject: Subject) -> Element | None:
    """The place of the overlay, which overlay.js draws when the dialog opens."""
    if not subject.run:
        return None
    first = " ".join(f"{subject.ledger.scale}/{arm}" for arm in subject.answering)
    return tag("section", tag("h3", "Curves"), data_first=first)


def runs(subject: Subject, arms: dict[str, Arm]) -> list[Element]:
    """Each arm of the figure with its final numbers; runs.js adds the rest when it is opened."""
    if not subject.figure:
        return []
    return [arm_of(subject, name, arms.get(name)) for name in subject.figure.arms]


def arm_of(subject: Subject, name: str, arm: Arm | None) -> Element:
    swatch = tag("span", class_="swatch", style=f"background: {COLOURS[name]}", aria_hidden="true")
    label = LABELS.get(name, name)
    head = [swatch, " ", tag("strong", name), f" {label}" if label != name else ""]
    if arm is None:
        return tag(
            "p", head, " ", badge("not run"), " ", code(subject.figure.command), class_="arm"
        )
    ends = [f"{metric(y).title} {mean(arm, y)}" for y in arm.charted]
    seeds = f"seeds {', '.join(map(str, arm.seeds))}: "
    return tag(
        "details",
        tag("summary", head, tag("span", seeds, "; ".join(ends), class_="ends")),
        class_="arm",
        data_arm=f"{subject.ledger.scale}/{name}",
    )


def code(command: str) -> Element:
    return tag("code", command, class_="command")
