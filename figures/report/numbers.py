"""All numbers for the report's prose, as {name: text}.

paper/report.tex uses them as \\num{laptop/all_reduce/updates}. Names: <scale>/<arm>/<what> for an
arm, <scale>/<what> for all runs at a scale, <paper>/<figure>/<arm>/<what> for a reported number.
"""

import numpy as np

from codist.designs import SEEDS
from codist.metrics import AT_THE_END, CHARTED
from figures.drawing.tables import mean
from figures.evidence.arm import Arm
from figures.evidence.family import WRONG, family, percent
from figures.evidence.interval import LEVEL
from figures.evidence.ledger import Ledger
from figures.evidence.settings import Setting
from figures.evidence.summary import hours, kept_of_papers
from figures.evidence.totals import counts_text
from figures.report.material import Material, reported
from figures.report.overview import failed
from figures.report.revision import revision


def numbers(material: Material) -> dict[str, str]:
    found = {"confidence": f"{LEVEL:.0%}"[:-1] + " %", "wrong": percent(WRONG), "seeds": str(SEEDS)}
    found |= revision() | of_experiments(material.first) | of_failed(material)
    for (scale, arm), one in material.settings.items():
        found |= {f"{scale}/{arm}/{what}": value for what, value in of_setting(one).items()}
    for scale, ledger in material.ledgers.items():
        found |= {f"{scale}/{what}": value for what, value in of_all(ledger).items()}
        for name, arm in material.arms[scale].items():
            base = material.arms[scale].get("all_reduce")
            found |= {f"{scale}/{name}/{what}": value for what, value in of_arm(arm, base).items()}
    for row in reported():
        found["/".join(row[key] for key in ("source", "figure", "arm", "metric"))] = row["value"]
    return found


def of_experiments(ledger: Ledger) -> dict[str, str]:
    theirs = [entry for entry in ledger.entries if entry.paper != "ours"]
    return {
        "experiments": str(len(theirs)),
        "experiments with a figure": str(sum(entry.figure is not None for entry in theirs)),
        "figures": str(len(ledger.figures)),
        "contradictions": str(len(ledger.contradictions)),
    }


def of_failed(material: Material) -> dict[str, str]:
    """The number of claims that fail on a bed."""
    claims = [one.claim for one in material.found.values() if any(map(failed, one.on.values()))]
    ours = sum(claim.ours for claim in claims)
    return {"failed of papers": str(len(claims) - ours), "failed of ours": str(ours)}


def of_setting(one: Setting) -> dict[str, str]:
    counts = {
        "n": one.n,
        "batch": one.batch,
        "device_batch": one.device_batch,
        "updates": one.updates,
        "examples": one.examples,
        "weights": one.weights[0],
    }
    return {what: f"{value:,}" for what, value in counts.items()} | {"epochs": f"{one.epochs:g}"}


def of_all(ledger: Ledger) -> dict[str, str]:
    of, runs = family(claim.evidence for claim in ledger.claims), ledger.arms.values()
    return {
        "claims": str(len(ledger.claims)),
        "verdicts": counts_text(ledger.claims),
        "ours": str(sum(claim.ours for claim in ledger.claims)),
        "after": str(sum(claim.after for claim in ledger.claims)),
        "judged": str(of.claims),
        "decided": str(of.decided),
        "kept": str(of.kept),
        "kept of papers": str(kept_of_papers(ledger)),
        "expected": f"{of.expected:.1f}",
        "at most": percent(of.at_most),
        "independent": percent(of.independent),
        "runs": str(sum(len(arm.seeds) for arm in runs)),
        "time": hours(sum(arm.core_seconds for arm in runs)),
        "machines": ", ".join(sorted({machine for arm in runs for machine in arm.machines}))
        or "none",
    }


def of_arm(arm: Arm, all_reduce: Arm | None) -> dict[str, str]:
    measured = set().union(
        *(rows.columns for rows in arm.rows.values()), *map(names_at_the_end, arm.done.values())
    )
    found = {y: mean(arm, y) for y in (*CHARTED, *AT_THE_END) if y in measured}
    found["bits"] = f"{np.mean(arm.bits()):.3g}"
    if (factor := saving(arm, all_reduce)) is not None:
        found["saving"] = f"{factor:.3g}"
    return found


def names_at_the_end(done: dict) -> set[str]:
    """Names of the metrics that were measured once, at the end of a run."""
    return {name for final in done.get("final", {}).values() for name in final}


def saving(arm: Arm, all_reduce: Arm | None) -> float | None:
    """The ratio of all_reduce's bits per update to the arm's; None without either."""
    if all_reduce is None or not np.mean(arm.bits()) > 0:
        return None
    return float(np.mean(all_reduce.bits()) / np.mean(arm.bits()))
