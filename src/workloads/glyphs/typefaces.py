"""Bitmaps of the characters that several typefaces share and each draws in its own way, made once and kept.

The typefaces are matplotlib's, drawn by its FreeType. Needs no torch.
"""

import contextlib
import hashlib
import os
import uuid
from pathlib import Path

import numpy

from codist.errors import Refused
from workloads.files import irregular

SIZE = 32  # pixels, each way
POINT = 22  # pixels an em, for all characters alike; one of 2,363 does not fit
APART = (
    15**2
)  # squared distance below which bitmaps in 16 shades look alike: one pixel, black for white


def glyphs(faces: tuple[str, ...], data: str, wanted: str) -> numpy.ndarray:
    """The characters and their bitmaps: K records {character: code point, bitmap: (faces, 32, 32), 0 to 255}.

    They are kept in `data` under their own digest: a file that is not what its name says, or cannot
    be read, is drawn anew. Raises Refused where what is drawn has another digest than `wanted`, or
    cannot be kept.
    """
    record = numpy.dtype([("character", "<u4"), ("bitmap", "u1", (len(faces), SIZE, SIZE))])
    path = path_of(data, wanted)
    content = readable(path)
    if digest(content) != wanted:
        content = drawn(faces, record).tobytes()
        if (came := digest(content)) != wanted:
            raise Refused(
                f"{drawer()} draws other glyphs than workload.bitmaps={wanted}; install what requirements.lock pins, "
                f"or set workload.bitmaps={came} and place.runs for runs of their own"
            )
        keep(path, content)
    return numpy.frombuffer(content, record)


def path_of(data: str, wanted: str) -> Path:
    return Path(data) / "glyphs" / wanted


def digest(content: bytes) -> str:
    return "sha256-" + hashlib.sha256(content).hexdigest()[:16]


def readable(path: Path) -> bytes:
    """The bytes at `path`; none where no regular file is there, or one that may not be read."""
    with contextlib.suppress(OSError):
        return b"" if irregular(path) else path.read_bytes()
    return b""


def keep(path: Path, content: bytes) -> None:
    """Whole or not at all, also where several processes do it at once. Raises Refused where it cannot be written."""
    fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(content)
            os.replace(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(
            f"{path} cannot be written: {error.strerror}; make it writable, or choose another place.data"
        ) from None


def drawer() -> str:
    import matplotlib
    from matplotlib import ft2font

    return f"matplotlib {matplotlib.__version__} with FreeType {ft2font.__freetype_version__}"


def drawn(faces: tuple[str, ...], record: numpy.dtype) -> numpy.ndarray:
    """Every character that all faces have, that leaves ink, fits and is distinct."""
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    fonts = [FT2Font(str(Path(get_data_path(), "fonts", "ttf", f"{face}.ttf"))) for face in faces]
    common = sorted(set.intersection(*(set(font.get_charmap()) for font in fonts)))
    found = numpy.zeros(len(common), record)
    found["character"] = common
    fits = numpy.ones(len(common), bool)
    for face, font in enumerate(fonts):
        font.set_size(POINT, 72)
        for k, character in enumerate(common):
            fits[k] &= draw(font, chr(character), found["bitmap"][k, face])
    found = found[fits]
    return found[distinct(found["bitmap"])]


def draw(font, character: str, on: numpy.ndarray) -> bool:
    """Draw `character` in the middle of `on` (32, 32). Is it visible, and does it fit?"""
    from matplotlib.ft2font import LoadFlags

    font.set_text(
        character, 0, flags=LoadFlags.NO_HINTING
    )  # a hinter would be one more thing that differs
    font.draw_glyphs_to_bitmap(antialiased=True)
    ink = numpy.asarray(font.get_image())
    rows, columns = numpy.flatnonzero(ink.any(1)), numpy.flatnonzero(ink.any(0))
    if not len(rows):
        return False
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if max(ink.shape) > SIZE:
        return False
    top, left = ((SIZE - length) // 2 for length in ink.shape)
    on[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return True


def distinct(bitmaps: numpy.ndarray) -> numpy.ndarray:
    """Which of bitmaps (K, faces, 32, 32) show a character anew in each face, and like none kept before: A hides Alpha.

    Most symbols are the same in an upright and an oblique face. A face that is held out must not be
    such a copy.
    """
    shades = (
        (bitmaps >> 4).reshape(*bitmaps.shape[:2], -1).astype("f4")
    )  # sums of their squares are exact in 32 bits
    faces = shades.shape[1]
    varied = numpy.flatnonzero(alike(shades).sum((1, 2)) == faces)  # each is like itself alone
    hidden = numpy.any([alike(shades[varied, face]) for face in range(faces)], axis=0)
    kept = []
    for k in range(len(varied)):
        if not hidden[k, kept].any():
            kept.append(k)
    return varied[kept]


def alike(shades: numpy.ndarray) -> numpy.ndarray:
    """Which of shades (..., N, pixels) look alike: (..., N, N)."""
    squares = (shades * shades).sum(-1)
    return (
        squares[..., :, None] + squares[..., None, :] - 2 * (shades @ shades.swapaxes(-1, -2))
        < APART
    )
