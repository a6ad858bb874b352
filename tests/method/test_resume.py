"""A run that was stopped, killed or damaged ends with the very bits of one that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from small import CHECKPOINTS, NONE, log_of, opened, small, trained, weights

from codist import checkpoint, disk, run_folder, runlog
from codist.errors import Refused
from codist.schedules import Schedule
from codist.train import train
from codist.world import OneProcess

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["predictions", "checkpoints", "none"])
@pytest.mark.parametrize(
    "stop", [0, 1, 3, 5, 9], ids=["before any", "first", "mid-epoch", "epoch's end", "last"]
)
def test_resumed_equals_uninterrupted(tmp_path, kind, stop):
    run = small(**{"predictions": {}, "checkpoints": CHECKPOINTS, "none": NONE}[kind])
    whole = trained(tmp_path / "whole", run)
    if stop:
        assert trained(tmp_path / "halved", run, stop_after=stop)["update"] == stop
    else:
        runlog.RunLog(tmp_path / "halved", run.to_dict(), run.defaults()).close()
    halved = trained(tmp_path / "halved", run)
    assert halved["update"] == whole["update"] == run.updates == 9
    assert weights(halved) == weights(whole)
    assert log_of(tmp_path / "halved") == log_of(tmp_path / "whole")
    assert halved["bits"] == whole["bits"]


def test_a_run_that_is_done_goes_on_from_its_last_update_without_training(tmp_path):
    run = small()
    first = trained(tmp_path, run)
    log = log_of(tmp_path)
    assert weights(trained(tmp_path, run)) == weights(first)
    assert log_of(tmp_path) == log


@pytest.mark.parametrize("epochs", [2.0, 1.0], ids=["halfway", "at the last update"])
def test_a_run_that_diverged_is_over_also_where_its_end_was_not_written(tmp_path, epochs):
    """Killed between the last save and done.json, while each class is measured."""
    run = small(epochs=epochs, lr=Schedule(1e8))
    outcomes = []
    for _ in range(2):
        log = runlog.RunLog(tmp_path, run.to_dict(), run.defaults())
        ended = train(run, opened(run), OneProcess(run.n, run.devices, run.servers), log)
        log.close()
        outcomes.append((ended["outcome"], ended["update"], log_of(tmp_path)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == "diverged"


def test_resumed_from_nothing_but_rows_begins_anew(tmp_path):
    """Killed after the first rows and before the first save: the rows are written again, not doubled."""
    run = small()
    trained(tmp_path / "whole", run)
    trained(tmp_path / "bare", run, stop_after=7)
    for saved in (tmp_path / "bare" / "state").iterdir():
        saved.unlink()
    trained(tmp_path / "bare", run)
    assert log_of(tmp_path / "bare") == log_of(tmp_path / "whole")


@pytest.mark.parametrize("damage", ["truncated", "a bit flipped", "emptied"])
def test_the_newest_save_damaged_falls_back_to_the_one_before(tmp_path, damage, capsys):
    run = small()
    run.place.save_seconds = 0  # at every update
    whole = trained(tmp_path / "whole", run)
    trained(tmp_path / "hurt", run, stop_after=6)
    newest, before = checkpoint.newest_first(tmp_path / "hurt" / "state")
    content = bytearray(newest.read_bytes())
    if damage == "a bit flipped":
        content[len(content) // 2] ^= 1
    newest.write_bytes(
        {"truncated": content[:-100], "a bit flipped": content, "emptied": b""}[damage]
    )
    assert int(before.stem) == 5
    assert weights(trained(tmp_path / "hurt", run)) == weights(whole)
    assert log_of(tmp_path / "hurt") == log_of(tmp_path / "whole")
    assert f"{newest} is damaged" in capsys.readouterr().err


def test_a_damaged_save_is_not_kept_in_place_of_one_to_fall_back_to(tmp_path):
    run = small()
    run.place.save_seconds = 0
    trained(tmp_path, run, stop_after=6)
    checkpoint.newest_first(tmp_path / "state")[0].write_bytes(b"damaged")
    trained(tmp_path, run, stop_after=7)
    assert [int(path.stem) for path in checkpoint.newest_first(tmp_path / "state")] == [7, 6]
    assert [checkpoint.load(tmp_path / "state", update)["update"] for update in (7, 6)] == [7, 6]


def test_a_run_whose_last_update_destroys_the_weights_has_diverged(tmp_path):
    """All training losses are finite, since they were measured before the last update."""
    run = small(lr=Schedule(0.1, at=[1.55], factor=1e38))
    log = runlog.RunLog(tmp_path, run.to_dict(), run.defaults())
    assert (
        train(run, opened(run), OneProcess(run.n, run.devices, run.servers), log)["outcome"]
        == "diverged"
    )
    log.close()
    last = runlog.rows(tmp_path)[-1]
    assert (
        last["update"] == run.updates
        and last["train_loss"] is not None
        and last["valid_loss"] is None
    )


def test_killed_at_20_random_moments_nothing_is_lost(tmp_path):
    """kill -9 of a real process that saves at every update, mostly while it saves; then run to the end."""
    command = [sys.executable, "-c", KILLED, str(tmp_path / "killed")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "support")]),
    }
    run = small(epochs=30.0)
    run.place.save_seconds = 0
    draw, kills = random.Random(0), 0
    with subprocess.Popen(
        [*command, "parent"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        while kills < 20:
            parent.stdin.write("go\n")
            parent.stdin.flush()
            child = int(parent.stdout.readline())
            time.sleep(draw.uniform(0.05, 0.4))
            os.kill(child, signal.SIGKILL)
            ended = parent.stdout.readline().strip()
            kills += ended == "killed"
            assert ended == "killed", f"the run was over after {kills} kills; make it longer"
        parent.stdin.close()
    killed = trained(tmp_path / "killed", run)
    assert weights(killed) == weights(trained(tmp_path / "whole", run))
    assert log_of(tmp_path / "killed") == log_of(tmp_path / "whole")


# A parent with torch imported forks a child for each kill: twenty times torch's import would be a
# minute.
KILLED = """
import os, sys, torch
from pathlib import Path
torch.set_num_threads(1)
from small import small, trained
run = small(epochs=30.0)
run.place.save_seconds = 0
for line in sys.stdin:
    child = os.fork()
    if not child:
        trained(Path(sys.argv[1]), run)
        os._exit(0)
    print(child, flush=True)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else "over", flush=True)
"""


def test_a_folder_of_another_config_is_refused_with_the_difference(tmp_path):
    trained(tmp_path, small(), stop_after=1)
    other = small(seed=2)
    other.workload.width = 4
    with pytest.raises(
        Refused, match=r"made by another config \(seed: 1, now 2; workload.width: 2, now 4\)"
    ):
        trained(tmp_path, other)


def test_an_option_younger_than_the_folder_stands_at_its_default(tmp_path):
    """Committed runs stay valid when a later version adds an option with the earlier behaviour as default."""
    run = small()
    trained(tmp_path, run, stop_after=1)
    old = run_folder.config(tmp_path)
    del old["exchange"]["positions"], old["threads"]
    disk.write_atomically(tmp_path / "config.yaml", yaml.safe_dump(old))
    assert trained(tmp_path, run)["update"] == 9
    other = small(threads=2)
    with pytest.raises(Refused, match="threads: 1, now 2"):
        trained(tmp_path, other)


def test_a_folder_that_names_options_of_other_exchanges_stays_its_own(tmp_path):
    """Older configs name the options of all kinds of exchange; those of other kinds never decided anything."""
    run = small()
    trained(tmp_path, run, stop_after=1)
    old = run_folder.config(tmp_path)
    disk.write_atomically(
        tmp_path / "config.yaml",
        yaml.safe_dump(old | {"exchange": old["exchange"] | {"target": "unigram"}}),
    )
    assert trained(tmp_path, run)["update"] == 9
    disk.write_atomically(
        tmp_path / "config.yaml",
        yaml.safe_dump(old | {"exchange": old["exchange"] | {"period": 2}}),
    )
    with pytest.raises(Refused, match=r"exchange.period: 2, now 1"):
        trained(tmp_path, run)


def test_place_may_differ(tmp_path):
    trained(tmp_path, small(), stop_after=1)
    elsewhere = small()
    elsewhere.place.save_seconds = 0
    assert trained(tmp_path, elsewhere)["update"] == 9


def test_two_processes_cannot_write_one_folder(tmp_path):
    log = runlog.RunLog(tmp_path, small().to_dict(), small().defaults())
    with pytest.raises(Refused, match="being written by another process"):
        trained(tmp_path, small())
    log.close()


def test_a_save_executes_no_code(tmp_path):
    """A state with a pickled call in it is not run, it is an error."""
    import pickle

    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harmed",))

    checkpoint.save(tmp_path, 1, {"update": Harm()})
    with pytest.raises(pickle.UnpicklingError):
        checkpoint.load(tmp_path, 1)
    assert not (tmp_path / "harmed").exists()
