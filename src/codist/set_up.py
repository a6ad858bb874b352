"""The models of a run, as they begin: networks from keyed draws, optimizers, and what they take over."""

from codist.begin_from import take_over
from codist.keys import reseed
from codist.learner import Learner


def learners_of(run, workload, world, runs) -> tuple[dict[int, Learner], str | None]:
    """{i: Learner} of this process, and the digest of the save that they begin from, None without `begin_from`.

    runs: the folder of the sweep's arms. Raises Refused where `begin_from` cannot be taken over.
    """
    networks, begun = {}, None
    for i in world.mine:
        reseed(run.seed, "init", i)
        networks[i] = workload.network(i)
    if run.begin_from:
        begun = take_over(networks, run.begin_from, runs / run.begin_from / str(run.seed))
    learners = {
        i: Learner(i, network, world, run.seed, run.optimizer, run.precision)
        for i, network in networks.items()
    }
    return learners, begun
