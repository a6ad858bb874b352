"""Where each data set comes from: addresses, sizes and checksums, in one table. Needs no torch."""

import hashlib
import stat
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from workloads.files import kind


@dataclass(frozen=True)
class File:
    """What a file must be; a checksum that nobody has published is left empty."""

    bytes: int
    sha256: str = ""
    md5: str = ""


@dataclass(frozen=True)
class Archive:
    """A .tar.gz, and what becomes of its members; fetch.py refuses others, but the folders they are in."""

    url: str
    file: File
    members: dict[str, File] = field(
        default_factory=dict
    )  # path in the archive -> the file, unpacked under its last name
    left: tuple[str, ...] = ()  # members that nobody reads: they stay packed

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


SOURCES = {
    "cifar10": Archive(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        # MD5: that page. Bytes and SHA-256: tensorflow/datasets,
        # tensorflow_datasets/url_checksums/cifar10.txt.
        File(
            170_052_171,
            sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            md5="c32a1d4ab5d03f1284b67883e8d87530",
        ),
        {  # SHA-256: ankane/torchvision-ruby, lib/torchvision/datasets/cifar10.rb
            f"cifar-10-batches-bin/{name}": File(10_000 * (1 + 3 * 32 * 32), sha256)
            for name, sha256 in {
                "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
            }.items()
        },
        left=("cifar-10-batches-bin/batches.meta.txt", "cifar-10-batches-bin/readme.html"),
    )
}

# archives of text, of which translation/iwslt.py and wmt.py take the members that they name
CORPORA = {
    "iwslt14": (
        Archive(
            # fairseq's own copy; the address that fairseq 0.9 names,
            # https://wit3.fbk.eu/archive/2014-01/..., is gone.
            "https://dl.fbaipublicfiles.com/fairseq/data/iwslt14/de-en.tgz",
            # Bytes: what both servers said (facebookresearch/fairseq, issue 1493, for the first).
            # No checksum of it is published; the one that is found goes into the name of what is
            # prepared.
            File(19_982_877),
        ),
    ),
    "wmt16": tuple(
        # Bytes and SHA-256: tensorflow/datasets,
        # tensorflow_datasets/url_checksums/wmt16_translate.txt.
        Archive(url, File(size, sha256))
        for url, size, sha256 in (
            (
                "https://www.statmt.org/wmt13/training-parallel-europarl-v7.tgz",
                657_632_379,
                "0224c7c710c8a063dfd893b0cc0830202d61f4c75c17eb8e31836103d27d96e7",
            ),
            (
                "https://www.statmt.org/wmt13/training-parallel-commoncrawl.tgz",
                918_311_367,
                "c7a74e2ea01ac6c920123108627e35278d4ccb5701e15428ffa34de86fa3a9e5",
            ),
            (
                "https://data.statmt.org/wmt16/translation-task/training-parallel-nc-v11.tgz",
                75_178_032,
                "cfe8ab047e05043476e498ee765c98e939c7b7d6d294e856344c84476b619d6a",
            ),
            (
                "https://data.statmt.org/wmt19/translation-task/dev.tgz",
                38_654_961,
                "7a7deccf82ebb05ba508dba5eb21356492224e8f630ec4f992132b029b4b25e7",
            ),
        )
    ),
}


def wrong(path: Path, file: File) -> str | None:
    """What keeps the file at `path` from being `file`: "is not there", and so on; None where it is the very one."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return f"is {kind(found.st_mode)}"
        if found.st_size != file.bytes:
            return f"has {found.st_size:,} bytes, not {file.bytes:,}"
        for algorithm, known in (("sha256", file.sha256), ("md5", file.md5)):
            if known and digest(path, algorithm, found.st_mtime_ns) != known:
                return f"has another {algorithm.upper()} than the published one"
    except (FileNotFoundError, NotADirectoryError):
        return "is not there"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


@cache
def digest(path: Path, algorithm: str, changed: int) -> str:
    """Of the file at `path` as it stands since `changed`: a sweep asks once for each of its runs."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
