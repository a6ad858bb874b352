"""Redraw and re-evaluate the committed results, and compare: python -m figures.verify.

python src/run.py verify compares their configs and logs with the sweeps; make verify does both.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from codist import errors
from codist.progress import progress
from figures import HOME
from figures.drawn import drawn
from figures.ending import leave
from figures.evidence import bed_verdicts, beds, fresh, manifest, planned, written
from figures.evidence.consistency import Unreadable
from figures.evidence.findings import by_bed, findings
from figures.evidence.join import RESULTS, read
from figures.evidence.manifest import digests, stale
from figures.evidence.names import scales_in
from figures.evidence.summary import index

PAPER, README, INDEX = HOME / "paper", HOME / "README.md", HOME / "docs" / "evidence.md"
PICTURE = "fig2.png"  # shown in the README


def checked(
    paper: Path = PAPER, results: Path = RESULTS, more: Path = fresh.RUNS
) -> Iterator[tuple[str, list[str]]]:
    """Yield (what is checked, its stale parts). paper: the folder of verdicts and of hash lists."""
    yield "SHA-256 of results", stale(paper / manifest.RESULTS.name, digests(results))
    yield "SHA-256 of fresh seeds", stale(paper / manifest.FRESH.name, digests(more))
    yield (
        "SHA-256 of the plan's runs",
        stale(paper / manifest.PLANNED.name, digests(planned.runs())),
    )
    try:
        planned.check_results()
        scales = progress("verdicts of the results", scales_in(results))
        ledgers = [read(scale, [results]) for scale in scales]
        on_fresh, on_beds = read("laptop", [more]), beds.ledgers()
    except (Unreadable, errors.Refused) as error:
        yield "verdicts", [str(error)]
        yield (
            "README, drawings",
            ["not checked, because the results cannot be read; fix that first"],
        )
        return
    laptop = next(ledger for ledger in ledgers if ledger.scale == "laptop")
    found = findings(by_bed([*on_beds, on_fresh, *ledgers]))
    texts = (
        ("claims.md", written.markdown(ledgers, found)),
        ("claims.json", written.as_json(ledgers)),
        ("fresh.md", fresh.markdown(laptop, on_fresh)),
        ("beds.md", beds.markdown(on_beds)),
        (bed_verdicts.PATH.name, bed_verdicts.as_json(on_beds, found)),
    )
    yield (
        "verdicts",
        [
            f"{name} is not what the results say; make claims"
            for name, text in texts
            if not (paper / name).exists() or (paper / name).read_text() != text
        ],
    )
    tables = ((INDEX, "readme", index(laptop)), (README, "claims", beds.readme_table(found)))
    yield (
        "README, index of figures",
        [
            f"{page.relative_to(HOME)} has an outdated table; make {how}"
            for page, how, table in tables
            if table not in page.read_text()
        ],
    )
    drawings = drawn(results)
    yield "drawings", stale(paper / manifest.DRAWN.name, drawings)
    shown = hashlib.sha256((paper / PICTURE).read_bytes()).hexdigest()
    yield (
        "the README's picture",
        [] if shown == drawings[PICTURE] else [f"{PICTURE} is an older drawing; make readme"],
    )


def main() -> int:
    """Return 0 if everything is as committed, 1 if something is stale; stale parts are named."""
    status = 0
    try:
        for what, old in checked():
            print(f"{what}: {f'{len(old)} stale' if old else 'as committed'}", flush=True)
            for line in old:
                status = 1
                print(f"  stale: {line}", file=sys.stderr)
    except (Unreadable, errors.Refused) as error:
        print(error, file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    leave(main, arguments=False)
