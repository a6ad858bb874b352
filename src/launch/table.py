"""A table of text: the first column to the left, numbers to the right."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], text: Sequence[int] = (0,)) -> list[str]:
    """The lines of a table. rows: its cells, head first; text: the columns that begin at their left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if at in text else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def digits(number: float) -> str:
    """A number with three digits, or without a fraction: 0.45, 57,000."""
    return f"{float(f'{number:.3g}'):,g}" if number < 1e6 else f"{number:.3g}"
