"""HTML as a tree: whatever text is put into it stays text."""

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element


def tag(kind: str, /, *inside: str | Element | Iterable | None, **attributes) -> Element:
    """An element; class_ is class, data_of is data-of, True an attribute without value, None and False none at all.

    inside: text, elements, lists of these; None is nothing. An element belongs to one place only.
    """
    said = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    made = Element(
        kind,
        {
            key: "" if value is True else str(value)
            for key, value in said.items()
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
