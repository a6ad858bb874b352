"""Claims: a sentence of a paper, its place there, and the statistical test of our runs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite

from codist import errors
from codist.metrics import metric
from figures.evidence.arm import Arm, alike, together
from figures.evidence.margin import Evidence

VERDICTS = ("holds", "fails", "undecided", "not run")
NAMED = 9  # arms without runs that are named; further ones are only counted
KINDS = ("paper", "control", "ours")
ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")


@dataclass(frozen=True)
class Verdict:
    verdict: str  # one of VERDICTS
    n: tuple[int, ...] = ()  # seeds of each arm; of many arms each number once
    scale: str = ""
    evidence: Evidence | None = None
    why: str = ""  # the reason, if there is no evidence


@dataclass(frozen=True)
class Claim:
    # like "fig2.parity_decayed": a figure that makes it, a dot, a name; unique, and never changed
    id: str
    # "paper": a paper's claim; "control": tests a simpler explanation of one; "ours": our question
    kind: str
    says: str
    where: str
    test: Callable[..., Evidence]  # takes the arms in `needs`, in that order
    needs: tuple[str, ...]
    # written after runs of all its arms had been seen, on any machine
    after: bool = False
    # about arms whose models are trained apart, so that a repetition gives other numbers
    live: bool = False

    def __post_init__(self):
        if not ID.fullmatch(self.id):
            raise errors.Refused(
                f"claim {self.id}: expected an id like fig2.parity: a figure, a dot, a name in lower case"
            )
        if self.kind not in KINDS:
            raise errors.Refused(
                f"claim {self.id}: expected a kind of {', '.join(KINDS)}, got {self.kind}"
            )

    @property
    def sentence(self) -> str:
        """What it says, and whether it says that of live runs."""
        return f"{self.says.rstrip('.')} (live runs)." if self.live else self.says

    @property
    def options(self) -> dict:
        """The options of its test, such as the metric `y`."""
        return self.test.keywords if isinstance(self.test, partial) else {}

    @property
    def paired(self) -> bool:
        """True if the test compares seed by seed; it then gets the seeds that all arms have."""
        return self.options.get("paired", False)

    @property
    def unit(self) -> str:
        """The unit of its metric's gaps; "" if the metric or the test has none."""
        return metric(self.options["y"]).gap_unit if "y" in self.options else ""

    def verdict(self, arms: dict[str, Arm]) -> Verdict:
        """Evaluate the claim on `arms`.

        A claim about an arm with a diverged seed stays undecided: the remaining seeds would be a
        selection. The verdict names the divergence, and the figure shows it. So does one about an arm
        with live runs, unless the claim is `live`.
        """
        if missing := [name for name in self.needs if name not in arms]:
            more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
            return Verdict("not run", why=f"needs {', '.join(missing[:NAMED])}{more}")
        compared = alike([arms[name] for name in self.needs])
        n, scale = counted(compared), compared[0].scale
        if not self.live and (apart := [arm.name for arm in compared if arm.live]):
            return Verdict(
                "undecided",
                n,
                scale,
                why=f"{', '.join(apart[:NAMED])}: live runs, which a repetition does not give again",
            )
        if diverged := [
            f"{arm.name}: {len(arm.diverged)} of {len(arm.seeds)} diverged"
            for arm in compared
            if arm.diverged
        ]:
            return Verdict("undecided", n, scale, why="; ".join(diverged))
        if self.paired:
            compared = together(*compared)
            n = counted(compared)
        if min(n) < 2:
            return Verdict("undecided", n, scale, why="one seed has no interval")
        evidence = self.test(*compared)
        if not isfinite(evidence.gap):
            return Verdict(
                "undecided",
                n,
                scale,
                why="a final number is not finite, or not positive where a ratio needs it",
            )
        if not evidence.ratio:
            evidence = replace(evidence, unit=self.unit)
        return Verdict(evidence.verdict, n, scale, evidence)


def counted(arms: Sequence[Arm]) -> tuple[int, ...]:
    found = tuple(len(arm.seeds) for arm in arms)
    return found if len(found) <= NAMED else tuple(sorted({*found}))


def pick(claims: Sequence[Claim], *ids: str) -> list[Claim]:
    """Select claims by id, in this order. Raises Refused for an unknown id."""
    known = {claim.id: claim for claim in claims}
    if missing := [one for one in ids if one not in known]:
        raise errors.Refused(
            f"no claim has the id {missing[0]}; {errors.nearest(missing[0], known)}"
        )
    return [known[one] for one in ids]
