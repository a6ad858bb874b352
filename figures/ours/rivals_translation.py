"""Ours, rivals in translation: which method reaches all_reduce's loss in translation, for how many bits?

The network, data and recipe of Figure 4, with the methods of ours_rivals. At laptop scale the text is
an artificial language.
"""

from figures.drawing.over_bits import DECAYED, LETTERS, Panel, draw_panels
from figures.ours import rivals
from figures.ours.rivals_images import AVERAGES
from figures.v2.fig4 import SIMILAR

BEGIN = {DECAYED: "text_"}  # Adam decays no weights, so there is one recipe
FAR = "topk_1", "four_codist"
HIDDEN = (
    "slowmo_16",
    "diloco_16",
)  # with outer steps of another bed; at the same bits are those tuned here
SHOWN = [
    Panel("validation loss (bits)", BEGIN, "valid_loss_base2", room=0.02, far=FAR, hidden=HIDDEN),
    Panel("BLEU", BEGIN, "bleu", room=0.5, far=FAR, hidden=HIDDEN),
]
PANELS, HIGH = 2, 2.5
METHOD = (
    f"mean over {{seeds}}, 95 % t-interval, seeds as dots; {LETTERS}. Learning rates and outer steps were tuned for "
    f"each method, with other seeds. {rivals.READ}"
)


def draw(arms, axes):
    draw_panels(arms, axes, SHOWN)


LOSS = rivals.loss("valid_loss_base2", SIMILAR, "bits")
# written before the runs
CLAIMS = rivals.on_bed(
    "rivals_translation",
    "text",
    BEGIN[DECAYED],
    "In translation",
    AVERAGES,
    LOSS,
    ("rivals_translation_outer",),
)
