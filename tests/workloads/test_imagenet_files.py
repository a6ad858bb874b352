"""ImageNet's folder holds what is no image file: found when it is listed, or read later as a corrupt image."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from permissions import forbidden, reached
from pictures import CLASSES, TRAIN, VALID, imagenet, train_once

import workloads
from codist.check import check
from codist.config import Run
from codist.errors import Damaged, Refused
from codist.feed import feed
from codist.schedules import Schedule
from codist.workload import Draw
from codist.world import OneProcess
from workloads.imagenet.crops import Crop
from workloads.imagenet.data import decoded
from workloads.imagenet.options import ImageNet

ROOT = Path(__file__).parents[2]
CLASS = CLASSES[1]  # training images 5 to 11, and validation image 2


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return imagenet(tmp_path / "data")


@pytest.fixture(autouse=True)
def never_hangs():
    """A FIFO that is opened in the ordinary way waits for ever for somebody to write to it."""

    def give_up(number, frame):
        raise TimeoutError("an image's file was waited for")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def options(**changes) -> ImageNet:
    count = {"images": sum(TRAIN), "valid_examples": sum(VALID), "classes": 3}
    return ImageNet(**{"networks": ["resnet18"], **count, **changes})


def of(data, split, nth) -> Path:
    return data / "imagenet" / split / CLASS / f"{CLASS}_{nth}.JPEG"


SPOILT = {
    "No such file or directory": lambda path: None,
    "a dangling link": lambda path: path.symlink_to("nowhere.JPEG"),
    "Too many levels of symbolic links": lambda path: path.symlink_to(path.name),
    "a folder": lambda path: path.mkdir(),
    "a FIFO": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


def spoil(path: Path, what: str) -> None:
    path.unlink()
    SPOILT[what](path)


@pytest.fixture
def shared(data, monkeypatch):
    """The same folder by a relative path."""
    reached(data.parent, monkeypatch)
    return Path(data.name)


# ---- when the folder is listed


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("what", [what for what in SPOILT if "No such" not in what])
def test_what_is_no_file_is_refused_when_the_folder_is_listed(data, what, split):
    spoil(of(data, split, 0), what)
    with pytest.raises(Refused) as refused:
        options().ready(str(data))
    assert (
        f"/{split}: expected image files, got 1 that are none, {of(data, split, 0)} ({what}); "
        in str(refused.value)
    )
    assert not list(data.rglob(f"{split}.index"))


def test_a_link_to_an_image_is_an_image(data):
    path = of(data, "train", 0)
    path.symlink_to(path.rename(data / "elsewhere"))
    options().ready(str(data))
    assert workloads.open(options(), str(data)).train.__getitems__([Draw(5, 0)]).x.any()


def test_of_many_that_are_no_files_three_are_named(data):
    for nth in range(5):
        spoil(of(data, "train", nth), "a dangling link")
    with pytest.raises(
        Refused, match=r"got 5 that are none, .*_\d.JPEG \(a dangling link\), \.\.\.; "
    ) as refused:
        options().ready(str(data))
    assert str(refused.value).count("dangling") == 3


def test_a_folder_that_may_not_be_listed_is_refused_in_one_line(shared):
    with forbidden(home := of(shared, "train", 0).parent), pytest.raises(Refused) as refused:
        options().ready(str(shared))
    assert str(refused.value) == f"{home} cannot be listed: Permission denied; make it readable"


# ---- once the folder is listed


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("what", SPOILT)
def test_what_is_no_file_any_more_ends_a_run_with_a_line_that_names_it(data, what, workers):
    run = Run(workload=options(), epochs=0.76, batch=4, device_batch=2, lr=Schedule(0.01))
    run.place.data, run.place.workers = str(data), workers
    check(run)
    workload = workloads.open(run.workload, str(data))
    for nth in range(7):
        spoil(of(data, "train", nth), what)
    with pytest.raises(Damaged) as ended:
        list(feed(run, workload, OneProcess(2, 2), 0, 3))
    said = str(ended.value)
    assert said.startswith(f"{data}/imagenet/train/{CLASS}/{CLASS}_")
    assert said.endswith(
        f".JPEG is no readable image: {what}; restore it, or set workload.corrupt=replace"
    )


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_no_file_any_more_is_replaced_by_the_next_of_its_class_and_counted(data, what):
    train = workloads.open(options(corrupt="replace"), str(data)).train
    for nth in (1, 6):  # indices 6 and 11: the next of the last is the first, 5
        spoil(of(data, "train", nth), what)
    batch = train.__getitems__([Draw(index, 1) for index in (6, 7, 11)])
    assert batch.replaced == 2 and batch.y.tolist() == [1, 1, 1]
    for place, index, replacement in ((0, 6, 2), (2, 11, 0)):
        crop = Crop(Draw(index, 1))
        assert torch.equal(
            batch.x[place], crop.seen(decoded(str(of(data, "train", replacement)), crop.part))[0]
        )


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_no_file_any_more_is_never_replaced_in_validation(data, what):
    valid = workloads.open(options(corrupt="replace"), str(data)).valid
    spoil(of(data, "val", 0), what)
    with pytest.raises(
        Damaged,
        match=rf"0\.JPEG is no .*: {what}; restore it: what is validated on is never replaced",
    ):
        valid.__getitems__([1, 2])


def test_an_image_that_may_not_be_read_is_a_corrupt_one(shared):
    stop, replace = (
        workloads.open(options(corrupt=corrupt), str(shared)).train
        for corrupt in ("stop", "replace")
    )
    with forbidden(of(shared, "train", 0)):
        with pytest.raises(
            Damaged, match=r"_0\.JPEG is no readable image: Permission denied; restore it, or set"
        ):
            stop.__getitems__([Draw(5, 0)])
        assert replace.__getitems__([Draw(5, 0)]).replaced == 1


def test_where_this_process_can_open_no_file_no_image_is_replaced(data):
    train = workloads.open(options(corrupt="replace"), str(data)).train
    train.__getitems__([Draw(5, 0)])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            train.__getitems__([Draw(5, 0)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_the_command_ends_with_1_and_one_line_also_where_an_index_has_the_name(data, tmp_path):
    options().ready(str(data))
    home = of(data, "train", 0).parent
    listed = home.stat()
    for nth in range(7):
        spoil(of(data, "train", nth), "a dangling link")
    # as a link's target goes: its folder stays as it was
    os.utime(home, ns=(listed.st_atime_ns, listed.st_mtime_ns))
    done = train_once(data, tmp_path / "runs")
    assert done.returncode == 1, done.stderr
    said = done.stderr.strip().splitlines()[-1]
    assert (
        said.startswith("failed: ")
        and ".JPEG is no readable image: a dangling link; restore it, or set" in said
    )


# ---- names

NAMES = [
    b"\xff\xe9t\xe9.JPEG",
    b"two\nlines.JPEG",
    b"a\rb\x0bc.JPEG",
    "\N{SNOWMAN}\u2028.JPEG".encode(),
]


def renamed(data, name: bytes) -> bytes:
    """The first image of CLASS under another name."""
    path = os.fsencode(of(data, "train", 0).parent) + b"/" + name
    os.rename(of(data, "train", 0), path)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_whatever_an_image_is_called_its_index_is_kept_and_serves_the_next_time(
    data, monkeypatch, name
):
    path = renamed(data, name)
    first = workloads.open(options(), str(data)).train
    with monkeypatch.context() as without:  # the decoder, loaded at the first image, lists a folder
        without.setattr(os, "scandir", None)
        again = workloads.open(options(), str(data)).train
    assert again.names.tolist() == first.names.tolist() and name in again.names.tolist()
    index = again.names.tolist().index(name)
    assert os.fsencode(again.path(index)) == path
    assert torch.equal(
        again.__getitems__([Draw(index, 0)]).x, first.__getitems__([Draw(index, 0)]).x
    )


def test_a_class_may_have_any_name_too(data, monkeypatch):
    for split in ("train", "val"):
        home = os.fsencode(of(data, split, 0).parent)
        os.rename(home, os.path.dirname(home) + b"/\xff\n")
    options().ready(str(data))
    with monkeypatch.context() as without:
        without.setattr(os, "scandir", None)
        train = workloads.open(options(), str(data)).train
    assert train.__getitems__([Draw(15, 0)]).x.any()


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_corrupt_image_is_called_it_is_named_in_one_line_that_can_be_printed(data, name):
    Path(os.fsdecode(renamed(data, name))).write_bytes(b"")
    train = workloads.open(options(), str(data)).train
    with pytest.raises(Damaged) as ended:
        train.__getitems__([Draw(train.names.tolist().index(name), 0)])
    assert str(ended.value).startswith(str(data)) and str(ended.value).isprintable()


def test_the_full_check_prints_whatever_a_corrupt_image_is_called(data):
    of(data, "train", 0).write_bytes(b"")
    renamed(data, NAMES[0])
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "workloads.imagenet_check", str(data)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout.splitlines()[0].endswith(
        ".JPEG is no readable image: it is empty"
    )
    assert "1 of 21 images cannot be read" in done.stdout
