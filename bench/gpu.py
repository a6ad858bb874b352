"""GPU: ResNet50 and WRN-28-10 in our loop, a bare loop and with data loading; two codistilled models.

Each time is the fastest of several rounds. Batches are synthetic and in memory; the loop with data
loading reads synthetic files by worker processes, as in training. python -m bench gpu writes
paper/results/gpu.json. --device cpu is a smoke test with small networks, and writes nothing.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import torch

import workloads
from bench import hosts
from bench.gpu_cases import Case, cases
from bench.gpu_loops import FED, HOST_BATCHES, LOOPS, fed, host_batches
from launch.origin import origin

RESULT = hosts.ROOT / "paper" / "results" / "gpu.json"


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
