"""What a sweep would do and cost, before it does: python src/run.py plan sweep=fig2. Needs no torch."""

import textwrap
from pathlib import Path

from codist import runlog
from launch import slurm
from launch.jobs import jobs as asked_for
from launch.progress import duration, effort
from launch.sweep import finished


def show(arguments: list[str], settings) -> None:
    jobs = asked_for(arguments)
    ended = {job for job in jobs if finished(job) is not None}
    arms = {}
    for job in jobs:
        arms.setdefault((job.run.sweep, job.run.arm), []).append(job)
    slower, sources = speeds(jobs)

    lines = [
        ("sweep/arm", "n", "batch", "epochs", "updates", "examples", "bits/update", "bits", "devices", "done", "time")
    ]
    total_bits = total_seconds = seconds_left = 0.0
    for (sweep, arm), of_arm in arms.items():
        run = of_arm[0].run
        bits = run.sent_bits(run.updates)
        nodes, ranks = slurm.shape(run, settings) if "submitit_folder" in settings else (1, 1)  # else all on one device
        each = effort(of_arm[0]) * slower[run.workload.name] / (1 if run.place.device == "cpu" else nodes * ranks)
        done = len(ended.intersection(of_arm))
        total_bits += bits * len(of_arm)
        total_seconds += each * len(of_arm)
        seconds_left += each * (len(of_arm) - done)
        lines.append((
            f"{sweep}/{arm}", f"{run.n}", f"{run.batch}", f"{run.epochs:g}", f"{run.updates:,}",
            f"{run.updates * run.batch:,}", f"{bits / run.updates:.3g}", f"{bits:.3g}", f"{run.n * run.devices}",
            f"{done}/{len(of_arm)}", duration(each),
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(
                word.ljust(w) if i == 0 else word.rjust(w) for i, (word, w) in enumerate(zip(line, widths, strict=True))
            )
        )

    print("\nlearning rate; weight decay, by epochs:")
    alike = {}
    for of_arm in arms.values():
        run = of_arm[0].run
        alike.setdefault(f"{run.lr.told}; {run.weight_decay.told}", []).append(run.arm)
    for schedules, names in alike.items():
        print(textwrap.fill(f"{schedules}: {', '.join(names)}", 118, initial_indent="  ", subsequent_indent="    "))

    first = jobs[0].run
    print(f"\n{len(jobs)} runs at scale {first.scale}: {len(ended)} done, {len(jobs) - len(ended)} to run")
    print("examples: of one model. devices: one for each device batch. bits: payload that it sends, by v2 §3;")
    print("gradients of one model count where it fills more than one server.")
    if first.place.device == "cpu":
        print(f"time: {duration(seconds_left)} of one core is left of {duration(total_seconds)}")
    else:
        print(f"time: of each run on the GPUs of its job, communication left out; {hours(jobs, slower)} in all")
        print("a job may have fewer GPUs than devices: device batches then take turns, and give the same numbers.")
    print("\n".join(sources))
    if "submitit_folder" in settings:
        show_slurm(jobs, ended, settings, slower)


def hours(jobs, slower) -> str:
    return f"{sum(effort(job) * slower[job.run.workload.name] for job in jobs) / 3600:,.0f} GPU-hours"


def show_slurm(jobs, ended, settings, slower) -> None:
    """The jobs that would be submitted, those that ask for the same nodes together, and the exact resources."""
    by_shape = {}
    for job in jobs:
        if job not in ended:
            by_shape.setdefault(slurm.shape(job.run, settings), []).append(job)
    for (nodes, ranks), alike in by_shape.items():
        print(f"\n{len(alike)} Slurm jobs of {nodes} nodes x {ranks} ranks, {hours(alike, slower)}:")
        print(*slurm.script(alike[0].run, settings), sep="\n")


def speeds(jobs) -> tuple[dict[str, float], list[str]]:
    """{workload: how many times the stated seconds a run takes}, and a line for each on who says so: finished runs
    before stated numbers."""
    slower, sources, of = {}, [], {}
    for job in jobs:
        of.setdefault(job.run.workload.name, []).append(job)
    for name, alike in of.items():
        slower[name], where = measured(alike)
        for stated, source in dict.fromkeys(job.run.workload.stated_speed for job in alike):  # one for each network
            rate = f"speed: {name} {stated / slower[name]:,.0f} examples a second"
            sources.append(f"{rate} as measured in {where}" if where else f"{rate} a device as stated: {source}")
    return slower, sources


def measured(jobs) -> tuple[float, Path | None]:
    """How many times the stated seconds the finished ones of `jobs` took, and where they are: 1, None where none is."""
    first = jobs[0].run
    clock = "cpu_seconds" if first.place.device == "cpu" else "seconds"
    for root in map(Path, filter(None, (first.place.runs, first.place.shipped))):
        stated = seconds = 0.0
        for job in jobs:
            folder = runlog.folder_of(root, first.scale, job.run.sweep, job.run.arm, job.run.seed)
            if (facts := runlog.done(folder)) and facts["outcome"] == "finished":
                stated += effort(job)
                seconds += facts.get(clock, facts["seconds"])
        if seconds:
            return seconds / stated, root
    return 1.0, None
