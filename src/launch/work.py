"""Train one run in this process, from config to done.json."""

import contextlib
import os
import signal
import time
import traceback
from dataclasses import replace

import torch

# an optimizer's first step would import it, which takes seconds; here a sweep imports it once
import torch._dynamo

import workloads
from codist.config import SUMS, Run
from codist.disk_errors import FULL, disk_error_message
from codist.errors import Damaged, Lost, Refused, Stopped, one_line
from codist.groups import join
from codist.ranks import is_lost
from codist.ranks import join as join_ranks
from codist.run_folder import ERROR
from codist.runlog import Onlooker, RunLog
from codist.train import train
from launch.heap import keep_freed
from launch.origin import origin
from launch.stop import Stop

REPORTED = 0.25  # seconds between two progress reports


def work(job, report=lambda update: None, stopping=lambda: False, also=None) -> dict:
    """Train the job's run, or this process's rank of it, and write done.json. Returns its content.

    also: gives more facts for done.json, of a run whose ranks are killed (launch/failing.py)
    Raises Refused and Stopped in all ranks alike; Lost, naming the rank, if another rank is gone or
    does not answer; Damaged if the disk is full; and any other error of this rank unchanged.
    """
    run, at = job.run, 0
    refuse_without(job)
    if run.place.failures.update and not also:
        raise Refused(
            "place.failures is for runs of a sweep on this machine, got one of torchrun or Slurm; leave it out"
        )
    keep_freed()
    torch.set_num_threads(run.threads)
    # deterministic cuBLAS requires it
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    try:
        world = join_ranks(
            len(run.models),
            run.devices,
            run.servers,
            run.place.device,
            run.place.patience,
            run.models.start,
        )
    except Exception as error:
        if not is_lost(error):
            raise
        raise Lost(
            f"not all ranks joined: {last_line(error)}; the run resumes from its last checkpoint"
        ) from error

    def reached(update: int) -> None:
        nonlocal at
        at = update
        report(update)

    try:
        with opened(job, world) as log:
            if world.rank == 0:
                (job.folder / ERROR).unlink(missing_ok=True)  # from an earlier attempt
            here = replace(run, place=job.here)
            workload = workloads.open(here.workload, here.place.data)
            ended = train(here, workload, world, log, reached, stopping)
            who = {"scale": run.scale, "sweep": run.sweep, "arm": run.arm, "seed": run.seed}
            where = {"threads": run.threads, "sums": SUMS, "placement": world.placement}
            facts = {
                **who,
                **ended,
                **where,
                **origin(getattr(run.workload, "packages", ()), run.place.device),
                **(also() if also else {}),
            }
            world.leave()  # a run is done only if every rank is
            if world.rank == 0:
                log.finish(facts)
                if run.place.group is not None:
                    join(job.folder.parent, run.n)
        return facts
    except (Refused, Stopped):
        world.leave()
        raise
    except Exception as error:
        cause = error
        if isinstance(error, OSError) and error.errno in FULL:
            cause = Damaged(disk_error_message(error, job.folder))
        elif world.ranks > 1 and is_lost(error):
            silent, patience = ", ".join(map(str, world.missing())), f"{run.place.patience:g} s"
            what = (f"rank {silent} did not answer rank {world.rank} within {patience}" if silent else
                    f"rank {world.rank} waited for another rank longer than place.patience={patience}, but all answer "
                    "now; increase it if a rank is only slow")  # fmt: skip
            cause = Lost(
                f"{what}; after update {at} of {run.updates}; the run resumes from its last checkpoint"
            )
        if world.rank == 0 and job.folder.is_dir():
            with contextlib.suppress(OSError):  # the disk itself may have failed
                (job.folder / ERROR).write_text(f"{last_line(cause)}\n{traceback.format_exc()}")
        if cause is error:
            raise
        raise cause from error


def refuse_without(job) -> None:
    """Raises Refused if this machine does not have the job's device."""
    run, device = job.run, job.run.place.device
    if device == "cpu":
        return
    if torch.cuda.is_available() and (torch.device(device).index or 0) < torch.cuda.device_count():
        return
    explicit = any(override.lstrip("+").startswith("place.device=") for override in job.overrides)
    if explicit or run.scale == Run.scale:
        raise Refused(f"place.device={device} is not on this machine; set place.device=cpu")
    raise Refused(
        f"scale={run.scale} needs a GPU (place.device={device}), but torch finds none; set scale=laptop"
    )


@contextlib.contextmanager
def opened(job, world):
    """Open the run folder, which rank 0 writes; if rank 0 is refused, all ranks raise Refused."""
    log, refused = Onlooker(job.folder), None
    if world.rank == 0:
        try:
            # the other ranks wait for the answer
            patience = job.run.place.patience / 2 if world.ranks > 1 else 0.0
            log = RunLog(job.folder, job.run.to_dict(), job.run.defaults(), patience)
        except Refused as error:
            refused = error
        except OSError as error:
            refused = Refused(disk_error_message(error, job.folder))
    if refused := world.same(refused):
        raise refused
    try:
        yield log
    finally:
        log.close()


def worker(job, pipe, by=work) -> None:
    """Train the job's run in a process of a sweep, by `work` or alike: progress and result go through `pipe`.

    SIGTERM saves a checkpoint and stops.
    """
    # Ctrl-C reaches the whole process group; the parent handles it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = Stop(signal.SIGTERM)
    reported_at = 0.0

    def report(update: int) -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at >= REPORTED:
            reported_at = time.monotonic()
            try:
                pipe.send(("at", update))
            except OSError:  # the parent is gone, so nothing waits for this run
                stop.asked = True

    try:
        result: tuple[str, dict | Exception] = ("ended", by(job, report, stop))
    except Exception as error:
        if not isinstance(error, (Stopped, Refused)):
            error = RuntimeError(last_line(error))  # others may not be picklable
        result = ("raised", error)
    with contextlib.suppress(OSError):  # the parent may be gone
        pipe.send(result)


def last_line(error: Exception) -> str:
    """Returns an error as one line, with its class unless the message is written for users."""
    kind, message = (
        "" if isinstance(error, (Damaged, Lost)) else f"{type(error).__name__}: ",
        one_line(error),
    )
    return kind + message.removeprefix(kind)
