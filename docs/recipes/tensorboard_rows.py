"""TensorBoard: the rows of all runs below a folder; python tensorboard_rows.py runs events."""

import json
import sys
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

runs, events = map(Path, sys.argv[1:])
for log in runs.rglob("model*.jsonl"):
    with SummaryWriter(events / log.relative_to(runs).with_suffix("")) as writer:
        for row in map(json.loads, log.read_text().splitlines()):
            for metric, value in row.items():
                if value is not None:
                    writer.add_scalar(metric, value, row["update"])
