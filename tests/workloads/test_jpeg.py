"""A part of a JPEG of any kind has the bits that torchvision decodes, and damage is noticed."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from pictures import picture
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg

from codist.workload import Draw
from workloads.imagenet.crops import Crop, Middle
from workloads.imagenet.data import Unreadable, decoded
from workloads.images import jpeg

ROOT = Path(__file__).parents[2]
here = pytest.mark.skipif(
    (sys.platform, os.uname().machine) != ("linux", "x86_64"),
    reason="nvImageCodec is installed on x86-64 Linux alone",
)
ROTATED = Image.Exif()
ROTATED[0x0112] = 6  # to be shown turned by 90 degrees, which torchvision and ImageFolder pass over
KINDS = {
    "4:2:0": {},
    "4:2:2": {"subsampling": 1},
    "4:4:4": {"subsampling": 0},
    "progressive": {"progressive": True},
    "gray": {"mode": "L"},
    "rotated": {"exif": ROTATED},
    "coarse": {"quality": 20},
    "restarts": {"restart_marker_blocks": 3},
    "CMYK": {"mode": "CMYK"},
}


def made(width=131, height=97, mode="RGB", seed=0, **options) -> bytes:
    noise = np.random.default_rng(seed).integers(-20, 21, (height, width, 1))
    noisy = (np.asarray(picture(width, height, seed), int) + noise).clip(0, 255).astype("uint8")
    Image.fromarray(noisy).convert(mode).save(into := io.BytesIO(), "JPEG", **options)
    return into.getvalue()


def whole(content: bytes) -> torch.Tensor:
    return decode_jpeg(torch.frombuffer(bytearray(content), dtype=torch.uint8), ImageReadMode.RGB)


def at(part):
    return lambda height, width: part


def parts(height, width, count):
    draw = np.random.default_rng(1)
    yield 0, 0, height, width
    yield 0, 0, height, 2
    yield height - 1, width - 2, 1, 2
    for _ in range(count):
        h, w = draw.integers(1, height + 1), draw.integers(2, width + 1)
        yield tuple(map(int, (draw.integers(height - h + 1), draw.integers(width - w + 1), h, w)))


@here
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "CMYK"])
def test_a_part_has_the_bits_that_torchvision_decodes(kind):
    content = made(**KINDS[kind])
    image, kept = whole(content), [jpeg.part(content, at(part)) for part in parts(97, 131, 40)]
    for (top, left, h, w), part in zip(parts(97, 131, 40), kept, strict=True):
        assert torch.equal(part, image[:, top : top + h, left : left + w])


@here
def test_a_part_is_asked_for_in_the_image_s_own_height_and_width():
    asked = []
    jpeg.part(
        made(width=131, height=97, exif=ROTATED), lambda *size: asked.append(size) or (0, 0, 1, 1)
    )
    assert asked == [(97, 131)]


def test_cmyk_one_column_and_what_is_no_whole_jpeg_are_left_to_torchvision():
    content = made()
    Image.new("RGB", (9, 9)).save(png := io.BytesIO(), "PNG")
    assert jpeg.part(content, at((0, 0, 97, 1))) is None
    cut = (content[:200], content[: len(content) // 2], content[:200] + jpeg.END, jpeg.END)
    for left in (made(mode="CMYK"), png.getvalue(), b"", b"hello", *cut):
        assert jpeg.part(left, at((0, 0, 9, 9))) is None


@pytest.mark.parametrize(
    "part", [Crop(Draw(0, 0)).part, Middle().part, None], ids=["train", "val", "whole"]
)
@pytest.mark.parametrize(("height", "width"), [(0, 131), (97, 0), (0, 0)])
def test_a_header_without_rows_or_columns_is_a_corrupt_image(tmp_path, height, width, part):
    content = bytearray(made())
    at_size = content.index(b"\xff\xc0") + 5
    content[at_size : at_size + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    (path := tmp_path / "none.JPEG").write_bytes(content)
    with pytest.raises(Unreadable, match=r"none\.JPEG is no readable image: "):
        decoded(str(path), part)


def test_a_file_that_is_cut_short_below_the_part_is_unreadable(tmp_path):
    (tmp_path / "cut.JPEG").write_bytes(made()[:-900])
    with pytest.raises(Unreadable, match=r"cut\.JPEG is no readable image: "):
        decoded(str(tmp_path / "cut.JPEG"), at((0, 0, 8, 8)))


@pytest.mark.parametrize("seed", range(12))
def test_damage_that_leaves_a_jpeg_decodable_shows_the_same_bits(tmp_path, seed):
    """Progressive files are left out: their missing detail is smoothed over by its surroundings."""
    kinds = [options for kind, options in KINDS.items() if kind != "progressive"]
    content = bytearray(made(seed=seed, **kinds[seed % len(kinds)]))
    draw = np.random.default_rng(seed)
    for place in draw.integers(len(content) // 2, len(content) - 2, 3):
        content[place] = draw.integers(1, 255)
    (path := tmp_path / "bent.JPEG").write_bytes(content)
    try:
        image = decoded(str(path))
    except Unreadable:
        return  # wherever the damage is
    for top, left, h, w in parts(97, 131, 10):
        part = decoded(str(path), at((top, left, h, w)))
        assert torch.equal(part, image[:, top : top + h, left : left + w])


@pytest.mark.parametrize("kind", KINDS)
def test_where_it_is_not_installed_the_bits_are_the_same(tmp_path, monkeypatch, kind):
    (path := tmp_path / "a.JPEG").write_bytes(made(**KINDS[kind]))
    ours = decoded(str(path), at((5, 9, 60, 70)))
    monkeypatch.setattr(jpeg, "find_spec", lambda name: None)
    jpeg.loaded.cache_clear()
    try:
        assert jpeg.loaded() is None
        assert torch.equal(decoded(str(path), at((5, 9, 60, 70))), ours)
    finally:
        jpeg.loaded.cache_clear()


SCRIPT = """
import os, sys, threading
from workloads.images import jpeg
content = open(sys.argv[1], "rb").read()
before, threads = dict(os.environ), len(os.listdir("/proc/self/task"))
where = lambda height, width: (3, 5, 20, 30)
one = jpeg.part(content, where)
assert jpeg.part(content[:300] + jpeg.END, where) is None and jpeg.part(b"no" + jpeg.END, where) is None
if os.fork() == 0:  # as loading processes do
    os._exit(not jpeg.part(content, where).equal(one))
assert os.wait()[1] == 0
assert dict(os.environ) == before and len(os.listdir("/proc/self/task")) == threads
print("done")
"""


@here
def test_it_is_loaded_and_fails_in_silence_starts_no_thread_and_works_after_a_fork(tmp_path):
    (path := tmp_path / "a.JPEG").write_bytes(made())
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path], env=environment, capture_output=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"done\n", b"")
