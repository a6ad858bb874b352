"""Ours, rivals on the language model: which method reaches all_reduce's validation loss, for how many bits?

Anil et al.'s language model (§3.1 to §3.4.1) with the methods of ours_rivals. At laptop scale the text
is an English Bible in 627 word pieces.
"""

from figures.drawing.over_bits import DECAYED, LETTERS, Panel, draw_panels
from figures.evidence.margin import below, finals
from figures.ours import rivals
from figures.ours.rivals_images import AVERAGES

BEGIN = {DECAYED: "pieces_"}  # Adam decays no weights, so there is one recipe
Y, SIMILAR = "valid_loss", 0.02  # nats, 2 % of perplexity
PANELS, HIGH = 1, 2.5
METHOD = (
    f"mean over {{seeds}}, 95 % t-interval, seeds as dots; {LETTERS}. Learning rates were tuned for each method, with "
    f"other seeds; outer steps are those of ours_rivals_images. {rivals.READ}"
)


def draw(arms, axes):
    draw_panels(arms, axes, [Panel("validation loss (nats)", BEGIN, Y, room=0.02)])


LOSS = rivals.Quality(
    "below",
    finals(below, Y),
    "has a lower validation loss than",
    finals(below, Y, by=-SIMILAR),
    f"at most {SIMILAR} nats of validation loss above",
)
# written before the runs
CLAIMS = rivals.on_bed(
    "rivals_language", "pieces", BEGIN[DECAYED], "On the language model", AVERAGES, LOSS
)
