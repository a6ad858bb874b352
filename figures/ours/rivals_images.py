"""Ours, rivals on images: which method reaches all_reduce on all and on an eighth of the data, for how many bits?

The network, data and recipe of Figure 2, with the methods of ours_rivals. At laptop scale images are digits.
"""

from functools import partial

from figures.ours import rivals

BEDS = {
    "images": ("On images", "all images"),
    "eighth": ("On an eighth of the images", "an eighth"),
}
PANELS, HIGH, METHOD = 2, 2.5, rivals.METHOD
draw = partial(rivals.draw, beds=BEDS, far=())
# without the bits: beside those of logits they differ between scales
AVERAGES = {16: "averaging weights every 16 updates", 64: "averaging weights every 64"}
CLAIMS = rivals.claims_of("rivals_images", BEDS, AVERAGES)
