"""A finished run folder as lines of two packed files, and back, to the byte. Needs no torch.

codist.packed describes the files.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from codist import run_folder
from codist.errors import Refused
from codist.run_folder import CONFIG, DONE

# names without a path's special characters, so that a packed one cannot lead out of its root
ARM, SEED, LOG = re.compile(r"\w[\w.-]*"), re.compile(r"0|[1-9]\d*"), re.compile(r"model\d+\.jsonl")


class Lines(NamedTuple):
    """One run: its line in the file of runs, and its lines in the file of rows."""

    run: str
    rows: list[str]


def lines_of(folder: Path) -> Lines:
    """The lines of the run in <arm>/<seed>. Raises Refused if they would not give it back."""
    if not SEED.fullmatch(folder.name) or not ARM.fullmatch(folder.parent.name):
        raise Refused(f"{folder} is not <arm>/<seed>; rename it, or move it away")
    done = run_folder.ended(folder)
    if text_of(done) != text(folder / DONE):
        raise Refused(
            f"{folder / DONE} is not as it was written; restore it, or train the run again"
        )
    logs = {path.name for path in folder.iterdir() if LOG.fullmatch(path.name)}
    if logs != {f"model{model}.jsonl" for model in range(done["models"])}:
        raise Refused(
            f"{folder} has {len(logs)} logs of {done['models']} models; restore it, or train the run again"
        )
    return Lines(run_line(folder, done), rows_of(folder, done["models"]))


def run_line(folder: Path, done: dict) -> str:
    run = {
        "arm": folder.parent.name,
        "seed": int(folder.name),
        "sha256": digest(folder),
        "config": text(folder / CONFIG),
        "done": done,
    }
    return json.dumps(run) + "\n"


def rows_of(folder: Path, models: int) -> list[str]:
    rows = []
    for model in range(models):
        before = begin_of(folder.parent.name, int(folder.name), model)
        *lines, last = text(folder / f"model{model}.jsonl").split("\n")
        if last or not all(line.startswith('{"') for line in lines):
            raise Refused(f"{folder}/model{model}.jsonl has a line that is no row; restore it")
        rows += [f"{before}{line[1:]}\n" for line in lines]
    return rows


def begin_of(arm: str, seed: int, model: int | None = None) -> str:
    """What each packed row of a run, or of one of its logs, begins with; the row follows, without its first brace."""
    begin = f'{{"arm": {json.dumps(arm)}, "seed": {seed}, '
    return begin if model is None else f'{begin}"model": {model}, '


def write(lines: Lines, folder: Path) -> None:
    """The inverse of `lines_of`. Raises Refused if the run does not have its SHA-256."""
    folder.mkdir(parents=True)
    try:
        run = json.loads(lines.run)
        logs: dict[str, list[str]] = {str(model): [] for model in range(run["done"]["models"])}
        for row in lines.rows:
            _, _, model, rest = row.split(", ", 3)
            logs[model.removeprefix('"model": ')].append("{" + rest)
        contents = {CONFIG: run["config"], DONE: text_of(run["done"])}
        contents |= {f"model{model}.jsonl": "".join(rows) for model, rows in logs.items()}
        for name, content in contents.items():
            (folder / name).write_bytes(content.encode())
        equal = run_line(folder, run["done"]) == lines.run
    except (ValueError, LookupError, TypeError, AttributeError):
        equal = False
    if not equal:
        raise Refused(f"{folder.parent.name}/{folder.name} does not have its SHA-256")


def text_of(done: dict) -> str:
    """The content of done.json as RunLog.finish writes it."""
    return json.dumps(done, indent=1) + "\n"


def text(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # read_text would change the ends of lines
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read ({error}); restore it") from None


def digest(folder: Path) -> str:
    """The SHA-256 of a run: of the names, sizes and contents of its config, end and logs."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if is_packed(path.name)):
        found.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return found.hexdigest()


def is_packed(name: str) -> bool:
    """True for the files of a run folder that are packed."""
    return name in (CONFIG, DONE) or LOG.fullmatch(name) is not None
