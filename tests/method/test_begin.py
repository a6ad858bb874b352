"""A run whose first layers begin from another run's: which layers are copied, and which run is trained first."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import commands
import pytest
import torch
from small import NONE, opened, small, state_of, trained

from codist import checkpoint
from codist.errors import Refused
from codist.run_folder import done, folder_of
from codist.runlog import RunLog
from codist.schedules import Schedule
from codist.states import newest_first
from codist.train import train
from codist.world import OneProcess
from launch import jobs, local
from workloads.digits.options import Digits

ROOT = Path(__file__).parents[2]
WHOLE = Digits(width=2, redraws=2, first_width=4)
VIEW = Digits(width=2, redraws=2, first_width=4, splits=2)


def made(folder, run):
    """Train `run` and leave it finished."""
    log = RunLog(folder, run.to_dict(), run.defaults())
    log.finish(train(run, opened(run), OneProcess(run.n, run.devices, run.servers), log))
    log.close()
    return state_of(folder)


def first(network):
    return {name: value for name, value in network.items() if name.startswith("first.")}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep's folder in which `whole` has been trained, seed 1."""
    folder = tmp_path_factory.mktemp("sweep")
    made(folder / "whole" / "1", small(n=1, workload=WHOLE, **NONE))
    return folder


def test_a_frozen_first_group_is_to_the_end_what_was_learned_and_the_rest_is_not(sweep):
    frozen = small(workload=replace(VIEW, freeze=True), begin_from="whole")
    learned, ended = (
        state_of(sweep / "whole" / "1")["models"][0]["network"],
        made(sweep / "frozen" / "1", frozen),
    )
    for model in ended["models"].values():
        assert first(learned).keys() == first(model["network"]).keys()
        assert all(
            torch.equal(value, learned[name]) for name, value in first(model["network"]).items()
        )
    one, two = (ended["models"][i]["network"] for i in (0, 1))
    # each network draws its own
    assert not torch.equal(one["later.0.first.weight"], two["later.0.first.weight"])


def test_one_that_is_not_frozen_moves_from_there(sweep):
    # one update, which moves nothing
    begins = small(workload=VIEW, begin_from="whole", epochs=0.25, lr=Schedule(0.0))
    learned = state_of(sweep / "whole" / "1")["models"][0]["network"]
    there = made(sweep / "begins" / "1", begins)["models"][1]["network"]
    assert torch.equal(there["first.0.weight"], learned["first.0.weight"])
    moved = made(sweep / "moved" / "1", small(workload=VIEW, begin_from="whole"))["models"][1][
        "network"
    ]
    assert not torch.equal(moved["first.0.weight"], learned["first.0.weight"])


def test_a_result_says_which_save_it_began_from_also_where_that_was_made_again_meanwhile(
    sweep, tmp_path
):
    shutil.copytree(sweep / "whole" / "1", tmp_path / "whole" / "1")
    whole, begins = small(n=1, workload=WHOLE, **NONE), small(workload=VIEW, begin_from="whole")
    began = done(tmp_path / "whole" / "1")["state"]
    trained(tmp_path / "begins" / "1", begins, stop_after=5)
    shutil.rmtree(tmp_path / "whole" / "1")
    made(tmp_path / "whole" / "1", whole)
    again = done(tmp_path / "whole" / "1")["state"]  # the same weights, and other seconds
    made(tmp_path / "begins" / "1", begins)
    made(tmp_path / "later" / "1", begins)
    assert began != again and "begun_from" not in done(tmp_path / "whole" / "1")
    assert [done(tmp_path / arm / "1")["begun_from"] for arm in ("begins", "later")] == [
        began,
        again,
    ]


def test_without_it_how_to_make_it_is_told(sweep):
    run = small(workload=VIEW, begin_from="whole", seed=2)
    with pytest.raises(Refused, match=r"the same command with -m before sweep= trains it first"):
        made(sweep / "later" / "2", run)


def test_nothing_begins_from_less_than_the_end_of_a_run(sweep, tmp_path):
    """One finished run has lost its state and is being retrained; the last state of another is damaged."""
    whole, begins = small(n=1, workload=WHOLE, **NONE), small(workload=VIEW, begin_from="whole")
    shutil.copytree(sweep / "whole" / "1", tmp_path / "whole" / "1")
    shutil.rmtree(tmp_path / "whole" / "1" / "state")
    assert trained(tmp_path / "whole" / "1", whole, stop_after=5)["update"] == 5
    with pytest.raises(Refused, match="no finished run with its state"):
        made(tmp_path / "begins" / "1", begins)
    trained(tmp_path / "whole" / "1", whole)
    last = newest_first(tmp_path / "whole" / "1" / "state")[0]
    for damage in (
        lambda: last.write_bytes(last.read_bytes() + b"damage"),
        lambda: checkpoint.save(last.parent, int(last.stem), {"models": {}}),
    ):
        damage()
        with pytest.raises(Refused, match=r"damaged, and this run starts from it; move .* away"):
            made(tmp_path / "begins" / "1", begins)


def test_networks_that_are_not_in_two_parts_take_nothing_over(sweep):
    with pytest.raises(Refused, match="loads the `first` part of two-part networks"):
        made(sweep / "plain" / "1", small(workload=Digits(width=2, redraws=2), begin_from="whole"))


def test_a_sweep_makes_first_what_others_begin_from(tmp_path):
    """The real command, in processes of its own; one arm was asked for, and what it begins from comes with it."""
    asked = [
        "sweep=multiview",
        "arm=frozen_2",
        "seed=1",
        "epochs=0.1",
        "lr.at=[]",
        f"place.runs={tmp_path}",
    ]
    said = commands.typed("src/run.py", "-m", *asked, "place.shipped=null", code=0)
    assert "first, since other runs start from their weights: multiview/whole/1" in said.stdout
    whole, frozen = (
        done(folder_of(tmp_path, "laptop", "multiview", arm, 1)) for arm in ("whole", "frozen_2")
    )
    assert frozen["models"] == 8 and frozen["begun_from"] == whole["state"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["workload.noise=0.3"],
            "whole/1 was made by another config (workload.noise: 1.0, now 0.3); move it away",
        ),
        (
            ["begin_from=wholee"],
            "begin_from=wholee is no other arm of multiview; did you mean whole?",
        ),
        (["begin_from=frozen_2"], "begin_from=frozen_2 is no other arm of multiview"),
        ([], "multiview/frozen_2/1 starts from multiview/whole/1, which has no finished run"),
    ],
)
def test_what_cannot_be_begun_from_is_refused_before_anything_is_trained(
    tmp_path, composing, typed, said
):
    """A run of that name that was trained on other data is refused too."""
    asked = ["sweep=multiview", "seed=1", f"place.runs={tmp_path}", "place.shipped=null"]
    whole = jobs.single([*asked, "arm=whole"])
    RunLog(whole.folder, whole.run.to_dict(), whole.run.defaults()).close()
    with pytest.raises(Refused, match=re.escape(said)):
        local.here(jobs.single([*asked, "arm=frozen_2", *typed]))
