"""A lower bound for an output, in CPU seconds: python -m bench.outputs_floor NAME FOLDER (see outputs.py)."""

import gc
import json
import sys
import tempfile
from pathlib import Path
from time import process_time

# {output: (the packed runs that it reads, the formats of its drawings, what it writes)}
PARTS = {
    "figures": (["paper/results/laptop"], ["pdf", "png", "svg"], []),
    "claims": (["paper/results", "paper/fresh", "paper/planned"], [], ["claims.md", "claims.json"]),
    "page": (["paper/results", "paper/planned"], ["svg"], ["page.html"]),
    "report": (["paper/results", "paper/fresh", "paper/planned"], ["pdf"], []),
}


def read(root: Path) -> None:
    import gzip

    import polars as pl

    for rows in root.rglob("*.rows.jsonl.gz"):
        pl.read_ndjson(rows, infer_schema_length=None)
    for runs in root.rglob("*.runs.jsonl.gz"):
        with gzip.open(runs, "rt") as lines:
            for run in lines:
                json.loads(run)


def with_runs(name: str) -> tuple[list, dict]:
    """The figures that output `name` draws, and their arms, read."""
    from figures.evidence import names, results
    from figures.evidence.shown import arms_shown
    from figures.report.material import once

    figures = names.load()
    arms = results.read("laptop", names.sweeps_of(figures), [results.RESULTS])
    asked = once(figures) if name == "report" else list(figures)
    drawn = [
        figures[one]
        for one in asked
        if not hasattr(figures[one], "rows") and arms_shown(figures[one], arms)
    ]
    return drawn, arms


def seconds(name: str, made: Path) -> float:
    """CPU seconds of Python and its libraries, reading, drawing and writing."""
    roots, formats, texts = PARTS[name]
    if formats:
        import matplotlib.figure  # noqa: F401
    for root in roots:
        read(Path(root))
    spent = process_time()
    figures, arms = with_runs(name) if formats else ([], {})
    if figures:
        from figures.drawing import sheet  # our own imports are no part of the floor
    contents = [(made / text).read_bytes() for text in texts]
    start = process_time()
    with tempfile.TemporaryDirectory() as out:
        for number, module in enumerate(figures):
            figure = sheet.draw(module, arms)
            for form in formats:
                figure.savefig(f"{out}/{number}.{form}")
        for text, content in zip(texts, contents, strict=True):
            Path(out, text).write_bytes(content)
    return spent + process_time() - start


if __name__ == "__main__":
    gc.disable()  # as figures/ending.py
    print(seconds(sys.argv[1], Path(sys.argv[2])))
