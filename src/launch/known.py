"""What committed claims know of an exchange's quality, by the arms that they compare. Needs no torch."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from codist.config import Run
from codist.errors import Refused
from codist.exchange import Options
from launch.compose import groups, names, path_of
from launch.jobs import Job, job
from workloads.checkout import CHECKOUT

PAPER = CHECKOUT / "paper"
CLAIMS, VERDICTS = "claims.csv", "beds.json"  # figures/evidence writes both
SHARES = [k / 32 for k in range(32)]  # of a run, at which two recipes are compared
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Known:
    """A claim that compares an arm with one of another exchange, or of none."""

    claim: str  # its id
    sentence: str
    metric: str
    one: Job
    other: Job
    verdicts: dict[str, dict]  # {scale: verdict, measured, n, ... of paper/beds.json}

    def cell(self, base: Run) -> str:
        """The gap at the scale of `base`, or the scales that have one."""
        other = "" if recipe(self.one.run) == recipe(base) else " (another recipe)"
        if here := self.verdicts.get(base.scale):
            return f"{here['measured']} against {self.other.run.arm}: {self.claim}{other}"
        where = "at other scales only" if self.verdicts else "planned, not run"
        return f"{where}: {self.claim}{other}"

    def lines(self) -> list[str]:
        """The claim and its verdict at each scale."""
        found = [
            f"{scale} {one['verdict']} {one['measured']}, n = {min(one['n'])}"
            for scale, one in self.verdicts.items()
        ]
        arms = " against ".join(f"{job.run.sweep}/{job.run.arm}" for job in (self.one, self.other))
        return [
            f"{self.claim}: {self.sentence}",
            f"  {self.metric}, {arms}: {'; '.join(found) or 'not run'}",
        ]


class Evidence:
    """The claims on arms with the workload, the number of models and the batch of `base`."""

    def __init__(self, base: Job, paper: Path = PAPER):
        self.base = base.run
        rows = [row for row in read(paper / CLAIMS) if is_comparison(row)]
        arms = arms_of_workload(base, {arm for row in rows for arm in row["arms"].split()})
        verdicts = {
            claim: {one["scale"]: one for one in by_bed.values()}
            for claim, by_bed in json.loads((paper / VERDICTS).read_text())["claims"].items()
        }
        self.known: list[Known] = []
        for row in rows:
            one, other = map(arms.get, row["arms"].split())
            if one and other and self.differ(one.run, other.run):
                of = (row["id"], row["sentence"], row["metric"], one, other)
                self.known.append(Known(*of, verdicts.get(row["id"], {})))
        self.known.sort(key=self.rank)

    def rank(self, known: Known) -> tuple:
        """Sorts claims: evaluated ones first, then by the base's recipe, no exchange, and fewer models."""
        one, other = known.one.run, known.other.run
        missing = not known.verdicts
        return missing, recipe(one) != recipe(self.base), not is_idle(other), other.n

    def differ(self, one: Run, other: Run) -> bool:
        """True if `one` is an exchange between models like the base's, and `other` no or another exchange."""
        base, workload = self.base, self.base.workload
        alike = (one.workload, one.n, one.batch) == (workload, base.n, base.batch)
        compared = other.workload == workload and (is_idle(other) or other.n == base.n)
        return alike and compared and not is_idle(one) and one.exchange != other.exchange

    def exchanges(self) -> list[Options]:
        """The exchanges that the claims are about, each once."""
        found: list[Options] = []
        for one in sorted(
            self.known, key=lambda known: getattr(known.one.run.exchange, "period", 1)
        ):
            if one.one.run.exchange not in found:
                found.append(one.one.run.exchange)
        return found

    def of(self, exchange: Options) -> list[Known]:
        """The first claim on this exchange against one model and against n, of no exchange if there are such."""
        found: dict[int, Known] = {}
        for known in (one for one in self.known if one.one.run.exchange == exchange):
            if is_idle(known.other.run) or not found:
                found.setdefault(known.other.run.n, known)
        return list(found.values())

    def reference(self, batch: int) -> str:
        """The arm without exchange whose models read `batch` examples, if claims compare with it; else ""."""
        idle = (known.other.run for known in self.known if is_idle(known.other.run))
        found = [run for run in idle if run.batch == batch]
        return f"{found[0].sweep}/{found[0].arm}" if found else ""


def read(path: Path) -> Iterator[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def is_comparison(claim: dict[str, str]) -> bool:
    """True if a claim compares the quality of two arms on the validation set."""
    return len(claim["arms"].split()) == 2 and claim["metric"].startswith(("valid_", "bleu"))


def is_idle(run: Run) -> bool:
    return run.exchange.kind == "none"


def arms_of_workload(base: Job, wanted: set[str]) -> dict[str, Job]:
    """{arm: job} of the `wanted` arms in the sweeps that share the base's recipe file, at its scale."""
    defaults = {name: defaults_of(name) for name in names()}
    chosen = [one for one in groups(base.overrides) if not one.startswith("sweep=")]
    found = {}
    for sweep in (name for name in defaults if defaults[name] == defaults[base.run.sweep]):
        for arm in wanted.intersection(written(sweep).get("arms", {})):
            try:
                found[arm] = job((f"sweep={sweep}", f"arm={arm}", "seed=1", *chosen))
            except Refused:
                continue  # not at this scale
    return found


def written(sweep: str) -> dict:
    return yaml.load(path_of(sweep).read_text(encoding="utf-8"), LOADER) or {}


def defaults_of(sweep: str) -> list:
    return written(sweep).get("defaults", [sweep])


def recipe(run: Run) -> tuple:
    """The updates of a run, and its learning rate and weight decay at equal shares of them."""
    epochs = [share * run.epochs for share in SHARES]
    rates = ((run.lr(at, run.epochs), run.weight_decay(at, run.epochs)) for at in epochs)
    return run.updates, *rates
