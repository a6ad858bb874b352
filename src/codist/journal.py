"""The journal of a group: what it published and heard at which update. Needs no torch.

A line is on the disk before what it says takes effect, so a group that crashed hears again what it
had heard. One JSON object a line:

    {"update": k, "published": <name>}                         its own checkpoint before update k
    {"update": k, "peer": j, "heard": <name>}                  the checkpoint of model j that it uses from k on
    {"update": k, "peer": j, "passed_over": <name>, "why": …}  one that it found and did not use
"""

import errno
import json
import os
import threading
from pathlib import Path

from codist.errors import Refused
from codist.rows import DAMAGED

JOURNAL = "journal.jsonl"
PUBLISHED, HEARD, PASSED_OVER = ("published", "heard", "passed_over")


class Journal:
    """The journal in `folder`, open for writing; two threads may write.

    last: the last update of which there was a line when the journal was opened, -1 without lines.
          What happened up to it is known to others, and is repeated; later updates are live.

    Raises Refused if a line is damaged; a torn last line is removed.
    """

    def __init__(self, folder: Path):
        self.path = path = folder / JOURNAL
        self.lines = read(path)
        self.last = max((line["update"] for line in self.lines), default=-1)
        self.file = open(path, "ab", buffering=0)
        # what follows the last line feed is a torn write
        self.file.truncate(path.read_bytes().rfind(b"\n") + 1)
        self.lock = threading.Lock()

    def write(self, **line) -> None:
        """Append a line and flush it to the disk. Raises OSError, leaving no part of the line."""
        content = json.dumps(line).encode() + b"\n"
        with self.lock:
            before = os.fstat(self.file.fileno()).st_size
            try:
                if self.file.write(content) != len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.file.name)
                os.fsync(self.file.fileno())
            except OSError:
                self.file.truncate(before)
                raise
            self.lines.append(line)

    def at(self, update: int, what: str) -> list[dict]:
        """The lines of `update` that say `what`: PUBLISHED, HEARD or PASSED_OVER."""
        return [line for line in self.lines if line["update"] == update and what in line]

    def close(self) -> None:
        self.file.close()


def read(path: Path) -> list[dict]:
    """The whole lines of a journal; [] if there is none. Raises Refused if one is damaged."""
    try:
        *whole, _ = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(whole, 1):
        try:
            one = json.loads(line)
            known = type(one["update"]) is int and {PUBLISHED, HEARD, PASSED_OVER} & one.keys()
        except (ValueError, KeyError, TypeError, AttributeError):
            known = False
        if not known:
            raise Refused(f"{path}, line {number} {DAMAGED}")
        found.append(one)
    return found
