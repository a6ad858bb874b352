"""A GPU: ResNet50 through our loop against a bare one, and two codistilled against two alone; the fastest of rounds.

python -m bench gpu writes paper/results/gpu.json. With --device cpu it is only tried whether this runs: a small network
on small images, and nothing is written.
"""

import json
import os
import sys
import time

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from bench import hosts
from codist.exchange import Nothing, Predictions
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.train import Now, step
from codist.workload import Batch
from codist.world import OneProcess
from launch.work import origin

RESULT = hosts.ROOT / "paper" / "results" / "gpu.json"
SIZES = {
    "cuda": {"network": "resnet50", "pixels": 224, "device_batch": 32, "rounds": 12, "updates": 20},
    "cpu": {"network": "resnet18", "pixels": 64, "device_batch": 8, "rounds": 2, "updates": 2},
}
HOST_BATCHES = 8  # distinct ones, pinned, that are sent in turn
NOW = Now(lr=0.01, weight_decay=1e-4, alpha=1.0, smoothing=0.0)
WARM = 5  # updates before anything is timed: kernels are chosen and memory is taken


class FromBytes(nn.Module):
    """A network that takes images as bytes: a quarter of what floats would be on the way to the device."""

    def __init__(self, name: str):
        super().__init__()
        self.network = torchvision.models.get_model(name, num_classes=1000)

    def forward(self, x):
        return self.network((x.float() - 127.5) / 64)


def bare(n: int, size: dict, device: str):
    """n models in plain torch, one after the other."""
    place = OneProcess(n, device=device).place  # in the layout that ours have
    networks = [place(FromBytes(size["network"])) for _ in range(n)]
    optimizers = [
        torch.optim.SGD(net.parameters(), lr=NOW.lr, momentum=0.9, weight_decay=NOW.weight_decay, fused=True)
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


def ours(n: int, kind: str, size: dict, device: str):
    """n models in our loop; kind: none or predictions."""
    world = OneProcess(n, device=device)
    learners = {i: Learner(i, FromBytes(size["network"]), world, momentum=0.9, precision="bf16") for i in range(n)}
    exchange = Predictions(world, 1) if kind == "predictions" else Nothing()

    def loss(logits, y, smoothing):
        return F.cross_entropy(logits, y, label_smoothing=smoothing)

    def update(k, batch):
        parts = {0: dict.fromkeys(learners, batch.to(device))}
        step(k, learners, parts, exchange, loss, DISTANCES["mse"], NOW)
        if k % 50 == 0:
            for learner in learners.values():
                learner.means()

    return update


LOOPS = {  # name: the loop, and is it held to deterministic kernels, as our runs are
    "bare, any kernel": (lambda *at: bare(1, *at), False),
    "bare": (lambda *at: bare(1, *at), True),
    "ours": (lambda *at: ours(1, "none", *at), True),
    "two bare": (lambda *at: bare(2, *at), True),
    "two alone": (lambda *at: ours(2, "none", *at), True),
    "two codistilled": (lambda *at: ours(2, "predictions", *at), True),
}


def host_batches(size: dict, device: str) -> list[Batch]:
    n, pixels = size["device_batch"], size["pixels"]
    batches = []
    for _ in range(HOST_BATCHES):
        x = torch.randint(256, (n, 3, pixels, pixels), dtype=torch.uint8).to(memory_format=torch.channels_last)
        y = torch.randint(1000, (n,))
        batches.append(Batch(x, y) if device == "cpu" else Batch(x.pin_memory(), y.pin_memory()))
    return batches


def measured(size: dict, device: str) -> tuple[dict[str, float], dict[str, int | None]]:
    """Seconds of an update of each loop, one round of each in turn, the smallest; and the bytes that each takes."""
    batches = host_batches(size, device)
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    clock = time.perf_counter if device == "cuda" else time.process_time

    def updates(loop, deterministic, first, last):
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.benchmark = not deterministic
        wait()
        began = clock()
        for k in range(first, last):
            loop(k, batches[k % HOST_BATCHES])
        wait()
        return (clock() - began) / (last - first)

    loops, peak = {}, {}
    for name, (make, deterministic) in LOOPS.items():
        before = torch.cuda.memory_allocated() if device == "cuda" else 0
        loops[name] = make(size, device), deterministic
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        updates(*loops[name], 0, WARM)
        peak[name] = torch.cuda.max_memory_allocated() - before if device == "cuda" else None
    best = dict.fromkeys(loops, float("inf"))
    for turn in range(size["rounds"]):
        first = WARM + turn * size["updates"]
        for name, loop in loops.items():
            best[name] = min(best[name], updates(*loop, first, first + size["updates"]))
    return best, peak


def run(line, device: str = "cuda") -> None:
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("bench gpu: there is no CUDA device here; --device cpu tries it at a tiny size")
    torch.set_num_threads(1)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # as launch.work
    size = SIZES[device]
    seconds, peak = measured(size, device)
    speed = {name: size["device_batch"] * (1 + name.startswith("two")) / each for name, each in seconds.items()}
    ratios = {
        "images a second: ours over bare": (speed["ours"] / speed["bare"], {"at_least": 0.97}),
        "images a second: ours over bare with any kernel, tuned": (speed["ours"] / speed["bare, any kernel"], {}),
        "time: two codistilled over two bare": (seconds["two codistilled"] / seconds["two bare"], {"at_most": 1.03}),
        "time: two codistilled over two alone": (seconds["two codistilled"] / seconds["two alone"], {"at_most": 1.03}),
    }
    if device == "cuda":
        ratios["peak memory: ours over bare"] = peak["ours"] / peak["bare"], {"at_most": 1.05}
        ratios["peak memory: two codistilled over two bare"] = peak["two codistilled"] / peak["two bare"], {}
    for what, (ratio, goal) in ratios.items():
        line(what, ratio, **goal)
    for name, each in speed.items():
        print(f"{name}: {each:,.0f} images a second" + (f", {peak[name] / 2**30:.2f} GiB" if peak[name] else ""))
    if device == "cuda":
        found = {"device": torch.cuda.get_device_name(), "precision": "bf16", **size, "images_per_second": speed,
                 "peak_bytes": peak, "ratios": {what: ratio for what, (ratio, _) in ratios.items()}}  # fmt: skip
        RESULT.write_text(json.dumps(found | origin(), indent=1) + "\n")
