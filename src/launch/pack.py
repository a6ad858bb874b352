"""Pack finished runs into two files per sweep, or unpack them: python -m launch.pack pack|unpack FROM TO.

pack FROM TO SCALE ... packs only these scales. A packed run of the same name is replaced, others
stay. Nothing is packed if a run was trained under another plan than today's. codist.packed describes
the files; make ship and make pack call this.
"""

import sys
from pathlib import Path

from codist import run_folder
from codist.errors import Refused
from codist.packed import pack, unpack
from codist.plan_of_run import wrong_plan
from workloads.checkout import CHECKOUT

USAGE = "expected pack FROM TO [SCALE ...], or unpack FROM TO"


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["pack", source, target, *scales]:
                packed(folder(source), Path(target), scales)
            case ["unpack", source, target]:
                unpacked(folder(source), Path(target))
            case _:
                raise Refused(f"{USAGE}; got {' '.join(arguments)}")
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def folder(name: str) -> Path:
    if not Path(name).is_dir():
        raise Refused(f"{name} is no folder; name one with runs")
    return Path(name)


def packed(source: Path, target: Path, scales: list[str]) -> None:
    for done in sorted(source.glob(f"*/*/*/*/{run_folder.DONE}")):
        run = done.parent
        if scales and run.parts[-4] not in scales:
            continue
        if wrong := wrong_plan(run, run_folder.ended(run), CHECKOUT / "paper"):
            raise Refused(f"{run} {wrong}; nothing was packed")
    counts, left_out = pack(source, target, scales)
    for run in left_out:
        print(
            f"left out: {run} was trained by changed files; commit, remove it and train it again",
            file=sys.stderr,
        )
    how = ", ".join(f"{many} {what}" for what, many in sorted(counts.items())) or "none packed"
    print(f"{counts.total()} runs of {source} in {target}: {how}")


def unpacked(source: Path, target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        raise Refused(f"{target} is not empty; name a new folder")
    if not (many := unpack(source, target)):
        raise Refused(
            f"{source} has no packed runs; name a folder with <scale>/<sweep>.runs.jsonl.gz"
        )
    print(f"{many} runs of {source} unpacked into {target}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
