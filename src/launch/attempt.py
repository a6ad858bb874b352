"""One rank of a run with several: its progress reports, error message and exit code."""

import json
import os
import signal
import sys
import time
import traceback
import zlib
from pathlib import Path
from typing import NoReturn

from codist.disk import write_atomically
from codist.errors import Damaged, Lost, Refused, Stopped
from launch.stop import Stop

# exit codes: the errors of the first two would repeat; after LOST the run can resume
REFUSED, FAILED, LOST = (2, 70, 75)
REPORTED = 2.0  # seconds between two reports of progress


def attempt(job) -> NoReturn:
    """Run one rank of a Slurm job, called by submitit. Exits with the rank's exit code.

    SIGUSR2, sent ahead of the time limit, and SIGTERM save a checkpoint and stop.
    """
    from submitit import JobEnvironment
    from submitit.helpers import TorchDistributedEnvironment

    TorchDistributedEnvironment().export(overwrite=True, set_cuda_visible_devices=False)
    start = f"{os.environ['MASTER_PORT']} {os.environ.get('SLURM_RESTART_COUNT', 0)}".encode()
    # not the port of an earlier attempt, whose processes may still exist, and below 32768, where Linux
    # takes the ports of outgoing connections
    os.environ["MASTER_PORT"] = str(20_000 + zlib.crc32(start) % 12_000)
    folder = Path(JobEnvironment().paths.folder)
    reported = 0.0
    began = first = None

    def report(update: int) -> None:
        nonlocal reported, began, first
        if first is None:
            began, first = time.time(), update
        # the first update is slower
        if update > first and time.monotonic() - reported >= REPORTED:
            reported = time.monotonic()
            seconds = (time.time() - began) / (update - first)
            (folder / "progress.new").write_text(
                json.dumps({"update": update, "seconds_per_update": seconds})
            )
            os.replace(folder / "progress.new", folder / "progress.json")

    stop = Stop(signal.SIGUSR2, signal.SIGTERM)
    leave(
        job,
        report if os.environ["RANK"] == "0" else lambda update: None,
        stop,
        folder,
        stopped=LOST,
    )


def leave(job, report, stopping, folder: Path | None, stopped: int) -> NoReturn:
    """Work as one rank and end the process by os._exit: a normal exit would wait for stuck ranks.

    folder: gets the error message, <folder>/rank<r>.failed, which keeps Slurm from retrying, or
            <folder>/rank<r>.lost
    stopped: the exit code after a signal
    """
    from launch.work import last_line, work

    rank, code, trace = os.environ["RANK"], 0, ""
    try:
        facts = work(job, report, stopping)
        message = (
            f"{facts['outcome']} at update {facts['update']} ({job.folder})" if rank == "0" else ""
        )
    except Stopped as error:
        code, message = stopped, str(error) if rank == "0" else ""
    except Lost as error:
        code, message = LOST, str(error)
    except Refused as error:
        code, message = REFUSED, str(error) if rank == "0" else ""
    except Damaged as error:
        code, message = FAILED, f"rank {rank}: {error}"
    except Exception as error:
        code, message, trace = FAILED, f"rank {rank}: {last_line(error)}", traceback.format_exc()
    if folder and code and message:
        write_atomically(
            folder / f"rank{rank}.{'lost' if code == LOST else 'failed'}", f"{message}\n{trace}"
        )
    if message:
        print(f"{trace}{job.name}: {message}", file=sys.stderr if code else sys.stdout)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
