"""Models that are trained apart, as their user starts them: killed, joined, replayed, refused."""

import json
import random
from pathlib import Path

import commands
import pytest

from bench import kills
from codist import run_folder
from codist.groups import group_folder
from codist.journal import HEARD, JOURNAL
from codist.rows import rows

ROOT = Path(__file__).parents[2]
ONE = ("sweep=regularization", "arm=codist_fixed", "seed=1")


def typed(*words):
    said = commands.typed("src/run.py", *words)
    return said.returncode, said.stdout, said.stderr


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A run of three groups, killed five times in all, with a store that fails every tenth call."""
    return kills.survive(tmp_path_factory.mktemp("groups"), 5, random.Random(3))[0]


def test_killed_groups_finish_and_the_replay_has_the_same_bits(killed):
    assert kills.check(killed) == []


def test_the_run_has_the_logs_of_its_groups_and_one_end(killed):
    facts = run_folder.ended(killed)
    assert (facts["outcome"], facts["models"]) == ("finished", 3)
    assert facts["placement"] == "3 groups apart, each one process"
    for i in range(3):
        assert rows(killed, i) == rows(group_folder(killed, i), i)
    last = rows(killed, 0)[-1]
    assert last["heard_age"] is not None and last["passed_over"] == 0
    assert facts["sent_bits"] == last["sent_bits"]
    assert facts["live"] is True  # figures keep such runs out of other claims
    config = run_folder.made_by(killed)
    assert config["place"]["group"] is None and config["exchange"]["kind"] == "files"


def test_replay_names_a_published_checkpoint_that_is_not_computed_again(killed):
    """A digest of the journal is changed, as if other weights had been received."""
    path = group_folder(killed, 1) / JOURNAL
    before = path.read_text()
    lines = [json.loads(line) for line in before.splitlines()]
    heard = next(line for line in lines if HEARD in line)
    heard[HEARD] = heard[HEARD][:13] + "0" * 64 + ".safetensors"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, out, err = typed("replay", killed)
    path.write_text(before)
    assert code == 1
    assert "which the replay does not publish" in out and "differences from the journals" in err


def test_status_says_whom_each_group_last_heard(killed):
    given = (*kills.RUN, "seed=1", f"place.runs={killed.parents[3]}")
    path = group_folder(killed, 0) / JOURNAL
    before = path.read_text()
    for peer, of in ((1, 9), (2, 3)):
        line = {"update": 5, "peer": peer, HEARD: f"{of:012d}-{'0' * 64}.safetensors"}
        path.write_text(path.read_text() + json.dumps(line) + "\n")
    (killed / "config.yaml").rename(killed / "kept")  # as before the last group ended
    code, out, _ = typed("status", *given)
    (killed / "kept").rename(killed / "config.yaml")
    path.write_text(before)
    assert code == 0
    lines = [line for line in out.splitlines() if " group " in line]
    assert len(lines) == 3 and all(": finished at update" in line for line in lines)
    assert "heard model 1 of update 9 at update 5, 4 updates ahead" in lines[0]
    assert "model 2 of update 3 at update 5, 2 updates old" in lines[0]
    assert all("; heard model 0 of update " in line for line in lines[1:])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*ONE, "place.group=0"), "place.group is for exchange.kind=files"),
        ((*ONE, "place.store=/tmp"), "place.store is for exchange.kind=files"),
        ((*ONE, "exchange.kind=files", "place.group=2"), "must be one of the models 0 to 1, got 2"),
        ((*ONE, "exchange.kind=files", "together=2"), "trains each apart; set together=0"),
        ((*ONE, "exchange.kind=files", "exchange.codec=topk"), "codec=topk is not for weights"),
        (("replay",), "replay takes one run folder"),
        (("replay", "nowhere"), "nowhere has no folder of a group"),
    ],
)
def test_mistakes_are_refused_in_one_line(words, says):
    code, _, err = typed(*words)
    assert code == 2 and says in err and err.count("\n") == 1


def test_plan_prints_what_the_store_is_asked_to_hold_and_send():
    code, out, _ = typed(
        "plan", *ONE, "exchange.kind=files", "exchange.period=50", "place.link=1e9"
    )
    assert code == 0
    assert "2 groups, each learns from 1" in out and "requests an hour" in out
    assert "age of a peer's checkpoint in use" in out
