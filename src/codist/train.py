"""Algorithm 1, codistillation of n models, and the training loop around it."""

import math
import time
from typing import Any, NamedTuple

from codist import checkpoint, metrics
from codist.clock import Clock
from codist.errors import Stopped
from codist.feed import feed
from codist.losses import DISTANCES
from codist.measure import at_the_end, by_class, measure
from codist.saving import resume, save
from codist.set_up import set_up
from codist.weight_average import updates_averaged


class Now(NamedTuple):
    """The schedules' values at one update."""

    lr: float
    weight_decay: float
    alpha: float
    smoothing: float


def step(k, learners, parts, exchange, loss, distance, now) -> None:
    """Iteration k of Algorithm 1 (v2 §3), for the models of this process.

    parts: the minibatch (x, y) of line 3, split into device batches: {part: {model i: Batch}}.
           BatchNorm sees one device batch, so its size belongs to the method, not to the machine.
    """
    exchange.begin(k, learners)  # checkpoint exchange sends weights here, every `period` updates
    for part, batch in parts.items():
        # f_i(x): (N, C)
        logits = {i: model(batch[i].x, k, part, parts) for i, model in learners.items()}
        others = exchange.others(k, part, batch, logits)  # f_j(x) for all j != i, without gradient
        total: Any = 0.0
        for i, model in learners.items():
            objective = loss(logits[i], batch[i].y, now.smoothing)  # L(y, f_i(x))
            model.record(loss=objective)
            if i in others:
                rows, peer_logits = others[i]  # M of N rows, usually all; (n-1, M, C)
                penalty = distance(logits[i][rows], peer_logits)  # 1/(n-1) sum_j D(f_i(x), f_j(x))
                model.record(penalty=penalty)
                objective = objective + now.alpha * penalty
            if now.smoothing:  # the loss with unsmoothed labels, for comparison
                model.record(nll=loss(logits[i].detach(), batch[i].y, 0.0))
            if batch[i].replaced is not None:
                model.record(replaced=batch[i].replaced)
            total = total + model.scaled(objective)
        total.backward()  # one call for all models: peer logits are constants
    for model in learners.values():
        model.average_gradients()
    exchange.gradients(k, learners)
    for model in learners.values():  # line 4: every model from the same theta^k
        model.descend(now.lr, now.weight_decay)
    exchange.end(k, learners)


GO, SAVE, STOP = range(3)


def train(run, workload, world, log, report=lambda update: None, stopping=lambda: False) -> dict:
    """Train `run` to its end, resuming from its folder. Returns the content of done.json.

    workload: the codist.workload.Workload that run.workload describes. report(update) is called
    after each update. Once stopping() is true in any process, the run saves and raises Stopped.
    """
    learners, exchange, begun = set_up(run, workload, world, log.folder)
    first, outcome, spent, begun = resume(run, log, learners, exchange, world, begun)
    clock, saved = Clock(spent), time.monotonic()
    ends, averaged = run.ends, updates_averaged(run)

    done, last = first, first if outcome == "diverged" else run.updates
    for k, parts in feed(run, workload, world, first, last):
        now = Now(
            *(
                at(run.epoch(k), run.epochs)
                for at in (run.lr, run.weight_decay, run.alpha, run.smoothing)
            )
        )
        step(k, learners, parts, exchange, workload.loss, DISTANCES[run.distance], now)
        done = k + 1
        report(done)
        if done == run.updates:
            exchange.finish(learners)
        if done in averaged:
            for model in learners.values():
                model.average.add()
        if done in ends:
            outcome = write_rows(done, now, run, workload, world, learners, log, clock)
        if late := time.monotonic() - saved >= run.place.save_seconds:
            # ask once: with several ranks, agree() answers an update later
            saved = time.monotonic()
        decision = world.agree(STOP if stopping() else SAVE if world.rank == 0 and late else GO)
        if decision or outcome == "diverged" or done == run.updates:
            save(log, done, outcome, learners, exchange, world, clock, begun)
            saved = time.monotonic()
        if outcome == "diverged":
            break
        if decision == STOP and done < run.updates:
            raise Stopped(
                f"stopped at update {done} of {run.updates}; the same command resumes from there"
            )
    measured = measure_at_the_end(outcome, run, workload, world, learners)
    saves = {**({"begun_from": begun} if begun else {}), **exchange.facts()}
    if world.rank == 0:  # it wrote the file, which other nodes may not see yet
        saves["state"] = checkpoint.digest(log.folder / "state", done)
    progress = {
        "outcome": outcome,
        "update": done,
        "updates": run.updates,
        "epoch": run.epoch(done),
    }
    return progress | measured | saves | world.cost() | clock.read()


def write_rows(done, now, run, workload, world, learners, log, clock) -> str:
    """Measure the models after `done` updates and write a row of each. Returns finished or diverged."""
    progress = {"epoch": run.epoch(done), "update": done, "examples": done * run.batch}
    measured = measure(workload, world, learners, run.place.workers, run.together)
    cost = world.cost() | clock.read()
    rows = {
        i: progress | model.means() | measured[i] | now._asdict() | cost
        for i, model in learners.items()
    }
    rows = world.collect(rows)
    for i, row in rows.items():
        log.write(i, row)
    finite = all(math.isfinite(row[name]) for row in rows.values() for name in metrics.FINITE)
    return world.same("finished" if finite else "diverged")


def measure_at_the_end(outcome, run, workload, world, learners) -> dict:
    """Returns the number of models, their accuracy on each class and, of a finished run, `final`."""
    top1 = world.collect(
        by_class(workload, world, learners, run.workload.classes, run.place.workers)
    )
    ended = at_the_end(workload, learners) if outcome == "finished" else {}
    world.meet()
    final = world.collect(ended)
    return {"models": len(run.models), "top1_of_class": top1, **({"final": final} if final else {})}
