"""Progress of a sweep: bars with the time left on a terminal, occasional plain lines elsewhere."""

import time

from codist.durations import duration
from codist.progress import PRINT_SECONDS
from launch.cost import effort


class Progress:
    """Shows the progress of running runs.

    Time left: remaining effort divided by the speed so far.
    """

    def __init__(self, jobs):
        # here, since they take 0.1 s: commands that train nothing show no bars
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self.jobs, self.done = jobs, dict.fromkeys(jobs, 0.0)  # effort done
        self.rows, self.since, self.before = {}, {}, {}
        self.ends = {}
        self.began_at = self.printed_at = time.monotonic()
        self.console = Console(stderr=True)
        self.bars = Bars(
            TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[left]}"),
            console=self.console, disable=not self.console.is_terminal, transient=True,
        )  # fmt: skip
        self.whole = self.bars.add_task(f"all {len(jobs)} runs", total=self.total(), left="")

    def __enter__(self):
        self.bars.start()
        return self

    def __exit__(self, *error):
        self.bars.stop()

    def total(self) -> float:
        return sum(map(effort, self.jobs))

    def began(self, job) -> None:
        self.since[job] = time.monotonic()
        self.rows[job] = self.bars.add_task(job.name, total=effort(job), left="")

    def at(self, job, update: int) -> None:
        self.done[job] = effort(job) * update / job.run.updates
        self.before.setdefault(job, self.done[job])  # done by earlier attempts
        passed, fresh = time.monotonic() - self.since[job], self.done[job] - self.before[job]
        left = duration(passed * (effort(job) - self.done[job]) / fresh) if fresh else "…"
        self.bars.update(self.rows[job], completed=self.done[job], left=f"{left} left")
        self.tick()

    def ended(self, job, how: str) -> None:
        if not how.startswith("queued"):
            self.ends[job] = how
        if how in ("finished", "diverged"):
            self.done[job] = effort(job)
        self.bars.remove_task(self.rows[job])
        if not self.console.is_terminal or how != "finished":
            took = duration(time.monotonic() - self.since[job])
            self.say(f"{job.name} {how} after {took}{self.summary()}")
        self.printed_at = time.monotonic()

    def tick(self) -> None:
        """Update the line of the sweep; off a terminal, print one every PRINT_SECONDS."""
        done = sum(self.done.values())
        self.bars.update(
            self.whole, completed=done, left=f"{len(self.ends)} ended, {self.left()} left"
        )
        if not self.console.is_terminal and time.monotonic() - self.printed_at >= PRINT_SECONDS:
            self.printed_at = time.monotonic()
            going = ", ".join(
                f"{job.name} {100 * self.done[job] / effort(job):.0f} %"
                for job in self.since
                if job not in self.ends
            )
            self.say(f"{going}{self.summary()}")

    def say(self, line: str) -> None:
        self.console.print(line, highlight=False, soft_wrap=True)

    def summary(self) -> str:
        if len(self.jobs) == 1:
            return f"  [{self.left()} left]" if self.left() != "0 s" else ""
        return f"  [{len(self.ends)} of {len(self.jobs)} runs ended, {self.left()} left]"

    def left(self) -> str:
        done = sum(self.done.values())
        fresh = done - sum(self.before.values())
        passed = time.monotonic() - self.began_at
        return duration(passed * (self.total() - done) / fresh) if fresh > 0 else "…"
