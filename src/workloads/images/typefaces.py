"""Bitmaps of characters that several typefaces share and draw differently, cached in a file.

The typefaces are matplotlib's, drawn by its FreeType. Needs no torch.
"""

from pathlib import Path

import numpy

from workloads.cached import cached

SIZE = 32  # pixels, each way
POINT = 22  # pixels per em, for all characters; one of 2,363 does not fit
# Squared distance below which bitmaps in 16 shades are alike: one pixel changed from black to white.
APART = 15**2


def glyphs(faces: tuple[str, ...], data: str, expected: str) -> numpy.ndarray:
    """The characters and their bitmaps: K records {character: code point, bitmap: (faces, 32, 32), 0 to 255}.

    They are cached in `data` under their digest `expected`; a corrupt or unreadable file is drawn
    again. Raises Refused if the drawn bitmaps have another digest, or cannot be written.
    """
    record = numpy.dtype([("character", "<u4"), ("bitmap", "u1", (len(faces), SIZE, SIZE))])
    content = cached(
        path_of(data, expected),
        expected,
        lambda: drawn(faces, record).tobytes(),
        lambda got: (
            f"{drawer()} draws other glyphs than workload.bitmaps={expected}; install what "
            f"requirements.lock pins, or set workload.bitmaps={got} and another place.runs"
        ),
    )
    return numpy.frombuffer(content, record)


def path_of(data: str, expected: str) -> Path:
    return Path(data) / "glyphs" / expected


def drawer() -> str:
    import matplotlib
    from matplotlib import ft2font

    return f"matplotlib {matplotlib.__version__} with FreeType {ft2font.__freetype_version__}"


def drawn(faces: tuple[str, ...], record: numpy.dtype) -> numpy.ndarray:
    """Every character that all faces have and that is visible, fits, and is distinct."""
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
    """Draw `character` into the middle of `on` (32, 32). Returns False if it is blank or too large."""
    from matplotlib.ft2font import LoadFlags

    font.set_text(character, 0, flags=LoadFlags.NO_HINTING)  # hinting differs between versions
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
    """Indices of bitmaps (K, faces, 32, 32) that differ in all faces and from all earlier ones.

    Most symbols look the same in an upright and an oblique face, and a held-out face must not copy a
    training face. Characters that look alike are kept once: A, but not Alpha.
    """
    # in 16 shades, sums of squares are exact in 32 bits
    shades = (bitmaps >> 4).reshape(*bitmaps.shape[:2], -1).astype("f4")
    faces = shades.shape[1]
    # each face is alike to itself only
    varied = numpy.flatnonzero(alike(shades).sum((1, 2)) == faces)
    hidden = numpy.any([alike(shades[varied, face]) for face in range(faces)], axis=0)
    kept = []
    for k in range(len(varied)):
        if not hidden[k, kept].any():
            kept.append(k)
    return varied[kept]


def alike(shades: numpy.ndarray) -> numpy.ndarray:
    """Pairwise similarity of shades (..., N, pixels): bools (..., N, N)."""
    squares = (shades * shades).sum(-1)
    return (
        squares[..., :, None] + squares[..., None, :] - 2 * (shades @ shades.swapaxes(-1, -2))
        < APART
    )
