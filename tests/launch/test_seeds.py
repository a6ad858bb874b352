"""The seeds of a sweep: three by default, five for Anil et al.'s Table 1, others if asked for."""

from pathlib import Path

import fabricate
import pytest

from codist import designs
from codist.errors import Refused
from figures.evidence import names, provenance, results
from launch import compose, jobs, verify
from launch.seeds import seeds_of

OURS = ("laptop", "regularization", "all_reduce")
CLICKS = ("laptop", "churn", "clicks_alone")


@pytest.mark.parametrize(
    ("content", "seeds"), [({}, (1, 2, 3)), ({"seeds": 5}, (1, 2, 3, 4, 5)), ({"seeds": 1}, (1,))]
)
def test_a_sweeps_yaml_says_how_many(content, seeds):
    assert designs.seeds(content) == seeds


@pytest.mark.parametrize("wrong", [0, -1, "five", 2.5, None])
def test_another_number_is_refused_in_one_line(wrong):
    with pytest.raises(Refused, match=f"seeds: expected a whole number from 1 on, got {wrong}"):
        designs.seeds({"seeds": wrong})


def test_trainer_and_figures_read_it_from_one_file():
    for sweep in compose.names():
        assert seeds_of(sweep) == names.seeds_of(sweep), sweep
    assert len(names.seeds_of("churn")) == 5 and len(names.seeds_of("a sweep that is gone")) == 3


@pytest.mark.usefixtures("composing")
def test_each_arm_is_trained_with_its_sweeps_seeds_unless_others_are_asked_for():
    def seeds(*more):
        found = {}
        for job in jobs.jobs(["sweep=anil_table1,fig7", "arm=clicks_alone,all_reduce", *more]):
            found.setdefault(job.run.arm, []).append(job.run.seed)
        return found

    assert seeds() == {"clicks_alone": [1, 2, 3, 4, 5], "all_reduce": [1, 2, 3]}
    assert seeds("seed=7") == {"clicks_alone": [7], "all_reduce": [7]}


def there(seeds: dict) -> dict:
    return {arm: [Path(*arm, str(seed)) for seed in of] for arm, of in seeds.items()}


@pytest.mark.parametrize(
    ("shipped", "wanted"),
    [
        ({OURS: [1, 3], CLICKS: [1, 2]}, {OURS: {1, 2, 3}, CLICKS: {1, 2, 3, 4, 5}}),
        ({OURS: [1, 2, 3], CLICKS: [4, 6]}, {OURS: {1, 2, 3}, CLICKS: {1, 2, 3, 4, 5, 6}}),
        ({OURS: [7, 8], CLICKS: [9]}, {OURS: {7, 8}, CLICKS: {9}}),
    ],
)
def test_verify_misses_the_seeds_of_each_arms_sweep(tmp_path, shipped, wanted):
    assert verify.wanted_seeds(there(shipped), tmp_path) == wanted


def test_a_figure_names_the_repeats_that_are_missing(tmp_path):
    for seed in (1, 2, 5):
        fabricate.run(tmp_path, "clicks_alone", seed, [{"churn": [0.1]}], sweep="churn")
        fabricate.run(tmp_path, "all_reduce", seed, [{"train_loss": [0.1]}])
    arms = results.read("laptop", ["churn", "regularization"], [tmp_path])
    assert provenance.missing(arms["clicks_alone"]) == (3, 4) and arms["clicks_alone"].planned == 5
    assert provenance.missing(arms["all_reduce"]) == ()
