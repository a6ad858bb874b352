"""Run folders read back as {arm: Arm}, and the numbers that the papers print."""

import csv
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from codist import metrics, run_identity, runlog
from figures import HOME
from figures.evidence import consistency as whole
from figures.evidence.consistency import Unreadable
from figures.evidence.rows import read_rows

SEEDS = 3  # that a sweep trains when it is not told otherwise, as the papers did
REPORTED = HOME / "paper" / "reported.csv"


@dataclass
class Arm:
    """One curve or bar: the finished runs of one arm, a seed each.

    Numbers are averaged over the n models of a run: v1 scores model 1, v2's Figure 6 the mean of
    all, the rest does not say (contradiction C41 of paper/experiments.yaml). A diverged run keeps
    its curve as far as it went, and no final.
    """

    name: str
    sweep: str
    scale: str
    folders: dict[int, Path] = field(default_factory=dict)  # seed -> the run folder that was read
    done: dict[int, dict] = field(default_factory=dict)  # seed -> its done.json
    unfinished: set[int] = field(default_factory=set)  # seeds that were begun and have no done.json
    # seed -> a row an epoch, averaged over the models
    rows: dict[int, pl.DataFrame] = field(default_factory=dict)
    # seed -> the same of each `model`
    models: dict[int, pl.DataFrame] = field(default_factory=dict)

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.done)

    @property
    def planned(self) -> int:
        """How many seeds there will be: the papers' three, or more where more were begun."""
        return max(SEEDS, len(self.done) + len(self.unfinished))

    @property
    def diverged(self) -> tuple[int, ...]:
        return tuple(seed for seed, done in self.done.items() if done["outcome"] == "diverged")

    @property
    def commits(self) -> set[str]:
        return {done["commit"] for done in self.done.values()}

    @property
    def seconds(self) -> float:
        """What the runs took, all seeds together: of one core where they ran on a processor and wrote that down."""
        on_cpu = {seed: config["place"]["device"] == "cpu" for seed, config in self.configs.items()}
        return sum(
            done.get("cpu_seconds" if on_cpu[seed] else "seconds", done["seconds"])
            for seed, done in self.done.items()
        )

    @cached_property
    def configs(self) -> dict[int, dict]:
        """{seed: what made its run}"""
        return {seed: runlog.made_by(folder) for seed, folder in self.folders.items()}

    @cached_property
    def config(self) -> dict:
        """The first seed's; the others may differ from it in nothing but the seed."""
        first = self.configs[self.seeds[0]]
        for seed, config in self.configs.items():
            if other := apart(first, config | {"seed": first["seed"]}):
                where = self.folders[seed]
                raise Unreadable(
                    f"{where} was made by another config than seed {self.seeds[0]}: {'; '.join(other)}"
                )
        return first

    def only(self, model: int) -> "Arm":
        """The arm, with the numbers of one of its models alone: where they differ, a mean says little."""
        return replace(
            self,
            rows={
                seed: rows.filter(pl.col("model") == model) for seed, rows in self.models.items()
            },
        )

    def of_seeds(self, seeds: set[int]) -> "Arm":
        """The arm, of those seeds alone."""
        of_seed = {name: getattr(self, name) for name in ("folders", "done", "rows", "models")}
        kept: dict = {name: {s: of[s] for s in of if s in seeds} for name, of in of_seed.items()}
        return replace(self, **kept)

    def curve(self, x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
        """x (T,) and y (seeds, T); NaN where a seed has no such row or no finite number there.

        x: "epoch", "update", or "fraction": how much of the planned updates is done, 0 to 1.
        """
        longest = max(self.rows.values(), key=len)
        found = np.full((len(self.rows), len(longest)), np.nan)
        for line, rows in zip(found, self.rows.values(), strict=True):
            line[: len(rows)] = rows[y]
        if x == "fraction":
            return longest["update"].to_numpy() / self.done[self.seeds[0]]["updates"], found
        return longest[x].to_numpy(), found

    def final(self, y: str) -> np.ndarray:
        """(seeds,) the last row's y, or what was measured once at the end; NaN where the run diverged, whatever it
        says."""
        last = (
            once(done, y)
            if y in metrics.AT_THE_END
            else rows[y][-1]
            if y in rows.columns and len(rows)
            else np.nan
            for rows, done in zip(self.rows.values(), self.done.values(), strict=True)
        )
        diverged = self.diverged
        return np.array(
            [
                np.nan if seed in diverged else value
                for seed, value in zip(self.seeds, last, strict=True)
            ]
        )

    def of_class(self, model: int) -> np.ndarray:
        """(seeds, C) top-1 percent of one of the models in each class, at the end; NaN where a run did not note it."""
        noted = [
            done.get("top1_of_class", {}).get(str(model), [np.nan]) for done in self.done.values()
        ]
        found = np.full((len(noted), max(map(len, noted))), np.nan)
        for line, classes in zip(found, noted, strict=True):
            line[: len(classes)] = classes
        return found

    def bits(self) -> np.ndarray:
        """(seeds,) payload that a device sent per update, as counted while it trained."""
        ended = self.done.values()
        return np.array(
            [done["sent_bits"] / done["update"] if done["update"] else np.nan for done in ended]
        )


def once(done: dict, y: str) -> float:
    """The mean over a run's models of what its done.json says of them at the end."""
    of_models = [final.get(y, np.nan) for final in done.get("final", {}).values()]
    return float(np.mean(of_models)) if of_models else np.nan


def together(*arms: Arm) -> list[Arm]:
    """The arms, each of the seeds that all of them have: what is compared seed by seed."""
    common = set.intersection(*(set(arm.seeds) for arm in arms))
    return [arm.of_seeds(common) for arm in arms]


def apart(one: dict, other: dict) -> list[str]:
    """What two configs disagree on, of the options that both name: a run may be older than an option."""
    both = {line.partition(":")[0] for line in run_identity.difference(other, one, one)}
    return [
        line
        for line in run_identity.difference(one, other, other)
        if line.partition(":")[0] in both
    ]


def read(scale: str, sweeps: list[str], roots: list[Path]) -> dict[str, Arm]:
    """{arm: Arm} of every arm with a finished run; each seed from the first of `roots` that has it finished."""
    arms: dict[str, Arm] = {}
    for sweep in sweeps:
        for root in roots:
            for folder in sorted(
                path for path in root.glob(f"{scale}/{sweep}/*/*") if path.name.isdigit()
            ):
                name, seed = folder.parent.name, int(folder.name)
                arm = arms.setdefault(name, Arm(name, sweep, scale))
                if arm.sweep != sweep:
                    raise Unreadable(
                        f"{folder}: sweep {arm.sweep} has an arm of that name too; arm names are unique"
                    )
                if seed in arm.done:
                    continue
                if done := runlog.done(folder):
                    whole.named(folder, done)
                    arm.done[seed], arm.folders[seed] = done, folder
                    arm.unfinished.discard(seed)
                else:
                    arm.unfinished.add(seed)
    arms = {name: arm for name, arm in arms.items() if arm.done}
    for arm in arms.values():  # a seed may have come from a later root
        arm.done = dict(sorted(arm.done.items()))
        arm.folders = dict(sorted(arm.folders.items()))
    read_rows(list(arms.values()))
    return arms


def reported(figure: str) -> dict[tuple[str, str], float]:
    """{(arm, metric): value} that the papers print for `figure` ("v2 fig1"), each on its own data set and scale."""
    source, _, name = figure.partition(" ")
    with open(REPORTED, newline="") as lines:
        rows = [
            row for row in csv.DictReader(lines) if (row["source"], row["figure"]) == (source, name)
        ]
    return {(row["arm"], row["metric"]): float(row["value"]) for row in rows}
