"""The synthetic language as a workload of sentence pairs."""

from workloads.grammar.language import Made
from workloads.text.sentence_pairs import TranslationData


def open(options, data: str) -> TranslationData:
    """Generate the sentences; `data` is unused."""
    return TranslationData(options, Made(*options.made_of), plain=str)
