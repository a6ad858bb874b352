"""Algorithm 1: n models, each pulled towards what the others predict; and the loop around it."""

import math
import time
from typing import NamedTuple

import torch

from codist import checkpoint, metrics, resumable, runlog
from codist.clock import Clock
from codist.codecs import codec_of
from codist.errors import Refused, Stopped, Unusable
from codist.exchange import Checkpoints, Constant, Nothing, Predictions
from codist.feed import feed
from codist.keys import reseed
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.measure import at_the_end, by_class, measure
from codist.state_form import form_of_save
from codist.states import state_of


class Now(NamedTuple):
    """The schedules' values at one update."""

    lr: float
    weight_decay: float
    alpha: float
    smoothing: float


def step(k, learners, parts, exchange, loss, distance, now) -> None:
    """Iteration k of Algorithm 1 (v2 §3), for the models that live in this process.

    parts: the minibatch (x, y) of line 3, cut in device batches: {part: {model i: Batch}}. BatchNorm sees one device
           batch, so its size belongs to the method, not to the machine.
    """
    exchange.begin(k, learners)  # weights travel here, every `period` updates
    for part, batch in parts.items():
        logits = {i: model(batch[i].x, k, part, parts) for i, model in learners.items()}  # f_i(x): (N, C)
        others = exchange.others(k, part, batch, logits)  # f_j(x) for all j != i, without gradient
        objectives = 0.0
        for i, model in learners.items():
            if batch[i].replaced is not None:
                model.saw("replaced", batch[i].replaced)
            objective = model.saw("loss", loss(logits[i], batch[i].y, now.smoothing))  # L(y, f_i(x))
            if now.smoothing:
                model.saw("nll", loss(logits[i].detach(), batch[i].y, 0.0))  # of the labels as they are, to compare
            if i in others:
                where, said = others[i]  # the M rows that travel, usually all N; (n-1, M, C)
                penalty = model.saw("penalty", distance(logits[i][where], said))  # 1/(n-1) sum_j D(f_i(x), f_j(x))
                objective = objective + now.alpha * penalty
            objectives = objectives + model.scaled(objective)
        objectives.backward()  # one for all models: in each other's terms they are constants
    for model in learners.values():  # line 4: every model from the same theta^k
        model.descend(now.lr, now.weight_decay)


GO, SAVE, STOP = range(3)


def train(run, world, log, report=lambda update: None, stopping=lambda: False) -> dict:
    """Train `run` to its end, from where its folder stands. Gives the outcome, finished or diverged, and its cost.

    report(update) is called after each update; once stopping() turns true in any process, the state is saved.
    Raises Stopped then.
    """
    workload = run.workload.open(run.place.data)
    learners, begun = {}, None
    for i in world.mine:
        reseed(run.seed, "init", i)
        network, optimizer = workload.network(i), run.optimizer
        if run.begin_from:
            if not hasattr(network, "first"):
                raise Refused(f"begin_from={run.begin_from} takes over the `first` of networks in two parts, and these "
                              "are not cut so; set workload.splits, or leave begin_from out")  # fmt: skip
            learned, begun = first_of(log.folder.parents[1] / run.begin_from / str(run.seed))
            network.first.load_state_dict(learned)
        adam = (optimizer.betas, optimizer.eps) if optimizer.kind == "adam" else None
        learners[i] = Learner(i, network, world, run.seed, optimizer.momentum, run.precision, optimizer.decay_norms,
                              adam, optimizer.clip)  # fmt: skip
    exchange = exchange_of(run, workload, world)
    first, outcome, spent, begun = resume(run, log, learners, exchange, world, begun)
    clock, saved = Clock(spent), time.monotonic()
    ends = run.ends
    averaged = ends[max(len(ends) - getattr(run.workload, "averaged", 0), 0) :]

    done, last = first, first if outcome == "diverged" else run.updates
    for k, parts in feed(run, workload, world, first, last):
        now = Now(*(at(run.epoch(k), run.epochs) for at in (run.lr, run.weight_decay, run.alpha, run.smoothing)))
        step(k, learners, parts, exchange, workload.loss, DISTANCES[run.distance], now)
        done = k + 1
        report(done)
        if done in averaged:
            for model in learners.values():
                model.add_up()
        if done in ends:
            progress = {"epoch": run.epoch(done), "update": done, "examples": done * run.batch}
            measured = measure(workload, world, learners, run.place.workers)
            cost = world.cost() | clock.read()
            rows = {i: progress | model.means() | measured[i] | now._asdict() | cost for i, model in learners.items()}
            rows = world.collect(rows)
            for i, row in rows.items():
                log.write(i, row)
            finite = all(math.isfinite(row[name]) for row in rows.values() for name in metrics.FINITE)
            outcome = world.same("finished" if finite else "diverged")
        if late := time.monotonic() - saved >= run.place.save_seconds:
            saved = time.monotonic()  # asked for once, though heard an update later where there are several ranks
        word = world.agree(STOP if stopping() else SAVE if world.rank == 0 and late else GO)
        if word or outcome == "diverged" or done == run.updates:
            save(log, done, outcome, learners, exchange, world, clock, begun)
            saved = time.monotonic()
        if outcome == "diverged":
            break
        if word == STOP and done < run.updates:
            raise Stopped(f"stopped at update {done} of {run.updates}; the same command goes on from there")
    top1 = world.collect(by_class(workload, world, learners, run.workload.classes, run.place.workers))
    ended = at_the_end(workload, learners) if outcome == "finished" else {}
    world.meet()
    final = world.collect(ended)
    saves = {"begun_from": begun} if begun else {}
    if world.rank == 0:  # whose file it is: others may not see it yet
        saves["state"] = checkpoint.digest(log.folder / "state", done)
    return {"outcome": outcome, "update": done, "updates": run.updates, "epoch": run.epoch(done), "models": run.n,
            "top1_of_class": top1, **({"final": final} if final else {}), **saves, **world.cost(),
            **clock.read()}  # fmt: skip


def exchange_of(run, workload, world):
    codec, peers = codec_of(run.exchange, run.workload.classes, run.distance), run.exchange.peers_of(run.n)
    if run.exchange.kind == "predictions":
        return Predictions(world, run.exchange.period, codec, peers, run.exchange.positions, run.seed)
    if run.exchange.kind == "checkpoints":
        copies = [workload.network(j) for j in range(run.n)]
        return Checkpoints(world, run.exchange.period, copies, run.seed, run.sampling == "same", codec, peers)
    if run.exchange.kind == "constant":
        uniform = torch.full((run.workload.classes,), 1 / run.workload.classes)
        p = uniform if run.exchange.target == "uniform" else workload.frequencies()
        return Constant(p.log().to(world.device))
    return Nothing()


def first_of(folder) -> tuple[dict, str]:
    """The state of `first`, a network's part of that name, in model 0 of a run at its end; and the digest of the save
    that holds it. Raises Refused."""
    if not runlog.ended_here(folder):
        raise Refused(f"{folder} has no finished run with its state, and this one begins from it; the same command "
                      "with -m before sweep= makes it first")  # fmt: skip
    update = runlog.done(folder)["update"]
    try:
        network = checkpoint.read(state_of(folder / "state", update))["models"][0]["network"]
    except (Unusable, LookupError, TypeError) as error:
        raise Refused(f"{folder}/state is damaged, and this run begins from it; move {folder} away and make it "
                      "again") from error  # fmt: skip
    first = {name.removeprefix("first."): value for name, value in network.items() if name.startswith("first.")}
    return first, checkpoint.digest(folder / "state", update)


def save(log, update, outcome, learners, exchange, world, clock, begun) -> None:
    """All that the next update depends on, whether there is one, and the costs so far: the same file in every
    placement."""
    models = world.collect({i: model.state() for i, model in learners.items()})
    state = {"update": update, "outcome": outcome, "models": models, "exchange": exchange.state(),
             "bits": world.all_bits(), "spent": clock.read(), "begun_from": begun}  # fmt: skip
    if world.rank == 0:
        state["rows"] = log.rows  # a log that loses rows later is restored from here
        log.sync()
        checkpoint.save(log.folder / "state", update, state)
    world.meet()


def resume(run, log, learners, exchange, world, begun) -> tuple[int, str, dict[str, float], str | None]:
    """Put everything where the newest usable save left it: the updates done, whether they diverged, their cost, and
    which save they began from: `begun` where there is none yet, which may have been made again since."""
    expected = form_of_save(learners, exchange, world)
    state = resumable.choose(run, log, expected) if world.rank == 0 else None
    world.meet()  # rank 0 has read saves meanwhile, which may take longer than the others would wait for its answer
    update = world.same(state and state["update"])
    if update is None:
        return 0, "finished", {}, begun
    state = state or checkpoint.load(log.folder / "state", update)
    for i, model in learners.items():
        model.resume(state["models"][i])
    exchange.resume(state["exchange"])
    world.resume(state["bits"])
    return update, state.get("outcome", "finished"), state["spent"], state.get("begun_from")
