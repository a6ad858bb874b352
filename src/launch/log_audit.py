"""Audit a run folder against its run: config, done.json and each row of each model."""

import re
from collections.abc import Iterator
from math import isclose, isfinite
from pathlib import Path

from codist import metrics, run_folder, run_identity, runlog
from codist.config import Run
from codist.errors import Refused
from codist.schedules import SCHEDULES

CLEAN = re.compile(r"[0-9a-f]{7,40}")  # a commit without -dirty


def wrong(folder: Path, run: Run) -> Iterator[str]:
    """Yields what is wrong with `folder` as the folder of `run`, the most basic errors first."""
    try:
        config, done = run_folder.config(folder), run_folder.done(folder)
        if config is None or done is None:
            yield f"{'config.yaml' if config is None else 'done.json'} is not there"
            return
        if other := run_identity.difference(config, run.to_dict(), run.defaults()):
            yield f"its config differs from sweeps/sweep/{run.sweep}.yaml today: {'; '.join(other[:4])}"
        yield from wrong_end(done, run)
        yield from wrong_start(folder, done, run)
        files = {path.name for path in folder.iterdir()}
        wanted = {
            run_folder.CONFIG,
            run_folder.DONE,
            *(f"model{model}.jsonl" for model in range(run.n)),
        }
        yield from (f"{name} is not there" for name in sorted(wanted - files))
        yield from (f"{name} does not belong there" for name in sorted(files - wanted))
        lasts = []
        for model in range(run.n):
            if f"model{model}.jsonl" in files:
                rows = runlog.rows(folder, model)
                lasts += rows[-1:]
                name = f"model{model}.jsonl"
                if not (folder / name).read_text().endswith("\n"):
                    yield f"{name} is cut off in its last line"
                yield from (f"{name}{what}" for what in wrong_rows(rows, done, run))
        diverged = any(row[name] is None for row in lasts for name in metrics.FINITE)
        if lasts and diverged != (done["outcome"] == "diverged"):
            yield f"done.json says {done['outcome']}, but its last losses and weights are {'not ' * diverged}finite"
    except (Refused, KeyError, TypeError) as error:
        yield f"damaged: {error}"


def wrong_end(done: dict, run: Run) -> Iterator[str]:
    wanted = {"scale": run.scale, "sweep": run.sweep, "arm": run.arm, "seed": run.seed, "models": run.n,
              "updates": run.updates, "threads": run.threads}  # fmt: skip
    yield from (
        f"done.json: {key} is {done[key]}, not {value}"
        for key, value in wanted.items()
        if done[key] != value
    )
    if done["outcome"] not in ("finished", "diverged"):
        yield f"done.json: outcome is {done['outcome']}, neither finished nor diverged"
    if done["outcome"] == "finished" and done["update"] != run.updates:
        yield f"done.json: finished at update {done['update']} of {run.updates}"
    if not done["machine"].get("processor") or not done["versions"].get("torch"):
        yield "done.json lacks the machine's processor or the version of torch"


def wrong_start(folder: Path, done: dict, run: Run) -> Iterator[str]:
    """Yields an error for each checkpoint it started from that is not the last of the run named there.

    Runs older than these digests have none in either file, which is accepted.
    """
    for start in run.starts:
        name = f"{start.named}/{run.seed}"
        begun, ended = (
            done.get(start.digest),
            (run_folder.done(start.folder(folder)) or {}).get("state"),
        )
        if begun != ended:
            here, there = (digest[:10] if digest else "unknown" for digest in (begun, ended))
            yield f"it started from another checkpoint (digest {here}) than the last one of {name} ({there})"


def wrong_rows(rows: list[dict], done: dict, run: Run) -> Iterator[str]:
    """Yields the first error in one model's log; later errors often follow from it."""
    wanted = [update for update in run.ends if update <= done["update"]]
    for line, update in enumerate(wanted, 1):
        if line > len(rows):
            yield f" ends at line {len(rows)}: the row of update {update} is not there"
            return
        row = rows[line - 1]
        if row["update"] != update:
            yield f", line {line}: expected update {update}, got {row['update']}"
            return
        if fault := wrong_row(row, run, last=line == len(wanted) and done["outcome"] == "diverged"):
            yield f", line {line}: {fault}"
            return
    if len(rows) > len(wanted):
        yield f", line {len(wanted) + 1}: a row after the last update"
        return
    end = rows[-1]
    if end["sent_bits"] != done["sent_bits"]:
        yield f": {end['sent_bits']} bits sent in its last row, but {done['sent_bits']} in done.json"
    if any(end[clock] > done[clock] for clock in metrics.TIMES if clock in end and clock in done):
        yield " took longer than done.json says; it belongs to another run"


def wrong_row(row: dict, run: Run, last: bool) -> str:
    """Returns which number of `row` differs from the plan of `run`, or is not finite.

    last: the row where it diverged.
    """
    k = row["update"] - 1
    planned = {name: getattr(run, name)(run.epoch(k), run.epochs) for name in SCHEDULES}
    planned |= {"epoch": run.epoch(k + 1), "examples": (k + 1) * run.batch}
    # of text at most the planned bits are sent
    if not (hasattr(run.workload, "of_epoch") or hasattr(run.workload, "targets")):
        planned["sent_bits"] = run.sent_bits(k + 1)
    for name, value in planned.items():
        if row[name] is None or not isclose(row[name], value, rel_tol=1e-9, abs_tol=1e-12):
            return f"{name} is {row[name]}, but {value:.9g} by its config"
    for name, value in row.items():
        if value is None and name not in metrics.MAY_BE_NULL and not last:
            return f"{name} is not a number"
        if value is not None and not isfinite(value):
            return f"{name} is {value}, which no run writes"
    return ""


def commit(folder: Path) -> str:
    """Returns the commit of done.json; "" if it has none or is damaged, which `wrong` reports."""
    try:
        return (run_folder.done(folder) or {}).get("commit", "")
    except Refused:
        return ""
