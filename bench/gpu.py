"""GPU: ResNet50 and WRN-28-10 in our loop, a bare loop and with data loading; two codistilled models.

Each time is the fastest of several rounds. Batches are synthetic and in memory; the loop with data
loading reads synthetic files by worker processes, as in training. python -m bench gpu writes
paper/results/gpu.json. --device cpu is a smoke test with small networks, and writes nothing.
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import workloads
from bench import hosts, loading
from codist.config import Run
from codist.exchange.no_exchange import NoExchange
from codist.exchange.predictions import Predictions
from codist.feed import feed
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from codist.train import Now, step
from codist.workload import Batch, Draw
from codist.world import OneProcess
from launch.origin import origin
from workloads.cifar.options import FORMATS, Cifar
from workloads.imagenet.options import ImageNet

RESULT = hosts.ROOT / "paper" / "results" / "gpu.json"
HOST_BATCHES = 8  # distinct batches in pinned memory, used in turn
NOW = Now(lr=0.01, weight_decay=1e-4, alpha=1.0, smoothing=0.0)
COPIES = 16  # copies of each JPEG


@dataclass
class Case:
    workload: object
    write: Callable[[Path], None]  # writes its files into a folder
    device_batch: int
    rounds: int
    updates: int  # timed updates per round
    warm: int  # untimed updates first, for kernel selection and memory allocation


def jpegs(folder: Path) -> None:
    draw = np.random.default_rng(0)
    for split, copies in (("train", COPIES), ("val", 1)):
        loading.write_all(folder / "imagenet" / split / "n01440764", draw, copies)


def records(folder: Path) -> None:
    draw = np.random.default_rng(0)
    (folder / "cifar10").mkdir()
    for name in (*FORMATS[10].train, FORMATS[10].valid):
        images = draw.integers(0, 256, (2000, FORMATS[10].record), dtype=np.uint8)
        images[:, 0] %= 10
        (folder / "cifar10" / name).write_bytes(images.tobytes())


def cases(device: str) -> dict[str, Case]:
    """{network: Case}; on a CPU small networks of the same kinds."""
    images = {
        "images": COPIES * len(loading.SIZES),
        "valid_examples": len(loading.SIZES),
        "classes": 1,
    }
    own = {"examples": 10_000, "valid_examples": 2000}
    if device == "cuda":
        sizes = {"rounds": 12, "updates": 20, "warm": 5}
        return {
            "ResNet50": Case(ImageNet(networks=["resnet50"], **images), jpegs, 32, **sizes),
            "WRN-28-10": Case(Cifar(depth=28, width=10, **own), records, 128, **sizes),
        }
    sizes = {"rounds": 1, "updates": 1, "warm": 1}
    return {
        "ResNet18": Case(ImageNet(networks=["resnet18"], **images), jpegs, 2, **sizes),
        "WRN-10-1": Case(Cifar(depth=10, width=1, **own), records, 8, **sizes),
    }


def bare(n: int, data, device: str):
    """One update of n models in plain torch, one after the other."""
    place = OneProcess(n, device=device).place  # the same memory layout as in our loop
    networks = [place(data.network(i)) for i in range(n)]
    optimizers = [
        torch.optim.SGD(
            net.parameters(),
            lr=NOW.lr,
            momentum=0.9,
            weight_decay=NOW.weight_decay,
            fused=True,
        )
        for net in networks
    ]

    def update(k, batch):
        x, y = batch.x.to(device, non_blocking=True), batch.y.to(device, non_blocking=True)
        for net, optimizer in zip(networks, optimizers, strict=True):
            with torch.autocast(device, torch.bfloat16):
                loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    return update


def ours(n: int, kind: str, data, device: str):
    """One update of n models in our loop; kind: none or predictions."""
    world = OneProcess(n, device=device)
    learners = {
        i: Learner(i, data.network(i), world, optimizer=Optimizer(momentum=0.9), precision="bf16")
        for i in range(n)
    }
    exchange = Predictions(world, 1) if kind == "predictions" else NoExchange()

    def update(k, batch):
        parts = {0: dict.fromkeys(learners, batch.to(device))}
        step(k, learners, parts, exchange, data.loss, DISTANCES["mse"], NOW)
        if k % 50 == 0:
            for learner in learners.values():
                learner.means()

    return update


LOOPS = {  # name: the loop, and whether kernels must be deterministic, as in our runs
    "bare, any kernel": (lambda *at: bare(1, *at), False),
    "bare": (lambda *at: bare(1, *at), True),
    "ours": (lambda *at: ours(1, "none", *at), True),
    "two bare": (lambda *at: bare(2, *at), True),
    "two alone": (lambda *at: ours(2, "none", *at), True),
    "two codistilled": (lambda *at: ours(2, "predictions", *at), True),
}
FED = "ours, fed"


def host_batches(case: Case, data, device: str) -> list[Batch]:
    drawn = torch.randint(len(data.train), (HOST_BATCHES, case.device_batch)).tolist()
    batches = [data.train.__getitems__([Draw(index, 0) for index in indices]) for indices in drawn]
    return (
        batches
        if device == "cpu"
        else [Batch(batch.x.pin_memory(), batch.y.pin_memory()) for batch in batches]
    )


def measured(
    case: Case, folder: str, device: str
) -> tuple[dict[str, float], dict[str, int | None]]:
    """Seconds per update of each loop, the minimum over interleaved rounds; and its peak memory in bytes."""
    data = workloads.open(case.workload, folder)
    batches = host_batches(case, data, device)
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None

    def updates(loop, deterministic, first, last):
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.benchmark = not deterministic
        wait()
        began = time.perf_counter()
        for k in range(first, last):
            loop(k, batches[k % HOST_BATCHES])
        wait()
        return (time.perf_counter() - began) / (last - first)

    loops, peak = {}, {}
    for name, (make, deterministic) in LOOPS.items():
        before = torch.cuda.memory_allocated() if device == "cuda" else 0
        loops[name] = make(data, device), deterministic
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        updates(*loops[name], 0, case.warm)
        peak[name] = torch.cuda.max_memory_allocated() - before if device == "cuda" else None
    best = dict.fromkeys((*loops, FED), float("inf"))
    for turn in range(case.rounds):
        first = case.warm + turn * case.updates
        for name, loop in loops.items():
            best[name] = min(best[name], updates(*loop, first, first + case.updates))
        best[FED] = min(best[FED], fed(case, loops["ours"][0], data, device, wait))
    return best, peak | {FED: None}


def fed(case: Case, loop, data, device: str, wait) -> float:
    """Seconds per update with data loading, after the batches that workers had prefetched."""
    run = Run(
        workload=case.workload,
        n=1,
        batch=case.device_batch,
        device_batch=case.device_batch,
        lr=Schedule(0.01),
    )
    run.place.device, run.place.workers = device, max(1, len(os.sched_getaffinity(0)) - 1)
    ahead = 2 * run.place.workers + case.warm  # DataLoader's own prefetch
    torch.use_deterministic_algorithms(True)
    with contextlib.closing(
        feed(run, data, OneProcess(1, device=device), 0, ahead + 3 * case.updates)
    ) as stream:
        for k, parts in stream:
            if k == ahead:
                wait()
                began = time.perf_counter()
            loop(k, parts[0][0])
    wait()
    return (time.perf_counter() - began) / (3 * case.updates)


def run(line, device: str = "cuda") -> None:
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit(
            "bench gpu: expected a CUDA device, got none; --device cpu runs a small smoke test"
        )
    torch.set_num_threads(1)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # as launch.work
    found = {}
    for network, case in cases(device).items():
        with tempfile.TemporaryDirectory() as folder:
            case.write(Path(folder))
            seconds, peak = measured(case, folder, device)
        found[network] = report(network, case, seconds, peak, line)
    if device == "cuda":
        of = {
            "device": torch.cuda.get_device_name(),
            "cores": len(os.sched_getaffinity(0)),
            "precision": "bf16",
        }
        RESULT.write_text(json.dumps(of | found | origin(), indent=1) + "\n")


def report(network: str, case: Case, seconds: dict, peak: dict, line) -> dict:
    """Print and return a network's ratios and the numbers behind them."""
    speed = {
        name: case.device_batch * (1 + name.startswith("two")) / each
        for name, each in seconds.items()
    }
    ratios = {
        "images a second: ours over bare": (speed["ours"] / speed["bare"], {"at_least": 0.97}),
        "images a second: ours over bare with any kernel, tuned": (
            speed["ours"] / speed["bare, any kernel"],
            {},
        ),
        "images a second: ours, fed from files, over ours": (
            speed[FED] / speed["ours"],
            {"at_least": 0.95},
        ),
        "time: two codistilled over two bare": (
            seconds["two codistilled"] / seconds["two bare"],
            {"at_most": 1.03},
        ),
        "time: two codistilled over two alone": (
            seconds["two codistilled"] / seconds["two alone"],
            {"at_most": 1.03},
        ),
    }
    if peak["ours"]:
        ratios["peak memory: ours over bare"] = peak["ours"] / peak["bare"], {"at_most": 1.05}
        ratios["peak memory: two codistilled over two bare"] = (
            peak["two codistilled"] / peak["two bare"],
            {},
        )
    for what, (ratio, goal) in ratios.items():
        line(f"{network}, {what}", ratio, **goal)
    for name, each in speed.items():
        memory = f", {peak[name] / 2**30:.2f} GiB" if peak[name] else ""
        print(f"{network}, {name}: {each:,.0f} images a second{memory}")
    return {
        "device_batch": case.device_batch,
        "images_per_second": speed,
        "peak_bytes": peak,
        "ratios": {what: ratio for what, (ratio, _) in ratios.items()},
    }
