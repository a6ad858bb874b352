"""Choose the checkpoint to resume from: the newest that is intact, fits the run and has all rows."""

import os

from codist import checkpoint
from codist.errors import Unusable
from codist.rows import log_of, misplaced, updates_of
from codist.state_form import check
from codist.states import newest_first


def choose(run, log, expected: dict) -> dict | None:
    """The state that `run` resumes from, None to start from update 0; the log keeps the rows up to it.

    Newer unusable checkpoints are renamed, so that they do not count among those that are kept. One
    line on stderr gives the reason, and where training resumes. expected: the result of
    state_form.form_of_save.
    """
    chosen, rows, aside = None, dict.fromkeys(run.models, ""), []
    for path in newest_first(log.folder / "state"):
        try:
            state = checkpoint.read(path)
            check(state, expected, int(path.stem))
            rows, chosen = rows_of(state, run, log), state
            break
        except Unusable as error:
            aside.append((path, error))
    start = f"the checkpoint of update {chosen['update']}" if chosen else "the start"
    for path, why in aside:
        os.replace(path, path.with_suffix(".damaged"))
        log.say(
            f"{path} is damaged ({why}); it is renamed to {path.stem}.damaged, and training resumes from {start}"
        )
    log.restore(rows, chosen["update"] if chosen else 0)
    return chosen


def rows_of(state: dict, run, log) -> dict[int, str]:
    """The rows of each model up to the update of `state`.

    They come from the state, or from the log for older checkpoints, which have no rows. Raises
    Unusable if they are not the rows of all epochs until then, or if the state lacks losses of
    device batches since the last row.
    """
    update, saved = state["update"], state.get("rows")
    expected = [end for end in run.ends if end <= update]
    if not 0 < update <= run.updates or (
        state.get("outcome") == "diverged" and update not in expected
    ):
        raise Unusable(f"a run of {run.updates} updates does not stop after update {update}")
    rows, batches = (
        log.until(update) if saved is None else saved,
        run.devices * (update - max(expected, default=0)),
    )
    try:
        for model in run.models:
            name = log_of(log.folder, model) if saved is None else f"its copy of model{model}.jsonl"
            if wrong := misplaced(updates_of(rows.get(model, "")), expected):
                raise Unusable(f"{name} {wrong}")
            if (seen := len(state["models"][model]["seen"].get("loss", []))) != batches:
                raise Unusable(f"model {model}: seen: expected {batches} losses, got {seen}")
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unusable("its rows cannot be read") from error
    return {model: rows.get(model, "") for model in run.models}
