"""Read an image's file without blocking, or raise the reason in one line. Needs no torch."""

import errno
import os
import stat

from codist.errors import Damaged
from workloads.files import kind, printable, reason

# Errors of the process or machine, which any other file would raise as well.
OF_THE_PROCESS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Unreadable(Damaged):
    """A corrupt image; the message is one line, even if a loading process wrapped a traceback around it."""

    def __init__(self, text: str):
        super().__init__(text.strip().splitlines()[-1].removeprefix(f"{__name__}.Unreadable: "))


def content(path: str) -> bytes:
    """The bytes of the regular file at `path`.

    Raises Unreadable if it is empty, no regular file, missing, a dangling link, not permitted, or
    on a failing disk. Raises OSError if this process cannot open any file.
    """
    try:
        # unbuffered: 7 us faster than Path.read_bytes
        with open(path, "rb", buffering=0, opener=at_once) as file:
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
    """Open without blocking: an ordinary open of a FIFO would wait for a writer."""
    return os.open(path, flags | os.O_NONBLOCK)
