"""Plain text as LaTeX: every letter that our sentences use comes out as it is; one that could not is named."""

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
# where a name or a command may go on in the next line
BREAK = re.compile(r"([/=.](?=[^\W\d])|\\_)")
EMPHASIS = re.compile(r"\*(\w[^*]*)\*")


def text(said: str) -> str:
    """Raises Unreadable where a letter has no LaTeX here: pdflatex would leave it out, or stop far from where it is."""
    if strange := [
        letter
        for letter in said
        if letter not in LETTERS and ord(letter) > 126 and not "À" <= letter <= "ž"
    ]:
        raise Unreadable(
            f"no LaTeX for {strange[0]!r} (U+{ord(strange[0]):04X}) of: {said[:60]}; add it to latex.py"
        )
    return "".join(LETTERS.get(letter, letter) for letter in said)


def broken(said: str) -> str:
    """`text` in which a long name may go on in the next line."""
    return BREAK.sub(r"\1\\allowbreak{}", text(said))


def code(said: str) -> str:
    """A name or a command as it is typed."""
    return r"\texttt{" + broken(said).replace("--", "-{}-") + "}"


def marked(said: str) -> str:
    """Markdown's `code` and *emphasis*, which is all that our texts use of it."""
    words = []
    for nth, part in enumerate(said.split("`")):
        words.append(code(part) if nth % 2 else EMPHASIS.sub(r"\\emph{\1}", text(part)))
    return "".join(words)


def columns(*kinds: float | str) -> str:
    """Of a table: how many centimetres wide, text to the left, or to the right where that is negative; or l, r."""
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
    """Cells in LaTeX; `long`: it may go on on the next page, under its head."""
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
