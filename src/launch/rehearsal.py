"""The groups of a replay, in threads of one process: each hears what its journal says, from those beside it."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from codist import run_folder
from codist.errors import Stopped
from codist.groups import group_folder
from codist.journal import HEARD, PASSED_OVER, PUBLISHED
from codist.runlog import RunLog
from launch.places import located
from launch.run_of_config import run_of_config


@dataclass
class Group:
    """A group whose training is repeated up to update `last`, by the lines of its journal."""

    model: int
    folder: Path
    last: int
    lines: list[dict] = field(default_factory=list)


class Board:
    """What the groups of a replay have published so far; their threads take turns.

    Only one thread runs at a time, since random draws use torch's one generator: it is seeded before
    each forward pass, and a thread gives way only while it waits to hear.
    """

    def __init__(self, groups: list[Group]):
        self.turn = threading.Condition()
        self.posted: dict[tuple[int, str], object] = {}  # (model, name): weights
        self.waiting: dict[int, tuple[int, str]] = {}
        self.going = {group.model for group in groups}
        self.different: list[str] = []
        self.errors: list[BaseException] = []

    def run(self, group: Group, scratch: Path) -> None:
        """Train one group, in a thread of its own."""
        with self.turn:
            try:
                train_again(group, group_folder(scratch, group.model), self)
            except BaseException as error:  # raised by the thread that waits for all
                self.errors.append(error)
            self.going.discard(group.model)
            self.turn.notify_all()

    def post(self, model: int, name: str, weights) -> None:
        self.posted[model, name] = weights
        self.turn.notify_all()

    def wait_for(self, reader: int, peer: int, name: str):
        """The weights of checkpoint `name` of `peer`, once published; None if it never will be."""
        self.waiting[reader] = (peer, name)
        self.turn.notify_all()
        self.turn.wait_for(lambda: (peer, name) in self.posted or self.stuck())
        del self.waiting[reader]
        return self.posted.get((peer, name))

    def stuck(self) -> bool:
        """True if every group that still trains waits for what is not published."""
        lacking = {i for i, wanted in self.waiting.items() if wanted not in self.posted}
        return bool(self.errors) or lacking == self.going


class FromJournal:
    """The peers of a group in a replay: it hears what its journal says, from the groups beside it."""

    def __init__(self, board: Board, group: Group, form, weights: dict[int, int]):
        self.board, self.group, self.form, self.weights = board, group, form, weights

    def resume(self, newest): ...

    def publish(self, update: int, parts) -> None:
        """Show the weights, in order `parts`, to the others, and compare their digest with the journal's."""
        from codist.published import flat

        weights = flat(parts)
        name, content = self.form.packed(self.group.model, update, weights)
        for line in self.lines(update, PUBLISHED):
            if line[PUBLISHED] != name:
                self.board.different.append(
                    f"model {self.group.model} before update {update}: published {line[PUBLISHED]}, replayed {name}"
                )
        opened = self.form.opened(name, content, self.group.model, len(weights))
        self.board.post(self.group.model, name, opened)

    def hear(self, update: int) -> list:
        from codist.listener import Found

        found = [
            Found(line["peer"], line[PASSED_OVER], why=line["why"])
            for line in self.lines(update, PASSED_OVER)
        ]
        for line in self.lines(update, HEARD):
            weights = self.board.wait_for(self.group.model, line["peer"], line[HEARD])
            if weights is None:
                self.board.different.append(
                    f"model {self.group.model} at update {update}: heard {line[HEARD]} of model {line['peer']}, which "
                    "the replay does not publish"
                )
                raise Stopped("a checkpoint that was heard is not published again")
            found.append(Found(line["peer"], line[HEARD], weights))
        return found

    def lines(self, update: int, what: str) -> list[dict]:
        return [line for line in self.group.lines if line["update"] == update and what in line]

    def forget(self, update): ...

    def close(self): ...


def train_again(group: Group, scratch: Path, board: Board) -> None:
    """Train one group up to its last update, in the folder `scratch`."""
    import torch

    import workloads
    from codist.exchange.files import Options
    from codist.ranks import join
    from codist.train import train

    run = run_of_config(run_folder.made_by(group.folder))

    class Again(Options):
        """The run's own options, with peers that follow the journal."""

        def open(self, run, workload, world):
            exchange = super().open(run, workload, world)
            exchange.meet = lambda folder, weights: FromJournal(
                board, group, exchange.form, weights
            )
            return exchange

    given = {name: getattr(run.exchange, name) for name in ("period", "codec", "peers", "group")}
    run = replace(run, exchange=Again(**given), place=located(run.place, ()))
    torch.set_num_threads(run.threads)  # of this thread
    torch.use_deterministic_algorithms(True)
    world = join(1, run.devices, run.servers, run.place.device, first=group.model)
    log, done = RunLog(scratch, run.to_dict(), run.defaults()), 0

    def report(update: int) -> None:
        nonlocal done
        done = update

    try:
        train(
            run,
            workloads.open(run.workload, run.place.data),
            world,
            log,
            report,
            stopping=lambda: group.last <= done < run.updates,
        )
    except Stopped:
        pass  # the run itself came no further, or a difference is noted
    finally:
        log.close()
