"""The answer, which the page begins with: the main claims on each bed, and the beds and their plan."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from figures.evidence import planned
from figures.evidence.bed_verdicts import Bed
from figures.evidence.findings import DIGITS, MAIN, UNITS, Finding, bed_name, measured
from figures.evidence.ledger import Shown
from figures.evidence.summary import says
from figures.evidence.totals import total
from figures.page.cards import badge
from figures.page.tags import tag

COSTS = ("ours_bits", "ours_budget", "ours_rivals", "ours_rivals_time")  # figures


def answer(
    found: Mapping[str, Finding], beds: Mapping[str, Bed], figures: Mapping[str, Shown]
) -> Element:
    """The main claims with their verdicts. beds: none if the runs are not the committed ones."""
    return tag(
        "section",
        tag("h2", "What was found", id="found"),
        main_claims(found),
        costs(figures),
        of_beds(beds) if beds else None,
        aria_labelledby="found",
        id="answer",
    )


def costs(figures: Mapping[str, Shown]) -> Element | None:
    """Links to the figures that compare costs, by their questions."""
    there = [figures[name] for name in COSTS if name in figures]
    links = [tag("li", tag("a", one.question, href=f"#{one.name}")) for one in there]
    told = "What it costs, and other methods that send little:"
    return tag("div", tag("p", told), tag("ul", links), class_="told") if there else None


def main_claims(found: Mapping[str, Finding]) -> Element:
    listed = [found[key] for key in MAIN if key in found]
    names = list(dict.fromkeys(name for one in listed for name in one.on))
    head = tag("tr", [tag("th", cell, scope="col") for cell in ("claim", *names)])
    return tag(
        "table",
        tag(
            "caption", f"The main claims: verdict, gap, 95 % interval and number of seeds. {UNITS}"
        ),
        tag("thead", head),
        tag("tbody", [row(one, names) for one in listed]),
        class_="findings",
    )


def row(one: Finding, names: list[str]) -> Element:
    link = tag("a", says(one.claim), href=f"#{one.claim.id}")
    place = tag("span", f"{one.claim.where} {one.about}".rstrip(), class_="told")
    cells = [tag("td", *cell(one, name), data_bed=name) for name in names]
    return tag("tr", tag("th", link, " ", place, scope="row"), cells)


def cell(one: Finding, name: str) -> tuple:
    if name not in one.on:
        return (badge("not run"),)
    claim = one.on[name]
    # a claim on other data than digits has no bed of its own
    data = f" on {claim.data}" if name == DIGITS != claim.data else ""
    return badge(claim.verdict), tag("span", f" {measured(claim)}{data}", class_="gap-text")


def of_beds(beds: Mapping[str, Bed]) -> Element:
    """A row for each bed: what the plan asks of it, what has run, and what came of it."""
    rows = []
    for plan in planned.beds():
        for scale, seeds in plan.seeds.items():
            asked = sum(map(len, seeds.values()))
            each = sorted({len(of) for of in seeds.values()})
            bed = beds[scale]
            cells = (
                plan.files.seeds.with_suffix(".md").name,
                f"{len(seeds)} arms, {' or '.join(map(str, each))} seeds each",
                f"{bed.runs} of {asked}",
                f"{bed.core_seconds / 3600:.1f}",
                total(bed.theirs),
                total(bed.ours),
            )
            rows.append(
                tag("tr", tag("th", bed_name(scale), scope="row"), [tag("td", c) for c in cells])
            )
    head = ("bed", "plan", "planned", "runs", "core hours", "the papers' claims", "ours")
    return tag(
        "details",
        tag("summary", "Beds and plan: ", tag("span", *summary(beds))),
        tag(
            "p",
            "Arms, seeds, tests and margins were committed in the plan (paper/plan.md, plan2.md) before "
            "these runs. Digits are noisy handwritten digits. Glyphs are small characters: where data are "
            "scarce their noise can be memorized, where they are plenty it never repeats.",
        ),
        tag(
            "div",
            tag(
                "table",
                tag("thead", tag("tr", [tag("th", cell, scope="col") for cell in head])),
                tag("tbody", rows),
            ),
            class_="wide",
            tabindex=0,
            role="region",
            aria_label="beds and plan, scrolls sideways",
        ),
        class_="beds",
    )


def summary(beds: Mapping[str, Bed]) -> list[str]:
    """What each bed with runs decides of the papers' claims, and of ours where it has none of them."""
    told = []
    for scale, bed in beds.items():
        of, whose = (bed.theirs, "") if set(bed.theirs) != {"not run"} else (bed.ours, "ours: ")
        if bed.runs:
            told.append(f"{bed_name(scale)}: {whose}{total(of)}")
    return ["; ".join(told)]
