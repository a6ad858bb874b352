"""Ours, rivals on the language model: which method reaches all_reduce's loss on language, for how many bits?

Anil et al.'s language model (§3.1 to §3.4.1) with the methods of ours_rivals. At laptop scale the text
is an English Bible in 627 word pieces.
"""

from figures.drawing.over_bits import DECAYED, Panel, draw_panels
from figures.ours import rivals, rivals_translation
from figures.ours.rivals_images import AVERAGES

BEGIN = {DECAYED: "pieces_"}  # Adam decays no weights, so there is one recipe
Y = "valid_loss"
PANELS, HIGH, METHOD = 1, 2.0, rivals_translation.METHOD


def draw(arms, axes):
    hidden = rivals_translation.HIDDEN
    draw_panels(arms, axes, [Panel("validation loss (nats)", BEGIN, Y, 0.06, hidden=hidden)])


LOSS = rivals.loss(Y, 0.02, "nats")  # 2 % of perplexity
# written before the runs
CLAIMS = rivals.on_bed(
    "rivals_language",
    "pieces",
    BEGIN[DECAYED],
    "On the language model",
    AVERAGES,
    LOSS,
    ("rivals_language_outer",),
)
