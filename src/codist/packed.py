"""The run folders of a sweep packed into two compressed files, and unpacked again. Needs no torch.

<root>/<scale>/<sweep>.runs.jsonl.gz   a line per run: arm, seed, sha256, config (yaml), done
<root>/<scale>/<sweep>.rows.jsonl.gz   a line per row of a log: arm, seed, model, and the row

polars.read_ndjson and pandas.read_json(path, lines=True) read both. Unpacked folders are equal to
the packed ones to the byte.
"""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codist.errors import Refused
from codist.run_folder import CONFIG, DONE

RUNS, ROWS = ".runs.jsonl.gz", ".rows.jsonl.gz"
CACHE = ".unpacked"  # beside a packed root: its run folders, unpacked at the first use


def pack(runs: Path, root: Path) -> int:
    """Pack the finished run folders <runs>/<scale>/<sweep>/<arm>/<seed> into `root`; returns their number.

    Each sweep is replaced as a whole. Raises Refused for a run of changed code, or one whose
    files would not come back to the byte.
    """
    sweeps: dict[tuple[str, str], list[Path]] = {}
    for done in sorted(runs.glob(f"*/*/*/*/{DONE}")):
        sweeps.setdefault(done.parts[-5:-3], []).append(done.parent)  # type: ignore[arg-type]
    for (scale, sweep), folders in sweeps.items():
        ends, rows = [], []
        for folder in sorted(folders, key=lambda folder: (folder.parts[-2], int(folder.name))):
            end, logs = lines_of(folder)
            ends.append(end)
            rows += logs
        (root / scale).mkdir(parents=True, exist_ok=True)
        for form, lines in ((RUNS, ends), (ROWS, rows)):
            write(root / scale / f"{sweep}{form}", "".join(lines))
    return sum(map(len, sweeps.values()))


def lines_of(folder: Path) -> tuple[str, list[str]]:
    """The lines of one run: of the file of runs, and of the file of rows."""
    arm, seed = folder.parts[-2], int(folder.name)
    end = (folder / DONE).read_text()
    done = json.loads(end)
    if str(done.get("commit", "-dirty")).endswith("-dirty"):
        raise Refused(
            f"{folder} was trained by changed files; commit, remove it and train it again"
        )
    if text_of(done) != end:
        raise Refused(
            f"{folder / DONE} is not as it was written; restore it, or train the run again"
        )
    run = {
        "arm": arm,
        "seed": seed,
        "sha256": digest(folder),
        "config": (folder / CONFIG).read_text(),
        "done": done,
    }
    rows = []
    for model in range(done["models"]):
        before = prefix(arm, seed, model)
        for line in (folder / f"model{model}.jsonl").read_text().splitlines():
            if not line.startswith('{"'):
                raise Refused(f"{folder}/model{model}.jsonl has a line that is no row; restore it")
            rows.append(f"{before}{line[1:]}\n")
    return json.dumps(run) + "\n", rows


def text_of(done: dict) -> str:
    """The content of done.json as RunLog.finish writes it."""
    return json.dumps(done, indent=1) + "\n"


def prefix(arm: str, seed: int, model: int) -> str:
    return json.dumps({"arm": arm, "seed": seed, "model": model})[:-1] + ", "


def digest(folder: Path) -> str:
    """The SHA-256 of a run: of the names and contents of its shipped files."""
    found = hashlib.sha256()
    for path in sorted([folder / CONFIG, folder / DONE, *folder.glob("model*.jsonl")]):
        found.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    return found.hexdigest()


def write(path: Path, text: str) -> None:
    # no time in the header: packing again gives the same bytes
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def unpack(root: Path, runs: Path) -> int:
    """The inverse of `pack`; returns the number of runs. Raises Refused if a digest does not match."""
    many = 0
    for path in sorted(root.glob(f"*/*{RUNS}")):
        sweep = runs / path.parent.name / path.name.removesuffix(RUNS)
        logs: dict[tuple[str, int], dict[int, list[str]]] = {}
        for line in read(path.with_name(sweep.name + ROWS)):
            row = json.loads(line)
            arm, seed, model = (row[key] for key in ("arm", "seed", "model"))
            kept = "{" + line[len(prefix(arm, seed, model)) :]
            logs.setdefault((arm, seed), {}).setdefault(model, []).append(kept)
        for run in map(json.loads, read(path)):
            folder = sweep / run["arm"] / str(run["seed"])
            folder.mkdir(parents=True)
            (folder / CONFIG).write_text(run["config"])
            (folder / DONE).write_text(text_of(run["done"]))
            of_models = logs.get((run["arm"], run["seed"]), {})
            for model in range(run["done"]["models"]):
                (folder / f"model{model}.jsonl").write_text("".join(of_models.get(model, [])))
            if digest(folder) != run["sha256"]:
                raise Refused(
                    f"{path}: {run['arm']}/{run['seed']} does not have its SHA-256; restore the file"
                )
            many += 1
    return many


def read(path: Path) -> Iterator[str]:
    """The lines of a packed file. Raises Refused if it is missing or damaged."""
    try:
        with gzip.open(path, "rt") as lines:
            yield from lines
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read ({error}); restore it") from None


def unpacked(root: Path) -> Path:
    """The folder with the run folders of `root`: itself, or the place where it is unpacked.

    A packed root is unpacked beside it at the first use, and again when it changes; where that
    folder cannot be written, into the system's temporary folder.
    """
    packed = sorted(root.glob(f"*/*{RUNS}")) + sorted(root.glob(f"*/*{ROWS}"))
    if not packed:
        return root
    key = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in packed))
    name = f"{root.name}-{key.hexdigest()[:16]}"
    here = root.resolve().parent / CACHE
    if not os.access(here if here.exists() else here.parent, os.W_OK):
        here = Path(tempfile.gettempdir()) / CACHE
    if not (here / name).exists():
        here.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=here))
        try:
            unpack(root, fresh)
            os.rename(fresh, here / name)
        except FileExistsError:  # another process was faster
            shutil.rmtree(fresh)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return here / name
