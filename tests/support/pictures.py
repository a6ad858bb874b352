"""Smooth colour images from a seed for tests, a folder of them in ImageNet's layout, and a run on it."""

import subprocess
from pathlib import Path

import commands
import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
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


def train_once(data: Path, runs: Path, *overrides: str) -> subprocess.CompletedProcess:
    """Train one epoch on the folder of `imagenet` by the command line, into `runs`."""
    return commands.typed(
        "src/run.py",
        *overrides,
        "sweep=regularization",
        "scale=paper",
        "arm=all_reduce",
        "seed=1",
        "workload.networks=[resnet18]",
        "workload.images=16",
        "workload.classes=3",
        "workload.valid_examples=5",
        "batch=4",
        "device_batch=4",
        "epochs=1",
        "lr.at=[]",
        "place.device=cpu",
        "place.workers=0",
        f"place.data={data}",
        f"place.runs={runs}",
    )
