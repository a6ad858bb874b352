"""An arm: the finished runs of one curve or bar, its curves and its final numbers over the seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from codist import metrics, run_identity
from codist.unpacked import name_of
from figures.evidence.consistency import Unreadable
from figures.evidence.finals import last_of, of_model, once
from figures.evidence.names import seeds_of
from figures.evidence.rows import charted, rows_of_model
from figures.evidence.stored import InFolder, InPack

SCORES = tuple(metric.name for metric in metrics.SCORED.values())


@dataclass
class Arm:
    """One curve or bar: the finished runs of one arm, one per seed.

    Numbers are averaged over the n models of a run: v1 scores model 1, v2's Figure 6 the mean of
    all, the other figures do not specify it (contradiction C41 of paper/experiments.yaml). A
    diverged run keeps its curve up to the divergence, and has no final number.
    """

    name: str
    sweep: str
    scale: str
    stored: dict[int, InFolder | InPack] = field(default_factory=dict)  # seed -> its run
    done: dict[int, dict] = field(default_factory=dict)  # seed -> its done.json
    unfinished: set[int] = field(default_factory=set)  # seeds with a run folder but no done.json
    # seed -> a row per epoch, averaged over the models; and a row per `model` and epoch
    rows: Mapping[int, pl.DataFrame] = field(default_factory=dict)
    models: Mapping[int, pl.DataFrame] = field(default_factory=dict)
    # final accuracy and loss are those of the last row, though a larger set was scored once
    by_last_row: bool = False

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.done)

    @property
    def planned(self) -> int:
        """The planned number of seeds: that of the sweep, or more if more were started."""
        return max(len(seeds_of(self.sweep)), len(self.done) + len(self.unfinished))

    @property
    def diverged(self) -> tuple[int, ...]:
        return tuple(seed for seed, done in self.done.items() if done["outcome"] == "diverged")

    @property
    def commits(self) -> set[str]:
        return {done["commit"] for done in self.done.values()}

    @property
    def seconds(self) -> float:
        """Seconds, summed over seeds: core time for CPU runs that logged it, else wall time."""
        on_cpu = {seed: config["place"]["device"] == "cpu" for seed, config in self.configs.items()}
        return sum(
            done.get("cpu_seconds" if on_cpu[seed] else "seconds", done["seconds"])
            for seed, done in self.done.items()
        )

    @cached_property
    def images(self) -> int | None:
        """The validation images of the final accuracy and loss; None: those of the last row.

        A run may score a larger set once, at its end. It counts if all seeds have scored it.
        """
        found = {
            final.get("images")
            for seed, done in self.done.items()
            if seed not in self.diverged
            for final in done.get("final", {}).values() or [{}]
        }
        return None if self.by_last_row or len(found) != 1 else found.pop()

    @cached_property
    def configs(self) -> dict[int, dict]:
        """{seed: the config of its run}"""
        return {seed: run.config for seed, run in self.stored.items()}

    @cached_property
    def config(self) -> dict:
        """The first seed's config. Raises Unreadable if another differs in more than the seed."""
        first = self.configs[self.seeds[0]]
        for seed, config in self.configs.items():
            if other := apart(first, config | {"seed": first["seed"]}):
                where = name_of(self.stored[seed].folder)
                raise Unreadable(
                    f"{where} has another config than seed {self.seeds[0]}: {'; '.join(other)}; "
                    "retrain one of them"
                )
        return first

    @property
    def live(self) -> bool:
        """True if who heard what and when differs when a run is repeated (codist/exchange/files.py)."""
        return any(done.get("live") for done in self.done.values())

    def only(self, model: int) -> "Arm":
        """The arm with the numbers of one model only, for arms whose models differ."""
        return replace(
            self,
            rows={seed: rows_of_model(rows, model) for seed, rows in self.models.items()},
            done={seed: of_model(done, model) for seed, done in self.done.items()},
        )

    def of_seeds(self, seeds: set[int]) -> "Arm":
        """The arm restricted to these seeds."""
        if seeds >= self.done.keys():  # as nearly always, and all rows would be cut out
            return self
        of_seed = {name: getattr(self, name) for name in ("stored", "done", "rows", "models")}
        kept: dict = {name: {s: of[s] for s in of if s in seeds} for name, of in of_seed.items()}
        return replace(self, **kept)

    def curve(self, x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
        """The curve of y: x (T,) and y (seeds, T); NaN for a missing row or a non-finite number.

        x: "epoch", "update", or "fraction", the share of the planned updates, 0 to 1.
        """
        longest = max(self.rows.values(), key=len)
        found = np.full((len(self.rows), len(longest)), np.nan)
        for line, rows in zip(found, self.rows.values(), strict=True):
            line[: len(rows)] = rows[y]
        if x == "fraction":
            return longest["update"].to_numpy() / self.done[self.seeds[0]]["updates"], found
        return longest[x].to_numpy(), found

    def final(self, y: str) -> np.ndarray:
        """(seeds,) y at the end: of the last row, or measured once; NaN for every diverged run."""
        scored_once = self.images is not None and y in SCORES
        at_the_end = scored_once or y in metrics.AT_THE_END
        last = (
            once(done, y) if at_the_end else last_of(self.rows[seed], y)
            for seed, done in self.done.items()
        )
        diverged = self.diverged
        return np.array(
            [
                np.nan if seed in diverged else value
                for seed, value in zip(self.seeds, last, strict=True)
            ]
        )

    @cached_property
    def charted(self) -> list[str]:
        """The metrics to chart."""
        return charted(list(self.rows.values()))

    def of_class(self, model: int) -> np.ndarray:
        """(seeds, C) final top-1 (%) of one model in each class; NaN where a run did not log it."""
        logged = [
            done.get("top1_of_class", {}).get(str(model), [np.nan]) for done in self.done.values()
        ]
        found = np.full((len(logged), max(map(len, logged))), np.nan)
        for line, classes in zip(found, logged, strict=True):
            line[: len(classes)] = classes
        return found

    def bits(self) -> np.ndarray:
        """(seeds,) bits of payload that a device sent per update, counted during training."""
        ended = self.done.values()
        return np.array(
            [done["sent_bits"] / done["update"] if done["update"] else np.nan for done in ended]
        )


def alike(arms: list[Arm]) -> list[Arm]:
    """The arms with final numbers of one validation set: of their last rows if the sets differ."""
    same = len({arm.images for arm in arms}) == 1
    return arms if same else [replace(arm, by_last_row=True) for arm in arms]


def together(*arms: Arm) -> list[Arm]:
    """Restrict the arms to their common seeds, for paired comparisons."""
    common = set.intersection(*(set(arm.seeds) for arm in arms))
    return [arm.of_seeds(common) for arm in arms]


def apart(one: dict, other: dict) -> list[str]:
    """The differences of two configs in options of both; a run may be older than an option."""
    if one == other:  # as nearly always, and much faster
        return []
    back = run_identity.difference(other, one, one)
    both = {line.partition(":")[0] for line in back}
    there = run_identity.difference(one, other, other)
    return [line for line in there if line.partition(":")[0] in both]
