"""Made-up run folders in the format of training, for tests of figures and claims."""

import json
from pathlib import Path

import numpy as np
import yaml

from codist import designs
from codist.plan_digest import plan_digests

PAPER = Path(__file__).parents[2] / "paper"

# arm: sweep, n, batch, kind of exchange, period, bits per update, final training loss, top-1,
# distance
ARMS = {
    "all_reduce": ("regularization", 1, 64, "nothing", 1, 1.27e6, 0.0213, 97.7, 13.3),
    "all_reduce_same_lr": ("regularization", 1, 64, "nothing", 1, 1.27e6, 0.0300, 97.5, 8.9),
    "codist_fixed": ("regularization", 2, 32, "predictions", 1, 10240, 0.0436, 96.4, 9.5),
    "codist_shifted": ("regularization", 2, 32, "predictions", 1, 10240, 0.0352, 97.0, 9.9),
    "codist_decayed": ("regularization", 2, 32, "predictions", 1, 10240, 0.0181, 97.8, 10.9),
    "independent_fixed": ("regularization", 2, 32, "nothing", 1, 0, 0.0390, 96.9, 10.4),
    "independent_decayed": ("regularization", 2, 32, "nothing", 1, 0, 0.0170, 97.4, 11.4),
    "batch_128": ("batch", 2, 16, "predictions", 1, 5120, 0.0220, 97.6, 10.0),
    "batch_512": ("batch", 2, 64, "predictions", 1, 20480, 0.0200, 97.7, 10.0),
    "batch_1024": ("batch", 2, 128, "predictions", 1, 40960, 0.0240, 97.1, 10.0),
    "batch_2048": ("batch", 2, 256, "predictions", 1, 81920, 0.0290, 96.2, 10.0),
    "predictions_5": ("communication", 2, 32, "predictions", 5, 2048, 0.0190, 97.7, 10.0),
    "predictions_10": ("communication", 2, 32, "predictions", 10, 1024, 0.0190, 97.6, 10.0),
    "predictions_100": ("communication", 2, 32, "predictions", 100, 102, 0.0195, 97.4, 10.0),
    "checkpoints_625": ("communication", 2, 32, "checkpoints", 25, 25400, 0.0190, 97.75, 10.0),
    "checkpoints_1250": ("communication", 2, 32, "checkpoints", 50, 12700, 0.0190, 97.7, 10.0),
    "checkpoints_2500": ("communication", 2, 32, "checkpoints", 100, 6350, 0.0190, 97.5, 10.0),
    "checkpoints_5000": ("communication", 2, 32, "checkpoints", 200, 3175, 0.0190, 97.4, 10.0),
    "checkpoints_fixed": ("communication", 2, 32, "checkpoints", 100, 6350, 0.0420, 96.2, 9.5),
    "checkpoints_shifted": ("communication", 2, 32, "checkpoints", 100, 6350, 0.0350, 96.8, 10.0),
    "codec_half": ("communication", 2, 32, "predictions", 1, 5120, 0.0180, 97.8, 10.0),
    "codec_top8": ("communication", 2, 32, "predictions", 1, 8704, 0.0180, 97.7, 10.0),
    "codec_top2": ("communication", 2, 32, "predictions", 1, 2560, 0.0190, 97.3, 10.0),
}
# The arms of the other sweeps, which differ only in n and in their final numbers.
OTHERS = {
    "cosine": {"all_reduce_cosine": (1, 97.6), "codist_cosine": (2, 97.7), "independent_cosine": (2, 97.2)},
    "resnext": {"resnext_all_reduce": (1, 98.0), "resnext_decayed": (2, 98.1), "resnext_independent": (2, 97.6),
                "resnext_all_reduce_cosine": (1, 98.0), "resnext_cosine": (2, 98.2)},
    "nway": {"nway_4": (4, 97.8), "nway_8": (8, 97.9), "nway_4_half": (4, 96.0), "nway_8_quarter": (8, 93.0),
             "ring_4": (4, 97.8), "ring_8": (8, 97.8)},
    "reduced": {f"reduced_{k}_{kind}": (1 if kind == "all_reduce" else 2, 97.0 - lost * k)
                for k in (2, 4, 8) for kind, lost in (("all_reduce", 2.0), ("codist", 1.0), ("independent", 1.7))},
    "architectures": {"mixed_3": (3, 98.0), "mixed_2": (2, 98.2), "equal_3": (3, 97.8)},
    "rates": {"rate_02": (2, 97.7), "rate_04": (2, 97.0), "rate_08": (2, 94.0)},
    "large_batch": {"sync_16384": (1, 95.0), "codist_16384": (2, 96.0)},
    "views": {"views_1": (8, 78.0), "views_2": (8, 77.0), "views_4": (8, 76.0), "views_8": (8, 76.0)},
    "multiview": {"whole": (1, 94.9), **{
        f"{kind}_{n}": (8, base + rise * n)
        for kind, base, rise in (("frozen", 76, 0.5), ("trained", 82, 0.2), ("random", 82, 0.1),
                                 ("random_own", 82, 0.3), ("frozen_shared", 76, 0.1))
        for n in (1, 2, 4, 8) if n > 1 or "_" not in kind}},
}  # fmt: skip
# arms added since
OWN_SCALE = {}  # {sweep: the scale that it names for itself}
TOGETHER = set()  # arms whose models are measured together, in groups
for path in sorted((Path(__file__).parents[2] / "sweeps" / "sweep").glob("*.yaml")):
    content = yaml.safe_load(path.read_text())
    if "scale" in content:
        OWN_SCALE[path.stem] = content["scale"]
    for arm, said in designs.arms(content).items():
        if said.get("together", content.get("together")):
            TOGETHER.add(arm)
        if arm not in ARMS and arm not in OTHERS.get(path.stem, {}):
            OTHERS.setdefault(path.stem, {})[arm] = (said.get("n", 2), 97.0)
ARMS |= {
    arm: (
        sweep,
        n,
        64 if n == 1 else 32,
        "predictions" if n > 1 else "nothing",
        1,
        5120 * (n - 1) or 1e6,
        0.02,
        top1,
        10.0,
    )
    for sweep, arms in OTHERS.items()
    for arm, (n, top1) in arms.items()
}
TRANSLATE = {
    "translation",
    "iwslt",
    "bits",
    "rivals_translation",
    "rivals_translation_outer",
}  # metrics that only their runs log
LANGUAGE = {"workers", "language", "staleness", "rivals_language", "rivals_language_outer"}


def run(
    root: Path,
    arm: str,
    seed: int,
    models: list[dict],
    *,
    sweep: str = "regularization",
    batch: int = 32,
    exchange: tuple = ("predictions", 1),
    outcome: str | None = "finished",
    updates: int = 0,
    bits: int = 0,
    per_epoch: int = 10,
) -> Path:
    """Write one run folder. models: {"train_loss": [...], ...} per model; outcome None: unfinished.

    Epochs 1, 2, ... end at updates 10, 20, ... (per_epoch). A non-finite number is written as null.
    """
    scale = OWN_SCALE.get(sweep, "laptop")
    names = dict(scale=scale, sweep=sweep, arm=arm, seed=seed)
    folder = root / scale / sweep / arm / str(seed)
    folder.mkdir(parents=True)
    kind, period = exchange
    config = names | dict(
        n=len(models),
        batch=batch,
        exchange=dict(kind=kind, period=period),
        place=dict(device="cpu", save_seconds=2.0, failures=dict(restart=2.0)),
    )
    config["alpha"] = dict(start=0.1)
    config["workload"] = dict(name="digits")
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    for model, columns in enumerate(models):
        length = len(next(iter(columns.values())))
        with open(folder / f"model{model}.jsonl", "w") as file:
            for k in range(length):
                row = dict(epoch=k + 1.0, update=per_epoch * (k + 1), disagreement=None)
                row |= {
                    name: column[k] if np.isfinite(column[k]) else None
                    for name, column in columns.items()
                }
                file.write(json.dumps(row) + "\n")
    if outcome:
        last = per_epoch * length
        facts = dict(
            outcome=outcome,
            update=last,
            updates=updates or last,
            models=len(models),
            commit="abc1234",
            plan=plan_digests(PAPER),
        )
        facts |= dict(
            seconds=60.0,
            elapsed=70.0 + seed,
            cpu_seconds=60.0,
            sent_bits=bits * last,
            server_bits=2 * bits * last,
            machine=dict(processor="Abacus"),
        )
        if sweep in TRANSLATE:
            facts["final"] = {
                i: {"bleu": 60.0 + i + seed, "tokenized_bleu": 61.0 + i + seed}
                for i in range(len(models))
            }
        facts["top1_of_class"] = {
            i: [80.0 + i * c + seed for c in range(10)] for i in range(len(models))
        }
        (folder / "done.json").write_text(json.dumps(names | facts))
    return folder


def everything(
    root: Path, *, without: tuple = (), seeds: tuple = (1, 2, 3), diverged: tuple = ()
) -> None:
    """Write every arm of the figures, with realistic curves. diverged: (arm, seed) pairs."""
    for number, (arm, (sweep, n, batch, kind, period, bits, loss, top1, distance)) in enumerate(
        ARMS.items()
    ):
        if arm in without:
            continue
        for seed in seeds:
            draws = np.random.default_rng((number, seed))
            length = 30 if n == 1 else 15
            t = np.arange(1, length + 1) / length
            models = []
            for _ in range(n):
                wobble = draws.normal(0, 0.02, length) * (1.1 - t)
                columns = {
                    "train_loss": 2.2
                    * (loss / 2.2) ** (t**0.5)
                    * np.exp(wobble + draws.normal(0, 0.03)),
                    "valid_top1": top1
                    - (90 - 30 * seed / 10) * np.exp(-7 * t)
                    + 8 * wobble
                    + draws.normal(0, 0.15),
                    "disagreement": (5 + 90 * np.exp(-5 * t) + wobble)
                    if n > 1
                    else np.full(length, np.nan),
                    "distance": distance
                    * (1 - np.exp(-3 * t))
                    / (1 - np.exp(-3))
                    * (1 + draws.normal(0, 0.01)),
                }
                columns["valid_loss"] = columns["train_loss"] + 1
                if arm in TOGETHER:
                    columns["together_loss"] = columns["valid_loss"] - 0.1
                    columns["churn"] = 0.04 + 0.02 * columns["train_loss"]
                    columns["together_churn"] = 0.8 * columns["churn"]
                if sweep in TRANSLATE:
                    columns["valid_loss_base2"] = columns["valid_loss"] / np.log(2)
                if sweep in LANGUAGE:
                    columns["valid_loss"] = columns["train_loss"] + 3
                    columns["together_loss"] = columns["valid_loss"] - 0.1
                models.append({name: column.tolist() for name, column in columns.items()})
            bad = (arm, seed) in diverged
            if bad:
                models = [
                    {name: column[: length // 3] for name, column in columns.items()}
                    for columns in models
                ]
            run(root, arm, seed, models, sweep=sweep, batch=batch, exchange=(kind, period), bits=int(bits),
                outcome="diverged" if bad else "finished", updates=150, per_epoch=150 // length)  # fmt: skip
