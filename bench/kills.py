"""Groups that exchange through files and are killed, stopped and failed at random; then replayed to the bit.

python -m bench kills. The first line has the seed of all that happens. Clocks are hours off, and
second groups start under names in use and must be refused. Every group must finish, and the replay
of the journals must give every published checkpoint and every row again.
"""

import multiprocessing
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

from hydra import initialize_config_dir

from bench import disturb, killed_group
from bench.killed_group import MOMENTS
from codist import run_folder
from codist.groups import group_folder, join
from codist.rows import rows
from launch import jobs, replay
from launch.compose import SWEEPS

KILLS, A_RUN, GROUPS = 100, 20, 3
STEP = 0.05  # seconds
STOP, SECOND = 0.005, 0.015  # probabilities of a stop and of a second group, in each step
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
        place = (f"place.runs={folder}", f"place.store={folder / 'store'}")
        parts = jobs.single([*RUN, "seed=1", *place]).parts
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["launch.work"])
    happened: Counter = Counter()
    running: dict = {}
    planned: dict = {}  # {group: the moment at which it will kill itself}
    trains: dict = {}  # {group: its value is 1 once it trains}
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
            skew = disturb.draw_skew(draw, happened)
            trains[part] = processes.RawValue("b", 0)
            given = (part, moment, nth, skew, trains[part])
            running[part] = processes.Process(target=killed_group.train, args=given)
            running[part].start()
        if not running:
            run = parts[0].folder.parent
            join(run, GROUPS)  # as the same command does where a kill came between
            return run, happened
        if draw.random() < STOP:
            disturb.stop_one(list(running.values()), draw, happened)
        if draw.random() < SECOND:
            begun = {part: running[part] for part in running if trains[part].value}
            disturb.start_second(begun, processes, draw, happened)
        time.sleep(STEP)


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
