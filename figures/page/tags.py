"""HTML as a tree, so that all text is escaped."""

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element


def tag(kind: str, /, *inside: str | Element | Iterable | None, **attributes) -> Element:
    """Make an element; class_ is class, data_of is data-of.

    An attribute of value True is written without a value, one of None or False is left out.
    inside: text, elements, lists of these, or None for nothing. An element has one parent only.
    """
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    made = Element(
        kind,
        {
            key: "" if value is True else str(value)
            for key, value in named.items()
            if value is not None and value is not False
        },
    )
    put(made, inside)
    return made


def put(into: Element, parts: Iterable) -> None:
    for part in parts:
        if isinstance(part, Element):
            into.append(part)
        elif isinstance(part, str):
            if len(into):
                into[-1].tail = (into[-1].tail or "") + part
            else:
                into.text = (into.text or "") + part
        elif part is not None:
            put(into, part)


def html(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode", method="html")
