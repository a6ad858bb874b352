"""Groups of several ranks each, apart but for files: they finish, and one process repeats them to the bit."""

import commands
import pytest

from bench import kills
from codist import run_folder
from codist.groups import group_folder
from codist.journal import HEARD, JOURNAL, read
from codist.metrics import PLACED
from codist.rows import rows
from launch.replay import Replay

N = 2
RUN = [word for word in kills.RUN if not word.startswith(("n=", "epochs="))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two groups, each of two ranks of its own, at the same time."""
    runs = tmp_path_factory.mktemp("groups")
    words = ["src/run.py", *RUN, "epochs=2", "seed=1", f"place.runs={runs}"]
    groups = [commands.on_ranks(2, *words, f"place.group={i}") for i in range(N)]
    for group in groups:
        for rank in group:
            rank.end(code=0)
    return run_folder.folder_of(runs, "laptop", "regularization", "codist_fixed", 1)


def test_both_groups_finish_and_what_the_first_rank_heard_is_in_their_rows(trained):
    facts = run_folder.ended(trained)
    assert facts["outcome"] == "finished"
    assert facts["placement"] == "2 groups apart, each 2 ranks: 1 models x 2 shards, gloo"
    for i in range(N):
        assert any(HEARD in line for line in read(group_folder(trained, i) / JOURNAL))
        last = rows(trained, i)[-1]
        assert last["heard_age"] is not None and last["train_penalty"] > 0
        # each rank hands over its part of a ring of gradients, and no rank anything of the exchange
        assert last["moved_all_reduce_bits"] > 0 and last["moved_exchange_bits"] == 0


def test_one_process_repeats_the_ranks_bitwise(trained, tmp_path):
    """Checkpoints and rows, but for what ranks sent to each other."""
    replayed = Replay(trained)
    assert replayed.compare(tmp_path) == []
    for i in range(N):
        again = rows(group_folder(tmp_path, i), i)[-1]
        assert {name: again[name] for name in PLACED} == dict.fromkeys(PLACED, 0)
