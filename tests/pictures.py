"""Pictures for the tests of images: smooth, in colour, drawn from a seed."""

import numpy as np
from PIL import Image


def picture(width, height, seed) -> Image.Image:
    smooth = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(smooth).resize((width, height), Image.Resampling.BICUBIC)
