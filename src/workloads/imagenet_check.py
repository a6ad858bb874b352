"""Open every image of an ImageNet folder: PYTHONPATH=src python -m workloads.imagenet_check DATA

DATA is place.data, the folder above imagenet/. Exit code 0: all images are readable; 1: some are
corrupt, each is named; 2: the layout is wrong, or something named like an image is no file. Neither
this command nor training detects corruption that leaves a JPEG decodable. Training does not decode
pixels below the crop either, so it misses corruption there unless the file is truncated.
"""

import multiprocessing
import os
import sys
from pathlib import Path

import torch

from codist.errors import Refused
from codist.progress import progress
from workloads.imagenet.data import decoded
from workloads.imagenet.files import Unreadable
from workloads.imagenet.folder import Listing, laid_out
from workloads.imagenet.options import ImageNet


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return refuse(
            "expected one folder: python -m workloads.imagenet_check DATA, with DATA/imagenet/train"
        )
    try:
        splits = laid_out(Path(arguments[0]) / "imagenet")
    except Refused as error:
        return refuse(str(error))
    paths = [path for listing in splits for path in paths_of(listing)]
    torch.set_num_threads(1)
    unreadable = 0
    with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0))) as processes:
        faults = processes.imap(fault_of, paths, chunksize=64)
        for fault in progress("reading images", faults, len(paths)):
            if fault:
                unreadable += 1
                print(fault, flush=True)
    for listing in splits:
        print(
            f"{listing.folder}: {len(listing.names):,} images of {len(listing.classes):,} classes"
        )
    if other := others(*splits):
        print(f"these numbers are not ImageNet's; a sweep needs {other}")
    print(f"{unreadable} of {len(paths)} images cannot be read")
    return 1 if unreadable else 0


def others(train: Listing, valid: Listing) -> str:
    """The overrides for a sweep on these images; "" for ImageNet's own numbers."""
    counts = {
        "classes": len(train.classes),
        "images": len(train.names),
        "valid_examples": len(valid.names),
    }
    return " ".join(
        f"workload.{name}={count}"
        for name, count in counts.items()
        if count != getattr(ImageNet, name)
    )


def paths_of(listing: Listing) -> list[str]:
    classes = (listing.classes[label] for label in listing.labels)
    return [
        f"{listing.folder}/{name}/{os.fsdecode(file)}"
        for name, file in zip(classes, listing.names, strict=True)
    ]


def fault_of(path: str) -> str | None:
    """The error message of a corrupt image, None for a readable one."""
    try:
        decoded(path)
    except Unreadable as error:
        return str(error)
    return None


def refuse(message: str) -> int:
    print(f"imagenet_check: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
