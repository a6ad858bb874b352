"""Table 2: does BLEU rise with the number of models on a small corpus?

v2 Table 2, IWSLT'14 German to English, at equal updates of each model (C23). The n=1 of ours keeps
its label smoothing.
"""

from figures.drawing import tables
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals
from figures.evidence.results import reported

NAMES = {
    "iwslt_1": "1",
    "iwslt_1_unsmoothed": "1, labels unsmoothed",
    "iwslt_2": "2",
    "iwslt_4": "4",
    "iwslt_8": "8",
}
HEAD = ("n", "BLEU", "tokenized BLEU", "validation loss (nats)", "BLEU, reported")


def rows(arms):
    """Our BLEU (mean over the n models) and the paper's, whose kind and error are not given."""
    paper = reported("v2 table2")
    for name, words in NAMES.items():
        theirs = paper.get((name, "bleu"))
        ours = (tables.mean(arms.get(name), y) for y in ("bleu", "tokenized_bleu", "valid_loss"))
        yield (words, *ours, f"{theirs:.2f}" if theirs else "—")


CLAIMS = [
    *(
        Claim(
            f"table2.{more.lower()}_above_{fewer}",
            "paper",
            f"{more} models translate better than {fewer}.",
            "v2 §5, Table 2",
            finals(above, "bleu"),
            needs,
        )
        for more, fewer, needs in (
            ("Two", "one", ("iwslt_2", "iwslt_1")),
            ("Four", "two", ("iwslt_4", "iwslt_2")),
            ("Eight", "four", ("iwslt_8", "iwslt_4")),
            ("Eight", "one", ("iwslt_8", "iwslt_1")),
        )
    ),
    Claim(
        "table2.four_lower_loss",
        "paper",
        "Four models reach a lower validation loss than two.",
        "v2 §5 (C22)",
        finals(below, "valid_loss", paired=True),
        ("iwslt_4", "iwslt_2"),
    ),
    Claim(
        "table2.two_above_unsmoothed",
        "control",
        "Control: two models translate better than one without label smoothing.",
        "ours, for v2 Table 2",
        finals(above, "bleu"),
        ("iwslt_2", "iwslt_1_unsmoothed"),
    ),
]
