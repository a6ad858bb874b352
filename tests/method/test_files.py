"""Peers through files: what models that are trained apart learn from each other, and that it can be repeated."""

import threading
from dataclasses import replace

import pytest
import torch
from small import opened, small, state_of, trained, weights

from codist.exchange import exchange_options
from codist.exchange.files import Options
from codist.groups import group_folder
from codist.listener import Found
from codist.published import flat
from codist.runlog import RunLog
from codist.train import train
from codist.world import OneProcess
from launch.rehearsal import Board, Group

TIMES = ("seconds", "cpu_seconds")


class Lockstep:
    """Peers that receive each other's checkpoint of the same update: they wait, which real groups never do."""

    def __init__(self, board, model, peers, form):
        self.board, self.model, self.peers, self.form = board, model, peers, form

    def resume(self, newest): ...

    def publish(self, update, parts):
        weights = flat(parts)
        name, content = self.form.packed(self.model, update, weights)
        sent = self.form.opened(name, content, self.model, len(weights))
        self.board.post(self.model, update, sent)

    def hear(self, update):
        name = f"{update:012d}-{'0' * 64}.safetensors"
        return [
            Found(j, name, self.board.wait_for(self.model, j, update).clone()) for j in self.peers
        ]

    def forget(self, update): ...

    def close(self): ...


def in_lockstep(folder, run):
    """Train all models of `run` apart, each hearing every checkpoint of the others at once."""
    board = Board([Group(i, folder, run.updates) for i in range(run.n)])

    class Together(Options):
        def open(self, run, workload, world):
            exchange = super().open(run, workload, world)
            peers = self.peers_of(run.n)[world.first]
            form = exchange.form
            exchange.meet = lambda folder, counts: Lockstep(board, world.first, peers, form)
            return exchange

    given = {name: getattr(run.exchange, name) for name in ("period", "codec", "peers", "group")}

    def one(i):
        apart = replace(
            run, exchange=Together(**given), place=replace(run.place, group=i, save_seconds=1e6)
        )
        with board.turn:
            try:
                torch.set_num_threads(1)
                log = RunLog(group_folder(folder, i), apart.to_dict(), apart.defaults())
                train(apart, opened(apart), OneProcess(1, run.devices, run.servers, first=i), log)
            except BaseException as error:
                board.errors.append(error)
            board.going.discard(i)
            board.turn.notify_all()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(run.n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if board.errors:
        raise board.errors[0]
    return {i: state_of(group_folder(folder, i)) for i in range(run.n)}


@pytest.mark.parametrize(
    ("sampling", "n", "codec", "peers"),
    [
        ("independent", 2, "full", "all"),
        ("same", 3, "int8", "all"),
        ("disjoint", 4, "half", "ring"),
    ],
)
def test_hearing_every_checkpoint_at_once_equals_an_exchange_of_checkpoints_bitwise(
    tmp_path, n, codec, peers, sampling
):
    given = {"period": 3, "codec": codec, "peers": peers}
    run = small(n=n, sampling=sampling, exchange=exchange_options("checkpoints", **given))
    together = trained(tmp_path / "together", run)
    run = small(n=n, sampling=sampling, exchange=exchange_options("files", **given))
    apart = in_lockstep(tmp_path / "apart", run)
    for i in range(n):
        alone = {"models": {i: apart[i]["models"][i]}}
        assert weights(alone) == weights({"models": {i: together["models"][i]}})
