"""Repeat a run whose models were trained apart, from their journals: python src/run.py replay <run folder>.

All groups train again in one process, each hearing what its journal says it heard. Every published
checkpoint and every row must be the same.
"""

import sys
import tempfile
import threading
from pathlib import Path

from codist import run_folder
from codist.errors import Refused
from codist.groups import group_folder, groups_of
from codist.journal import HEARD, JOURNAL, PUBLISHED, read
from codist.metrics import PLACED, TIMES
from codist.rows import rows
from launch.rehearsal import Board, Group
from launch.run_of_config import run_of_config

# a group may have several ranks, and the replay has one process
OF_PLACE = TIMES + PLACED


def show(arguments: list[str]) -> None:
    """Replay the run in the folder that is named. Exits with 1 if a digest or a row differs."""
    if len(arguments) != 1 or "=" in arguments[0]:
        raise Refused(
            "replay takes one run folder: python src/run.py replay runs/<scale>/<sweep>/<arm>/<seed>"
        )
    replayed = Replay(Path(arguments[0]))
    print(replayed.announcement, flush=True)
    with tempfile.TemporaryDirectory(prefix="replay-") as scratch:
        different = replayed.compare(Path(scratch))
    for line in different[:10]:
        print(f"  {line}")
    if different:
        print(f"{len(different)} differences from the journals and logs", file=sys.stderr)
        sys.exit(1)
    print(replayed.conclusion)


class Replay:
    """The groups of a run. Raises Refused if `folder` has none, or a journal names a group that is not there."""

    def __init__(self, folder: Path):
        models = groups_of(folder)
        if not models:
            raise Refused(
                f"{folder} has no folder of a group, group<i>; replay is for runs of exchange.kind=files"
            )
        self.folder, self.groups = folder, [self.group(group_folder(folder, i)) for i in models]
        for group in self.groups:
            for line in group.lines:
                if HEARD in line and line["peer"] not in models:
                    raise Refused(
                        f"{group.folder / JOURNAL}: it heard model {line['peer']}, whose folder group{line['peer']} is "
                        f"not in {folder}; bring all groups together first"
                    )

    def group(self, folder: Path) -> Group:
        run, lines = run_of_config(run_folder.made_by(folder)), read(folder / JOURNAL)
        model = run.models.start
        logged = [row["update"] for row in rows(folder, model)]
        last = max([line["update"] for line in lines] + logged, default=0)
        return Group(model, folder, min(last, run.updates), lines)

    @property
    def announcement(self) -> str:
        ends = ", ".join(f"model {one.model} to update {one.last}" for one in self.groups)
        return f"replaying {len(self.groups)} groups of {self.folder} in one process: {ends}"

    @property
    def conclusion(self) -> str:
        published, heard = (
            sum(what in line for one in self.groups for line in one.lines)
            for what in (PUBLISHED, HEARD)
        )
        logged = sum(len(rows(one.folder, one.model)) for one in self.groups)
        return f"the same bits: {published} published checkpoints, {heard} of them heard, {logged} rows"

    def compare(self, scratch: Path) -> list[str]:
        """Train all groups again in `scratch`. Returns each difference in one line."""
        board = Board(self.groups)
        threads = [
            threading.Thread(target=board.run, args=(group, scratch), name=f"group {group.model}")
            for group in self.groups
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if board.errors:
            raise board.errors[0]
        for group in self.groups:
            board.different += different_rows(group, group_folder(scratch, group.model))
        return board.different


def different_rows(group: Group, scratch: Path) -> list[str]:
    """The first row of a group that differs, but for times and what ranks sent; none if all are the same."""
    before, now = (rows(folder, group.model) for folder in (group.folder, scratch))
    for old, new in zip(before, now, strict=False):
        names = [name for name in old if name not in OF_PLACE and old[name] != new.get(name)]
        if names:
            return [
                f"model {group.model}, row of update {old['update']}: {', '.join(names)} differ, as {names[0]} "
                f"{old[names[0]]} and {new.get(names[0])}"
            ]
    if len(now) < len(before):
        return [f"model {group.model}: {len(now)} rows, expected {len(before)}"]
    return []
