"""Findings: the verdicts of the main claims on each bed, for claims.md, the report and the README.

The verdicts of a finding determine its heading. All words and numbers come from the ledgers. The list
of claims was made when most of their verdicts were known, so every other claim that fails is named,
too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from figures.evidence.ledger import Judged, Ledger
from figures.evidence.notes import notes
from figures.evidence.summary import says

MAIN = (  # ids of the claims that the README shows
    "fig2.underfits_fixed",
    "fig2.underfits_less_decayed",
    "fig2.parity_decayed",
    "fig2.above_alone",
    "fig2.batch_128",
    "fig2.batch_1024",
    "fig1.up_to_1000",
    "fig3.above_larger",
    "fig7.nearer",
    "fig16.lead_grows",
    "fig17.nway_4_half",
    "fig4.parity",
)
FURTHER = (  # more controls, and the claims on checkpoints, translation and peers with other views
    "fig2.near_all_reduce_decayed",
    "fig7.nearer_at_same_lr",
    "fig16.above_alone",
    "fig1.checkpoints_reach",
    "fig13.checkpoints_loss",
    "fig5.four_accuracy",
    "fig6.frozen_two",
    "ours_bits.up_to_1000",
)
UNITS = "Points are percentage points, × marks a ratio, and distances have no unit."
DIGITS = "digits"  # the bed of scale laptop
# (heading, the decided verdicts of its findings, over all beds)
GROUPS: tuple[tuple[str, set[str]], ...] = (
    ("What failed", {"fails"}),
    ("What failed on one bed and held on another", {"fails", "holds"}),
    ("What held", {"holds"}),
    ("What is undecided", set()),
)


@dataclass(frozen=True)
class Finding:
    """A claim and its verdict on each bed that evaluates it."""

    claim: Judged  # on the first of these beds; of any bed if none evaluates it
    on: dict[str, Judged]

    @property
    def figure(self) -> str:
        """The figure that makes the claim."""
        return self.claim.figures[0]

    @property
    def named(self) -> dict[str, Judged]:
        """The same as `on`, by the data of the claim's arms where these are no digits."""
        return {claim.data if name == DIGITS else name: claim for name, claim in self.on.items()}

    @property
    def decided(self) -> set[str]:
        return {one.verdict for one in self.on.values()} & {"fails", "holds"}

    @property
    def words(self) -> str:
        """The claim without the final full stop."""
        return says(replace(self.claim, says=self.claim.says.rstrip(".")))

    @property
    def notes(self) -> list[str]:
        """What explains extreme gaps on its beds."""
        return notes(self.claim.arms, self.on)

    @property
    def about(self) -> str:
        """Its margin and notes in brackets: (margin > 0; on glyphs ...); "" without either."""
        margin = [f"margin {self.claim.evidence.margin}"] if self.claim.evidence else []
        told = "; ".join([*margin, *self.notes])
        return f"({told})" if told else ""

    @property
    def sentence(self) -> str:
        """The claim with its margin and notes."""
        return f"{self.words} {self.about}".rstrip()


def bed_name(scale: str) -> str:
    return DIGITS if scale == "laptop" else scale.replace("_", "-")


def by_bed(ledgers: Iterable[Ledger]) -> dict[str, list[Ledger]]:
    """{bed: its ledgers in this order}, digits first."""
    found: dict[str, list[Ledger]] = {DIGITS: []}
    for ledger in ledgers:
        found.setdefault(bed_name(ledger.scale), []).append(ledger)
    return {name: of for name, of in found.items() if of}


def findings(beds: Mapping[str, Sequence[Ledger]]) -> dict[str, Finding]:
    """{id: the finding} of every claim. On each bed the first ledger that evaluates it counts."""
    every = {
        name: [{claim.id: claim for claim in ledger.claims} for ledger in of]
        for name, of in beds.items()
    }
    found = {}
    for key, claim in next(iter(every.values()))[0].items():
        on: dict[str, Judged] = {}
        for of in every.values():
            for claims in of:
                if claims[key].verdict != "not run":
                    # a sweep of one scale only is read with the digits
                    on.setdefault(bed_name(claims[key].scale), claims[key])
        found[key] = Finding(next(iter(on.values()), claim), on)
    return found


def grouped(found: Mapping[str, Finding]) -> dict[str, list[Finding]]:
    """{heading of GROUPS: the findings of MAIN and FURTHER in it}, without empty groups."""
    listed = [found[key] for key in (*MAIN, *FURTHER) if key in found and found[key].on]
    groups = {
        heading: [one for one in listed if one.decided == decided] for heading, decided in GROUPS
    }
    return {heading: of for heading, of in groups.items() if of}


def other_failures(found: Mapping[str, Finding]) -> dict[str, list[str]]:
    """{bed: ids of the papers' claims and of controls that fail there, and are not listed}"""
    failed: dict[str, list[str]] = {}
    for key, one in found.items():
        for name, claim in one.on.items():
            if key not in (*MAIN, *FURTHER) and claim.kind != "ours" and claim.verdict == "fails":
                failed.setdefault(name, []).append(key)
    return failed


def measured(claim: Judged) -> str:
    """The gap with interval and number of seeds: −0.5 [−0.9, −0.1], n = 16."""
    return f"{claim.measured}, n = {min(claim.n)}"


def sentence(one: Finding, show: Callable[[str], str]) -> str:
    """A finding in words. show: formats a verdict."""
    on = "; ".join(
        f"{show(claim.verdict)} on {name}, {measured(claim)}" for name, claim in one.named.items()
    )
    return f"{one.sentence}: {on}."


def markdown(found: Mapping[str, Finding]) -> str:
    """The lists of findings, then the ids of the other claims that fail."""
    lines: list[str] = []
    for heading, of in grouped(found).items():
        lines += [f"## {heading}", ""]
        lines += [f"- {sentence(one, '**{}**'.format)}" for one in of] + [""]
    for name, ids in other_failures(found).items():
        lines += [f"Others that fail on {name}: {', '.join(ids)}.", ""]
    return "\n".join(lines)
