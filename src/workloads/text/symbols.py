"""The special symbols that begin every vocabulary, as in fairseq: a word's id is its place among words plus 4."""

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # ids 0 to 3
PAD, END, UNKNOWN = 1, 2, 3
