"""Open every image of an ImageNet folder: PYTHONPATH=src python -m workloads.imagenet_check DATA

DATA is place.data, the folder above imagenet/. Exits with 0; 1 where images cannot be read, naming
each; 2 where the folder is laid out wrongly, or what is named as an image is no file. Damage that
leaves a JPEG decodable is not seen, here or in training; in training also not what is below the
part that a crop shows, unless the file is cut short.
"""

import multiprocessing
import os
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from codist.errors import Refused
from workloads.imagenet.data import decoded
from workloads.imagenet.files import Unreadable
from workloads.imagenet.folder import Listing, laid_out
from workloads.imagenet.options import ImageNet


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return refuse(
            "say which folder: python -m workloads.imagenet_check DATA, where DATA/imagenet/train is"
        )
    try:
        splits = laid_out(Path(arguments[0]) / "imagenet")
    except Refused as error:
        return refuse(str(error))
    paths = [path for listing in splits for path in paths_of(listing)]
    torch.set_num_threads(1)
    unreadable = 0
    bars = Progress(
        TextColumn("reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0))) as processes, bars:
        for fault in bars.track(processes.imap(fault_of, paths, chunksize=64), total=len(paths)):
            if fault:
                unreadable += 1
                print(fault, flush=True)
    for listing in splits:
        print(
            f"{listing.folder}: {len(listing.names):,} images of {len(listing.classes):,} classes"
        )
    if other := others(*splits):
        print(f"not as many as ImageNet's; a sweep would want {other}")
    print(f"{unreadable} of {len(paths)} images cannot be read")
    return 1 if unreadable else 0


def others(train: Listing, valid: Listing) -> str:
    """The options of a sweep on these images, where they are not as many as ImageNet's."""
    came = {
        "classes": len(train.classes),
        "images": len(train.names),
        "valid_examples": len(valid.names),
    }
    return " ".join(
        f"workload.{name}={count}"
        for name, count in came.items()
        if count != getattr(ImageNet, name)
    )


def paths_of(listing: Listing) -> list[str]:
    classes = (listing.classes[label] for label in listing.labels)
    return [
        f"{listing.folder}/{name}/{os.fsdecode(file)}"
        for name, file in zip(classes, listing.names, strict=True)
    ]


def fault_of(path: str) -> str | None:
    """What is wrong with the image, None where it can be read."""
    try:
        decoded(path)
    except Unreadable as error:
        return str(error)
    return None


def refuse(said: str) -> int:
    print(f"imagenet_check: {said}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
