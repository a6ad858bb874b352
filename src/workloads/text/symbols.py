"""The special symbols at the start of every vocabulary, as in fairseq; word i has id i + 4."""

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # ids 0 to 3
PAD, END, UNKNOWN = 1, 2, 3
