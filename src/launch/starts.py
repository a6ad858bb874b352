"""The runs that a run starts from: other arms, whose finished models it loads or learns from."""

from collections.abc import Sequence

from codist.errors import Refused, nearest
from codist.start import Start
from launch.compose import groups, names, parsed, sweep_of
from launch.run_of_arm import run_of


def check_starts(overrides: tuple[str, ...]) -> None:
    """Raises Refused if the run of `overrides` starts from an unknown arm, from itself or in a circle.

    overrides: as of run_of_arm.run_of, with sweep= and arm=.
    """
    run = run_of(overrides)
    refuse_circle(overrides, [(run.sweep, run.arm)])


def refuse_circle(overrides: tuple[str, ...], arms: list[tuple[str, str]]) -> None:
    """Raises Refused as check_starts does.

    arms: (sweep, arm) of runs, each of which starts from the next; the last is that of `overrides`.
    """
    run = run_of(overrides)
    for start in run.starts:
        named, sweep = f"{start.option}={start.named}", start.sweep(run.sweep)
        if sweep not in names():
            raise Refused(f"{named}: no sweep is called {sweep}; {nearest(sweep, names())}")
        known = sweep_of(sweep, groups(overrides)).arms.keys()
        first = sweep, start.arm
        if start.arm not in known or first == arms[-1]:
            others = [arm for arm in known if (sweep, arm) != arms[-1]]
            raise Refused(f"{named} is no other arm of {sweep}; {nearest(start.arm, others)}")
        if run_of(of_start(overrides, start)).exchange.apart:
            raise Refused(
                f"{named} trains its models apart from each other, so its run has no one checkpoint to start from; "
                "name an arm with another exchange.kind"
            )
        if first in arms:
            circle = ", which starts from ".join(
                arm for _, arm in [*arms[arms.index(first) :], first]
            )
            raise Refused(f"{named}: {circle}; name an arm that can be trained first")
        refuse_circle(of_start(overrides, start), [*arms, first])


def of_start(overrides: Sequence[str], start: Start) -> tuple[str, ...]:
    """The overrides of the run that `start` names: its arm, and the overrides of all runs.

    Overrides of `start`'s own section do not apply to it: it has its own exchange.
    """
    section, kept = start.option.partition(".")[0], []
    for one, text in zip(parsed(overrides), overrides, strict=True):
        if one.key_or_group == "arm":
            kept.append(f"arm={start.arm}")
        elif one.key_or_group == "sweep":
            kept.append(f"sweep={start.sweep(str(one.value()))}")
        elif one.key_or_group.partition(".")[0] != section:
            kept.append(text)
    return tuple(kept)
