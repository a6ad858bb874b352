"""The resources of a Slurm job: a launcher's settings, and the nodes and ranks of a run."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from hydra_plugins.hydra_submitit_launcher.config import SlurmQueueConf

from codist.errors import Refused

SLURM = Path(__file__).parents[2] / "slurm"
# settings that determine the number of nodes and ranks
NODES = ("gpus_per_node", "nodes_per_model", "models_per_node")


@dataclass
class Settings(SlurmQueueConf):
    """A launcher's options (slurm/*.yaml): those of hydra-submitit-launcher, and these.

    They do not change the results of a run.
    """

    submitit_folder: str = (
        ""  # scripts, logs and error messages of each job; "": <place.runs>/slurm/%j
    )
    name: str = "codist"
    timeout_min: int = 24 * 60  # a longer run saves a checkpoint, is queued again and resumes
    gpus_per_node: int = 8
    gpu_memory: int = 0  # GB per GPU; 0: unknown
    nodes_per_model: int = 1  # at most; the ranks of a model share its device batches equally
    models_per_node: int = 8  # at most; models share a node if it has enough GPUs
    restarts: int = 10  # at most, of a run: after a lost rank, a signal or the time limit
    requeue: bool = True  # Slurm itself restarts a run after a failed node or a preemption
    wait: bool = True  # for all runs to end; false: return at once, `status` reports later


def launchers() -> dict[str, Path]:
    """Returns {name: file} of the launchers that submit to Slurm."""
    return {path.stem: path for path in sorted(SLURM.glob("*.yaml"))}


def shape(run, settings: Settings) -> tuple[int, int]:
    """Returns (nodes, ranks per node) of a run.

    Each model has a row of consecutive ranks with equally many device batches. A row fills whole
    nodes or shares one, and all nodes have the same number of ranks. Raises Refused if a setting is
    not positive.
    """
    for name in NODES:
        if getattr(settings, name) < 1:
            raise Refused(f"hydra.launcher.{name}={getattr(settings, name)} must be 1 or more")
    full = settings.gpus_per_node
    sizes = [*range(1, full + 1), *range(2 * full, full * settings.nodes_per_model + 1, full)]
    m = max(m for m in sizes if run.devices % m == 0)
    ranks, nodes = min(m, full), -(-m // full)
    together = max(
        k
        for k in range(1, min(settings.models_per_node, full // ranks) + 1)
        if len(run.models) % k == 0
    )
    return len(run.models) // together * nodes, ranks * together


def memory_warning(runs, settings: Settings) -> str:
    """Returns a warning if a run may need more GPU memory than the launcher's GPUs have; else "".

    It names the launchers that have enough. Hydra composes a launcher once, before the workloads of
    the runs are known, so the launcher cannot follow from them.
    """
    wants = {run.workload.name: run.place.gpu_memory for run in runs}
    more = {name: memory for name, memory in wants.items() if memory > settings.gpu_memory > 0}
    if not more:
        return ""
    need = max(more.values())
    has = {
        name: (yaml.safe_load(path.read_text()) or {}).get("gpu_memory", 0)
        for name, path in launchers().items()
    }
    enough = ", ".join(name for name, memory in has.items() if memory >= need)
    choose = (
        f"choose hydra/launcher=<one of {enough}>"
        if enough
        else "write one that has as much in slurm/"
    )
    return (
        f"{', '.join(more)} may not fit: place.gpu_memory is {need} GB, and this launcher's GPUs "
        f"have {settings.gpu_memory}; {choose}"
    )
