"""The folders of models that are trained apart, joined in the run's folder at the end. Needs no torch."""

import fcntl
import json
import re
from pathlib import Path

import yaml

from codist.disk import write_atomically
from codist.rows import content_of, log_of
from codist.run_folder import CONFIG, DONE, ended, made_by
from codist.run_folder import done as end_of

LOCK = "joining"


def group_folder(run: Path, model: int) -> Path:
    """The folder of the group that trains `model` of the run in `run`; it has all files of a run folder."""
    return run / f"group{model}"


def groups_of(run: Path) -> list[int]:
    """The models whose groups have begun, in order."""
    found = (re.fullmatch(r"group(\d+)", path.name) for path in run.glob("group*"))
    return sorted(int(one[1]) for one in found if one)


def join(run: Path, n: int) -> None:
    """Write the run's own config.yaml, logs and done.json once all n groups have ended.

    Each group calls it at its end; doing it twice changes nothing.
    """
    with open(run / LOCK, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two groups may end at the same time
        folders = [group_folder(run, model) for model in range(n)]
        if any(end_of(folder) is None for folder in folders):
            return
        config = made_by(folders[0])
        config = config | {"place": config["place"] | {"group": None}}
        write_atomically(run / CONFIG, yaml.safe_dump(config, sort_keys=False))
        for model, folder in enumerate(folders):
            write_atomically(log_of(run, model), content_of(log_of(folder, model)).decode())
        facts = joined([ended(folder) for folder in folders])
        write_atomically(run / DONE, json.dumps(facts, indent=1) + "\n")


def joined(ends: list[dict]) -> dict:
    """The content of done.json of a run, from those of its groups.

    Times are those of the slowest group, CPU times and bits sums or means over all, and facts of one
    process those of model 0.
    """
    facts = dict(ends[0])
    diverged = [end for end in ends if end["outcome"] == "diverged"]
    facts["outcome"] = "diverged" if diverged else "finished"
    facts["models"] = len(ends)
    facts["update"] = min(end["update"] for end in ends)
    places = list(dict.fromkeys(end["placement"] for end in ends))
    each = f"each {places[0]}" if len(places) == 1 else "; ".join(places)
    facts["placement"] = f"{len(ends)} groups apart, {each}"
    facts["seconds"] = max(end["seconds"] for end in ends)
    facts["cpu_seconds"] = round(sum(end["cpu_seconds"] for end in ends), 3)
    for bits in ("sent_bits", "server_bits"):
        facts[bits] = sum(end[bits] for end in ends) // len(ends)
    if "elapsed" in facts:
        facts["elapsed"] = round(sum(end["elapsed"] for end in ends) / len(ends), 3)
        facts["failures"] = sum(end["failures"] for end in ends)
    for moved in ("moved_exchange_bits", "moved_all_reduce_bits"):
        facts[moved] = sum(end[moved] for end in ends)
    for by_model in ("top1_of_class", "final"):
        found = {key: one for end in ends for key, one in end.get(by_model, {}).items()}
        if found:
            facts[by_model] = found
    del facts["state"]  # each group has its own checkpoints
    return facts
