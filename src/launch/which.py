"""Compare methods over a slow link: python src/run.py which sweep=fig2 scale=paper link=1Gb. Needs no torch.

Without link= it prints H*: how often averages of the weights cost as many bits as predictions.
"""

import textwrap

from omegaconf import OmegaConf

from codist.bits import averaging_period, exchanged
from codist.config import Run
from codist.errors import Refused
from codist.exchange.predictions import Options as Predictions
from codist.link import rate_of, readable
from launch.command_config import checked
from launch.cost import of_update, ranks_of, speeds
from launch.jobs import Job
from launch.jobs import jobs as asked_for
from launch.known import Evidence, Known
from launch.methods import Method, equal_bits, methods
from launch.table import aligned, digits

LINK = "link"
WIDTH = 118
UNITS = (("Tb", 1e12), ("Gb", 1e9), ("Mb", 1e6), ("kb", 1e3), ("b", 0.0))


def show(overrides: list[str]) -> None:
    """Print H* of every arm that exchanges predictions, or with link= a row for each method."""
    links = [one for one in overrides if key_of(one) == LINK]
    rates = [rate_of(text) for one in links for text in one.partition("=")[2].split(",")]
    given = checked([one for one in overrides if one not in links])
    seeds = [] if any(key_of(one) == "seed" for one in given.of_runs) else ["seed=1"]
    jobs = asked_for([*given.of_runs, *seeds])
    if rates:
        show_methods(base_of(jobs), rates, OmegaConf.to_object(given.launcher))
    else:
        show_periods([job.run for job in jobs])


def key_of(override: str) -> str:
    return override.lstrip("+").partition("=")[0]


def show_periods(runs: list[Run]) -> None:
    """Print H* of the runs that exchange predictions; of several alike the first."""
    rows: dict[tuple[str, ...], tuple[str, ...]] = {}
    for run in runs:
        if period := averaging_period(run):
            server = f"{run.devices // run.servers} x {run.device_batch}"
            sent, found = bits(exchanged(run).counted), map(digits, period)
            cells = (f"{run.workload.parameters(0):,}", f"{run.n}", server, sent, *found)
            rows.setdefault(cells, (f"{run.sweep}/{run.arm}", *cells))
    if not rows:
        raise Refused(
            "no arm here exchanges predictions between equal networks; choose another sweep, as sweep=fig2, or "
            "set link=1Gb to compare methods"
        )
    head = ("sweep/arm", "weights", "n", "a server", "bits/update", "H*", "on the wire")
    print("\n".join(aligned([head, *rows.values()])))
    print(
        "\na server: devices x examples of one model; bits/update: predictions that it sends, by v2 §3"
    )
    print(
        "H*: averages of the weights every H* updates send as many bits; on the wire of a ring: last column"
    )
    print("link=1Gb compares methods for the first of these arms; docs/which.md")


def base_of(jobs: list[Job]) -> Job:
    """The first arm that exchanges predictions; else that exchanges anything; else of several models.

    Raises Refused if all arms are of one model.
    """
    several = [job for job in jobs if job.run.n > 1]
    if not several:
        raise Refused(
            "which compares n=2 models or more, got arms of n=1; choose another arm=, or set n=2"
        )
    exchanging = [job for job in several if exchanged(job.run).counted]
    predicting = [job for job in exchanging if isinstance(job.run.exchange, Predictions)]
    return next(iter(predicting or exchanging or several))


def show_methods(base: Job, rates: list[float], settings) -> None:
    """Print a row for each method, and the claims on those that were tried."""
    run, evidence = base.run, Evidence(base)
    slower, sources = speeds([base])
    ranks, factor = ranks_of(run, settings), slower[run.workload.name]
    found = methods(run, evidence.exchanges())
    alone = [found[0].seconds(base, ranks, factor, rate) for rate in rates]
    at = [cell for rate in rates for cell in (f"at {readable(rate)}", "slower")]
    rows = [["method", "exchange.", "counted", "on the wire", *at, "known here"]]
    for method in found:
        cost = [""] * (2 + len(at))
        if method.run:
            cost = [bits(number) for number in method.bits]
            for rate, without in zip(rates, alone, strict=True):
                took = method.seconds(base, ranks, factor, rate)
                cost += [time(took), ratio(took / without)]
        rows.append([method.name, method.options, *cost, known(method, evidence)])
    weights, compute = run.workload.parameters(0), time(of_update(base, ranks) * factor)
    servers = "a server" if run.servers == 1 else f"{run.servers} servers"
    print(f"{run.sweep}/{run.arm} at scale {run.scale}: {run.n} models of {weights:,} weights,")
    print(
        f"each on {servers} with {run.devices} x {run.device_batch} examples. Each server has a link.\n"
    )
    print("\n".join(aligned(rows, text=(0, 1, len(rows[0]) - 1))))
    print(
        "\ncounted, on the wire: bits that a server sends per update, by v2 §3 and over its link; docs/which.md"
    )
    print(
        f"at a rate: an update takes its compute, {compute} for this arm, and then its bits over the link."
    )
    print(
        "  This is modelled, not measured: without latency, overlap, and the compute of averages and codecs."
    )
    print("slower: than no exchange")
    if equal := equal_bits(run):
        print(
            f"H*: averages of the weights every {digits(equal.counted)} updates send as many bits as full predictions"
        )
        print(f"  at every update; on the wire, every {digits(equal.wire)}")
    print(
        "\n".join([*sources, *(f"{method.name}: {method.why}" for method in found if method.why)])
    )
    show_claims([claim for method in found for claim in evidence.of(method.exchange)])


def show_claims(found: list[Known]) -> None:
    """Print the claims on methods that were tried, with their verdicts at every scale."""
    if not found:
        print("known here: no committed claim is about such arms; docs/which.md has what is known")
        return
    print("known here, by the claims of paper/beds.md:")
    for line in (line for claim in found for line in claim.lines()):
        print(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="      "))


def known(method: Method, evidence: Evidence) -> str:
    """What is known of a method: its gap, that others are compared with it, or nothing."""
    if method.why:
        return "see below"
    if found := evidence.of(method.exchange):
        return found[0].cell(evidence.base)
    base = evidence.base
    # all_reduce trains one model on the minibatches of n
    batch = {"none": base.batch, "gradients": base.n * base.batch}.get(method.exchange.kind, 0)
    reference = evidence.reference(batch)
    return f"reference: {reference}" if reference else "not tried here"


def bits(number: float) -> str:
    """Bits with three digits and a unit: 1.64 Gb."""
    unit, size = next(one for one in UNITS if number >= one[1])
    return f"{number / (size or 1):.3g} {unit}"


def time(seconds: float) -> str:
    return f"{seconds:,.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def ratio(number: float) -> str:
    return f"×{number:.2f}" if number < 10 else f"×{number:,.0f}"
