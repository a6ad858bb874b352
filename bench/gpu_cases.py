"""Networks that bench gpu measures, and the synthetic files that each trains on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import loading
from workloads.cifar.options import FORMATS, Cifar
from workloads.imagenet.options import ImageNet

COPIES = 16  # copies of each JPEG


@dataclass
class Case:
    workload: object
    write: Callable[[Path], None]  # writes its files into a folder
    device_batch: int
    rounds: int
    updates: int  # timed updates per round
    warm: int  # untimed updates first, for kernel selection and memory allocation


def jpegs(folder: Path) -> None:
    draw = np.random.default_rng(0)
    for split, copies in (("train", COPIES), ("val", 1)):
        loading.write_all(folder / "imagenet" / split / "n01440764", draw, copies)


def records(folder: Path) -> None:
    draw = np.random.default_rng(0)
    (folder / "cifar10").mkdir()
    for name in (*FORMATS[10].train, FORMATS[10].valid):
        images = draw.integers(0, 256, (2000, FORMATS[10].record), dtype=np.uint8)
        images[:, 0] %= 10
        (folder / "cifar10" / name).write_bytes(images.tobytes())


def cases(device: str) -> dict[str, Case]:
    """{network: Case}; on a CPU small networks of the same kinds."""
    images = {
        "images": COPIES * len(loading.SIZES),
        "valid_examples": len(loading.SIZES),
        "classes": 1,
    }
    own = {"examples": 10_000, "valid_examples": 2000}
    if device == "cuda":
        sizes = {"rounds": 12, "updates": 20, "warm": 5}
        return {
            "ResNet50": Case(ImageNet(networks=["resnet50"], **images), jpegs, 32, **sizes),
            "WRN-28-10": Case(Cifar(depth=28, width=10, **own), records, 128, **sizes),
        }
    sizes = {"rounds": 1, "updates": 1, "warm": 1}
    return {
        "ResNet18": Case(ImageNet(networks=["resnet18"], **images), jpegs, 2, **sizes),
        "WRN-10-1": Case(Cifar(depth=10, width=1, **own), records, 8, **sizes),
    }
