"""Real ranks for a test: processes forked from this one, joined over gloo on the loopback."""

import multiprocessing
import os
import socket
import traceback

import torch

from codist.ranks import join


def on_ranks(size: int, of_rank, gone: int | None = None) -> list:
    """What of_rank(rank) gives in each of `size` processes; rank `gone` may end without a word.

    Raises AssertionError with the traces of failures.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = multiprocessing.get_context("fork")
    started = []
    for rank in range(size):
        ours, theirs = processes.Pipe(duplex=False)
        process = processes.Process(target=_rank, args=(rank, size, port, of_rank, theirs))
        process.start()
        theirs.close()
        started.append((process, ours))
    said = []
    for rank, (process, pipe) in enumerate(started):
        if rank == gone:
            said.append((True, None))
            continue
        try:
            said.append(pipe.recv())
        except EOFError:
            said.append((False, "ended without a word"))
        process.join()
    if gone is not None:
        started[gone][0].kill()
    wrong = [f"rank {rank}: {what}" for rank, (well, what) in enumerate(said) if not well]
    assert not wrong, "\n".join(wrong)
    return [what for _, what in said]


def _rank(rank, size, port, of_rank, pipe):
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    try:
        pipe.send((True, of_rank(rank)))
    except BaseException:
        pipe.send((False, traceback.format_exc()))
    os._exit(0)


def world_of(run):
    """The world of this rank, as codist.ranks finds it."""
    return join(run.n, run.devices, run.servers, patience=run.place.patience)
