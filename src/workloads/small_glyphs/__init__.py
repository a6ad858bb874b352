"""Characters at 8x8 pixels with noise; they replace ImageNet at scale=glyphs_scarce and glyphs_plenty."""

SIDE = 8  # pixels, each way
