"""The colour and label of each arm, the same in every figure; a new arm gets a free colour."""

from functools import cache
from zlib import crc32

from figures.evidence.names import SWEEPS, arms_of

# Okabe and Ito's colours for arms that share a figure; families (by period, by size) from light to
# dark.
OWN = {
    "all_reduce": "#1A1A1A",
    "all_reduce_same_lr": "#8A6FB0",
    "all_reduce_decayed": "#6E6E2A",
    "codist_fixed": "#D55E00",
    "codist_shifted": "#E69F00",
    "codist_decayed": "#0072B2",
    "codist_l2_5e4": "#882255",
    "codist_mse_sum": "#B8A800",
    "independent_fixed": "#CC79A7",
    "independent_decayed": "#56B4E9",
    "batch_128": "#8CC8F0",
    "batch_512": "#6A51A3",
    "batch_1024": "#B03A8C",
    "batch_2048": "#7A0F2B",
    "predictions_5": "#2F8FC7",
    "predictions_10": "#62ABD6",
    "predictions_100": "#9CCBE8",
    "checkpoints_625": "#00382A",
    "checkpoints_1250": "#006B4F",
    "checkpoints_2500": "#009E73",
    "checkpoints_5000": "#7FD6B8",
    "codec_half": "#D97706",
    "codec_top8": "#B45309",
    "codec_top2": "#7C2D12",
    "nway_4": "#9467BD",
    "nway_8": "#3F007D",
    "nway_4_half": "#EF8A62",
    "nway_8_quarter": "#B2182B",
    "ring_4": "#7FB041",
    "ring_8": "#3F6B12",
    "mixed_3": "#C4572B",
    "mixed_2": "#7B3FA0",
    "equal_3": "#5B8C5A",
    "rate_02": "#F6C141",
    "rate_04": "#F1932D",
    "rate_08": "#DC050C",
    "whole": "#444444",
    "frozen_8": "#332288",
    "frozen_shared_8": "#8C7FD6",
    "trained_8": "#117733",
    "random_8": "#CC6677",
    "random_own_8": "#AA4499",
    "views_8": "#2A6F97",
    "wmt_codist_decayed": "#2E9E4F",
    "wmt_half": "#E08214",
    "wmt_top64": "#A6611A",
    "wmt_top8": "#543005",
    "wmt_positions_8": "#A584CF",
    "wmt_positions_8_top8": "#54278F",
    "wmt_predictions_8": "#3A8FB7",
    "wmt_checkpoints_1000": "#01463A",
    "alpha_constant_003": "#F0B37E",
    "alpha_constant_01": "#C44601",
    "alpha_constant_03": "#7A3300",
    "alpha_11_001": "#7FB9E6",
    "alpha_11_01": "#08306B",
    "alpha_15_1e6": "#A8DDB5",
    "alpha_15_1e5": "#2CA25F",
    "alpha_15_1e4": "#00441B",
}
# Arms of other networks, schedules or data have the colour of the arm with the same role.
ROLES = {
    "all_reduce": ("all_reduce_cosine", "resnext_all_reduce", "resnext_all_reduce_cosine", "sync_16384",
                   "reduced_2_all_reduce", "reduced_4_all_reduce", "reduced_8_all_reduce",
                   "wmt_all_reduce", "oversized_all_reduce", "iwslt_1", "lm_alone"),
    "all_reduce_same_lr": ("wmt_all_reduce_unsmoothed", "iwslt_1_unsmoothed", "lm_alone_halves"),
    "codist_decayed": ("codist_cosine", "resnext_decayed", "resnext_cosine", "codist_16384",
                       "reduced_2_codist", "reduced_4_codist", "reduced_8_codist",
                       "wmt_codist", "oversized_codist", "iwslt_2", "lm_codist"),
    "independent_decayed": ("independent_cosine", "resnext_independent",
                            "reduced_2_independent", "reduced_4_independent", "reduced_8_independent",
                            "wmt_independent", "oversized_independent", "lm_codist_short"),
    "independent_fixed": ("wmt_independent_smoothed", "lm_smooth_uniform"),
    "nway_4": ("iwslt_4",),
    "ring_4": ("lm_codist_late",),
    "nway_8": ("iwslt_8", "lm_codist_3"),
    "codist_fixed": ("checkpoints_fixed", "wmt_codist_smoothed"),
    "codist_shifted": ("checkpoints_shifted", "lm_codist_same"),
    "checkpoints_1250": ("lm_reload_100",),
    "checkpoints_5000": ("lm_reload_250",),
    "rate_02": ("lm_smooth_unigram",),
    "checkpoints_2500": ("wmt_checkpoints_2500", "lm_ensemble"),  # the latter: of lm_alone's models
    "frozen_8": ("frozen_1", "frozen_2", "frozen_4"),
    "frozen_shared_8": ("frozen_shared_2", "frozen_shared_4"),
    "trained_8": ("trained_1", "trained_2", "trained_4"),
    "random_8": ("random_1", "random_2", "random_4"),
    "views_8": ("views_1", "views_2", "views_4"),
    "random_own_8": ("random_own_2", "random_own_4"),
    # a grid of learning rates for each number of workers
    **{like: tuple(arm for arm in arms_of("workers") if arm.startswith(f"workers_{workers}_"))
       for like, workers in (("batch_128", 32), ("batch_512", 64), ("batch_1024", 128), ("batch_2048", 256))},
}  # fmt: skip
# For a figure that compares methods: one colour each.
METHODS = {
    "predictions": OWN["codist_decayed"],
    "checkpoints": OWN["checkpoints_2500"],
    "gradients": OWN["all_reduce"],
    "compressed gradients": "#A02C2C",
    "averaged weights": "#C77800",
}
# For the shares of the data in a figure of settings, where no arm has a colour: all of it, 1/2, 1/4, 1/8.
SHARES = ("#F2A48D", "#D9506F", "#8E2C80", "#3B0F5E")
# For arms without a colour: far from the first ten above, each other, white and grey.
FREE = ("#14B83D", "#DC18C4", "#73260D", "#14B8A3", "#DC1849", "#621093", "#C1825C", "#235C47")


class Colours(dict):
    """{arm: colour}; an arm that is not listed gets one of FREE."""

    def __missing__(self, arm: str) -> str:
        return free(arm)


@cache
def free(arm: str) -> str:
    """One of FREE, by the arm's place in its sweep's yaml; arms added below do not change it."""
    for sweep in sorted(SWEEPS):
        new = [name for name in arms_of(sweep) if name not in COLOURS]
        if arm in new:
            return FREE[(crc32(sweep.encode()) + new.index(arm)) % len(FREE)]
    return FREE[
        crc32(arm.encode()) % len(FREE)
    ]  # the arm was removed from its sweep, but its runs remain


COLOURS = Colours(OWN | {arm: OWN[like] for like, arms in ROLES.items() for arm in arms})
LABELS = {
    "all_reduce": "all_reduce",
    "all_reduce_same_lr": "all_reduce, lr of codistillation",
    "codist_fixed": "codistillation, constant wd",
    "codist_shifted": "codistillation, constant wd, later lr steps",
    "codist_decayed": "codistillation, decaying wd",
    "independent_fixed": "independent, constant wd",
    "independent_decayed": "independent, decaying wd",
    "all_reduce_cosine": "all_reduce",
    "codist_cosine": "codistillation",
    "independent_cosine": "independent",
    "resnext_all_reduce": "all_reduce",
    "resnext_decayed": "codistillation",
    "resnext_independent": "independent",
    "resnext_all_reduce_cosine": "all_reduce",
    "resnext_cosine": "codistillation",
    "checkpoints_fixed": "checkpoints, constant wd",
    "checkpoints_shifted": "checkpoints, constant wd, later lr steps",
    "checkpoints_2500": "checkpoints, decaying wd",
    "nway_4": "n=4",
    "nway_8": "n=8",
    "nway_4_half": "n=4, half the updates",
    "nway_8_quarter": "n=8, a quarter of the updates",
    "mixed_3": "with a smaller and a larger network",
    "mixed_2": "with a larger network",
    "equal_3": "with two ResNet50s",
    "sync_16384": "one group",
    "wmt_all_reduce": "all_reduce",
    "wmt_all_reduce_unsmoothed": "all_reduce, no smoothing",
    "wmt_codist": "codistillation, no smoothing",
    "wmt_codist_decayed": "codistillation, decaying smoothing",
    "wmt_codist_smoothed": "codistillation, smoothing kept",
    "wmt_independent": "independent, no smoothing",
    "wmt_independent_smoothed": "independent, smoothing",
    "wmt_checkpoints_1000": "checkpoints, 2.5 times as often",
    "wmt_checkpoints_2500": "checkpoints",
    "oversized_all_reduce": "all_reduce",
    "oversized_codist": "codistillation, no smoothing",
    "oversized_independent": "independent, no smoothing",
    "codist_16384": "two codistilled groups",
}
