"""The typefaces that ship with matplotlib, those for training and those held out. Needs no torch."""

TRAIN = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
)
# held out of training
VALID = ("DejaVuSans-BoldOblique", "DejaVuSansMono-BoldOblique", "DejaVuSerif-BoldItalic")
# Of 2,383 characters in all twelve typefaces, those that differ between typefaces and from each other.
CHARACTERS = 1261
# the digest of their bitmaps as drawn by matplotlib 3.11.2 with FreeType 2.14.3
BITMAPS = "sha256-e956bf2dd5ef7993"
