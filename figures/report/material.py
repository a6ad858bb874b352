"""The data of the report: figures, ledger and arms at each scale with runs, and all settings."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from figures.evidence import beds, names, settings
from figures.evidence.arm import Arm
from figures.evidence.findings import Finding, by_bed, findings
from figures.evidence.join import RESULTS, join
from figures.evidence.ledger import Entry, Ledger, Shown
from figures.evidence.results import REPORTED, read
from figures.evidence.settings import Setting


@dataclass(frozen=True)
class Material:
    modules: dict[str, ModuleType]
    # one per scale with runs, the smallest first; without any runs, only that of the smallest
    ledgers: dict[str, Ledger]
    arms: dict[str, dict[str, Arm]]  # per scale, as `ledgers`
    settings: dict[tuple[str, str], Setting]  # {(scale, arm): its setting}, at every scale
    # {id of a claim: its verdict on each bed}, of all committed runs
    found: Mapping[str, Finding] = field(default_factory=dict)
    behind: Sequence[Ledger] = ()  # the ledgers of `found`

    @property
    def first(self) -> Ledger:
        """The ledger that describes figures and experiments; others differ in runs and verdicts."""
        return next(iter(self.ledgers.values()))

    def shown(self, name: str) -> dict[str, Shown]:
        """{scale: the figure}, for scales that have runs of it."""
        return {
            scale: ledger.figures[name]
            for scale, ledger in self.ledgers.items()
            if any(arm in self.arms[scale] for arm in ledger.figures[name].arms)
        }

    def entries(self, name: str) -> list[Entry]:
        """The papers' experiments that a figure repeats."""
        return [
            entry for entry in self.first.entries if entry.figure == name and entry.paper != "ours"
        ]

    def paper(self, name: str) -> str:
        """The first paper with an experiment that the figure repeats."""
        return next(entry.paper for entry in self.first.entries if entry.figure == name)

    def twin(self, name: str) -> str | None:
        """An earlier figure with the same arms and drawing, as v2's Figure 9 for v1's Figure 8."""
        return twin(self.modules, name)


def once(modules: dict[str, ModuleType]) -> list[str]:
    """The figures without those whose drawing an earlier one has."""
    return [name for name in modules if twin(modules, name) is None]


def twin(modules: dict[str, ModuleType], name: str) -> str | None:
    earlier = list(modules)[: list(modules).index(name)]
    return next((one for one in earlier if drawing(modules[one]) == drawing(modules[name])), None)


def drawing(module: ModuleType) -> tuple:
    return names.arms_read(module), getattr(module, "draw", None) or module.rows


def read_all(root: Path = RESULTS) -> Material:
    """Read the runs in `root` at every scale."""
    known = settings.read()
    modules, scales = names.load(), list(dict.fromkeys(scale for scale, _ in known))
    found = names.scales_in(root)
    there = [scale for scale in scales if scale in found] or scales[:1]
    arms = {scale: read(scale, names.sweeps_of(modules), [root]) for scale in there}
    ledgers = {scale: join(modules, arms[scale], scale) for scale in there}
    behind = beds.ledgers_of(list(ledgers.values()), [root])
    return Material(modules, ledgers, arms, known, findings(by_bed(behind)), behind)


def reported() -> list[dict[str, str]]:
    """All rows of paper/reported.csv, the numbers printed in the papers."""
    with open(REPORTED, newline="") as lines:
        return list(csv.DictReader(lines))
