"""Loading ImageNet: throughput over bare JPEG decoding of the same files; minimum CPU time of rounds.

The files are generated with ImageNet's assumed sizes: 110 kB and 400x350 pixels on average, half of
them 500 wide or high; 4:2:0, smooth shapes with noise. Bare decoding goes from file name to all
pixels, by torchvision's decoder and by Pillow's, which torchvision's ImageFolder and
pytorch/examples use. Our loader decodes only the crop (workloads.images.jpeg), so it may be faster.
"""

import io
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg, read_file

import workloads
from bench.loops import fastest
from codist.workload import Draw
from workloads.imagenet.options import ImageNet

SIZES = [
    (500, 375),
    (500, 375),
    (500, 375),
    (500, 375),
    (500, 375),
    (500, 375),
    (500, 375),
    (500, 333),
    (500, 333),
    (375, 500),
    (375, 500),
    (375, 500),
    (333, 500),
    (333, 500),
    (640, 480),
    (800, 600),
    (400, 300),
    (400, 300),
    (320, 240),
    (320, 240),
    (300, 300),
    (300, 225),
    (300, 225),
    (275, 350),
    (256, 256),
    (250, 188),
    (250, 250),
    (240, 180),
    (200, 150),
    (200, 200),
    (150, 200),
    (120, 120),
]
KILOBYTES = 110
ROUNDS = 30


def write(path: Path, width: int, height: int, draw: np.random.Generator) -> None:
    """Write a JPEG; its noise is chosen to give about ImageNet's bytes per pixel."""
    shapes = (
        draw.normal(128, 50, (height // 16 + 2, width // 16 + 2, 3)).clip(0, 255).astype("uint8")
    )
    smooth = np.asarray(
        Image.fromarray(shapes).resize((width, height), Image.Resampling.BICUBIC), float
    )
    image = Image.fromarray(
        (smooth + draw.normal(0, 50, (height, width, 1))).clip(0, 255).astype("uint8")
    )
    image.save(path, "JPEG", quality=92)


def write_all(home: Path, draw: np.random.Generator, copies: int = 1) -> list[Path]:
    """Write images of SIZES into the folder of a class, `copies` of each."""
    home.mkdir(parents=True)
    paths = [home / f"{nth:02}_{copy}.JPEG" for copy in range(copies) for nth in range(len(SIZES))]
    for path, (width, height) in zip(paths, SIZES, strict=False):
        write(path, width, height, draw)
    for path, first in zip(paths[len(SIZES) :], paths * copies, strict=False):
        path.write_bytes(first.read_bytes())
    return paths


def run(line) -> None:
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        files, loops = {}, {}
        for split in ("train", "val"):
            files[split] = write_all(Path(folder) / "imagenet" / split / "n01440764", draw)
            loops[f"torchvision {split}"] = lambda paths=files[split]: [
                decode_jpeg(read_file(str(path)), ImageReadMode.RGB) for path in paths
            ]
            loops[f"pillow {split}"] = lambda paths=files[split]: [
                Image.open(io.BytesIO(path.read_bytes())).convert("RGB") for path in paths
            ]
        data = workloads.open(
            ImageNet(images=len(SIZES), valid_examples=len(SIZES), classes=1), folder
        )
        indices = list(range(len(SIZES)))
        loops["train"] = lambda: data.train.__getitems__([Draw(index, 0) for index in indices])
        loops["val"] = lambda: data.valid.__getitems__(indices)
        least = fastest(loops, ROUNDS)
        size = sum(path.stat().st_size for path in files["train"]) / len(SIZES)
        line(f"a file's kB, {KILOBYTES} in ImageNet", size / 1000)
        line(
            "a file's pixels over 400x350", sum(w * h for w, h in SIZES) / len(SIZES) / (400 * 350)
        )
        for split in files:
            for decoder, goal in (("torchvision", {"at_least": 0.9}), ("pillow", {})):
                ratio = least[f"{decoder} {split}"] / least[split]
                line(
                    f"{split}: images a second over those of bare decoding by {decoder}",
                    ratio,
                    **goal,
                )
