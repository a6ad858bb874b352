"""Bits that a server sends per update, and H*: how often averages of weights cost as much. Needs no torch."""

from dataclasses import replace
from typing import NamedTuple

from codist.config import Run
from codist.errors import Refused
from codist.exchange import Options, exchange_options
from codist.exchange.predictions import Options as Predictions


class Bits(NamedTuple):
    """Bits per update of an average server, or numbers in proportion to them."""

    counted: float  # by v2 §3, as `server_bits` in a log
    wire: float  # that must cross the server's link, in one direction


def exchanged(run: Run) -> Bits:
    """What the exchange of `run` sends, mean over a period; without an average at the end of the run."""
    exchange, period = run.exchange, getattr(run.exchange, "period", 1)
    # any period after the run: all that happens only at its beginning or end is over
    late = run.updates + 1
    return Bits(*(
        (of(run, late + period) - of(run, late)) / period
        for of in (exchange.server_bits, exchange.wire_bits)
    ))  # fmt: skip


def sent(run: Run) -> Bits:
    """What `run` sends: its exchange, and the gradients of models that are on several servers."""
    counted, wire = exchanged(run)
    inside = run.gradient_bits
    return Bits(counted + inside, wire + inside * (run.servers - 1) / run.servers)


def as_workers(run: Run, exchange: Options) -> Run:
    """`run` with its n models as workers of one model, which split minibatches n times as large.

    Raises Refused if the exchange cannot have them. fp16 becomes bf16, since the averages do not go
    with fp16's scaling; both send fp32.
    """
    precision = "bf16" if run.precision == "fp16" else run.precision
    workers = replace(
        run, exchange=exchange, sampling="split", epochs=run.epochs * run.n, precision=precision
    )
    exchange.check(workers)
    return workers


def averaging_period(run: Run) -> Bits | None:
    """H*: averages of the weights every H* updates send as many bits as the predictions of `run`.

    None if `run` does not exchange predictions, or if its models have no common average.
    """
    if not isinstance(run.exchange, Predictions):
        return None
    try:
        averages = exchanged(as_workers(run, exchange_options("weights", period=1)))
    except Refused:
        return None
    predictions = exchanged(run)
    return Bits(averages.counted / predictions.counted, averages.wire / predictions.wire)
