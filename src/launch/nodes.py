"""What a Slurm job is made of: a launcher's settings, and the nodes and ranks that a run gets by them."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from hydra_plugins.hydra_submitit_launcher.config import SlurmQueueConf

from codist.errors import Refused

SLURM = Path(__file__).parents[2] / "slurm"
# settings that decide how many nodes and ranks
NODES = ("gpus_per_node", "nodes_per_model", "models_per_node")


@dataclass
class Settings(SlurmQueueConf):
    """A launcher's options (slurm/*.yaml): those of hydra-submitit-launcher, and these. They decide no number."""

    submitit_folder: str = (
        ""  # scripts, logs and error messages of each job; "": <place.runs>/slurm/%j
    )
    name: str = "codist"
    timeout_min: int = 24 * 60  # a run that needs longer saves, is queued again, and goes on
    gpus_per_node: int = 8
    gpu_memory: int = 0  # GB of each; 0: it is not known
    nodes_per_model: int = 1  # at most; a run has as many ranks as its device batches divide by
    models_per_node: int = (
        8  # at most; as many as there are GPUs for, or models of one GPU would ask for a node each
    )
    restarts: int = (
        10  # times that a run is queued again after a lost rank, a signal or a time limit
    )
    requeue: bool = True  # let Slurm itself do so after a failed node or a preemption
    wait: bool = True  # until all is done; false: come back at once, and ask `status` later


def launchers() -> dict[str, Path]:
    """{name: file} of the launchers that submit to Slurm."""
    return {path.stem: path for path in sorted(SLURM.glob("*.yaml"))}


def shape(run, settings: Settings) -> tuple[int, int]:
    """(nodes, ranks a node): a model on a row of ranks, as many device batches in each; rows fill nodes or share them.

    All nodes are alike, and a model's ranks follow each other. Raises Refused where a setting is
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
        k for k in range(1, min(settings.models_per_node, full // ranks) + 1) if run.n % k == 0
    )
    return run.n // together * nodes, ranks * together


def memory_warning(runs, settings: Settings) -> str:
    """Which of these runs' data wants GPUs with more memory than the launcher's, and which launchers have them; ""
    where none does. Hydra settles a launcher once, for sweeps of all kinds of data together."""
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
