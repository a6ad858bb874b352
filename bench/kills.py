"""Groups that exchange through files and are killed, stopped and failed at random; then replayed to the bit.

python -m bench kills. The first line has the seed of all that happens. Every group must finish, and
the replay of the journals must give every published checkpoint and every row again.
"""

import contextlib
import itertools
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hydra import initialize_config_dir

from codist import run_folder
from codist.groups import group_folder, join
from codist.rows import rows
from launch import jobs, replay
from launch.compose import SWEEPS

KILLS, A_RUN, GROUPS = 100, 20, 3
STOPPED = 1.0  # seconds of SIGSTOP
LONGEST = 4.0  # seconds until a kill by the clock
# where a process kills itself: a random time after its start, or at one of these calls
MOMENTS = ("time", "before publishing", "after publishing", "after hearing", "before saving")
RUN = ("sweep=regularization", "arm=codist_fixed", "exchange.kind=files", "exchange.period=4", "sampling=independent",
       f"n={GROUPS}", "workload.width=2", "lr.at=[]", "weight_decay.at=[]", "weight_decay.values=[]", "epochs=3",
       "place.save_seconds=0.2", "place.shipped=null")  # fmt: skip


def run(line) -> None:
    """Print what happened, and the share of runs that ended as they should."""
    seed = random.SystemRandom().randrange(10**6)
    print(
        f"{KILLS} kills of {GROUPS} groups a run, about {A_RUN} in each, by seed {seed}", flush=True
    )
    happened, wrong, runs = Counter(), [], 0
    while (left := KILLS - sum(happened[one] for one in MOMENTS)) > 0:
        nth, runs = runs, runs + 1
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            whole, of_run = survive(Path(folder), min(A_RUN, left), random.Random(seed + nth))
            happened += of_run
            if found := check(whole):
                wrong.append(f"by seed {seed + nth}: {'; '.join(found)}")
    for what, times in sorted(happened.items()):
        print(f"  {times:4} {what}")
    for one in wrong:
        print(one)
    line(
        "runs whose groups all finished, with every row once, and replayed alike",
        1 - len(wrong) / runs,
        at_least=1,
    )


def survive(folder: Path, kills: int, draw: random.Random) -> tuple[Path, Counter]:
    """Train a run in `folder`, killing its groups `kills` times. Returns its folder and what happened.

    A group may end before its kill, so there may be fewer.
    """
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        parts = jobs.single([*RUN, "seed=1", f"place.runs={folder}"]).parts
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["launch.work"])
    happened: Counter = Counter()
    running: dict = {}
    planned: dict = {}  # {group: the moment at which it will kill itself}
    while True:
        for part in parts:
            process = running.get(part)
            if process is not None and process.is_alive():
                continue
            moment = planned.pop(part, None)
            if process is not None and process.exitcode:
                if moment is None or process.exitcode not in (-signal.SIGKILL, -signal.SIGALRM):
                    raise RuntimeError(f"{part.name} ended with exit code {process.exitcode}")
                happened[moment] += 1
            running.pop(part, None)
            if run_folder.done(part.folder):
                continue
            moment, nth = None, 0
            if sum(happened[one] for one in MOMENTS) + len(planned) < kills:
                moment = planned[part] = draw.choice(MOMENTS)
                nth = draw.randrange(1, 9)
            skew = draw.choice((0, 86400))
            running[part] = processes.Process(target=life, args=(part, moment, nth, skew))
            running[part].start()
        if not running:
            run = parts[0].folder.parent
            join(run, GROUPS)  # as the same command does where a kill came between
            return run, happened
        if draw.random() < 0.005:
            happened["SIGSTOP for a while"] += stop_one(running, draw)
        time.sleep(0.05)


def stop_one(running: dict, draw: random.Random) -> int:
    """Stop a group for a while; its peers go on. Returns how many were stopped."""
    alive = [process for process in running.values() if process.is_alive()]
    if not alive:
        return 0
    process = draw.choice(alive)
    with contextlib.suppress(ProcessLookupError):  # it may end by itself just now
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(STOPPED * draw.random())
        os.kill(process.pid, signal.SIGCONT)
    return 1


def life(part, moment: str | None, nth: int, skew: float) -> None:
    """Train one group in this process until it ends or kills itself. skew: of its clock, in seconds."""
    from codist import checkpoint, live_peers, store
    from codist.journal import HEARD, Journal
    from launch.work import work

    clock = time.time
    time.time = lambda: clock() + skew
    at: dict = {
        "before publishing": (store.Folder, "write", True, lambda name, content: name.startswith(str(part.group))),
        "after publishing": (store.Folder, "write", False, lambda name, content: name.startswith(str(part.group))),
        "after hearing": (Journal, "write", False, lambda **line: HEARD in line),
        "before saving": (checkpoint, "save", True, lambda *given: True),
    }  # fmt: skip
    if moment == "time":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, LONGEST * nth / 8)
    elif moment is not None:
        kill_at(*at[moment], nth)
    fail_every_tenth(store.Folder)
    sys.stderr = open(os.devnull, "w")  # what it says of failed calls
    assert live_peers.store_at is store.store_at
    work(part)


def kill_at(owner, name: str, before: bool, counts, nth: int) -> None:
    """Have this process killed at the nth call of owner.name for which `counts` is true."""
    real, calls = getattr(owner, name), itertools.count(1)

    def killing(*given, **named):
        values = given[1:] if isinstance(owner, type) else given
        now = counts(*values, **named) and next(calls) == nth
        if now and before:
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*given, **named)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, name, killing)


def fail_every_tenth(kind: type) -> None:
    """Have every tenth call of a store of this kind fail, as an overloaded service would."""
    calls = itertools.count(1)
    for name in ("write", "read", "names", "remove"):
        real = getattr(kind, name)

        def failing(self, *given, real=real):
            # the copies of what was heard are on the group's own disk
            if next(calls) % 10 == 0 and self.folder.name == "published":
                raise OSError("the store does not answer")
            return real(self, *given)

        setattr(kind, name, failing)


def check(run: Path) -> list[str]:
    """What is wrong with the logs of the run in `run`, or differs when its journals are replayed."""
    wrong = []
    for model in range(GROUPS):
        of = run_folder.ended(group_folder(run, model))
        updates = [row["update"] for row in rows(run, model)]
        if (
            len(set(updates)) != len(updates)
            or updates != sorted(updates)
            or updates[-1] != of["update"]
        ):
            wrong.append(f"model {model}: rows of updates {updates}")
    with tempfile.TemporaryDirectory(prefix="replay-") as scratch:
        return wrong + replay.Replay(run).compare(Path(scratch))
