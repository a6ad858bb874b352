"""The project's loop, and the CPU time of loops that run in turn, for benchmarks of workloads."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from codist.feed import feed
from codist.losses import DISTANCES
from codist.set_up import set_up
from codist.train import Now, step
from codist.world import OneProcess
from launch.heap import keep_freed


def ours(run, workload, rounds: int, updates: int) -> Callable[[], None]:
    """A round of `updates` updates, as in codist.train.train between two epoch ends."""
    keep_freed()  # as a run does
    world = OneProcess(run.n)
    learners, exchange, _ = set_up(run, workload, world, Path())
    drawn = feed(run, workload, world, 0, rounds * updates)

    def turn():
        for _ in range(updates):
            k, parts = next(drawn)
            now = Now(
                *(
                    at(run.epoch(k), run.epochs)
                    for at in (run.lr, run.weight_decay, run.alpha, run.smoothing)
                )
            )
            step(k, learners, parts, exchange, workload.loss, DISTANCES[run.distance], now)

    return turn


def timed(loops: dict[str, Callable], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each round of each loop; the rounds are interleaved."""
    took: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds):
        for name, turn in loops.items():
            began = time.process_time()
            turn()
            took[name].append(time.process_time() - began)
    return took


def fastest(loops: dict[str, Callable], rounds: int) -> dict[str, float]:
    """CPU seconds per round of each loop, the minimum over interleaved rounds."""
    return {name: min(of) for name, of in timed(loops, rounds).items()}


def speed(loops: dict[str, Callable], rounds: int) -> float:
    """Our speed over that of the loop by hand: the median over rounds, each loop's beside the other's.

    Two minima are of different moments; where a round takes a tenth of a second, their ratio varied
    by 0.05 and this by 0.02.
    """
    took = timed(loops, rounds)
    return median(hand / ours for ours, hand in zip(took["ours"], took["by hand"], strict=True))
