"""BLEU by sacrebleu (Post 2018), with its signature. Needs no torch."""

from typing import NamedTuple

from sacrebleu.metrics import BLEU


class Score(NamedTuple):
    bleu: float  # 0 to 100
    signature: str


def bleu(
    translations: list[str], references: list[str], lower: bool = False, tokenize: str = "13a"
) -> Score:
    """The BLEU of translations with one reference each.

    lower     ignore case
    tokenize  sacrebleu's tokenizer; "none" for text that is tokenized already
    """
    # force: suppress the warning that the text looks tokenized
    metric = BLEU(lowercase=lower, tokenize=tokenize, force=tokenize == "none")
    score = metric.corpus_score(translations, [references]).score
    return Score(score, str(metric.get_signature()))
