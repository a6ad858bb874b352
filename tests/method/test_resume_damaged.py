"""Run folders damaged at any byte: a run ends with the rows and weights of an undisturbed one, or is refused."""

import hashlib
import os
import random
import shutil

import pytest
import torch
from many import on_ranks
from small import CHECKPOINTS, log_of, opened, small, state_of, trained, weights

from codist import checkpoint, run_folder, runlog
from codist.config import Optimizer
from codist.errors import Refused
from codist.rows import complete
from codist.states import newest_first
from codist.states import state_of as file_of
from codist.train import train
from codist.world import OneProcess
from launch.jobs import Job
from launch.outcome import finished
from launch.work import work
from workloads.digits.options import Digits


def run_that_saves():
    """Epochs end after updates 5 and 9; a save at every update."""
    run = small()
    run.place.save_seconds = 0
    return run


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The weights and rows of the whole run."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return weights(trained(folder, run_that_saves())), log_of(folder)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A folder whose run was stopped after update 7: it has one row of each model and the checkpoints of 6 and 7."""
    folder = tmp_path_factory.mktemp("stopped")
    trained(folder, run_that_saves(), stop_after=7)
    return folder


@pytest.fixture
def folder(stopped, tmp_path):
    return shutil.copytree(stopped, tmp_path / "run")


def resumed_at(folder, run=None) -> int:
    """Train to the end; the updates that were done when it resumed."""
    run, first = run or run_that_saves(), []
    log = runlog.RunLog(folder, run.to_dict(), run.defaults())
    try:
        train(run, opened(run), OneProcess(run.n, run.devices, run.servers), log, first.append)
    finally:
        log.close()
    return first[0] - 1 if first else run.updates


def edit(folder, change, update=7):
    """Save the state of `update` again with a right digest, as `change` makes it."""
    state = checkpoint.load(folder / "state", update)
    write(folder, change(state), update)


def write(folder, state, update=7):
    file = folder / "content"
    torch.save(state, file)
    seal(folder, file.read_bytes(), update)


def seal(folder, content: bytes, update=7):
    file_of(folder / "state", update).write_bytes(hashlib.sha256(content).digest() + content)


def without_rows(folder):
    """The saves as they were written before saves held rows."""
    for path in newest_first(folder / "state"):
        edit(folder, lambda state: {k: v for k, v in state.items() if k != "rows"}, int(path.stem))


# ---- rows


@pytest.mark.parametrize("lost", ["the row", "half of it", "the file", "what is in it"])
def test_a_row_older_than_the_newest_save_is_restored_from_it(folder, undisturbed, capsys, lost):
    log = folder / "model1.jsonl"
    row = log.read_bytes()
    log.write_bytes(
        {"half of it": row[: len(row) // 2], "what is in it": row.replace(b"1", b"2")}.get(
            lost, b""
        )
    )
    if lost == "the file":
        log.unlink()
    assert resumed_at(folder) == 7
    assert log.read_bytes().startswith(row)
    assert (weights(state_of(folder)), log_of(folder)) == undisturbed
    why = "has a row with other values" if lost == "what is in it" else "lacks the row of update 5"
    if lost != "what is in it":
        assert (
            f"{log} {why}; its rows are restored from the checkpoint of update 7\n"
            in capsys.readouterr().err
        )


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ([5, 5, 9], "has the row of update 5 twice"),
        ([9, 5], "has a row of update 9 where that of 5 belongs"),
        ([9], "lacks the row of update 5"),
        ([5, 9, 9], "has a row of update 9 too many"),
    ],
)
def test_rows_of_a_finished_run_that_are_not_its_own_are_restored_without_training(
    tmp_path, capsys, order, why
):
    run = run_that_saves()
    trained(tmp_path, run)
    log = tmp_path / "model0.jsonl"
    whole = log.read_text()
    row = dict(zip((5, 9), whole.splitlines(keepends=True), strict=True))
    log.write_text("".join(row[update] for update in order))
    assert resumed_at(tmp_path) == 9
    assert log.read_text() == whole
    assert (
        f"{log} {why}; its rows are restored from the checkpoint of update 9\n"
        in capsys.readouterr().err
    )


def test_a_run_said_to_be_finished_whose_log_lacks_a_row_is_resumed(tmp_path, capsys):
    job = Job((), small(), tmp_path, None)
    work(job)
    assert finished(job)["outcome"] == "finished"
    log = tmp_path / "model1.jsonl"
    whole = log.read_text()
    log.write_text(whole.splitlines(keepends=True)[0])
    assert finished(job) is None
    work(job)
    assert finished(job)["outcome"] == "finished" and log.read_text() == whole
    assert f"{log} lacks the row of update 9" in capsys.readouterr().err


def test_a_log_that_an_editor_replaces_while_the_run_writes_it_is_whole_at_the_end(
    tmp_path, undisturbed, capsys
):
    """Rows then go to a file that has no name any more."""
    run, log = run_that_saves(), tmp_path / "model0.jsonl"
    writing = runlog.RunLog(tmp_path, run.to_dict(), run.defaults())

    def replace(update):
        if update == 7:
            (tmp_path / "edited").write_text("")
            os.replace(tmp_path / "edited", log)

    writing.finish(
        train(run, opened(run), OneProcess(run.n, run.devices, run.servers), writing, replace)
    )
    writing.close()
    assert log_of(tmp_path) == undisturbed[1]
    assert (
        f"{log} was changed during the run; its rows are written again\n" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("stop", "resumes"), [(5, 4), (7, 0)], ids=["save before the row", "none is old enough"]
)
def test_saves_that_hold_no_rows_are_passed_over_where_the_log_lacks_one(
    tmp_path, undisturbed, capsys, stop, resumes
):
    """Earlier versions wrote such checkpoints."""
    trained(tmp_path, run_that_saves(), stop_after=stop)
    without_rows(tmp_path)
    log = tmp_path / "model1.jsonl"
    log.write_text("")
    assert resumed_at(tmp_path) == resumes
    assert (weights(state_of(tmp_path)), log_of(tmp_path)) == undisturbed
    start = f"the checkpoint of update {resumes}" if resumes else "the start"
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 + (not resumes)
    assert f"is damaged ({log} lacks the row of update 5); it is renamed" in said[0]
    assert said[0].endswith(f"training resumes from {start}")


def test_saves_that_hold_no_rows_are_resumed_where_the_log_has_all(folder, undisturbed, capsys):
    without_rows(folder)
    assert resumed_at(folder) == 7
    assert (weights(state_of(folder)), log_of(folder)) == undisturbed
    assert capsys.readouterr().err == ""


# ---- states

KINDS = {
    "checkpoints": CHECKPOINTS,
    "adam": {"optimizer": Optimizer(kind="adam", clip=1.0)},
    "adagrad": {"optimizer": Optimizer(kind="adagrad")},
    "no momentum": {"optimizer": Optimizer(momentum=0.0)},
    "norms do not decay": {"optimizer": Optimizer(decay_norms=False)},
    "fp16": {"precision": "fp16"},
    "mixed architectures": {
        "workload": Digits(networks=["resnet8", "resnet14"], width=2, redraws=2)
    },
    "frozen": {"workload": Digits(width=2, redraws=2, first_width=4, splits=2, freeze=True)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_of_any_kind_of_run_is_resumed(tmp_path, capsys, kind):
    run = small(**KINDS[kind])
    trained(tmp_path, run, stop_after=6)
    assert resumed_at(tmp_path, run) == 6
    assert capsys.readouterr().err == ""


def of_model(change):
    def changed(state):
        change(state["models"][1])
        return state

    return changed


BEHIND_A_RIGHT_DIGEST = {
    "not a pickle": b"garbage",
    "nothing": b"",
    "a list": [1, 2],
    "no keys": {},
    "no models": lambda state: {k: v for k, v in state.items() if k != "models"},
    "one model": lambda state: state | {"models": {0: state["models"][0]}},
    "models by another name": lambda state: (
        state | {"models": {str(i): one for i, one in state["models"].items()}}
    ),
    "a model without its network": of_model(lambda model: model.pop("network")),
    "a network without a weight": of_model(lambda model: model["network"].popitem()),
    "a weight of another shape": of_model(
        lambda model: model["network"].update({"stem.weight": torch.zeros(2)})
    ),
    "float64": of_model(
        lambda model: model.update(network={k: v.double() for k, v in model["network"].items()})
    ),
    "half a momentum": of_model(lambda model: model["optimizer"]["state"].pop(3)),
    "another optimizer": of_model(
        lambda model: model["optimizer"]["param_groups"][0].update(momentum=0.5)
    ),
    "losses of other batches": of_model(lambda model: model["seen"]["loss"].pop()),
    "copies of weights": lambda state: state | {"exchange": {"copies": []}},
    "no bits": lambda state: state | {"bits": {}},
    "another update": lambda state: state | {"update": 6},
    "diverged within an epoch": lambda state: state | {"outcome": "diverged"},
    "no row": lambda state: state | {"rows": {0: "", 1: ""}},
    "garbage for rows": lambda state: state | {"rows": {0: "{", 1: "{"}},
}


def spoil(folder, content):
    if isinstance(content, bytes):
        seal(folder, content)
    elif callable(content):
        edit(folder, content)
    else:
        write(folder, content)


@pytest.mark.parametrize("what", BEHIND_A_RIGHT_DIGEST)
def test_a_state_that_this_run_did_not_write_is_put_aside_and_the_one_before_resumed(
    folder, capsys, what
):
    spoil(folder, BEHIND_A_RIGHT_DIGEST[what])
    assert resumed_at(folder) == 6
    (said,) = capsys.readouterr().err.splitlines()
    path = file_of(folder / "state", 7)
    assert said.startswith(f"{path} is damaged (") and said.endswith(
        "training resumes from the checkpoint of update 6"
    )
    assert path.with_suffix(".damaged").exists()


def test_a_state_of_another_network_is_put_aside(folder, tmp_path, undisturbed, capsys):
    other = run_that_saves()
    other.workload.width = 4
    trained(tmp_path / "other", other, stop_after=7)
    shutil.copytree(tmp_path / "other" / "state", folder / "state", dirs_exist_ok=True)
    assert resumed_at(folder) == 0
    assert (weights(state_of(folder)), log_of(folder)) == undisturbed
    assert capsys.readouterr().err.count("training resumes from the start") == 2


def test_all_ranks_resume_from_the_save_that_the_first_can_use(folder, undisturbed):
    edit(folder, BEHIND_A_RIGHT_DIGEST["a weight of another shape"])
    (folder / "model1.jsonl").write_text("")
    run = run_that_saves()
    run.place.patience = 20.0
    job = Job((), run, folder, None)

    def of_rank(rank):
        reached = []
        work(job, reached.append)
        return reached[0]

    assert on_ranks(4, of_rank) == [7, 7, 7, 7]
    assert weights(state_of(folder)) == undisturbed[0] and complete(folder, run.models, run.ends)


def test_a_copy_of_a_save_under_another_name_is_no_save(folder, undisturbed):
    newest = file_of(folder / "state", 7)
    shutil.copy(newest, newest.with_name("best.pt"))
    shutil.copy(folder / "model0.jsonl", folder / "model_old.jsonl")
    assert resumed_at(folder) == 7
    assert (weights(state_of(folder)), log_of(folder)) == undisturbed
    assert newest.with_name("best.pt").exists()


# ---- any file, any byte


@pytest.mark.parametrize(
    "name",
    [
        "config.yaml",
        "model0.jsonl",
        "model1.jsonl",
        "state/000000000006.pt",
        "state/000000000007.pt",
    ],
)
@pytest.mark.parametrize("how", ["cut off", "a piece cut out", "a byte replaced"])
def test_a_folder_damaged_anywhere_ends_as_the_undisturbed_run_or_is_refused_in_a_line(
    stopped, tmp_path, undisturbed, name, how
):
    draw = random.Random(f"{name} {how}")
    for turn in range(3):
        folder = shutil.copytree(stopped, tmp_path / str(turn))
        content = bytearray((folder / name).read_bytes())
        at = draw.randrange(len(content))
        if how == "a byte replaced":
            content[at] = draw.randrange(256)
        else:
            del content[at : None if how == "cut off" else at + draw.randrange(1, 200)]
        (folder / name).write_bytes(content)
        refused = None
        try:
            resumed_at(folder)
        except Refused as error:
            refused = str(error)
        if refused:
            assert "\n" not in refused
        else:
            assert (weights(state_of(folder)), log_of(folder)) == undisturbed, at


@pytest.mark.parametrize(
    "content", ["{}", '{"outcome": "finished"}', '{"outcom": "finished", "update": 9}']
)
def test_an_end_that_does_not_say_how_is_refused(tmp_path, content):
    (tmp_path / "done.json").write_text(content)
    with pytest.raises(Refused, match=r"done.json is damaged; restore it"):
        run_folder.done(tmp_path)


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b"5", b"{}", b'{"update": "5"}', b"[" * 100000, b'{"update": 5}\x0c']
)
def test_a_line_that_is_no_row_is_refused_by_its_number(tmp_path, line):
    (tmp_path / "model0.jsonl").write_bytes(b'{"update": 5}\n' + line + b"\n")
    with pytest.raises(Refused, match=r"model0.jsonl, line 2 is damaged"):
        runlog.rows(tmp_path)
