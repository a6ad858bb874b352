"""Algorithm 1: n models, each pulled towards what the others predict; and the loop around it."""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from codist import checkpoint
from codist.errors import Stopped
from codist.exchange import Checkpoints, Constant, Nothing, Predictions
from codist.feed import feed
from codist.keys import reseed
from codist.losses import DISTANCES
from codist.measure import measure
from codist.world import OneProcess


class Learner:
    """One model in training."""

    def __init__(self, network: nn.Module, momentum: float, average: Callable[[nn.Module], None]):
        self.network, self.average = network, average
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.0, momentum=momentum, fused=True)
        self.start = [parameter.detach().clone() for parameter in network.parameters()]  # theta^1, for Figure 7
        self.seen = {"loss": [], "penalty": []}  # L and D of each device batch since the last fold
        self.sums = {"loss": [0.0, 0], "penalty": [0.0, 0]}  # their sums and counts since the last row

    def __call__(self, x, *key) -> Tensor:
        reseed(*key)  # dropout is drawn from the key, wherever the model lives
        return self.network(x)

    def descend(self, lr: float, weight_decay: float) -> None:
        self.average(self.network)
        for group in self.optimizer.param_groups:
            group["lr"], group["weight_decay"] = lr, weight_decay
        self.optimizer.step()
        self.optimizer.zero_grad()

    def fold(self) -> None:
        """Add what was seen to the sums, one after the other: folded early or late, the sums have the same bits."""
        for name, seen in self.seen.items():
            for value in torch.stack(seen).tolist() if seen else ():
                self.sums[name][0] += value
            self.sums[name][1] += len(seen)
            seen.clear()

    def means(self) -> dict[str, float | None]:
        """The mean L and D since the last row, and a fresh start; None where no D was computed."""
        self.fold()
        means = {f"train_{name}": total / count if count else None for name, (total, count) in self.sums.items()}
        self.sums = {name: [0.0, 0] for name in self.sums}
        return means


class Now(NamedTuple):
    """The schedules' values at one update."""

    lr: float
    weight_decay: float
    alpha: float
    smoothing: float


def step(k, learners, parts, exchange, loss, distance, now, seed) -> None:
    """Iteration k of Algorithm 1 (v2 §3), for the models that live in this process.

    parts: the minibatch (x, y) of line 3, cut in device batches: {part: {model i: Batch}}. BatchNorm sees one device
           batch, so its size belongs to the method, not to the machine.
    """
    exchange.begin(k, learners)  # weights travel here, every `period` updates
    for part, batch in parts.items():
        logits = {i: model(batch[i].x, seed, "forward", i, k, part) for i, model in learners.items()}  # f_i(x): (N, C)
        others = exchange.others(k, part, batch, logits)  # f_j(x) for all j != i, without gradient: (n-1, N, C)
        objective = 0.0
        for i, model in learners.items():
            task = loss(logits[i], batch[i].y, now.smoothing)  # L(y, f_i(x))
            objective = objective + task
            model.seen["loss"].append(task.detach())
            if i in others:
                penalty = distance(logits[i], others[i])  # 1/(n-1) sum_j D(f_i(x), f_j(x))
                objective = objective + now.alpha * penalty
                model.seen["penalty"].append(penalty.detach())
        (objective / len(parts)).backward()  # one for all models: in each other's terms they are constants
    for model in learners.values():  # line 4: every model from the same theta^k
        model.descend(now.lr, now.weight_decay)


def train(run, log, report=lambda update: None, stopping=lambda: False) -> dict:
    """Train `run` to its end, from where its folder stands. Gives the outcome, finished or diverged, and its cost.

    report(update) is called after each update; when stopping() turns true the state is saved.
    Raises Stopped then.
    """
    workload = run.workload.open(run.place.data)
    world = OneProcess(run.n, run.devices, run.servers, run.place.device)
    learners = {}
    for i in world.mine:
        reseed(run.seed, "init", i)
        learners[i] = Learner(world.wrap(workload.network(i)), run.optimizer.momentum, world.average)
    exchange = exchange_of(run, workload, world)
    first, spent = resume(run, log, learners, exchange, world)
    began = saved = time.monotonic()

    outcome, done = "finished", first
    for k, parts in feed(run, workload, world, first, run.updates):
        now = Now(*(at(run.epoch(k), run.epochs) for at in (run.lr, run.weight_decay, run.alpha, run.smoothing)))
        step(k, learners, parts, exchange, workload.loss, DISTANCES[run.distance], now, run.seed)
        done = k + 1
        report(done)
        seconds = spent + time.monotonic() - began
        if int(run.epoch(done)) > int(run.epoch(k)) or done == run.updates:
            progress = {"epoch": run.epoch(done), "update": done, "examples": done * run.batch}
            cost = {"sent_bits": world.sent_bits, "seconds": round(seconds, 3)}
            measured = measure(workload, world, learners)
            for i, model in learners.items():
                means = model.means()
                log.write(i, progress | means | measured[i] | now._asdict() | cost)
                if not math.isfinite(means["train_loss"]):
                    outcome = "diverged"
        stop = stopping()
        if stop or outcome == "diverged" or done == run.updates or time.monotonic() - saved >= run.place.save_seconds:
            log.sync()
            checkpoint.save(log.folder / "state", done, state_of(done, learners, exchange, world, seconds))
            saved = time.monotonic()
        if outcome == "diverged":
            break
        if stop and done < run.updates:
            raise Stopped(f"stopped at update {done} of {run.updates}; the same command goes on from there")
    seconds = spent + time.monotonic() - began
    return {"outcome": outcome, "update": done, "updates": run.updates, "epoch": run.epoch(done), "models": run.n,
            "sent_bits": world.sent_bits, "seconds": round(seconds, 3)}  # fmt: skip


def exchange_of(run, workload, world):
    if run.exchange.kind == "predictions":
        return Predictions(world, run.exchange.period)
    if run.exchange.kind == "checkpoints":
        copies = [workload.network(j) for j in range(run.n)]
        return Checkpoints(world, run.exchange.period, copies, run.seed, common=run.sampling == "same")
    if run.exchange.kind == "constant":
        uniform = torch.full((run.workload.classes,), 1 / run.workload.classes)
        p = uniform if run.exchange.target == "uniform" else workload.frequencies()
        return Constant(p.log().to(world.device))
    return Nothing()


def state_of(update, learners, exchange, world, seconds) -> dict:
    """All that the next update depends on, and the costs so far."""
    models = {}
    for i, model in learners.items():
        model.fold()
        models[i] = {
            "network": model.network.state_dict(),
            "optimizer": model.optimizer.state_dict(),
            "sums": model.sums,
        }
    return {
        "update": update,
        "models": models,
        "exchange": exchange.state(),
        "bits": world.bits_of_all,
        "seconds": seconds,
    }


def resume(run, log, learners, exchange, world) -> tuple[int, float]:
    """Put everything where the newest whole state left it: the updates done, and the seconds they took."""
    state = checkpoint.load(log.folder / "state", world.device, log.damaged)
    if state is None:
        log.rewind(0)
        return 0, 0.0
    for i, model in learners.items():
        saved = state["models"][i]
        model.network.load_state_dict(saved["network"])
        model.optimizer.load_state_dict(saved["optimizer"])
        model.sums = saved["sums"]
    exchange.resume(state["exchange"])
    world.bits_of_all = state["bits"]
    log.rewind(state["update"])
    return state["update"], state["seconds"]
