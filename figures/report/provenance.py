"""The report's tables of provenance: the seeds, commits and machines behind pictures and behind answers."""

import hashlib
from collections.abc import Collection, Iterable

from figures.drawing.latex import code, columns, table, text
from figures.evidence import manifest
from figures.evidence import summary as report
from figures.evidence.provenance import Runs
from figures.report.material import Material

HEAD = ("runs", "core time", "seeds", "machine", "commits that trained")
KINDS = ("r", "r", 1.7, 2.6, 5.0)  # of the columns of HEAD


def provenance(material: Material) -> str:
    """The runs of all pictures, at each scale."""
    rows = [
        tuple(map(text, (scale, *made(ledger.arms.values()))))
        for scale, ledger in material.ledgers.items()
    ]
    digest = hashlib.sha256(manifest.RESULTS.read_bytes()).hexdigest()
    lines = table(columns("l", *KINDS), ("scale", *HEAD), rows)
    return (
        lines
        + f"\nThe SHA-256 of {code('paper/results.sha256')}, which lists those of all results, begins "
        f"with {code(digest[:16])}."
    )


def answers(material: Material) -> str:
    """The runs behind the answers on each bed, by their folder; "" without answers."""
    found: dict[tuple[str, str], dict[str, Runs]] = {}
    for ledger in material.behind:
        for claim in ledger.claims:
            for bed, judged in material.found[claim.id].named.items():
                if judged is claim:  # this ledger's verdict counts there
                    for runs in (ledger.arms[arm] for arm in claim.arms):
                        folder = "/".join(runs.folders[0].split("/")[:2])
                        found.setdefault((bed, folder), {})[runs.arm] = runs
    rows = [
        (text(bed), code(folder), *map(text, made(arms.values())))
        for (bed, folder), arms in sorted(found.items())
    ]
    return table(columns("l", "l", *KINDS), ("bed", "runs in", *HEAD), rows) if rows else ""


def made(arms: Collection[Runs]) -> list[str]:
    """The cells of HEAD."""
    commits, machines = (
        {one for arm in arms for one in getattr(arm, key)} for key in ("commits", "machines")
    )
    return [
        str(sum(len(arm.seeds) for arm in arms)),
        report.hours(sum(arm.core_seconds for arm in arms)),
        ranges({seed for arm in arms for seed in arm.seeds}),
        ", ".join(sorted(machines)),
        ", ".join(sorted(commits)),
    ]


def ranges(seeds: Iterable[int]) -> str:
    """Seeds with runs of consecutive ones as ranges: 1–3, 5."""
    found: list[list[int]] = []
    for seed in sorted(seeds):
        if found and seed == found[-1][-1] + 1:
            found[-1].append(seed)
        else:
            found.append([seed])
    return ", ".join(f"{of[0]}–{of[-1]}" if len(of) > 1 else str(of[0]) for of in found)
