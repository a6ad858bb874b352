"""The claims of a card's dialog: verdict, sentence, gap, seeds and place of each."""

from xml.etree.ElementTree import Element

from figures.evidence.findings import Finding, measured
from figures.evidence.ledger import Judged
from figures.evidence.summary import says
from figures.page.cards import as_value, badge, badges
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


def answer(subject: Subject) -> list[Element]:
    """The verdict on the claim that answers the figure's question, then on each bed."""
    if not (subject.figure and subject.run):
        return []
    (one,) = (claim for claim in subject.claims if claim.id == subject.figure.answering)
    found = subject.findings.get(one.id)
    sentence = tag("p", subject.figure.answer, class_=f"answer {as_value(one.verdict)}")
    return [sentence, *([beds(found)] if found else [])]


def beds(found: Finding) -> Element | None:
    """The verdict on each bed that evaluates the claim, with its interval."""
    if not found.on:
        return None
    rows = [
        tag(
            "li",
            badge(on.verdict),
            tag("span", f"{name}: {measured(on)}"),
            interval(on.evidence) if on.evidence else None,
        )
        for name, on in found.named.items()
    ]
    return tag("ul", rows, class_="on-beds", aria_label="on each bed")


def claim(one: Judged, subject: Subject) -> Element:
    facts = [one.where]
    facts += [f"n = {', '.join(map(str, one.n))} at {one.scale} scale"] if one.n else []
    facts += (
        ["† written when runs of its arms had been seen"]
        if one.after
        else ["written before the runs"]
    )
    found = subject.findings.get(one.id)
    facts += found.notes if found else []
    # on one bed with the same runs, its numbers are those above
    more = found and [(on.measured, on.n) for on in found.on.values()] != [(one.measured, one.n)]
    own = subject.figure.name if subject.figure else None
    others = [name for name in one.figures if name != own]
    shared = [
        " · also in ",
        [[tag("a", name, href=f"#{subject.ledger.scale}/{name}"), " "] for name in others],
    ]
    here = set(subject.figure.arms if subject.figure else ()) & subject.ledger.arms.keys()
    curves = None
    if here.issuperset(one.arms):
        keys = " ".join(f"{subject.ledger.scale}/{arm}" for arm in one.arms)
        curves = tag("button", "Show its curves", type="button", data_curves=keys)
    return tag(
        "li",
        badge(one.verdict),
        tag(
            "div",
            tag("p", says(one), class_="says"),
            tag("p", "gap [95 % interval]: " if one.evidence else "", one.found, class_="found"),
            tag("p", " · ".join(facts), shared if others else None, class_="told"),
            tag("p", curves) if curves is not None else None,
            beds(found) if found and more else None,
        ),
        interval(one.evidence) if one.evidence else None,
        class_=as_value(one.verdict),
        data_claim=one.id,
    )
