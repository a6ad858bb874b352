"""Read an image's file without waiting, or say in one line why it cannot be read. Needs no torch."""

import errno
import os
import stat

from codist.errors import Damaged
from workloads.files import kind, printable, reason

OF_THE_PROCESS = (
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
)  # would be raised for any other file as well


class Unreadable(Damaged):
    """A corrupt image, in one line, also where a loading process wrapped its trace around it."""

    def __init__(self, said: str):
        super().__init__(said.strip().splitlines()[-1].removeprefix(f"{__name__}.Unreadable: "))


def content(path: str) -> bytes:
    """All bytes of the regular file at `path`.

    Raises Unreadable where it is empty, is no regular file, or cannot be opened or read: it is
    gone, a dangling link, not permitted, or the disk fails. Raises OSError where this process
    cannot open any file.
    """
    try:
        with open(
            path, "rb", buffering=0, opener=at_once
        ) as file:  # unbuffered: 7 us less than Path.read_bytes takes
            mode = os.fstat(file.fileno()).st_mode
            read = file.read() if stat.S_ISREG(mode) else b""
    except OSError as error:
        if error.errno in OF_THE_PROCESS:
            raise
        why = reason(path, error)
    else:
        if read:
            return read
        why = "it is empty" if stat.S_ISREG(mode) else kind(mode)
    raise Unreadable(f"{printable(path)} is no readable image: {why}")


def at_once(path: str, flags: int) -> int:
    """Opens a FIFO too, where an ordinary open would wait for somebody to write to it."""
    return os.open(path, flags | os.O_NONBLOCK)
