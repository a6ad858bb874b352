"""BLEU as sacrebleu counts it (Post 2018), with the signature that says how. Needs no torch."""

from typing import NamedTuple

from sacrebleu.metrics import BLEU


class Score(NamedTuple):
    bleu: float  # 0 to 100
    signature: str


def bleu(said: list[str], meant: list[str], lower: bool = False, tokenize: str = "13a") -> Score:
    """Of translations against one reference each.

    lower     A and a are one
    tokenize  sacrebleu's; "none" for what is tokenized already
    """
    metric = BLEU(
        lowercase=lower, tokenize=tokenize, force=tokenize == "none"
    )  # force: it may look tokenized
    score = metric.corpus_score(said, [meant]).score
    return Score(score, str(metric.get_signature()))
