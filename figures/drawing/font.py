"""The font of all drawings: matplotlib's DejaVu Sans without its layout tables, which are slow to embed in a PDF."""

import atexit
import tempfile
from pathlib import Path

from fontTools.ttLib import TTFont
from matplotlib import font_manager

NAME = "DejaVu Sans Plain"
# fontTools parses these again for each PDF; Latin and Greek words need none of them
DROPPED = ("GDEF", "GPOS", "GSUB", "MATH")
NAMES = (1, 4, 16)  # family, whole name and typographic family, in a font's table of names

folder = tempfile.TemporaryDirectory(prefix="font-")
atexit.register(folder.cleanup)


def plain() -> str:
    """The name of the font, which is there from now on."""
    path = Path(folder.name, f"{NAME}.ttf")
    whole = font_manager.findfont("DejaVu Sans")
    # the same bytes each time: the date stays that of the original
    with TTFont(whole, lazy=True, recalcTimestamp=False) as font:
        for table in DROPPED:
            del font[table]
        for entry in font["name"].names:
            if entry.nameID in NAMES:
                entry.string = NAME.encode(entry.getEncoding())
        font.save(path)
    font_manager.fontManager.addfont(path)
    return NAME
