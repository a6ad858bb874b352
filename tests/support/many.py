"""Real ranks for a test: forked processes, connected by gloo over the loopback."""

import importlib
import multiprocessing
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from torch import distributed

from codist.errors import Refused
from codist.ranks import join
from launch.failing import free_port

ROOT = Path(__file__).parents[2]
LOOP = ROOT / "tests" / "own_loop.py"


def on_ranks(size: int, of_rank, gone: int | None = None) -> list:
    """Run of_rank(rank) in `size` processes and return the results; rank `gone` may exit early.

    A rank waits until all are done, because rank 0 hosts the rendezvous store. Raises
    AssertionError with the tracebacks of failures.
    """
    port = free_port()
    processes = multiprocessing.get_context("fork")
    started = []
    for rank in range(size):
        ours, theirs = processes.Pipe()
        process = processes.Process(target=_rank, args=(rank, size, port, of_rank, theirs))
        process.start()
        theirs.close()
        started.append((process, ours))
    results = []
    for rank, (_, pipe) in enumerate(started):
        if rank == gone:
            results.append((True, None))
            continue
        try:
            results.append(pipe.recv())
        except EOFError:
            results.append((False, "exited without a result"))
    for rank, (process, pipe) in enumerate(started):
        if rank == gone:
            process.kill()
        elif results[rank][0]:
            pipe.send("all are done")
        process.join()
    wrong = [f"rank {rank}: {what}" for rank, (well, what) in enumerate(results) if not well]
    assert not wrong, "\n".join(wrong)
    return [what for _, what in results]


def _rank(rank, size, port, of_rank, pipe):
    os.environ |= {
        "RANK": str(rank),
        "WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    torch.set_num_threads(1)
    try:
        pipe.send((True, of_rank(rank)))
        pipe.recv()
    except BaseException:
        pipe.send((False, traceback.format_exc()))
    os._exit(0)


def guest(of_rank, ranks: int) -> list:
    """Run of_rank(rank) within a process group of `size` ranks and return the results."""

    def within(rank):
        distributed.init_process_group("gloo")
        said = of_rank(rank)
        distributed.destroy_process_group()
        return said

    return on_ranks(ranks, within)


def refusal(ranks: int, wrong) -> set[str]:
    def of_rank(rank):
        with pytest.raises(Refused) as refused:
            wrong(rank)
        return str(refused.value)

    return set(guest(of_rank, ranks))


def replaced(script: str, one: str, other: str) -> str:
    assert script.count(one) == 1
    return script.replace(one, other)


def import_of_loop() -> None:
    """Import what own_loop.py needs, once and not in every rank that runs it."""
    for slow in ("sklearn.datasets", "torchvision.models", "torch._dynamo"):
        importlib.import_module(slow)


def run_loop(script: str, folder: Path) -> dict:
    """Run `script`, a changed own_loop.py, in this rank, with its files in `folder`; returns its variables."""
    os.chdir(folder)
    left: dict = {}
    exec(compile(script, str(LOOP), "exec"), left)
    return left


def torchrun_of(ranks: int) -> list[str]:
    """The beginning of a command that starts `ranks` ranks on this machine."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return [*torchrun, "--nproc-per-node", str(ranks)]


def torchrun(script: str, ranks: int, folder: Path) -> subprocess.CompletedProcess:
    """Run `script` under torchrun, for at most five minutes, with its files in `folder`."""
    (folder / "script.py").write_text(script)
    place = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*torchrun_of(ranks), "script.py"],
        cwd=folder,
        env=place,
        capture_output=True,
        text=True,
        timeout=300,
    )


def world_of(run):
    """The world of this rank, found by codist.ranks."""
    return join(run.n, run.devices, run.servers, patience=run.place.patience)
