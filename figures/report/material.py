"""All that the report is written from: figures, their ledger and arms at each scale that was run, and every setting."""

import csv
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from figures.evidence import names, settings
from figures.evidence.ledger import RESULTS, Entry, Ledger, Shown, join
from figures.evidence.results import REPORTED, Arm, read
from figures.evidence.settings import Setting


@dataclass(frozen=True)
class Material:
    modules: dict[str, ModuleType]
    # of each scale that was run, the least first; of the least alone where none was
    ledgers: dict[str, Ledger]
    arms: dict[str, dict[str, Arm]]  # of the same scales
    settings: dict[tuple[str, str], Setting]  # of every scale

    @property
    def first(self) -> Ledger:
        """Of the scale whose words on figures and experiments are told; the others differ in runs and verdicts."""
        return next(iter(self.ledgers.values()))

    def shown(self, name: str) -> dict[str, Shown]:
        """{scale: the figure}, of scales where it has anything to show."""
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
        """That the figure is of: the first that has the experiment."""
        return next(entry.paper for entry in self.first.entries if entry.figure == name)

    def twin(self, name: str) -> str | None:
        """An earlier figure that draws the same arms in the same way: v1's Figure 8 is v2's Figure 9."""
        mine = self.modules[name]
        earlier = list(self.modules)[: list(self.modules).index(name)]
        return next((one for one in earlier if drawing(self.modules[one]) == drawing(mine)), None)


def drawing(module: ModuleType) -> tuple:
    return names.arms_read(module), getattr(module, "draw", None) or module.rows


def read_all(root: Path = RESULTS) -> Material:
    """Of the runs in `root`, at every scale."""
    known = settings.read()
    modules, scales = names.load(), list(dict.fromkeys(scale for scale, _ in known))
    there = [scale for scale in scales if (root / scale).is_dir()] or scales[:1]
    arms = {scale: read(scale, names.sweeps_of(modules), [root]) for scale in there}
    return Material(
        modules, {scale: join(modules, arms[scale], scale) for scale in there}, arms, known
    )


def reported() -> list[dict[str, str]]:
    """Every number that the papers print, as paper/reported.csv has it."""
    with open(REPORTED, newline="") as lines:
        return list(csv.DictReader(lines))
