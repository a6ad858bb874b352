"""Loading ImageNet: throughput over bare JPEG decoding of the same files; the smallest CPU time of interleaved rounds.

The files are generated as large as ImageNet's: 110 kB of about 400x350 pixels in the mean, most of them 500x375, a few
as large as a photograph; 4:2:0, of smooth shapes below noise. Bare is the faster of torchvision's and Pillow's decoder,
from an open file to all of its pixels.
"""

import io
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg, read_file

from codist.workload import Draw
from workloads.imagenet import ImageNet

SIZES = [(500, 375)] * 8 + [(375, 500)] * 3 + [(500, 333)] * 4 + [(333, 500)] * 2 + [
    (400, 300), (320, 240), (300, 300), (256, 256), (240, 180), (200, 150), (160, 120), (150, 200), (120, 120),
    (250, 188), (300, 225), (640, 480), (640, 480), (800, 600), (1024, 768),
]  # fmt: skip
KILOBYTES = 110
ROUNDS = 12


def write(path: Path, width: int, height: int, draw: np.random.Generator) -> None:
    """A JPEG of about as many bytes a pixel as ImageNet's, by the strength of its noise."""
    shapes = draw.normal(128, 50, (height // 16 + 2, width // 16 + 2, 3)).clip(0, 255).astype("uint8")
    smooth = np.asarray(Image.fromarray(shapes).resize((width, height), Image.Resampling.BICUBIC), float)
    image = Image.fromarray((smooth + draw.normal(0, 18, (height, width, 1))).clip(0, 255).astype("uint8"))
    image.save(path, "JPEG", quality=92)


def run(line) -> None:
    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for split in ("train", "val"):
            (home := Path(folder) / "imagenet" / split / "n01440764").mkdir(parents=True)
            files = [home / f"{split}_{nth:02}.JPEG" for nth in range(len(SIZES))]
            for path, (width, height) in zip(files, SIZES, strict=True):
                write(path, width, height, draw)
        data = ImageNet(images=len(SIZES), valid_examples=len(SIZES), classes=1).open(folder)
        files = {split: sorted((Path(folder) / "imagenet" / split).rglob("*.JPEG")) for split in ("train", "val")}
        indices = list(range(len(SIZES)))
        loops = {
            f"torchvision {split}": lambda files=files[split]: [
                decode_jpeg(read_file(str(path)), ImageReadMode.RGB) for path in files
            ]
            for split in files
        } | {
            f"pillow {split}": lambda files=files[split]: [
                Image.open(io.BytesIO(path.read_bytes())).convert("RGB") for path in files
            ]
            for split in files
        }
        loops["train"] = lambda: data.train.__getitems__([Draw(index, 0) for index in indices])
        loops["val"] = lambda: data.valid.__getitems__(indices)
        least = dict.fromkeys(loops, float("inf"))
        for _ in range(ROUNDS):
            for name, loop in loops.items():
                began = time.process_time()
                loop()
                least[name] = min(least[name], time.process_time() - began)
        size = sum(path.stat().st_size for path in files["train"]) / len(SIZES)
        line(f"a file's kB, {KILOBYTES} in ImageNet", size / 1000, "")
        line("a file's pixels over 400x350", sum(w * h for w, h in SIZES) / len(SIZES) / (400 * 350), "")
        for split in files:
            bare = min(least[f"torchvision {split}"], least[f"pillow {split}"])
            line(f"{split}: images a second over those of bare decoding", bare / least[split], "goal 0.9")
        line("pillow's decoding over torchvision's", least["pillow train"] / least["torchvision train"], "")
