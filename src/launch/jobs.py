"""Turn overrides into jobs: the runs of the chosen sweeps, arms and seeds, with their folders."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

from codist.check import check
from codist.config import Place, Run
from codist.errors import Refused
from codist.groups import group_folder
from codist.run_folder import folder_of
from launch.compose import arms_of, groups, names, parsed
from launch.places import located, unpacked_once
from launch.run_of_arm import run_of
from launch.seeds import seeds_of
from launch.starts import check_starts, of_start


@dataclass(frozen=True, eq=False)
class Job:
    """One run of a sweep: its overrides, its resolved config and its folder."""

    overrides: tuple[str, ...]
    run: Run
    folder: Path
    shipped: Path | None  # folder of its shipped results, which may not exist
    variant: str = ""  # swept options, which distinguish it from other runs of its arm

    @property
    def here(self) -> Place:
        """The run's place with paths that can be opened; config.yaml keeps them as written."""
        return located(self.run.place, self.overrides)

    @property
    def starts(self) -> list["Job"]:
        """The runs that this one starts from, in the order of `run.starts`."""
        return [job(of_start(self.overrides, start)) for start in self.run.starts]

    @property
    def group(self) -> int | None:
        """The one model that this job trains, of a run whose models are trained apart; else None."""
        return self.run.place.group

    @property
    def parts(self) -> list["Job"]:
        """The jobs that train the run: one a model if they are trained apart, else this one."""
        if self.group is not None or not self.run.exchange.apart:
            return [self]
        each = (job((*self.overrides, f"place.group={i}")) for i in range(self.run.n))
        return [replace(one, variant=self.variant) for one in each]

    @property
    def name(self) -> str:
        group = "" if self.group is None else f" group {self.group}"
        return f"{self.run.sweep}/{self.run.arm}/{self.run.seed}{self.variant}{group}"


def jobs(given: list[str]) -> list[Job]:
    """Returns every run that the overrides `given` ask for, arms in the order of their file.

    Raises Refused if an override is wrong or two runs would share a folder.
    """
    asked, rest = {}, []
    for override in parsed(given):
        if override.key_or_group in ("sweep", "arm", "seed"):
            asked[override.key_or_group] = values_of(override)
        else:
            rest.append(override)
    if "sweep" not in asked:
        raise Refused(f"choose one sweep: sweep=<one of {', '.join(names())}>")
    found = {}
    for others in product(*(each_value(override) for override in rest)):
        for sweep, arm in arms_of(asked["sweep"], asked.get("arm"), list(others)):
            for seed in asked.get("seed") or seeds_of(sweep):
                overrides = (f"sweep={sweep}", f"arm={arm}", f"seed={seed}", *others)
                found[overrides] = job(overrides)
    folders = {}
    for one in found.values():
        if one.folder in folders:
            raise Refused(
                f"two of these runs would share {one.folder}; sweep such options one at a time, with place.runs"
            )
        folders[one.folder] = one
    return with_variants(list(found.values()))


def with_variants(jobs: list[Job]) -> list[Job]:
    """Returns the jobs with `variant` set: the overrides that not all of them have."""
    times_given = Counter(
        o for job in jobs for o in job.overrides if not o.startswith(("sweep=", "arm=", "seed="))
    )
    swept = {o for o, times in times_given.items() if times < len(jobs)}
    return [
        replace(job, variant="".join(f" {o}" for o in job.overrides if o in swept)) for job in jobs
    ]


def single(given: list[str]) -> Job:
    """Returns the one run that `given` asks for; seed 1 by default. Raises Refused otherwise."""
    asked = {o.key_or_group for o in parsed(given)}
    for key, example in (("sweep", ", ".join(names())), ("arm", ""), ("seed", "")):
        if key in asked or key == "seed":
            continue
        if key == "arm":
            sweep = values_of(next(o for o in parsed(given) if o.key_or_group == "sweep"))[0]
            example = ", ".join(sorted({arm for _, arm in arms_of([sweep], None, groups(given))}))
        raise Refused(
            f"choose one {key}: {key}=<one of {example}>; or put -m before sweep= to run the whole sweep"
        )
    if "seed" not in asked:
        given = [*given, "seed=1"]
    found = jobs(given)
    if len(found) > 1:
        raise Refused(
            f"{' '.join(given)} names {len(found)} runs; to run them all, put -m before it"
        )
    return found[0]


@cache
def job(overrides: tuple[str, ...]) -> Job:
    """Returns the job of overrides with sweep=, arm= and seed=.

    Overrides win over the arm's options.
    """
    seed = parsed([o for o in overrides if o.startswith("seed=")])
    unseeded = tuple(o for o in overrides if not o.startswith("seed="))
    run = run_of(unseeded)
    run = replace(run, seed=integer(seed[-1].value()) if seed else run.seed)
    check(run)
    check_starts(unseeded)
    where, place = (run.scale, run.sweep, run.arm, run.seed), located(run.place, overrides)
    shipped = None
    if place.shipped is not None:
        shipped = folder_of(unpacked_once(place.shipped, run.scale, run.sweep), *where)
    folder = folder_of(Path(place.runs), *where)
    if run.place.group is not None:
        folder, shipped = group_folder(folder, run.place.group), None
    return Job(tuple(overrides), run, folder, shipped)


def values_of(override) -> list[str]:
    if not override.is_sweep_override():
        return [override.get_value_element_as_str()]
    if not override.is_discrete_sweep():
        raise Refused(
            f"{override.input_line}: expected values to sweep over; write each, as lr.start=0.1,0.2"
        )
    return [value.split("=", 1)[-1] for value in override.sweep_string_iterator()]


def each_value(override) -> list[str]:
    """Returns one override for each swept value."""
    return [f"{override.get_key_element()}={value}" for value in values_of(override)]


def integer(seed) -> int:
    if not isinstance(seed, int):
        raise Refused(f"seed: expected a whole number, got {'null' if seed is None else seed}")
    return seed
