"""What a run saves while it trains, and how it resumes from it."""

from codist import checkpoint, resumable
from codist.state_form import form_of_save


def save(log, update, outcome, learners, exchange, world, clock, begun) -> None:
    """All that the next update depends on, whether there is one, and the costs so far: the same file in every
    placement."""
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
        state["rows"] = log.rows  # a log that loses rows later is restored from here
        log.sync()
        checkpoint.save(log.folder / "state", update, state)
    world.meet()


def resume(
    run, log, learners, exchange, world, begun
) -> tuple[int, str, dict[str, float], str | None]:
    """Put everything where the newest usable save left it: the updates done, whether they diverged, their cost, and
    which save they began from: `begun` where there is none yet, which may have been made again
    since."""
    expected = form_of_save(learners, exchange, world)
    state = resumable.choose(run, log, expected) if world.rank == 0 else None
    # rank 0 has read saves meanwhile, which may take longer than the others would wait for its
    # answer
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
