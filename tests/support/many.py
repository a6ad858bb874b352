"""Real ranks for a test: processes forked from this one, joined over gloo on the loopback."""

import multiprocessing
import os
import socket
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from torch import distributed

from codist.errors import Refused
from codist.ranks import join

ROOT = Path(__file__).parents[2]
LOOP = ROOT / "tests" / "own_loop.py"


def on_ranks(size: int, of_rank, gone: int | None = None) -> list:
    """What of_rank(rank) gives in each of `size` processes; rank `gone` may end without a word.

    A rank that is done stays until all are: rank 0 holds the rendezvous store, which others may
    still read. Raises AssertionError with the traces of failures.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = multiprocessing.get_context("fork")
    started = []
    for rank in range(size):
        ours, theirs = processes.Pipe()
        process = processes.Process(target=_rank, args=(rank, size, port, of_rank, theirs))
        process.start()
        theirs.close()
        started.append((process, ours))
    said = []
    for rank, (_, pipe) in enumerate(started):
        if rank == gone:
            said.append((True, None))
            continue
        try:
            said.append(pipe.recv())
        except EOFError:
            said.append((False, "ended without a word"))
    for rank, (process, pipe) in enumerate(started):
        if rank == gone:
            process.kill()
        elif said[rank][0]:
            pipe.send("all are done")
        process.join()
    wrong = [f"rank {rank}: {what}" for rank, (well, what) in enumerate(said) if not well]
    assert not wrong, "\n".join(wrong)
    return [what for _, what in said]


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
    """What of_rank(rank) gives within a process group of so many ranks."""

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


def torchrun(script: str, ranks: int, folder: Path) -> subprocess.CompletedProcess:
    """The program `script` under torchrun, within five minutes; its files lie in `folder`."""
    (folder / "script.py").write_text(script)
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        str(ranks),
    ]
    place = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, "script.py"], cwd=folder, env=place, capture_output=True, text=True, timeout=300
    )


def world_of(run):
    """The world of this rank, as codist.ranks finds it."""
    return join(run.n, run.devices, run.servers, patience=run.place.patience)
