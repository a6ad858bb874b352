"""Smooth colour images from a seed for tests, and a folder of them in ImageNet's layout."""

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("n01440764", "n01443537", "n02105855")
TRAIN, VALID = (5, 7, 4), (2, 1, 2)  # images per class


def picture(width, height, seed) -> Image.Image:
    smooth = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(smooth).resize((width, height), Image.Resampling.BICUBIC)


def imagenet(data: Path) -> Path:
    """Write <data>/imagenet/{train,val}/<class>/<class>_<nth>.JPEG.

    All are RGB JPEGs, except a grayscale JPEG, a CMYK JPEG and a PNG in train.
    """
    for split, counts in (("train", TRAIN), ("val", VALID)):
        for wnid, count in zip(CLASSES, counts, strict=True):
            (home := data / "imagenet" / split / wnid).mkdir(parents=True)
            for nth in range(count):
                image = picture(
                    90 + 30 * nth, 120 + 7 * nth, seed=100 * count + 10 * (split == "val") + nth
                )
                if (split, wnid) == ("train", CLASSES[0]) and nth < 2:
                    image = image.convert(("L", "CMYK")[nth])
                png = (split, wnid, nth) == ("train", CLASSES[2], 0)
                image.save(home / f"{wnid}_{nth}.JPEG", "PNG" if png else "JPEG")
    return data
