"""The log of a run: its folder, open for writing by one process at a time. Needs no torch."""

import fcntl
import json
import os
import sys
import time
from pathlib import Path
from typing import TextIO

import yaml

from codist.disk import write_atomically
from codist.errors import Busy
from codist.rows import content_of, line_of, log_of, misplaced, rows, until, updates_of
from codist.run_folder import CONFIG, DONE, config, refuse_other

LOCK = "lock"


class RunLog:
    """The run folder, open for writing by one process at a time.

    patience: seconds to wait for another process that has it open, such as an earlier attempt that
    is about to exit. Raises Busy if the folder stays open elsewhere, Refused if another config made
    it or it is damaged.
    """

    def __init__(self, folder: Path, config_of_run: dict, defaults: dict, patience: float = 0.0):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.lock = open(folder / LOCK, "a")
        give_up = time.monotonic() + patience
        while not locked(self.lock):
            if time.monotonic() >= give_up:
                raise Busy(f"{folder} is being written by another process; wait for it, or stop it")
            time.sleep(0.2)
        refuse_other(folder, config_of_run, defaults)
        if config(folder) is None:
            write_atomically(folder / CONFIG, yaml.safe_dump(config_of_run, sort_keys=False))
        models = (
            int(path.stem[5:]) for path in folder.glob("model*.jsonl") if path.stem[5:].isdecimal()
        )
        # The rows of each model as one text. Damaged rows are refused here, where all ranks learn of it.
        self.rows = {model: "".join(map(line_of, rows(folder, model))) for model in models}
        self.files: dict[int, TextIO] = {}

    def until(self, update: int) -> dict[int, str]:
        """The rows of each model up to `update`."""
        return {model: until(text, update) for model, text in self.rows.items()}

    def restore(self, kept: dict[int, str], update: int) -> None:
        """Restore the logs to `kept`, the rows of the checkpoint of `update`.

        Later rows are dropped, since training resumes from there and writes them again. A file
        whose rows until `update` differed from `kept` is named on stderr.
        """
        before = self.until(update)
        for model, text in kept.items():
            path, found = log_of(self.folder, model), before.get(model, "")
            if found != text:
                wrong = (
                    misplaced(updates_of(found), updates_of(text)) or "has a row with other values"
                )
                self.say(
                    f"{path} {wrong}; its rows are restored from the checkpoint of update {update}"
                )
            if content_of(path) != text.encode():
                write_atomically(path, text)
        self.rows = dict(kept)

    def write(self, model: int, row: dict) -> None:
        """Append one row of `model`; numbers that are not finite become null."""
        if model not in self.files:
            self.files[model] = open(log_of(self.folder, model), "a")
        self.files[model].write(line_of(row))
        self.files[model].flush()
        self.rows[model] = self.rows.get(model, "") + line_of(row)

    def say(self, line: str) -> None:
        """Print one line on stderr."""
        print(line, file=sys.stderr, flush=True)

    def sync(self) -> None:
        """Flush the rows to disk; called before each checkpoint, which must not be ahead of its rows."""
        for file in self.files.values():
            os.fsync(file.fileno())

    def finish(self, facts: dict) -> None:
        """Write done.json, after restoring rows of logs that were changed during the run."""
        self.sync()
        for model, text in self.rows.items():
            if content_of(path := log_of(self.folder, model)) != text.encode():
                self.say(f"{path} was changed during the run; its rows are written again")
                write_atomically(path, text)
        write_atomically(self.folder / DONE, json.dumps(facts, indent=1) + "\n")

    def close(self) -> None:
        for file in self.files.values():
            file.close()
        self.lock.close()


class Onlooker:
    """The run folder in all ranks but the first, which is the only writer."""

    def __init__(self, folder: Path):
        self.folder = folder

    def close(self) -> None: ...


def busy(folder: Path) -> bool:
    """True if a process on this or another machine is writing `folder`."""
    try:
        # a shared lock needs no permission to write
        with open(folder / LOCK) as file:
            return not locked(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def locked(file, how: int = fcntl.LOCK_EX) -> bool:
    """Try to lock `file`; False if another process holds the lock."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
