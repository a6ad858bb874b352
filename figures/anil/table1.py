"""Anil Table 1: does codistillation make retrained models agree better, at no cost in log loss?

Anil et al. §3.5, Table 1: a DNN, an ensemble of two and one of two codistilled models, on clicks.
Churn is the mean absolute difference between the predictions of two retrains.
"""

from functools import partial

from figures.drawing import tables
from figures.evidence.arm import Arm
from figures.evidence.claim import Claim
from figures.evidence.interval import half_range
from figures.evidence.margin import Evidence, below, below_times, finals
from figures.evidence.results import reported

ANSWER = "anil_table1.less_churn"
METHOD = "Mean ± half the range of the seeds, as in the paper."
HEAD = ("model", "log loss (nats)", "churn", "log loss, reported", "churn, reported")
ENSEMBLE = {"valid_loss": "together_loss", "churn": "together_churn"}  # {of a model: of a pair}
SINGLE = tuple(ENSEMBLE)
# (model, arm, metrics of ours, arm of paper/reported.csv)
ROWS = (
    ("DNN", "clicks_alone", SINGLE, "DNN"),
    ("ensemble of two DNNs", "clicks_alone", tuple(ENSEMBLE.values()), "ensemble_of_two"),
    ("one of two codistilled DNNs, alpha 1", "clicks_codist", SINGLE, "codist_two_way"),
    ("one of two codistilled DNNs, alpha 3", "clicks_codist_3", SINGLE, ""),
    ("DNN, labels smoothed towards the click rate", "clicks_smoothed", SINGLE, ""),
)


def rows(arms):
    """Our numbers and the paper's, which do not say the weight of the penalty."""
    paper = reported("anil table1")
    for words, name, ys, theirs in ROWS:
        ours = (tables.mean(arms.get(name), y, half_range) for y in ys)
        printed = (
            f"{paper[theirs, y]:.{digits}f} ± {paper[theirs, f'{y}_half_range']:g}"
            if theirs
            else "—"
            for y, digits in (("log_loss", 4), ("churn", 3))
        )
        yield (words, *ours, *printed)


def ensemble_below(alone: Arm, y: str, by: float, paired: bool) -> Evidence:
    """Test that the mean prediction of a pair has a y below that of its models by more than `by`."""
    how = "paired" if paired else "welch"
    return below(alone.final(ENSEMBLE[y]), alone.final(y), by, how)


def ensemble_below_times(alone: Arm, y: str, by: float) -> Evidence:
    """Test that the mean prediction of a pair has less than `by` times the y of its models."""
    return below_times(alone.final(ENSEMBLE[y]), alone.final(y), by)


def below_times_ensemble(codist: Arm, alone: Arm, y: str, by: float) -> Evidence:
    """Test that one codistilled model has less than `by` times the y of an ensemble of two others."""
    return below_times(codist.final(y), alone.final(ENSEMBLE[y]), by)


# The margins are the least favourable numbers within the half ranges of Table 1.
LESS = 0.75  # churn: 0.019 + 0.002 of codistilled models, 0.029 - 0.001 of DNNs
AS_ENSEMBLE = 1.05  # churn: 0.019 + 0.002, 0.022 - 0.002 of the ensemble
NO_WORSE = 0.001  # nats: the half range of the DNN's log loss
ENSEMBLE_GAIN = 0.0007  # nats: 0.4480 - 0.001, 0.4461 + 0.0002
ENSEMBLE_LESS = 0.86  # churn: 0.022 + 0.002, 0.029 - 0.001

CLAIMS = [
    Claim(
        "anil_table1.less_churn",
        "paper",
        "Codistillation reduces the churn of a DNN, by a quarter or more (35 % in the paper).",
        "Anil §3.5, Table 1",
        finals(below_times, "churn", by=LESS),
        ("clicks_codist", "clicks_alone"),
    ),
    Claim(
        "anil_table1.churn_as_ensemble",
        "paper",
        "One codistilled DNN has at most 5 % more churn than an ensemble of two DNNs.",
        "Anil §3.5, Table 1",
        partial(below_times_ensemble, y="churn", by=AS_ENSEMBLE),
        ("clicks_codist", "clicks_alone"),
    ),
    Claim(
        "anil_table1.loss_no_worse",
        "paper",
        "Codistillation does not raise the log loss: it is at most 0.001 nats above that of a DNN.",
        "Anil §3.5, Table 1 (C20)",
        finals(below, "valid_loss", by=-NO_WORSE, paired=True),
        ("clicks_codist", "clicks_alone"),
    ),
    Claim(
        "anil_table1.ensemble_lower_loss",
        "paper",
        "An ensemble of two DNNs has a lower log loss than one, by 0.0007 nats or more.",
        "Anil §3.5, Table 1 (C20)",
        # that it is not above follows from convexity: the claim is about its size
        partial(ensemble_below, y="valid_loss", by=ENSEMBLE_GAIN, paired=True),
        ("clicks_alone",),
    ),
    Claim(
        "anil_table1.ensemble_less_churn",
        "paper",
        "An ensemble of two DNNs has less churn than one, by a seventh or more (24 % in the paper).",
        "Anil §3.5, Table 1",
        partial(ensemble_below_times, y="churn", by=ENSEMBLE_LESS),
        ("clicks_alone",),
    ),
    Claim(
        "anil_table1.less_churn_3",
        "ours",
        "With alpha 3 codistillation reduces the churn of a DNN, by a quarter or more.",
        "ours, for Anil Table 1",
        finals(below_times, "churn", by=LESS),
        ("clicks_codist_3", "clicks_alone"),
    ),
    Claim(
        "anil_table1.churn_as_ensemble_3",
        "ours",
        "With alpha 3 one codistilled DNN has at most 5 % more churn than an ensemble of two DNNs.",
        "ours, for Anil Table 1",
        partial(below_times_ensemble, y="churn", by=AS_ENSEMBLE),
        ("clicks_codist_3", "clicks_alone"),
    ),
    Claim(
        "anil_table1.loss_no_worse_3",
        "ours",
        "With alpha 3 codistillation does not raise the log loss: it is at most 0.001 nats above that of a DNN.",
        "ours, for Anil Table 1",
        finals(below, "valid_loss", by=-NO_WORSE, paired=True),
        ("clicks_codist_3", "clicks_alone"),
    ),
    Claim(
        "anil_table1.better_than_smoothing",
        "control",
        "Control: codistillation has a lower log loss than smoothing of labels that shrinks probabilities by a third.",
        "ours, for Anil Table 1",
        finals(below, "valid_loss", paired=True),
        ("clicks_codist", "clicks_smoothed"),
    ),
]
