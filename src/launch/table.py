"""A table of text: the first column to the left, numbers to the right."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], text: Sequence[int] = (0,)) -> list[str]:
    """Returns the lines of a table, without the columns that are empty below their head.

    rows: its cells, head first; text: the columns that begin at their left.
    """
    columns = zip(*rows, strict=True)
    widths = {at: max(map(len, cells)) for at, cells in enumerate(columns) if any(cells[1:])}
    return [
        "  ".join(
            row[at].ljust(width) if at in text else row[at].rjust(width)
            for at, width in widths.items()
        ).rstrip()
        for row in rows
    ]


def digits(number: float) -> str:
    """A number with three digits, or without a fraction: 0.45, 57,000."""
    return f"{float(f'{number:.3g}'):,g}" if number < 1e6 else f"{number:.3g}"
