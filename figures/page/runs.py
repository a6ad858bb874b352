"""The runs of all figures as compact JSON, which the scripts show on demand."""

import json
from collections.abc import Mapping

from codist.metrics import CHARTED, metric
from figures.drawing.colours import COLOURS, LABELS
from figures.drawing.style import EARLY
from figures.evidence.arm import Arm
from figures.evidence.bed_verdicts import verdict
from figures.evidence.findings import Finding
from figures.evidence.ledger import Judged, Ledger
from figures.evidence.provenance import missing
from figures.evidence.written import plain
from figures.page.rows import DIGITS, numbers, packed, rounded

# fields of done.json: the run's command has the first four, and the last has a number per class
LEFT_OUT = ("scale", "sweep", "arm", "seed", "top1_of_class")


def as_json(
    ledgers: list[Ledger],
    arms: dict[str, dict[str, Arm]],
    findings: Mapping[str, Finding],
    planned: dict,
) -> str:
    """{metrics, early, claims, arms: {"laptop/all_reduce": ...}} and `planned`, for a <script> element."""
    every = {
        f"{one.scale}/{name}": of_arm(arms[one.scale][name]) for one in ledgers for name in one.arms
    }
    charted = {name: {"title": title, "log": metric(name).log} for name, title in CHARTED.items()}
    claims = {one.id: of_claim(one, findings[one.id]) for one in ledgers[0].claims}
    content = {"metrics": charted, "early": EARLY, "claims": claims, "arms": every} | planned
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")  # else a </script> in a config would end the element


def of_claim(claim: Judged, finding: Finding) -> dict:
    """A claim for the search and for CSV files, with its verdict on each bed."""
    on = {}
    for name, judged in finding.named.items():
        found = verdict(judged)
        evidence = found.pop("evidence") or {}
        ends = ("gap", "low", "high", "lowest", "highest", "unit")
        on[name] = plain(
            {"verdict": judged.verdict, "n": min(judged.n)}
            | {key: evidence.get(key) for key in ends}
        )
    return {
        "says": claim.says,
        "kind": claim.kind,
        "where": claim.where,
        "verdict": claim.verdict,
        "found": claim.found,
        "arms": claim.arms,
        "on": on,
    }


def of_arm(arm: Arm) -> dict:
    """The data of an arm: what its seeds have in common, and what differs per seed."""
    configs = apart([arm.configs[seed] for seed in arm.seeds])
    facts = apart(
        [
            {key: value for key, value in arm.done[seed].items() if key not in LEFT_OUT}
            for seed in arm.seeds
        ]
    )
    rest = [y for y in CHARTED if y not in arm.charted]
    seeds = [
        {
            "seed": seed,
            "config": config,
            "facts": fact,
            "models": arm.done[seed]["models"],
            "rows": packed(arm.models[seed], rest),
        }
        for seed, config, fact in zip(arm.seeds, configs[1], facts[1], strict=True)
    ]
    return {
        "label": LABELS.get(arm.name, arm.name),
        "colour": COLOURS[arm.name],
        "config": configs[0],
        "facts": facts[0],
        "metrics": arm.charted,
        "ends": ends(arm),
        "command": command(arm),
        "seeds": seeds,
        "missing": missing(arm),
    }


def ends(arm: Arm) -> dict[str, list[float | int | None]]:
    """{metric: its final number of each seed, as claims use it}"""
    return {y: numbers(rounded(arm.final(y)[:, None], DIGITS))[0] for y in arm.charted}


def command(arm: Arm) -> str:
    """The command that retrains a run into runs/, even if it is a shipped result; {seed} stands for its seed."""
    scale = "" if arm.scale == "laptop" else f" scale={arm.scale}"
    return f"python src/run.py sweep={arm.sweep} arm={arm.name} seed={{seed}}{scale} place.shipped=null"


def flat(nested: dict, above: str = "") -> dict:
    """Flatten {lr: {start: 0.1}} to {lr.start: 0.1}, the form of an override."""
    found = {}
    for key, value in nested.items():
        found |= (
            flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
        )
    return found


def apart(dicts: list[dict]) -> tuple[dict, list[dict]]:
    """Split dicts into their common items and the remaining items of each, all of them flat."""
    first = dicts[0]
    same = {key for key, value in first.items() if in_all(key, value, dicts)}
    # flattened without these: most of the nested dicts are equal
    others = [flat({key: value for key, value in one.items() if key not in same}) for one in dicts]
    differ = {key for key, value in others[0].items() if not in_all(key, value, others)}
    common = {key: value for key, value in flat(first).items() if key not in differ}
    return common, [
        {key: value for key, value in one.items() if key not in common} for one in others
    ]


def in_all(key: str, value, dicts: list[dict]) -> bool:
    return all(key in one and one[key] == value for one in dicts)
