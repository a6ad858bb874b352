"""The origin of a run's results: commit, package versions and machine."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import torch

from codist.plan_digest import plan_digests
from launch.commit import commit

PAPER = Path(__file__).parents[2] / "paper"


def origin(packages: Iterable[str] = (), device: str = "cpu") -> dict:
    """Returns the origin of a run's results: commit, plan, versions (also of `packages`), machine."""
    return {
        "commit": commit(),
        "plan": plan_digests(PAPER),
        "versions": {
            "python": platform.python_version(),
            **{p: version(p) for p in ("torch", "torchvision", "numpy", "scikit-learn", *packages)},
        },
        "machine": {
            "processor": processor(),
            "system": platform.platform(),
            "cores": torch.multiprocessing.cpu_count(),
            "vectors": vectors(),  # they determine the order of sums
            **({"gpu": torch.cuda.get_device_name()} if device != "cpu" else {}),
        },
    }


def vectors() -> str:
    """Returns torch's vector instructions, such as AVX2, and limits set for oneDNN and MKL."""
    limits = [
        f"{name}={os.environ[name]}"
        for name in ("ONEDNN_MAX_CPU_ISA", "MKL_CBWR")
        if name in os.environ
    ]
    return " ".join([torch.backends.cpu.get_cpu_capability(), *limits])


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")),
        platform.processor(),
    )
