"""A lower bound for drawing five figures: a bare polars and matplotlib script on the same logs.

It draws a line, a band, an error bar and dots per arm, as our figures do, with the default theme,
without claims or reported numbers.
"""

import sys
import tempfile
from pathlib import Path


def draw(root: Path, out: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["pdf.fonttype"] = (
        42  # TrueType embedded, as in ours: a quarter more than the default Type 3
    )
    import matplotlib.pyplot as plt
    import numpy as np
    import polars as pl

    runs = {}
    sweeps = ("regularization", "communication", "batch")
    for folder in sorted(path for sweep in sweeps for path in root.glob(f"laptop/{sweep}/*/*")):
        tables = [
            pl.read_ndjson(path, infer_schema_length=None)
            for path in sorted(folder.glob("model*.jsonl"))
        ]
        columns = ("train_loss", "valid_top1", "distance")
        runs.setdefault(folder.parent.name, []).append(
            {y: np.mean([t[y].to_numpy() for t in tables], axis=0) for y in columns}
        )
    arms = {
        name: {y: np.array([seed[y] for seed in seeds]) for y in seeds[0]}
        for name, seeds in runs.items()
    }

    def save(name, figure, handles=True):
        figure.text(0.02, 0.02, "three seeds, band: standard error\nlaptop scale", size=6)
        figure.suptitle(name)
        if handles:
            figure.legend(*figure.axes[0].get_legend_handles_labels(), ncols=3, fontsize=7)
        for form in ("pdf", "png", "svg"):
            figure.savefig(out / f"{name}.{form}", dpi=200)

    def curves(axis, names, y):
        for column, name in enumerate(names):
            values = arms[name][y]
            mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / 3**0.5
            x = np.linspace(0, 1, len(mean))
            axis.plot(x, mean, label=name)
            axis.fill_between(x, mean - error, mean + error, alpha=0.2)
            ends(axis, 1.05 + 0.05 * column, values[:, -1])
        axis.set(title=y, xlabel="fraction")

    def ends(axis, x, values):
        axis.plot([x] * len(values), values, ".")
        axis.errorbar(x, values.mean(), 4.3 * values.std(ddof=1) / 3**0.5, capsize=2, marker="o")

    def points(axis, names, y):
        for x, name in enumerate(names):
            ends(axis, x, arms[name][y][:, -1])
            axis.text(x, arms[name][y][:, -1].mean(), "T=100", size=6)
        axis.set(title=y, xlabel="x")

    batches = ["batch_128", "codist_decayed", "batch_512", "batch_1024", "batch_2048"]
    six = [
        "all_reduce",
        "codist_fixed",
        "codist_shifted",
        "codist_decayed",
        "independent_fixed",
        "independent_decayed",
    ]
    figure, axis = plt.subplots(figsize=(5.2, 3.4))
    points(
        axis,
        [name for name in arms if name.startswith(("pred", "check"))]
        + ["codist_decayed", "all_reduce"],
        "valid_top1",
    )
    save("fig1", figure, handles=False)
    figure, (a, b, c) = plt.subplots(1, 3, figsize=(7.2, 3.2))
    curves(a, six, "train_loss")
    curves(b, six, "valid_top1")
    points(c, batches, "valid_top1")
    save("fig2", figure)
    figure, axis = plt.subplots(figsize=(4.6, 3.2))
    curves(
        axis, ["all_reduce", "all_reduce_same_lr", "codist_fixed", "independent_fixed"], "distance"
    )
    save("fig7", figure)
    figure, axis = plt.subplots(figsize=(4.8, 3.2))
    curves(axis, batches, "train_loss")
    save("fig11", figure)
    lines = [
        f"{name} & {arms[name]['train_loss'][:, -1].mean():.3f} & {arms[name]['valid_top1'][:, -1].mean():.3f}"
        for name in batches
    ]
    (out / "table1.tex").write_text("\n".join(lines))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(sys.argv[1]), Path(folder))
