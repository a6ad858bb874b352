"""WMT 2016, English and German news, prepared as by Google for Ott et al. (2018): 4,500,966 pairs.

Their recipe (fairseq 0.9, examples/scaling_nmt) starts from Google's archive, which has been offline
since 2022 (facebookresearch/fairseq, issue 4192). We follow the script that made the archive
(google/seq2seq, bin/data/wmt16_en_de.sh): Europarl v7, Common Crawl and News Commentary v11, Moses'
tokenizer, 1 to 80 tokens, length ratio up to 9 (clean-corpus-n.perl's limit), 32,000 joint merges,
and fairseq's 32,768 most frequent symbols. prepare-wmt14en2de.sh, with a ratio up to 1.5, would
leave 3.96 million pairs. The 4.56M/3K/2.6K pairs of v2 A.2 are google/seq2seq's numbers before
cleaning; newstest2013 has 3,000 pairs and newstest2014 3,003.
"""

from collections import Counter
from pathlib import Path

from workloads.text.corpus import LANGUAGES
from workloads.text.pieces import Recipe
from workloads.text.texts import gather, paired, segments, take

RECIPE = Recipe(merges=32_000, longest=80, ratio=9, symbols=32_768)
TRAIN = (  # in the order of CORPORA["wmt16"]
    "training/europarl-v7.de-en.{}",
    "commoncrawl.de-en.{}",
    "training-parallel-nc-v11/news-commentary-v11.de-en.{}",
)
VALID = "dev/newstest2013.{}"
TEST = ("dev/newstest2014-deen-ref.de.sgm", "dev/newstest2014-deen-src.en.sgm")


def parts(archives: list[Path], raw: Path) -> tuple[dict[str, list[str]], dict[str, Counter]]:
    """Write raw pairs to `raw`; returns the file names by split, and the counts of changes."""
    counts = {}
    for archive, name in zip(archives, (*TRAIN, VALID), strict=True):
        members = [name.format(language) for language in LANGUAGES]
        take(archive, [*members, *(TEST if name == VALID else ())], raw / "unpacked")
        part = Path(name).name.partition(".")[0]
        counts[part] = gather(raw, part, lambda members=members: paired(unpacked(raw, members)))
    counts["newstest2014"] = gather(
        raw, "newstest2014", lambda: paired(unpacked(raw, TEST), segments)
    )
    *train, valid, test = counts
    return {"train": train, "valid": [valid], "test": [test]}, counts


def unpacked(raw: Path, members) -> tuple[Path, Path]:
    return tuple(raw / "unpacked" / Path(member).name for member in members)
