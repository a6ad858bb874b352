"""The claims of a card's dialog: verdict, sentence, gap, seeds and place of each."""

from xml.etree.ElementTree import Element

from figures.evidence.ledger import Judged
from figures.evidence.summary import says
from figures.page.cards import badge, badges
from figures.page.pictures import interval
from figures.page.subjects import Subject
from figures.page.tags import tag


def claims(subject: Subject) -> list[Element | None]:
    if not subject.claims:
        return []
    found = [badges(subject.claims), listed(subject.claims, subject)]
    if others := [one for one in subject.named if all(one is not own for own in subject.claims)]:
        found += [tag("h4", "Claims of other figures on its experiments"), listed(others, subject)]
    return found


def listed(claims: list[Judged], subject: Subject) -> Element:
    return tag("ol", [claim(one, subject) for one in claims], class_="claims")


def claim(one: Judged, subject: Subject) -> Element:
    facts = [one.where]
    facts += [f"n = {', '.join(map(str, one.n))} at {one.scale} scale"] if one.n else []
    facts += (
        ["† written when runs of its arms had been seen"]
        if one.after
        else ["written before the runs"]
    )
    own = subject.figure.name if subject.figure else None
    others = [name for name in one.figures if name != own]
    shared = [
        " · also in ",
        [[tag("a", name, href=f"#{subject.ledger.scale}/{name}"), " "] for name in others],
    ]
    return tag(
        "li",
        badge(one.verdict),
        tag(
            "div",
            tag("p", says(one), class_="says"),
            tag("p", "gap [95 % interval]: " if one.evidence else "", one.found, class_="found"),
            tag("p", subject.fresh[one.id], class_="found") if one.id in subject.fresh else None,
            tag("p", " · ".join(facts), shared if others else None, class_="told"),
        ),
        interval(one.evidence) if one.evidence else None,
        class_=one.verdict.replace(" ", "-"),
    )
