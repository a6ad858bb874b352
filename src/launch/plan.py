"""Print what a sweep would train and cost: python src/run.py plan sweep=fig2. Needs no torch."""

import textwrap
from math import ceil

from omegaconf import OmegaConf

from codist.bits import averaging_period
from codist.durations import duration
from launch.batch_script import script, settled
from launch.command_config import checked
from launch.cost import of_update, ranks_of, speeds, took
from launch.jobs import jobs as asked_for
from launch.nodes import Settings, memory_warning, shape
from launch.outcome import finished
from launch.table import aligned, digits


def show(overrides: list[str]) -> None:
    """Print a row per arm, the schedules, the time left and, for Slurm, the jobs."""
    given = checked(overrides)
    # of type Settings for Slurm; a dict for other launchers
    settings = OmegaConf.to_object(given.launcher)
    jobs = asked_for(given.of_runs)
    ended = {job for job in jobs if finished(job) is not None}
    arms: dict[tuple[str, str, str], list] = {}
    for job in jobs:
        arms.setdefault((job.run.sweep, job.run.arm, job.variant), []).append(job)
    slower, sources = speeds(jobs)

    lines: list[tuple[str, ...]] = [(
        "sweep/arm", "n", "batch", "epochs", "updates", "examples", "bits/update", "bits", "H*", "devices",
        "done", "time",
    )]  # fmt: skip
    total_bits = total_seconds = seconds_left = 0.0
    for (sweep, arm, variant), of_arm in arms.items():
        run = of_arm[0].run
        bits = run.sent_bits(run.updates)
        each = seconds(of_arm[0], settings, slower)
        done = len(ended.intersection(of_arm))
        total_bits += bits * len(of_arm)
        total_seconds += each * len(of_arm)
        seconds_left += each * (len(of_arm) - done)
        lines.append((
            f"{sweep}/{arm}{variant}", f"{run.n}", f"{run.batch}", f"{run.epochs:g}", f"{run.updates:,}",
            f"{run.updates * run.batch:,}", f"{bits / run.updates:.3g}", f"{bits:.3g}", h_star(run),
            f"{run.n * run.devices}", f"{done}/{len(of_arm)}", duration(each),
        ))  # fmt: skip
    table = aligned(lines)
    print("\n".join(table))

    show_notes(arms, settings, slower)
    print("\nlearning rate; weight decay, by epochs:")
    alike: dict[str, list[str]] = {}
    for of_arm in arms.values():
        run = of_arm[0].run
        alike.setdefault(f"{run.lr.description}; {run.weight_decay.description}", []).append(
            f"{run.arm}{of_arm[0].variant}"
        )
    for schedules, names in alike.items():
        print(
            textwrap.fill(
                f"{schedules}: {', '.join(names)}",
                118,
                initial_indent="  ",
                subsequent_indent="    ",
            )
        )

    first = jobs[0].run
    print(
        f"\n{len(jobs)} runs at scale {first.scale}: {len(ended)} done, {len(jobs) - len(ended)} to run"
    )
    print(
        "examples: of one model. devices: one per device batch. bits: payload that a device sends, by v2 §3;"
    )
    print("gradients count if a model needs more than one server.")
    if "H*" in table[0]:
        print(
            "H*: averages of the weights every H* updates cost a server as many bits; docs/which.md"
        )
    if first.place.device == "cpu":
        print(f"time: {duration(seconds_left)} left of {duration(total_seconds)}, on one core")
    else:
        held = hours(jobs, settings, slower)
        print(f"time: each run on the GPUs of its job, without communication; {held} in all")
        print(
            "if a job has fewer GPUs than devices, device batches take turns; the results are the same."
        )
    print("\n".join(sources))
    if isinstance(settings, Settings):
        show_slurm(jobs, ended, settled(settings, jobs[0]), slower)


def h_star(run) -> str:
    """H* of a run that exchanges predictions, else nothing."""
    found = averaging_period(run)
    return digits(found.counted) if found else ""


def show_notes(arms, settings, slower) -> None:
    """Print what the exchanges of the arms note, once for all arms with the same notes."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for (_, arm, variant), (job, *_) in arms.items():
        update = of_update(job, ranks_of(job.run, settings)) * slower[job.run.workload.name]
        if notes := tuple(job.run.exchange.notes(job.run, update)):
            alike.setdefault(notes, []).append(f"{arm}{variant}")
    for notes, names in alike.items():
        print("", f"{', '.join(names)}:", *(f"  {line}" for line in notes), sep="\n")


def seconds(job, settings, slower) -> float:
    return took(job, ranks_of(job.run, settings)) * slower[job.run.workload.name]


def hours(jobs, settings, slower) -> str:
    """Returns the GPU-hours of jobs, including GPUs that wait for a slower model."""
    held = sum(seconds(job, settings, slower) * ranks_of(job.run, settings) for job in jobs)
    return f"{held / 3600:,.0f} GPU-hours"


def show_slurm(jobs, ended, settings, slower) -> None:
    """Print the Slurm jobs to be submitted, grouped by resources, with their #SBATCH lines."""
    if warning := memory_warning([job.run for job in jobs], settings):
        print(warning)
    by_shape: dict[tuple[int, int], list] = {}
    for job in jobs:
        if job not in ended:
            by_shape.setdefault(shape(job.run, settings), []).append(job)
    for (nodes, ranks), alike in by_shape.items():
        print(
            f"\n{len(alike)} Slurm jobs of {nodes} nodes x {ranks} ranks, {hours(alike, settings, slower)}:"
        )
        again = (
            ceil(max(seconds(job, settings, slower) for job in alike) / (60 * settings.timeout_min))
            - 1
        )
        if again > 0:
            limit = duration(60 * settings.timeout_min)
            print(
                f"time limit: hydra.launcher.timeout_min is {limit}, so the longest run is queued again, {again} x"
            )
        print(*script(alike[0].run, settings), sep="\n")
