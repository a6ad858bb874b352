"""Pictures of the page: a figure as an embedded image, a table, the interval of a claim."""

import re
from io import StringIO
from math import inf, isfinite, log
from types import ModuleType
from urllib.parse import quote
from xml.etree.ElementTree import Element

from figures.drawing import sheet, tables
from figures.evidence.arm import Arm
from figures.evidence.margin import Evidence
from figures.evidence.shown import arms_shown
from figures.page.tags import tag

UNSEEN = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
# numbers from 1; those below may be factors of a transform. A search for \b[1-9] takes twice as long.
FINE = re.compile(r"[1-9](?<!\w.)\d*\.\d{3,}")
WIDE, HIGH = 240, 22  # size of an interval's picture, in SVG units


def picture(module: ModuleType, arms: dict[str, Arm], says: str) -> Element:
    """The drawing of `module` as an image with `says` as its alt text, or as a table."""
    if hasattr(module, "rows"):
        head = tag("tr", [tag("th", cell, scope="col") for cell in module.HEAD])
        body = [
            tag("tr", tag("th", first, scope="row"), [tag("td", cell) for cell in rest])
            for first, *rest in module.rows(arms_shown(module, arms))
        ]
        return tag(
            "table",
            tag("caption", f"{sheet.answer(module, arms)} {tables.METHOD}"),
            tag("thead", head),
            tag("tbody", body),
        )
    drawn = StringIO()
    sheet.draw(module, arms).savefig(drawn, format="svg", metadata=sheet.UNDATED["svg"])
    return tag("img", src=as_url(drawn.getvalue()), alt=says, decoding="async")


def as_url(svg: str) -> str:
    """Encode an SVG as a data URL, in which ids of different drawings cannot collide.

    Invisible parts are removed to save bytes, and positions rounded to 0.01 point.
    """
    svg = UNSEEN.sub("", svg[svg.index("<svg") :])
    svg = "".join([line.strip() for line in svg.split("\n")])
    svg = FINE.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), svg)
    svg = svg.replace("'", "&apos;").replace('"', "'")
    # no group is referenced; glyphs are referenced by their ids, hundreds of times
    svg = re.sub(r"<g id='[^']*'>", "<g>", svg)
    svg = svg.replace("xlink:href=", "href=").replace("DejaVuSans-", "D")
    svg = re.sub(r" d='[^']*'", lambda path: re.sub(r"(?<=[A-Z]) ", "", path[0]), svg)
    # as quote(svg, safe), which looks at each character
    for letter in sorted({*svg}, key="%".__ne__):  # that one first, since it begins a code
        svg = svg.replace(letter, quote(letter, safe=" <=:/;,.()'!*-+"))
    return f"data:image/svg+xml,{svg}"


def interval(found: Evidence) -> Element | None:
    """Draw the gap and its interval over the margin; ratios on a logarithmic scale."""
    ends = [found.gap, found.low, found.high]
    if not all(map(isfinite, ends)):
        return None
    bounds = [bound for bound in (found.lowest, found.highest) if isfinite(bound)]
    scale = log if found.ratio else float
    seen = [scale(value) for value in (*ends, *bounds, 1.0 if found.ratio else 0.0)]
    low, high = min(seen), max(seen)
    edge = 0.08 * (high - low or 1.0)

    def at(value: float) -> float:
        if value in (-inf, inf):
            return 0.0 if value < 0 else WIDE
        return round((scale(value) - low + edge) / (high - low + 2 * edge) * WIDE, 1)

    def shown(value: float, anchor: str) -> Element:
        return tag(
            "text", f"{'×' * found.ratio}{value:.3g}", x=at(value), y=HIGH + 9, text_anchor=anchor
        )

    least, most = (pick((*ends, *bounds)) for pick in (min, max))
    start, stop, middle = at(found.lowest), at(found.highest), HIGH / 2
    return tag(
        "svg",
        tag("rect", class_="margin", x=start, y=0, width=round(stop - start, 1), height=HIGH),
        [
            tag("line", class_="bound", x1=at(bound), x2=at(bound), y1=0, y2=HIGH)
            for bound in bounds
        ],
        tag("line", class_="interval", x1=at(found.low), x2=at(found.high), y1=middle, y2=middle),
        tag("circle", class_="gap", cx=at(found.gap), cy=middle, r=4),
        shown(least, "start"),
        shown(most, "end"),
        class_="interval-picture",
        viewBox=f"0 0 {WIDE} {HIGH + 11}",
        role="img",
        aria_label=f"gap and interval: {found}",
    )
