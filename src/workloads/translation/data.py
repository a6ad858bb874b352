"""A prepared corpus as a workload of sentence pairs."""

from sacremoses import MosesDetokenizer

from workloads.text.sentence_pairs import TranslationData


def open(options, data: str) -> TranslationData:
    """Open <data>/<corpus>/prepared-<hash>. Raises Refused if it is not what the options describe."""
    moses = MosesDetokenizer(lang=options.target)
    return TranslationData(
        options, options.found(data), lambda line: moses.detokenize(line.split())
    )
