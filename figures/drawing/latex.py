"""Plain text as LaTeX: every character of our sentences is escaped; an unknown one is an error."""

import re
from collections.abc import Sequence

from figures.evidence.consistency import Unreadable

LETTERS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": r"$-$",
    "·": r"$\cdot$",
    "…": r"\dots{}",
    "–": "--",
    "—": "---",
    "§": r"\S{}",
    "‖": r"$\Vert$",
    "†": r"$\dagger$",
    "→": r"$\to$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "✕": r"$\times$",
    "θ": r"$\theta$",
    "α": r"$\alpha$",
    "γ": r"$\gamma$",
    "δ": r"$\delta$",
    "¹": r"$^1$",
    "²": r"$^2$",
    "³": r"$^3$",
    "₁": r"$_1$",
    "₂": r"$_2$",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "\N{NO-BREAK SPACE}": "~",
}
# line breaks are allowed here in a long name or command
BREAK = re.compile(r"([/=.](?=[^\W\d])|\\_)")
EMPHASIS = re.compile(r"\*(\w[^*]*)\*")


def text(plain: str) -> str:
    """Escape for LaTeX. Raises Unreadable for an unknown character, which pdflatex might drop."""
    if strange := [
        letter
        for letter in plain
        if letter not in LETTERS and ord(letter) > 126 and not "À" <= letter <= "ž"
    ]:
        raise Unreadable(
            f"no LaTeX for {strange[0]!r} (U+{ord(strange[0]):04X}) of: {plain[:60]}; "
            "add it to latex.py"
        )
    return "".join(LETTERS.get(letter, letter) for letter in plain)


def broken(plain: str) -> str:
    """`text` with line breaks allowed in long names."""
    return BREAK.sub(r"\1\\allowbreak{}", text(plain))


def code(plain: str) -> str:
    """A name or a command in typewriter font."""
    return r"\texttt{" + broken(plain).replace("--", "-{}-") + "}"


def marked(plain: str) -> str:
    """Convert Markdown's `code` and *emphasis*; our texts use nothing else of it."""
    parts = []
    for nth, part in enumerate(plain.split("`")):
        parts.append(code(part) if nth % 2 else EMPHASIS.sub(r"\\emph{\1}", text(part)))
    return "".join(parts)


def columns(*kinds: float | str) -> str:
    """Column types of a table: a width in cm, negative for right-aligned text; or "l", "r"."""
    made = []
    for kind in kinds:
        side = "left" if isinstance(kind, float) and kind < 0 else "right"
        made.append(
            rf">{{\ragged{side}\arraybackslash}}p{{{abs(kind)}cm}}"
            if isinstance(kind, float)
            else kind
        )
    return "@{}" + "".join(made) + "@{}"


def table(
    kinds: str, head: Sequence[str], rows: Sequence[Sequence[str]], long: bool = False
) -> str:
    """A table of cells in LaTeX; a `long` one may break across pages and repeats its head."""
    kind, stop = ("longtable", r"\endhead") if long else ("tabular", "")
    lines = [" & ".join(row) + r" \\" for row in rows]
    top = [
        rf"\begin{{{kind}}}{{{kinds}}}",
        r"\toprule",
        " & ".join(head) + r" \\",
        r"\midrule" + stop,
    ]
    made = "\n".join([*top, *lines, r"\bottomrule", rf"\end{{{kind}}}"])
    return rf"{{\footnotesize{made}}}" if long else rf"\smalltable{{{made}}}"
