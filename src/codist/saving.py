"""Saving a checkpoint of all parts of a run, and resuming from it."""

from codist import checkpoint, resumable
from codist.state_form import form_of_save


def save(log, update, outcome, learners, exchange, world, clock, begun) -> None:
    """Save all that the next update depends on, the outcome and the cost so far.

    The file is the same in every placement.
    """
    models = world.collect({i: model.state() for i, model in learners.items()})
    state = {
        "update": update,
        "outcome": outcome,
        "models": models,
        "exchange": exchange.state(),
        "bits": world.all_bits(),
        "spent": clock.read(),
        "begun_from": begun,
    }
    if world.rank == 0:
        state["rows"] = log.rows  # to restore logs that lose rows
        log.sync()
        checkpoint.save(log.folder / "state", update, state)
    world.meet()


def resume(
    run, log, learners, exchange, world, begun
) -> tuple[int, str, dict[str, float], str | None]:
    """Restore the newest usable checkpoint: (updates done, outcome, time spent, begun_from).

    begun_from: the digest of the checkpoint that the run's networks were initialized from. Without a
    checkpoint it is `begun`; with one it is the saved digest, since that run may have been retrained.
    """
    expected = form_of_save(learners, exchange, world)
    state = resumable.choose(run, log, expected) if world.rank == 0 else None
    # rank 0 read checkpoints, which may take longer than a broadcast's timeout
    world.meet()
    update = world.same(state and state["update"])
    if update is None:
        return 0, "finished", {}, begun
    state = state or checkpoint.load(log.folder / "state", update)
    for i, model in learners.items():
        model.resume(state["models"][i])
    exchange.resume(state["exchange"])
    world.resume(state["bits"])
    return update, state.get("outcome", "finished"), state["spent"], state.get("begun_from")
