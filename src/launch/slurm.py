"""Submit runs to Slurm by submitit: a job a run, nodes of GPUs for its models; what is done or queued is left alone."""

import contextlib
import fcntl
import json
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import yaml
from hydra_plugins.hydra_submitit_launcher.config import SlurmQueueConf

from codist import runlog
from codist.disk import write_atomically
from codist.errors import Refused
from launch import queue
from launch.jobs import Job, told_apart
from launch.jobs import job as job_of
from launch.refusals import SLURM

DERIVED = {"nodes": 1, "tasks_per_node": 1, "gpus_per_task": None, "max_num_timeout": 0}  # not to be set
NODES = ("gpus_per_node", "nodes_per_model", "models_per_node")  # what they follow from


@dataclass
class Settings(SlurmQueueConf):
    """A launcher's options (slurm/*.yaml): those of hydra-submitit-launcher, and these. They decide no number."""

    _target_: str = "hydra_plugins.codist.Slurm"
    submitit_folder: str = ""  # scripts, logs and last words of each job; "": <place.runs>/slurm/%j
    name: str = "codist"
    timeout_min: int = 24 * 60  # a run that needs longer saves, is queued again, and goes on
    gpus_per_node: int = 8
    gpu_memory: int = 0  # GB of each; 0: it is not known
    nodes_per_model: int = 1  # at most; a run has as many ranks as its device batches divide by
    models_per_node: int = 8  # at most; as many as there are GPUs for, or models of one GPU would ask for a node each
    restarts: int = 10  # times that a run is queued again after a lost rank, a signal or a time limit
    requeue: bool = True  # let Slurm itself do so after a failed node or a preemption
    wait: bool = True  # until all is done; false: come back at once, and ask `status` later


def shape(run, settings) -> tuple[int, int]:
    """(nodes, ranks a node): a model on a row of ranks, as many device batches in each; rows fill nodes or share them.

    All nodes are alike, and a model's ranks follow each other. Raises Refused where a setting is not positive.
    """
    for name in NODES:
        if getattr(settings, name) < 1:
            raise Refused(f"hydra.launcher.{name}={getattr(settings, name)} must be 1 or more")
    full = settings.gpus_per_node
    sizes = [*range(1, full + 1), *range(2 * full, full * settings.nodes_per_model + 1, full)]
    m = max(m for m in sizes if run.devices % m == 0)
    ranks, nodes = min(m, full), -(-m // full)
    together = max(k for k in range(1, min(settings.models_per_node, full // ranks) + 1) if run.n % k == 0)
    return run.n // together * nodes, ranks * together


def too_small(jobs: list[Job], settings) -> str:
    """Which of these jobs' data wants GPUs with more memory than the launcher's, and which launchers have them; ""
    where none does. Hydra settles a launcher once, for sweeps of all kinds of data together."""
    wants = {job.run.workload.name: job.run.place.gpu_memory for job in jobs}
    more = {name: memory for name, memory in wants.items() if memory > settings.gpu_memory > 0}
    if not more:
        return ""
    need = max(more.values())
    has = {path.stem: (yaml.safe_load(path.read_text()) or {}).get("gpu_memory", 0) for path in SLURM.glob("*.yaml")}
    enough = ", ".join(sorted(name for name, memory in has.items() if memory >= need))
    choose = f"choose hydra/launcher=<one of {enough}>" if enough else "write one that has as much in slurm/"
    return (f"{', '.join(more)} may not fit: place.gpu_memory is {need} GB, and this launcher's GPUs have "
            f"{settings.gpu_memory}; {choose}")  # fmt: skip


def parameters(run, settings) -> dict:
    """What submitit is asked for. Raises Refused where an option is set that follows from the run."""
    for name, untouched in DERIVED.items():
        if getattr(settings, name) != untouched:
            raise Refused(f"hydra.launcher.{name} follows from the run; set {', '.join(NODES)}")
    nodes, ranks = shape(run, settings)
    named = ("partition", "qos", "comment", "constraint", "exclude", "gres", "mem_per_gpu", "mem_per_cpu", "account",
             "array_parallelism")  # fmt: skip
    asked = {f"slurm_{name}": getattr(settings, name) for name in named}
    more = {"requeue": settings.requeue, **settings.additional_parameters}
    asked |= {
        "name": settings.name,
        "timeout_min": settings.timeout_min,
        "cpus_per_task": settings.cpus_per_task,
        "mem_gb": settings.mem_gb,
        "nodes": nodes,
        "tasks_per_node": ranks,
        "gpus_per_node": None if run.place.device == "cpu" else ranks,
        "slurm_signal_delay_s": settings.signal_delay_s,
        "slurm_additional_parameters": {key: value for key, value in more.items() if value is not False},
        "slurm_setup": [*(settings.setup or []), *restart(settings)],
    }
    return {key: value for key, value in asked.items() if value is not None}


def restart(settings) -> list[str]:
    """Lines for the batch script: end with the first rank that fails, and queue again what may succeed the next time.

    Not after scancel, preemption or a failed node, which reach this script as SIGTERM or not at all: there Slurm
    decides. Not where a rank left its last words, which are of an error that would come again, or Python could not even
    begin (exit code 1).
    """
    folder = str(Path(settings.submitit_folder).absolute()).replace("%j", "$job")
    return [
        "export SLURM_KILL_BAD_EXIT=1",
        f"export PYTHONPATH={Path(__file__).parents[1]}${{PYTHONPATH:+:$PYTHONPATH}}",
        'job=$SLURM_JOB_ID; [ -z "$SLURM_ARRAY_JOB_ID" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID',
        f'[ -n "$SLURM_RESTART_COUNT" ] || rm -f "{folder}"/*.failed "{folder}"/*.lost  # of an older job so numbered',
        f'said() {{ ls "{folder}"/*.failed > /dev/null 2>&1; }}',
        "ended() {",
        "  code=$?",
        '  if [ $code -le 1 ] || [ -n "$told" ] || said; then return; fi',
        '  now=$(scontrol show job "$job" | sed -n "s/.* Restarts=\\([0-9]*\\).*/\\1/p")',
        '  if [ "$now" != "${SLURM_RESTART_COUNT:-0}" ]; then return; fi  # it runs again already, elsewhere',
        f'  if [ "${{SLURM_RESTART_COUNT:-0}}" -lt {settings.restarts} ]; then scontrol requeue "$job"',
        f'  else echo "given up after {settings.restarts} restarts; exit code $code" > "{folder}"/job.failed; fi',
        "}",
        "trap told=1 TERM",
        "trap ended EXIT",
    ]


def settled(settings: Settings, job: Job) -> Settings:
    """`settings` with the folder that they leave to the runs."""
    return replace(settings, submitit_folder=settings.submitit_folder or f"{job.here.runs}/slurm/%j")


def submit(jobs: list[Job], settings) -> dict[Job, str]:
    """The Slurm job of each run, submitted now unless one is queued or running for it already. Raises Refused."""
    runs = Path(jobs[0].here.runs)
    (runs / "slurm").mkdir(parents=True, exist_ok=True)
    with open(runs / "slurm" / "lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once: the second finds what the first has submitted
        there = {job: known["job"] for job in jobs if (known := submitted(job))}
        active = queue.states(there.values())
        ids = {job: number for job, number in there.items() if number in active and not queue.over(active[number])}
        fresh = sorted((job for job in jobs if job not in ids), key=lambda job: shape(job.run, settings))
        for _, alike in groupby(fresh, key=lambda job: shape(job.run, settings)):
            ids |= submit_alike(list(alike), settings)
    return ids


def submit_alike(jobs: list[Job], settings) -> dict[Job, str]:
    """One array of jobs that ask for the same nodes."""
    import submitit

    from launch.attempt import attempt

    try:
        executor = submitit.AutoExecutor(settings.submitit_folder, cluster="slurm")
        executor.update_parameters(**parameters(jobs[0].run, settings))
        with contextlib.redirect_stdout(None):
            made = executor.map_array(attempt, jobs) if len(jobs) > 1 else [executor.submit(attempt, jobs[0])]
    except (submitit.core.utils.FailedJobError, RuntimeError) as error:
        said = [line for line in str(error).splitlines() if line.strip()]
        raise Refused(f"Slurm did not take the jobs: {said[-1] if said else error}") from None
    ids = {job: one.job_id for job, one in zip(jobs, made, strict=True)}
    for job, number in ids.items():
        job.folder.mkdir(parents=True, exist_ok=True)
        where = str(Path(settings.submitit_folder.replace("%j", number)).absolute())
        write_atomically(job.folder / "slurm.json", json.dumps({"job": number, "folder": where}) + "\n")
    return ids


def submitted(job: Job) -> dict | None:
    """{job, folder} of the Slurm job that was last submitted for a run."""
    return runlog.read(job.folder / "slurm.json", json.loads)


def script(run, settings) -> list[str]:
    """The #SBATCH lines that such a run is submitted with."""
    from submitit.slurm.slurm import SlurmExecutor, _make_sbatch_string

    plain = {key.removeprefix("slurm_"): value for key, value in parameters(run, settings).items()}
    converted = {SlurmExecutor._equivalence_dict().get(key, key): value for key, value in plain.items()}
    if "mem" in converted:
        converted["mem"] = f"{converted['mem']}GB"
    text = _make_sbatch_string(command="", folder=settings.submitit_folder, **converted)
    return [line for line in text.splitlines() if line.startswith("#SBATCH")]


def launch(job_overrides, settings):
    """Submit, and follow until all is done; None where settings.wait is false."""
    from launch.status import follow

    jobs = told_apart([job_of(tuple(overrides)) for overrides in job_overrides])
    settings = settled(settings, jobs[0])
    if small := too_small(jobs, settings):
        print(small, flush=True)
    ids = submit(jobs, settings)
    logs = Path(settings.submitit_folder).parent
    print(f"{len(ids)} jobs with Slurm: {', '.join(sorted(ids.values()))[:200]}; logs in {logs}")
    return follow(ids) if settings.wait else None
