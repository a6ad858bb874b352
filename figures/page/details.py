"""The dialog of a card: picture, claims, setting, reported numbers, contradictions, runs."""

import re
from collections.abc import Iterable
from types import ModuleType
from xml.etree.ElementTree import Element

from figures.evidence.arm import Arm
from figures.evidence.ledger import Entry
from figures.evidence.written import flat
from figures.page.arms import code, curves, runs
from figures.page.claims import answer, claims
from figures.page.subjects import Subject, chosen, reported
from figures.page.tags import tag


def details(
    subject: Subject, module: ModuleType | None, arms: dict[str, Arm], picture: Element | None
) -> Element:
    """The dialog of a card. picture: a table, or None; the script copies an image from the card."""
    heading = f"question-{subject.id}"
    parts = [
        section("Answer", answer(subject)),
        paper(subject, picture),
        curves(subject),
        section("Claims", claims(subject)),
        section("Setting", setting(subject, module)),
        section("The papers' numbers", numbers(subject)),
        section("What the papers leave open here, and what we chose", left_open(subject)),
        section("Runs that the figure draws", runs(subject, arms)),
    ]
    buttons = [
        tag("button", "Side by side", type="button", class_="beside", hidden=True),
        " ",
        tag(
            "button", "Compare", type="button", class_="pin", value=subject.id, aria_pressed="false"
        )
        if subject.run
        else None,
        " ",
        tag("button", "‹", type="button", class_="step", value=-1, aria_label="Previous"),
        " ",
        tag("button", "›", type="button", class_="step", value=1, aria_label="Next"),
        " ",
        tag("button", "Close", type="button", class_="close"),
    ]
    name = tag(
        "p",
        subject.name,
        f" · {subject.ledger.scale} scale" if subject.figure else "",
        class_="name",
    )
    head = tag(
        "header",
        tag("div", name, tag("h2", subject.question, id=heading)),
        tag("div", buttons, class_="buttons"),
    )
    return tag("dialog", head, parts, data_of=subject.id, aria_labelledby=heading)


def section(title: str, *inside: Element | Iterable | None) -> Element | None:
    there = [part for part in inside if part is not None and part != []]
    return tag("section", tag("h3", title), there) if there else None


def paper(subject: Subject, picture: Element | None) -> Element | None:
    if not subject.run:
        return None
    image = tag("img", alt=subject.alt, class_="large") if picture is None else picture
    shown = tag(
        "div",
        image,
        class_="paper",
        tabindex=0,
        role="region",
        aria_label="the figure, scrolls sideways",
    )
    larger = tag("button", "Larger", type="button", class_="larger", aria_pressed="false")
    return tag("div", shown, larger if picture is None else None, class_="picture")


def setting(subject: Subject, module: ModuleType | None) -> list[Element]:
    """The text of our figure's docstring, then each experiment as in its paper."""
    about = (module.__doc__ or "").partition("\n")[2].strip() if module else ""
    found = [tag("p", paragraph) for paragraph in about.split("\n\n") if paragraph]
    for entry in subject.entries:
        if entry.paper == "ours":
            continue
        place = f" · §{entry.section}" if entry.section else ""
        claim = tag("p", entry.claim) if subject.figure else None  # else it is the card's question
        found += [tag("h4", entry.name, place), claim, pairs(facts(entry))]
    if subject.figure:
        found.append(
            tag("p", "To train what is missing, draw and evaluate: ", code(subject.figure.command))
        )
    return found


def facts(entry: Entry) -> dict[str, str | Element]:
    values = {"task": entry.task, "data": entry.dataset, "network": entry.model}
    values |= {key.replace("_", " "): flat(value) for key, value in entry.hparams.items()}
    values |= {"reported": flat(entry.reported), "not run": f"{entry.why}." if entry.why else ""}
    return {key: value for key, value in values.items() if value}


def pairs(values: dict) -> Element:
    return tag(
        "dl", [tag("div", tag("dt", key), tag("dd", value)) for key, value in values.items()]
    )


def numbers(subject: Subject) -> Element | None:
    rows = [
        [
            row["source"],
            row["figure"],
            row["arm"],
            row["metric"],
            row["value"],
            row["unit"],
            row["place"],
        ]
        for row in reported(subject)
    ]
    return (
        table(
            "numbers printed in the papers",
            ("paper", "figure", "arm", "number", "value", "unit", "place"),
            rows,
        )
        if rows
        else None
    )


def left_open(subject: Subject) -> list[Element]:
    found = []
    for name in subject.contradictions:
        record, ours = subject.ledger.contradictions[name], chosen().get(name)
        theirs = {key: record[key] for key in ("a", "b", "c", "note") if key in record}
        ours = {"we chose": ours[0], "switched by": ours[1]} if ours else {}
        ours = {key: markdown(text) for key, text in ours.items() if text != "–"}
        found += [tag("h4", f"{name}: {record['what']}"), pairs(theirs | ours)]
    return found


def markdown(text: str) -> list:
    """Convert `code` and *emphasis* of a line of Markdown to elements."""
    kinds = {"`": "code", "*": "em"}
    parts = re.split(r"(`[^`]+`|\*[^*]+\*)", text)
    return [tag(kinds[part[0]], part[1:-1]) if k % 2 else part for k, part in enumerate(parts)]


def table(name: str, head: Iterable[str], rows: Iterable[Iterable]) -> Element:
    """A table that scrolls sideways if it is too wide. name: for a screen reader."""
    body = [tag("tr", [tag("td", cell) for cell in row]) for row in rows]
    heads = tag("thead", tag("tr", [tag("th", cell, scope="col") for cell in head]))
    return tag(
        "div",
        tag("table", heads, tag("tbody", body)),
        class_="wide",
        tabindex=0,
        role="region",
        aria_label=name,
    )
