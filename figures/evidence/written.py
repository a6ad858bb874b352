"""Write the ledger as paper/claims.md for readers and paper/claims.json for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from math import isfinite
from pathlib import Path

from figures.evidence import experiments, findings
from figures.evidence.family import family, percent
from figures.evidence.findings import Finding
from figures.evidence.ledger import Entry, Judged, Ledger
from figures.evidence.summary import AFTER, cost, says, together
from figures.evidence.totals import counts_text

TITLE = """# Claims and verdicts

<!-- written by make claims, from paper/results, fresh and planned; what is changed by hand is lost -->
"""
FOUND = """The main claims and controls with gap, 95 % interval and number of seeds on each bed: digits (`laptop`), and
glyphs whose noise can be memorized (*scarce*) or never repeats (*plenty*). On digits the plan's seeds count, else
twelve fresh ones (n = 12), else the papers' three (n = 3). After the lists come the ids of all other failed claims and
controls; [claims.csv](claims.csv) has their sentences. [beds.md](beds.md) and [fresh.md](fresh.md) have all verdicts on
new seeds. The rest of this page has those on three.
"""
HEAD = f"""## How a verdict is reached

Every experiment of `experiments.yaml`, its claims, and their verdicts here. A claim compares two arms: their gap with
a margin. It *holds* if the gap's 95 % interval over the seeds lies within the margin, *fails* if it lies outside, and
is *undecided* otherwise. It is also undecided if a run diverged, which is then named. {findings.UNITS} The interval
is Welch's. [claims.csv](claims.csv) marks claims that are tested otherwise: *paired* ones seed by seed (Student's t),
*ranked* ones by ranks; with too few seeds their interval has no bounds. "Matches" means a margin from −δ to δ, tested
by two one-sided tests at 2.5 % each. A small gap with a wide interval does not prove it. Margins were fixed before
the runs, except for claims marked {AFTER}: runs of all their arms had been seen before, as they had when claims
became *paired* or *ranked*. *Ours* are controls and additional questions. A verdict applies to its scale only, and to
one validation set. All runs on a data set share that set, so no interval includes the variation between validation
sets. [fresh.md](fresh.md) evaluates the claims of some figures on twelve further seeds.
"""


def markdown(ledgers: Sequence[Ledger], found: Mapping[str, Finding]) -> str:
    """The text of claims.md for one or more scales; common parts are from the first ledger.

    found: {id of a claim: its finding}, which the page begins with.
    """
    parts = [TITLE, FOUND, findings.markdown(found), HEAD, *(summary(ledger) for ledger in ledgers)]
    first = ledgers[0]
    papers = experiments.read()["sources"]
    for paper in dict.fromkeys(entry.paper for entry in first.entries):
        parts.append(
            f"## {paper}: {papers[paper]['ref'] if paper in papers else 'what no paper asks'}\n"
        )
        for same in zip(*(ledger.entries for ledger in ledgers), strict=True):
            if same[0].paper == paper:
                parts.append(section(same))
    return "\n".join(parts)


def summary(ledger: Ledger) -> str:
    """Runs, verdicts and error rates at one scale: for all claims together and per figure."""
    lines = [
        f"## At {ledger.scale} scale\n",
        f"{len(ledger.claims)} claims: {counts_text(ledger.claims)}. Runs and their time: {cost(ledger, ledger.arms)} "
        f"of one core; machine: {ledger.machines}; commit: {ledger.commits}.\n",
        f"Multiple comparisons: {together(ledger)}. The same per figure:\n",
        "| figure | evaluated, except bits | false verdict, at most | if independent | decided | after Bonferroni |",
        "|---" * 6 + "|",
    ]
    for name, figure in ledger.figures.items():
        of = family(claim.evidence for claim in figure.claims)
        cells = (
            name,
            f"{of.claims} of {len(figure.claims)}",
            percent(of.at_most),
            percent(of.independent),
        )
        lines.append("| " + " | ".join([*cells, f"{of.decided}", f"{of.kept}"]) + " |")
    return "\n".join([*lines, ""])


def section(same: Sequence[Entry]) -> str:
    """The section of one experiment, with its claims at each scale."""
    entry = same[0]
    place = f", §{entry.section}" if entry.section else ""
    lines = [f"### {entry.id}{place}\n", f"{entry.claim}\n"]
    about = [f"`{entry.command}`" if entry.command else f"Not run: {entry.why}."]
    about += [f"reported: {flat(entry.reported)}"] if entry.reported else []
    about += [f"left open: {', '.join(entry.contradictions)}"] if entry.contradictions else []
    lines.append("; ".join(about) + "\n")
    rows = [
        claim
        for claims in zip(*(one.claims for one in same), strict=True)
        for claim in shown(claims)
    ]
    if rows:
        lines += ["| verdict | claim | gap [95 % interval] | n, scale | place |", "|---" * 5 + "|"]
        lines += [f"| {c.verdict} | {says(c)} | {c.found} | {seeds(c)} | {c.where} |" for c in rows]
        lines.append("")
    return "\n".join(lines)


def shown(claims: Sequence[Judged]) -> list[Judged]:
    """Returns one claim at each scale that has runs of it; if none has, a single "not run"."""
    return [claim for claim in claims if claim.verdict != "not run"] or [claims[0]]


def seeds(claim: Judged) -> str:
    return f"{', '.join(map(str, claim.n))} {claim.scale}" if claim.n else ""


def flat(reported: dict | list) -> str:
    """Format {a: 1, b: [2, 3]} as "a 1, b 2 3"."""
    if isinstance(reported, dict):
        return ", ".join(f"{key} {flat(value)}" for key, value in reported.items())
    return " ".join(map(flat, reported)) if isinstance(reported, list) else str(reported)


def as_json(ledgers: Sequence[Ledger]) -> str:
    """{scale: {claims, entries, figures, arms}}, one record a line; "fig2/5" is a claim's key."""
    scales = ",\n".join(f'"{ledger.scale}": {of_one(ledger)}' for ledger in ledgers)
    return f"{{\n{scales}\n}}\n"


def of_one(ledger: Ledger) -> str:
    name = {
        id(c): f"{c.figures[0]}/{f.claims.index(c) + 1}"
        for n, f in ledger.figures.items()
        for c in f.claims
        if c.figures[0] == n
    }
    kinds = {
        "claims": {
            name[id(c)]: record(short(c)) | {"ours": c.ours, "found": c.found}
            for c in ledger.claims
        },
        "entries": {
            e.name: named(e, name) | {"verdicts": dict(e.verdicts)} for e in ledger.entries
        },
        "figures": {key: named(figure, name) for key, figure in ledger.figures.items()},
        "arms": {key: record(runs) for key, runs in ledger.arms.items()},
    }
    body = (
        f'"{kind}": {{\n' + ",\n".join(f'"{key}": {line(of)}' for key, of in many.items()) + "\n}"
        for kind, many in kinds.items()
    )
    return "{\n" + ",\n".join(body) + "\n}"


def short(claim: Judged) -> Judged:
    """The claim without the differences behind a rank test, a number for each pair of seeds."""
    evidence = claim.evidence and replace(claim.evidence, ranks=None)
    return replace(claim, evidence=evidence)


def named(what, name: dict[int, str]) -> dict:
    """An entry or a figure as a dict, with the keys of its claims."""
    return record(what) | {"claims": [name[id(claim)] for claim in what.claims]}


def record(what) -> dict:
    """The fields of a dataclass; dataclasses.asdict would copy their content too."""
    return {field.name: getattr(what, field.name) for field in fields(what)}


def line(of: dict) -> str:
    return json.dumps(plain(of), ensure_ascii=False, allow_nan=False)


def plain(value):
    """Prepare for JSON: six digits, which are equal on every machine; null for infinite numbers."""
    if isinstance(value, dict):
        return {key: plain(of) for key, of in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(of) for of in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if isfinite(value) else None
    return plain(record(value)) if is_dataclass(value) else value


def paths(folder: Path) -> list[Path]:
    return [folder / "claims.md", folder / "claims.json"]


def put(ledgers: Sequence[Ledger], found: Mapping[str, Finding], folder: Path) -> list[Path]:
    for path, text in zip(paths(folder), (markdown(ledgers, found), as_json(ledgers)), strict=True):
        path.write_text(text)
    return paths(folder)
