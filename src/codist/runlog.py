"""The run folder, written and read: config.yaml, model0.jsonl ..., done.json. Needs no torch.

runs/<scale>/<sweep>/<arm>/<seed>/
    config.yaml     everything that decided the numbers, and under `place` where they were made
    model<i>.jsonl  one row an epoch for model i; the same files wherever the models lived
    state/          what training resumes from (codist.checkpoint); not shipped
    error.txt       of an attempt that failed, until the next: why, in a line, and its trace
    done.json       how it ended: outcome, commit, versions, machine, threads, seconds, bits, digest of the last save
"""

import fcntl
import json
import math
import os
import sys
import time
from pathlib import Path

import yaml

from codist.disk import write_atomically
from codist.errors import Busy, Refused
from codist.states import state_of

CONFIG, DONE, LOCK, ERROR = "config.yaml", "done.json", "lock", "error.txt"
DAMAGED = "is damaged; restore it, or move its folder away and run again"
IDENTICAL = ("place", "workload.corrupt")  # decide no number; of examples that are replaced the rows have the count
FINITE = ("train_loss", "valid_loss", "distance")  # in every row of a run that has not diverged


def folder_of(root: Path, scale: str, sweep: str, arm: str, seed: int) -> Path:
    return Path(root) / scale / sweep / arm / str(seed)


def done(folder: Path) -> dict | None:
    """How the run in `folder` ended, None while it has not. Raises Refused where its file is damaged."""
    return read(folder / DONE, json.loads)


def ended_here(folder: Path) -> bool:
    """Is the run in `folder` finished, and the state it ended with there? Results that ship come without; of a run that
    is made again, done.json is older than the state."""
    ended = done(folder) or {}
    return ended.get("outcome") == "finished" and state_of(folder / "state", ended["update"]).exists()


def config(folder: Path) -> dict | None:
    """The resolved config that made `folder`, None where there is no run. Raises Refused where it is damaged."""
    return read(folder / CONFIG, from_yaml)


def from_yaml(text: str) -> dict:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # libyaml is 8 times faster


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


def rows(folder: Path | str, model: int = 0) -> list[dict]:
    """Model's rows, one an epoch, in order. A last line that a killed process left unfinished is passed over."""
    path, found = Path(folder) / f"model{model}.jsonl", []
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if line.endswith("\n"):
            try:
                found.append(json.loads(line))
            except ValueError:
                raise Refused(f"{path}, line {number} {DAMAGED}") from None
    return found


def difference(old: dict, new: dict, defaults: dict | None = None, above: str = "") -> list[str]:
    """What two configs disagree on, as 'key: old, now new', but for IDENTICAL.

    defaults: what a key that `old` lacks stood for. An option that is younger than a folder does not make it foreign.
    """
    old = (defaults or {}) | old
    found = []
    for key in sorted(old.keys() | new.keys()):
        if above + key in IDENTICAL:
            continue
        a, b, default = old.get(key), new.get(key), (defaults or {}).get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += difference(a, b, default if isinstance(default, dict) else None, f"{above}{key}.")
        elif a != b:
            found.append(f"{above}{key}: {a}, now {b}")
    return found


def refuse_other(folder: Path, config_of_run: dict, defaults: dict) -> None:
    """Raises Refused, with the difference, where another config made `folder`."""
    before = config(folder)
    if before is not None and (other := difference(before, config_of_run, defaults)):
        more = f"; and {len(other) - 4} more" if len(other) > 4 else ""
        raise Refused(f"{folder} was made by another config ({'; '.join(other[:4])}{more}); "
                      "move it away, or keep both with place.runs=<another folder>")  # fmt: skip


class RunLog:
    """The run folder of one run, open for writing by one process at a time.

    patience: seconds to wait for a process that has it open: an earlier attempt that has not yet noticed its end.
    Raises Busy where another process has it open still, Refused where another config made it or it is damaged.
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
        self.rewind(math.inf)  # damaged rows are refused here, where all ranks hear of it
        self.files = {}

    def rewind(self, update: float) -> None:
        """Forget every row after `update`: training goes on from there and will write them again."""
        for path in self.folder.glob("model*.jsonl"):
            kept = (row for row in rows(self.folder, int(path.stem[5:])) if row["update"] <= update)
            write_atomically(path, "".join(map(line_of, kept)))

    def write(self, model: int, row: dict) -> None:
        """Append one row of `model`; a number that is not finite is written as null."""
        if model not in self.files:
            self.files[model] = open(self.folder / f"model{model}.jsonl", "a")
        self.files[model].write(line_of(row))
        self.files[model].flush()

    def damaged(self, path: Path) -> None:
        """A saved state turned out damaged: say so, for what was trained since is trained again. It is put aside, or it
        would be kept in place of one to fall back to."""
        os.replace(path, path.with_suffix(".damaged"))
        print(f"{path} is damaged; going on from the state before it, or from the start", file=sys.stderr)

    def sync(self) -> None:
        """Bring the rows to the disk. Called before a state is saved, so that no state is ahead of its rows."""
        for file in self.files.values():
            os.fsync(file.fileno())

    def finish(self, facts: dict) -> None:
        self.sync()
        write_atomically(self.folder / DONE, json.dumps(facts, indent=1) + "\n")

    def close(self) -> None:
        for file in self.files.values():
            file.close()
        self.lock.close()


class Onlooker:
    """The run folder for all ranks but the first, which alone writes it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def rewind(self, update: int) -> None: ...

    def close(self) -> None: ...


def busy(folder: Path) -> bool:
    """Is a process of this or another machine writing `folder`?"""
    try:
        with open(folder / LOCK) as file:  # for reading, and shared: whoever may only read the folder can ask
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


def line_of(row: dict) -> str:
    finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
    return json.dumps(finite, allow_nan=False) + "\n"
