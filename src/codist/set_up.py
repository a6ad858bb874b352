"""Creation of a run's models and exchange: keyed draws, optimizers, and what other runs have learned."""

from pathlib import Path
from typing import NamedTuple

from codist import finished_run
from codist.begin_from import take_over
from codist.exchange.no_exchange import NoExchange
from codist.keys import reseed
from codist.learner import Learner


class SetUp(NamedTuple):
    """What a run begins with, in this process."""

    learners: dict[int, Learner]
    exchange: NoExchange
    begun: str | None  # the digest of the checkpoint of `begin_from`; None without it


def set_up(run, workload, world, folder: Path) -> SetUp:
    """The models of this process and the exchange. folder: of the run, <scale>/<sweep>/<arm>/<seed>.

    Raises Refused if a run that this one starts from is not finished, is damaged or does not fit.
    """
    finished = {start.digest: finished_run.read(start.folder(folder)) for start in run.starts}
    networks = {}
    for i in world.mine:
        reseed(run.seed, "init", 0 if run.exchange.common_start else i)
        networks[i] = workload.network(i)
    if run.begin_from:
        take_over(networks, run.begin_from, finished["begun_from"])
    learners = {
        i: Learner(i, network, world, run.seed, run.optimizer, run.precision, rows=run.device_batch)
        for i, network in networks.items()
    }
    exchange = run.exchange.open(run, workload, world)
    exchange.start(finished, folder)
    return SetUp(learners, exchange, finished["begun_from"].digest if run.begin_from else None)
