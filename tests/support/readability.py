"""Count words and words per sentence in Markdown: tests/support/readability.py README.md docs/*.md.

Sentences exclude code blocks, tables, headings, images and generated parts; the word count is of
all prose.
"""

import re
import sys
from pathlib import Path

GENERATED = re.compile(r"<!-- [\w ]+: make \w+ -->.*?<!-- end -->", re.S)
CODE = re.compile(r"^```.*?^```", re.S | re.M)


def prose(text: str) -> str:
    """The prose of a page: its paragraphs and list items."""
    text = CODE.sub("\n", GENERATED.sub("\n", text))
    lines = ["" if re.match(r"\s*(#|\||!\[|<!--)", line) else line for line in text.splitlines()]
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", "\n".join(lines))  # a link counts by its text
    return re.sub(r"`[^`]*`", "code", text)  # a command or a name counts as one word


def sentences(text: str) -> list[str]:
    found = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", prose(text)):
        flat = re.sub(r"^\s*(?:[-*]|\d+\.) ", "", " ".join(paragraph.split()))
        found += [
            one for one in re.split(r"(?<=[.!?:])\s+(?=[A-Z*(])", flat) if re.search(r"\w", one)
        ]
    return found


def measure(text: str) -> tuple[int, float]:
    """The number of words, and of words per sentence."""
    of = [len(re.findall(r"[\w’'/.-]*\w", one)) for one in sentences(text)]
    return sum(of), sum(of) / max(len(of), 1)


def main(paths: list[str]) -> None:
    for path in paths:
        text = Path(path).read_text()
        words, a_sentence = measure(text)
        print(
            f"{path}: {len(text.splitlines())} lines, {words} words, {a_sentence:.1f} words a sentence"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
