"""The run folder, written and read: config.yaml, model0.jsonl ..., done.json. Needs no torch.

runs/<scale>/<sweep>/<arm>/<seed>/
    config.yaml     everything that decided the numbers, and under `place` where they were made
    model<i>.jsonl  one row an epoch for model i; the same files wherever the models lived
    state/          what training resumes from (codist.checkpoint); not shipped
    error.txt       of an attempt that failed, until the next: why, in a line, and its trace
    done.json       how it ended: outcome, commit, versions, machine, threads, seconds, bits, digest
                    of the last save
"""

import fcntl
import json
import os
import sys
import time
from pathlib import Path
from typing import TextIO

import yaml

from codist.disk import write_atomically
from codist.errors import Busy, Refused
from codist.rows import DAMAGED, content_of, line_of, log_of, misplaced, rows, until, updates_of
from codist.run_identity import difference
from codist.states import state_of

CONFIG, DONE, LOCK, ERROR = "config.yaml", "done.json", "lock", "error.txt"


def folder_of(root: Path, scale: str, sweep: str, arm: str, seed: int) -> Path:
    return Path(root) / scale / sweep / arm / str(seed)


def done(folder: Path) -> dict | None:
    """How the run in `folder` ended, None while it has not. Raises Refused where its file is damaged."""
    ended = read(folder / DONE, json.loads)
    if ended is not None and (
        not isinstance(ended.get("outcome"), str) or type(ended.get("update")) is not int
    ):
        raise Refused(f"{folder / DONE} {DAMAGED}")
    return ended


def ended(folder: Path) -> dict:
    """How the run in `folder` ended. Raises Refused where it has not."""
    facts = done(folder)
    if facts is None:
        raise Refused(f"{folder} has no {DONE}: its run has not ended; run it to its end first")
    return facts


def ended_here(folder: Path) -> bool:
    """Is the run in `folder` finished, and the state it ended with there? Results that ship come without; of a run that
    is made again, done.json is older than the state."""
    ended = done(folder) or {}
    return (
        ended.get("outcome") == "finished" and state_of(folder / "state", ended["update"]).exists()
    )


def config(folder: Path) -> dict | None:
    """The resolved config that made `folder`, None where there is no run. Raises Refused where it is damaged."""
    return read(folder / CONFIG, from_yaml)


def made_by(folder: Path) -> dict:
    """The resolved config that made `folder`. Raises Refused where there is none."""
    found = config(folder)
    if found is None:
        raise Refused(f"{folder} has no {CONFIG}: no run was made there")
    return found


def from_yaml(text: str) -> dict:
    return yaml.load(
        text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )  # libyaml is 8 times faster


def read(path: Path, parse) -> dict | None:
    try:
        content = parse(path.read_text())
    except FileNotFoundError:
        return None
    except (ValueError, yaml.YAMLError):
        content = None
    if not isinstance(content, dict):
        raise Refused(f"{path} {DAMAGED}")
    return content


def refuse_other(folder: Path, config_of_run: dict, defaults: dict) -> None:
    """Raises Refused, with the difference, where another config made `folder`."""
    before = config(folder)
    if before is not None and (other := difference(before, config_of_run, defaults)):
        more = f"; and {len(other) - 4} more" if len(other) > 4 else ""
        raise Refused(
            f"{folder} was made by another config ({'; '.join(other[:4])}{more}); "
            "move it away, or keep both with place.runs=<another folder>"
        )


class RunLog:
    """The run folder of one run, open for writing by one process at a time.

    patience: seconds to wait for a process that has it open: an earlier attempt that has not yet
    noticed its end. Raises Busy where another process has it open still, Refused where another
    config made it or it is damaged.
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
        # The rows of each model as one text. Damaged ones are refused here, where all ranks hear of
        # it.
        self.rows = {model: "".join(map(line_of, rows(folder, model))) for model in models}
        self.files: dict[int, TextIO] = {}

    def until(self, update: int) -> dict[int, str]:
        """The rows of each model that are not later than `update`."""
        return {model: until(text, update) for model, text in self.rows.items()}

    def restore(self, kept: dict[int, str], update: int) -> None:
        """Make `kept`, the rows that belong to the save of `update`, those of the files. Later rows are forgotten:
        training resumes from there and writes them again. A file that lacked one of `kept`, or had
        another, is named on stderr."""
        before = self.until(update)
        for model, text in kept.items():
            path, found = log_of(self.folder, model), before.get(model, "")
            if found != text:
                wrong = (
                    misplaced(updates_of(found), updates_of(text)) or "has a row with other values"
                )
                self.say(f"{path} {wrong}; its rows are restored from the save of update {update}")
            if content_of(path) != text.encode():
                write_atomically(path, text)
        self.rows = dict(kept)

    def write(self, model: int, row: dict) -> None:
        """Append one row of `model`; a number that is not finite is written as null."""
        if model not in self.files:
            self.files[model] = open(log_of(self.folder, model), "a")
        self.files[model].write(line_of(row))
        self.files[model].flush()
        self.rows[model] = self.rows.get(model, "") + line_of(row)

    def say(self, what: str) -> None:
        """One line to whoever runs this, on stderr."""
        print(what, file=sys.stderr, flush=True)

    def sync(self) -> None:
        """Bring the rows to the disk. Called before a state is saved, so that no state is ahead of its rows."""
        for file in self.files.values():
            os.fsync(file.fileno())

    def finish(self, facts: dict) -> None:
        """Write how the run ended; before it, the rows of a file that was changed while the run was under way."""
        self.sync()
        for model, text in self.rows.items():
            if content_of(path := log_of(self.folder, model)) != text.encode():
                self.say(
                    f"{path} was changed while the run was under way; its rows are written again"
                )
                write_atomically(path, text)
        write_atomically(self.folder / DONE, json.dumps(facts, indent=1) + "\n")

    def close(self) -> None:
        for file in self.files.values():
            file.close()
        self.lock.close()


class Onlooker:
    """The run folder for all ranks but the first, which alone writes it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def close(self) -> None: ...


def busy(folder: Path) -> bool:
    """Is a process of this or another machine writing `folder`?"""
    try:
        with open(
            folder / LOCK
        ) as file:  # for reading, and shared: whoever may only read the folder can ask
            return not locked(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def locked(file, how: int = fcntl.LOCK_EX) -> bool:
    """Lock `file` unless another process has; did that work?"""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
