"""The runs of a sweep packed into two compressed files, and unpacked again. Needs no torch.

<root>/<scale>/<sweep>.runs.jsonl.gz   a line per run: arm, seed, sha256, config (yaml), done
<root>/<scale>/<sweep>.rows.jsonl.gz   a line per row of a log: arm, seed, model, and the row

polars.read_ndjson(path, infer_schema_length=None) and pandas.read_json(path, lines=True) read both.
Unpacked folders are equal to the packed ones to the byte.
"""

import gzip
import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from codist import packed_files, run_folder, run_lines
from codist.errors import Refused
from codist.packed_files import ROWS, RUNS, lines_of
from codist.run_lines import Lines

Runs = dict[tuple[str, int], Lines]  # {(arm, seed): its lines}


def pack(runs: Path, root: Path, scales: Collection[str] = ()) -> tuple[Counter, list[Path]]:
    """Pack the finished run folders <runs>/<scale>/<sweep>/<arm>/<seed> into `root`.

    Each is added, or replaces the packed run of its name; all other packed runs stay. Nothing is
    written unless all can be. scales: pack runs of these only; empty: of all.

    Returns the number of runs added, replaced and unchanged, and the folders of runs that changed
    code trained, which are left out. Raises Refused without any run, and for one that would not
    come back to the byte.
    """
    found: dict[tuple[str, str], Runs] = {}
    left_out = []
    for path in sorted(runs.glob(f"*/*/*/*/{run_folder.DONE}")):
        folder, (scale, sweep, arm, seed) = path.parent, path.parts[-5:-1]
        if scales and scale not in scales:
            continue
        if str(run_folder.ended(folder).get("commit", run_folder.DIRTY)).endswith(run_folder.DIRTY):
            left_out.append(folder)
        else:
            lines = run_lines.lines_of(folder)
            found.setdefault((scale, sweep), {})[arm, int(seed)] = lines
    if not found and not left_out:
        where = f"{runs}/{'|'.join(scales) or '<scale>'}"
        raise Refused(f"no finished run is in {where}/<sweep>/<arm>/<seed>; name another folder")
    before = {name: packed_runs(root.joinpath(*name)) for name in found}
    counts: Counter = Counter()
    for name, of_sweep in found.items():
        for key, lines in of_sweep.items():
            same = "unchanged" if before[name].get(key) == lines else "replaced"
            counts[same if key in before[name] else "added"] += 1
        if before[name] | of_sweep != before[name]:  # another zlib would write other bytes
            write(root.joinpath(*name), before[name] | of_sweep)
    return counts, left_out


def write(sweep: Path, runs: Runs) -> None:
    """Write the two files of a sweep, by arm and seed: equal runs give equal bytes."""
    sweep.parent.mkdir(parents=True, exist_ok=True)
    ordered = [runs[key] for key in sorted(runs)]
    every = {RUNS: [one.run for one in ordered], ROWS: [row for one in ordered for row in one.rows]}
    fresh = {form: sweep.with_name(f"{sweep.name}{form}.new") for form in every}
    for form, lines in every.items():
        # no time in the header
        fresh[form].write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))
    for form, path in fresh.items():  # both at once, or the old ones stay
        os.replace(path, sweep.with_name(sweep.name + form))


def packed_runs(sweep: Path) -> Runs:
    """The packed runs of <root>/<scale>/<sweep>; none if it has no files.

    Raises Refused if a file is missing or damaged, or if the two are not of the same runs.
    """
    return {
        key: Lines(of.line, lines_of(bytes(of.rows)))
        for key, of in packed_files.read(sweep).items()
    }


def unpack(root: Path, runs: Path) -> int:
    """The inverse of `pack`; returns the number of runs. Raises Refused if one is not as packed."""
    return sum(unpack_sweep(sweep, runs / sweep.relative_to(root)) for sweep in sweeps(root))


def unpack_sweep(sweep: Path, folder: Path) -> int:
    """Unpack the runs of <root>/<scale>/<sweep> as <folder>/<arm>/<seed>; returns their number."""
    found = packed_runs(sweep)
    for (arm, seed), lines in found.items():
        try:
            run_lines.write(lines, folder / arm / str(seed))
        except Refused as error:
            raise Refused(f"{sweep}{RUNS}: {error}; restore it and {sweep.name}{ROWS}") from None
    return len(found)


def files(root: Path) -> list[Path]:
    """The packed files in `root`."""
    return sorted(path for form in (RUNS, ROWS) for path in root.glob(f"*/*{form}"))


def sweeps(root: Path) -> list[Path]:
    """The packed sweeps <root>/<scale>/<sweep>."""
    return sweeps_of(files(root))


def sweeps_of(files: Collection[Path]) -> list[Path]:
    """The sweeps <root>/<scale>/<sweep> of packed files."""
    return sorted({sweep_of(path) for path in files})


def sweep_of(file: Path) -> Path:
    """The sweep <root>/<scale>/<sweep> of one of its packed files."""
    return Path(str(file).removesuffix(RUNS).removesuffix(ROWS))
