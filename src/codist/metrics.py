"""The table of metrics: what a run logs, and how it is shown, compared and checked. Needs no torch.

A workload's extra score needs one line here: `score` names the sum that Workload.score returns.
"""

from dataclasses import dataclass

from codist.errors import Refused, nearest

# Files of the run folder: one row per epoch; results measured once, at the end.
ROWS, END = ("model<i>.jsonl", "done.json")
LOWER, HIGHER = "lower", "higher"
# PLANNED: determined by the config before the run.
MEASURED, PLANNED, COST, CLOCK = ("measured", "planned", "cost", "clock")
# When a row may have null: never, if there was nothing to measure, on divergence.
NEVER, UNSEEN, DIVERGED = range(3)


@dataclass(frozen=True)
class Metric:
    """One number that a run logs."""

    name: str  # its key in the row, or in done.json under `final`
    unit: str
    meaning: str
    kind: str = MEASURED
    label: str = ""  # on axes and in headings, without the unit; "" if no chart shows it
    better: str = ""  # LOWER, HIGHER, or "" if neither is better
    file: str = ROWS
    # the sum of Workload.score whose mean over the validation set it is, in percent if `unit` is %
    score: str = ""
    null: int = NEVER
    # logarithmic axis, charted from the first epoch; other metrics jump too far early on
    log: bool = False
    counted: bool = False  # a sum since the last row; others are means, or values at the row's end
    fallback: str = ""  # the metric that replaces it in rows without it
    # Tolerances for the first and the last row of a run retrained on other hardware: relative to
    # the shipped value, or in points if the unit is %. launch/compare_runs.py documents their origin.
    first: float | None = None
    last: float | None = None
    # a difference that is always within `last`, in the metric's unit
    slack: float = 0.0

    @property
    def title(self) -> str:
        """The label with its unit, for axes and headings."""
        named = self.label or self.name
        return f"{named} ({self.unit})" if self.unit and self.unit not in named else named

    @property
    def gap_unit(self) -> str:
        """The unit of a difference: percentages differ by percentage points."""
        return "points" if self.unit == "%" else self.unit


METRICS = (
    Metric("epoch", "", "epochs that this model has trained", PLANNED),
    Metric("update", "", "updates of this model", PLANNED),
    Metric("examples", "", "examples that this model has trained on, in the workload's unit", PLANNED),
    Metric("train_loss", "nats", "task loss without the distillation term, mean since the last row",
           label="training loss", better=LOWER, null=DIVERGED, log=True, first=0.01, last=0.15,
           slack=0.1),
    Metric("train_nll", "nats", "the same by unsmoothed labels; logged where labels are smoothed", null=UNSEEN,
           label="training loss, labels unsmoothed", better=LOWER, log=True, fallback="train_loss"),
    Metric("train_penalty", "", "distillation term D before alpha, mean since the last row", null=UNSEEN),
    Metric("train_codec_error", "", "total variation between sent and decoded predictions, 0 to 1; logged where a "
           "codec loses", null=UNSEEN),
    Metric("valid_loss", "nats", "loss on the validation set", label="validation loss", better=LOWER, score="nll",
           null=DIVERGED),
    Metric("valid_loss_base2", "bits", "the same in bits; logged in translation", label="validation loss",
           better=LOWER),
    Metric("valid_perplexity", "", "exp of `valid_loss`; logged for text", better=LOWER),
    Metric("valid_top1", "%", "top-1 accuracy on the validation set", label="top-1 accuracy", better=HIGHER,
           score="top1", last=15.0),
    Metric("disagreement", "%", "validation examples on which this model and a peer answer differently, mean over the "
           "peers", label="answers on which two models differ", null=UNSEEN),
    Metric("together_loss", "nats", "loss on the validation set of the mean prediction of this model's group of "
           "`together` models; logged where `together` is set", label="validation loss of the mean prediction",
           better=LOWER, null=UNSEEN),
    Metric("churn", "", "difference of the label's probability between this model and those at its place in other "
           "groups, mean over them and the validation set; null with one group", label="prediction churn",
           better=LOWER, null=UNSEEN),
    Metric("together_churn", "", "the same between the mean predictions of the groups",
           label="prediction churn of the mean prediction", better=LOWER, null=UNSEEN),
    Metric("distance", "", "Euclidean distance of the weights from their initialization",
           label="distance from initialization", null=DIVERGED, first=0.01, last=0.06),
    Metric("heard_age", "updates", "this model's update less that of a peer's checkpoint in use, mean over peers and "
           "updates; below 0 if the peer is ahead; logged where models are trained apart", null=UNSEEN,
           label="age of heard checkpoints"),
    Metric("passed_over", "", "published checkpoints that could not be used, since the last row; logged where models "
           "are trained apart", label="checkpoints passed over", counted=True),
    Metric("replaced", "", "corrupt images replaced by others in this epoch; logged where replacement is allowed",
           counted=True),
    Metric("lr", "", "learning rate at this update", PLANNED),
    Metric("weight_decay", "", "weight decay at this update", PLANNED),
    Metric("alpha", "", "weight of the distillation term at this update", PLANNED),
    Metric("smoothing", "", "label smoothing at this update", PLANNED),
    Metric("sent_bits", "bits", "payload that an average device has sent, by v2 §3; equal in every placement", PLANNED),
    Metric("server_bits", "bits", "payload that an average server has sent to other servers, by v2 §3", PLANNED),
    Metric("moved_exchange_bits", "bits", "payload that the exchange handed to the network in this placement, all "
           "ranks together; within 10 % of the bytes on the wire (a test)", COST),
    Metric("moved_all_reduce_bits", "bits", "the same of averaging gradients", COST),
    Metric("seconds", "s", "wall time", CLOCK),
    Metric("cpu_seconds", "s", "CPU time of rank 0", CLOCK),
    Metric("bleu", "BLEU", "BLEU of detokenized text, by sacrebleu", label="BLEU", better=HIGHER, file=END),
    Metric("tokenized_bleu", "BLEU", "BLEU of tokenized text", label="tokenized BLEU", better=HIGHER, file=END),
    Metric("valid_auc", "", "area under the ROC curve on the validation set, 0 to 1; measured for clicks, whose log "
           "loss is `valid_loss`", label="area under the ROC curve", better=HIGHER, file=END),
)  # fmt: skip

BY_NAME = {one.name: one for one in METRICS}
CHARTED = {one.name: one.title for one in METRICS if one.label and one.file == ROWS}
AT_THE_END = tuple(one.name for one in METRICS if one.file == END)
COUNTED = tuple(one.name for one in METRICS if one.counted)
FINITE = tuple(one.name for one in METRICS if one.null == DIVERGED)  # unless the run diverged
MAY_BE_NULL = tuple(one.name for one in METRICS if one.null == UNSEEN)
BY_CONFIG = tuple(one.name for one in METRICS if one.kind == PLANNED)
TIMES = tuple(one.name for one in METRICS if one.kind == CLOCK)  # differ between repetitions
PLACED = tuple(one.name for one in METRICS if one.kind == COST)  # differ between placements
FIRST = {one.name: one.first for one in METRICS if one.first is not None}
LAST = {one.name: one.last for one in METRICS if one.last is not None}
SCORED = {one.score: one for one in METRICS if one.score}


def metric(name: str) -> Metric:
    """The metric of that name. Raises Refused if there is none."""
    if name not in BY_NAME:
        raise Refused(f"{name} is no metric of codist/metrics.py; {nearest(name, BY_NAME)}")
    return BY_NAME[name]


def mean_of(score: str, total: float, n: int) -> tuple[str, float]:
    """Name and value of the metric for a sum of Workload.score over `n` targets.

    Raises Refused if no metric has this score.
    """
    if score not in SCORED:
        raise Refused(f"Workload.score returned {score}, which is the score of no metric in codist/metrics.py; "
                      f"{nearest(score, SCORED)}")  # fmt: skip
    one = SCORED[score]
    return one.name, (100 if one.unit == "%" else 1) * total / n
