"""The run folder, read: its files, the config that made it, and how it ended. Needs no torch.

runs/<scale>/<sweep>/<arm>/<seed>/
    config.yaml     all options that determine the results, and under `place` where the run executed
    model<i>.jsonl  one row per epoch of model i; the same files in every placement (codist.rows)
    state/          checkpoints to resume from (codist.checkpoint); not shipped
    error.txt       the message and traceback of a failed attempt; the next attempt removes it
    done.json       the end of the run: outcome, commit, versions, machine, threads, seconds, bits,
                    digest of the last checkpoint
"""

import functools
import json
import re
from pathlib import Path

import yaml

from codist.errors import Refused
from codist.rows import DAMAGED
from codist.run_identity import difference
from codist.states import state_of

CONFIG, DONE, ERROR = "config.yaml", "done.json", "error.txt"
DIRTY = "-dirty"  # ends the name of a commit whose tracked files were changed
SEED = re.compile(r"^seed: (0|[1-9]\d*)$", re.MULTILINE)
# where an option of a config.yaml begins; the lines of its own options are indented
OPTION = re.compile(r"^(?=\w+:(?: |$))", re.MULTILINE)


def folder_of(root: Path, scale: str, sweep: str, arm: str, seed: int) -> Path:
    return Path(root) / scale / sweep / arm / str(seed)


def done(folder: Path) -> dict | None:
    """The content of done.json, None if the run has not ended. Raises Refused if it is damaged."""
    ended = read(folder / DONE, json.loads)
    return ended if ended is None else usable(ended, folder)


def usable(ended: dict, folder: Path) -> dict:
    """`ended`, the content of `folder`'s done.json. Raises Refused if it does not say how a run ended."""
    if not isinstance(ended.get("outcome"), str) or type(ended.get("update")) is not int:
        raise Refused(f"{folder / DONE} {DAMAGED}")
    return ended


def ended(folder: Path) -> dict:
    """How the run in `folder` ended. Raises Refused where it has not."""
    facts = done(folder)
    if facts is None:
        raise Refused(f"{folder} has no {DONE}: its run has not ended; run it to its end first")
    return facts


def ended_here(folder: Path) -> bool:
    """True if the run in `folder` is finished and its final checkpoint exists.

    Shipped results have no checkpoints; while a run is trained again, its done.json is older than
    its checkpoints.
    """
    ended = done(folder) or {}
    return (
        ended.get("outcome") == "finished" and state_of(folder / "state", ended["update"]).exists()
    )


def config(folder: Path) -> dict | None:
    """The resolved config of the run in `folder`, None if there is no run. Raises Refused if damaged."""
    return read(folder / CONFIG, of_options)


def made_by(folder: Path) -> dict:
    """The resolved config that made `folder`. Raises Refused where there is none."""
    found = config(folder)
    if found is None:
        raise Refused(f"{folder} has no {CONFIG}: no run was made there")
    return found


def of_options(text: str) -> dict:
    """The content of a config.yaml, to be read only: equal options share it. Raises yaml.YAMLError."""
    if not OPTION.match(text):  # empty, or no config
        return parsed(text)
    if not (seed := SEED.search(text)):
        return by_option(text)
    # the runs of an arm differ in the seed alone
    alike = by_option(f"{text[: seed.start()]}seed: 0{text[seed.end() :]}")
    return alike | {"seed": int(seed[1])}


@functools.cache
def by_option(text: str) -> dict:
    # parsing all takes milliseconds, and the arms of a sweep differ in a few options
    found: dict = {}
    for option in filter(None, OPTION.split(text)):
        found |= parsed(option)
    return found


@functools.cache
def parsed(text: str):
    """The content of any yaml, to be read only: equal texts share it. Raises yaml.YAMLError."""
    # libyaml, where installed, is 8 times faster
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


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


def refuse_other(
    folder: Path, config_of_run: dict, defaults: dict, name: Path | None = None
) -> None:
    """Raises Refused, with the differences, if `folder` was made by another config.

    name: what the message calls it, if not `folder`.
    """
    before = config(folder)
    if before is not None and (other := difference(before, config_of_run, defaults)):
        more = f"; and {len(other) - 4} more" if len(other) > 4 else ""
        raise Refused(
            f"{name or folder} was made by another config ({'; '.join(other[:4])}{more}); "
            "move it away, or keep both with place.runs=<another folder>"
        )
