"""Verdicts on each bed as paper/beds.json: make claims writes it; the page and src/run.py which read it.

Reading the runs of all beds takes longer than drawing the page.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan

from figures import HOME
from figures.evidence.consistency import Unreadable
from figures.evidence.findings import Finding
from figures.evidence.ledger import Judged, Ledger
from figures.evidence.margin import Evidence
from figures.evidence.totals import counts
from figures.evidence.written import line, record

PATH = HOME / "paper" / "beds.json"
ENDS = {"low": -inf, "high": inf, "lowest": -inf, "highest": inf, "freedom": inf}  # written as null


@dataclass(frozen=True)
class Bed:
    """The plan's runs on one bed: those that are there, and counts of their verdicts."""

    runs: int
    core_seconds: float
    theirs: Counter[str]  # of verdicts on the papers' claims
    ours: Counter[str]


def as_json(beds: Sequence[Ledger], found: Mapping[str, Finding]) -> str:
    """{beds: {scale: Bed}, claims: {id: {bed: its verdict}}}, one record a line."""
    kinds = {
        "beds": {bed.scale: vars(of_ledger(bed)) for bed in beds},
        "claims": {
            key: {name: verdict(claim) for name, claim in one.on.items()}
            for key, one in found.items()
        },
    }
    body = (
        f'"{kind}": {{\n' + ",\n".join(f'"{key}": {line(of)}' for key, of in many.items()) + "\n}"
        for kind, many in kinds.items()
    )
    return "{\n" + ",\n".join(body) + "\n}\n"


def of_ledger(bed: Ledger) -> Bed:
    theirs, ours = counts(bed.claims)
    seconds = sum(arm.core_seconds for arm in bed.arms.values())
    return Bed(sum(len(arm.seeds) for arm in bed.arms.values()), seconds, theirs, ours)


def verdict(claim: Judged) -> dict:
    """The parts of a claim that differ between beds."""
    evidence = claim.evidence and record(claim.evidence)
    if evidence:
        del evidence["ranks"]
    return {
        "verdict": claim.verdict,
        "scale": claim.scale,
        # evidence, as text: for programs without figures, which name the metric
        "measured": claim.evidence.numbers if claim.evidence else claim.why,
        "n": claim.n,
        "why": claim.why,
        "evidence": evidence,
    }


def read(claims: Sequence[Judged]) -> tuple[dict[str, Bed], dict[str, Finding]]:
    """({scale: its bed}, {id: the finding}) as committed. claims: any verdicts of all claims."""
    content = json.loads(PATH.read_text())
    found = {}
    for claim in claims:
        if claim.id not in content["claims"]:
            raise Unreadable(f"paper/{PATH.name} has no claim {claim.id}; make claims")
        on = {name: with_verdict(claim, of) for name, of in content["claims"][claim.id].items()}
        found[claim.id] = Finding(next(iter(on.values()), claim), on)
    beds = {
        scale: Bed(of["runs"], of["core_seconds"], Counter(of["theirs"]), Counter(of["ours"]))
        for scale, of in content["beds"].items()
    }
    return beds, found


def with_verdict(claim: Judged, of: dict) -> Judged:
    evidence = dict(of["evidence"] or {})
    if evidence and evidence["gap"] is None:
        evidence |= {"gap": nan, "low": nan, "high": nan}
    for key, end in ENDS.items():
        if evidence and evidence[key] is None:
            evidence[key] = end
    found = Evidence(**evidence) if evidence else None
    given = {key: value for key, value in of.items() if key != "measured"}
    return replace(claim, **given | {"n": tuple(of["n"]), "evidence": found})
