"""What a sweep would do and cost, before it does: python src/run.py plan sweep=fig2. Needs no torch."""

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
    rate, source = speed(jobs)

    lines = [
        ("sweep/arm", "n", "batch", "epochs", "updates", "examples", "bits/update", "bits", "devices", "done", "time")
    ]
    total_bits = total_seconds = seconds_left = 0.0
    for (sweep, arm), of_arm in arms.items():
        run = of_arm[0].run
        bits = run.sent_bits(run.updates)
        nodes, ranks = slurm.shape(run, settings) if "submitit_folder" in settings else (1, 1)  # else all on one device
        each = effort(of_arm[0]) / rate / (1 if run.place.device == "cpu" else nodes * ranks)
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

    first = jobs[0].run
    print(f"\n{len(jobs)} runs at scale {first.scale}: {len(ended)} done, {len(jobs) - len(ended)} to run")
    print("examples: of one model. bits: payload that a device sends, one device batch a device, by v2 §3.")
    if first.place.device == "cpu":
        print(f"time: {duration(seconds_left)} of one core is left of {duration(total_seconds)}; {source}")
    else:
        hours = sum(effort(job) for job in jobs) / rate / 3600
        print(f"time: of each run on its devices, communication left out; {hours:,.0f} GPU-hours in all; {source}")
    if "submitit_folder" in settings:
        show_slurm(jobs, ended, settings, rate)


def show_slurm(jobs, ended, settings, rate) -> None:
    """The jobs that would be submitted, those that ask for the same nodes together, and the exact resources."""
    by_shape = {}
    for job in jobs:
        if job not in ended:
            by_shape.setdefault(slurm.shape(job.run, settings), []).append(job)
    for (nodes, ranks), alike in by_shape.items():
        hours = sum(effort(job) for job in alike) / rate / 3600
        print(f"\n{len(alike)} Slurm jobs of {nodes} nodes x {ranks} ranks, {hours:,.0f} GPU-hours:")
        print(*slurm.script(alike[0].run, settings), sep="\n")


def speed(jobs) -> tuple[float, str]:
    """Examples a second through a model on one device, and who says so: finished runs before published numbers."""
    first = jobs[0].run
    clock = "cpu_seconds" if first.place.device == "cpu" else "seconds"
    for root in filter(None, (first.place.runs, first.place.shipped)):
        examples = seconds = 0.0
        for job in jobs:
            folder = runlog.folder_of(Path(root), first.scale, job.run.sweep, job.run.arm, job.run.seed)
            if (facts := runlog.done(folder)) and facts["outcome"] == "finished":
                examples += effort(job)
                seconds += facts.get(clock, facts["seconds"])
        if seconds:
            return examples / seconds, f"{examples / seconds:,.0f} examples a second as measured in {root}"
    rate, source = first.workload.stated_speed
    return rate, f"{rate:,.0f} examples a second a device as stated: {source}"
