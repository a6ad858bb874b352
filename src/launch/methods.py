"""Methods that train on n linked servers, and what each costs: bits, and modelled time of an update. Needs no torch."""

from dataclasses import dataclass, fields, replace

from codist.bits import Bits, as_workers, averaging_period, sent
from codist.config import Run
from codist.errors import Refused
from codist.exchange import Options, exchange_options
from codist.exchange.predictions import Options as Predictions
from codist.link import update_seconds
from launch.cost import of_update
from launch.jobs import Job

AVERAGED_EVERY = (10, 100, 500)  # updates, besides H*; DiLoCo's 500 (Douillard et al. 2023)
CHECKPOINTS_EVERY = 2500  # v1 §3.1; a smaller scale shortens it, as it does for arms
# of kinds that are compared, in the order of their rows
NAMES = {
    "none": "no exchange",
    "gradients": "all_reduce",
    "powersgd": "PowerSGD",
    "topk_gradients": "top-k gradients",
    "push_sum": "push-sum",
    "weights": "local SGD, DiLoCo",
    "predictions": "codistillation",
    "checkpoints": "codistillation",
    "files": "codistillation",
}


@dataclass(frozen=True)
class Method:
    """An exchange between n models and its cost; `why` it cannot be, if it cannot."""

    exchange: Options
    note: str = ""
    run: Run | None = None
    why: str = ""

    @property
    def name(self) -> str:
        name = NAMES[self.exchange.kind]
        return f"{name}: {self.note}" if self.note else name

    @property
    def place(self) -> tuple[int, float]:
        """Sorts rows by kind and period."""
        kinds = list(NAMES)
        return kinds.index(self.exchange.kind), getattr(self.exchange, "period", 1)

    @property
    def options(self) -> str:
        """The kind and the options that differ from their defaults, as they are typed after `exchange.`."""
        default = type(self.exchange)()
        changed = [
            f"{one.name}={value:g}" if isinstance(value, float) else f"{one.name}={value}"
            for one in fields(self.exchange)
            if (value := getattr(self.exchange, one.name)) != getattr(default, one.name)
        ]
        return " ".join([f"kind={self.exchange.kind}", *changed])

    @property
    def bits(self) -> Bits:
        assert self.run
        return sent(self.run)

    def seconds(self, base: Job, ranks: int, slower: float, rate: float) -> float:
        """The modelled time of an update. slower: measured over stated seconds; rate: bits a second."""
        assert self.run
        compute = of_update(replace(base, run=self.run), ranks) * slower
        return update_seconds(compute, self.bits.wire, rate)


def methods(run: Run, tried: list[Options]) -> list[Method]:
    """Every method for the models of `run`, each once. tried: exchanges that are compared in any case."""
    asked: list[tuple[Options, str]] = [
        (exchange_options("none"), ""),
        (exchange_options("gradients"), ""),
        (exchange_options("powersgd"), ""),
        (exchange_options("topk_gradients"), ""),
        *((exchange_options("weights", period=period), "") for period in AVERAGED_EVERY),
    ]
    for note, period in equal_periods(run):
        asked.append((exchange_options("weights", period=period), note))
    asked.append((exchange_options("predictions"), ""))
    few = min(8, max(1, run.workload.classes // 4))
    asked.append((exchange_options("predictions", codec="topk", k=few), ""))
    every = exchange_options("checkpoints", period=CHECKPOINTS_EVERY).scaled(run.scaling)
    asked.append((every, ""))
    asked += [(one, "") for one in (run.exchange, *tried) if one.kind in NAMES]
    found: dict[str, Method] = {}
    for exchange, note in asked:
        method = adapted(run, exchange, note)
        before = found.get(method.options)
        found[method.options] = replace(before, note=before.note or note) if before else method
    return sorted(found.values(), key=lambda method: method.place)


def equal_bits(run: Run) -> Bits | None:
    """H* of full predictions at every update; None if the models have no common average."""
    return averaging_period(adapted(run, exchange_options("predictions"), "").run or run)


def equal_periods(run: Run) -> list[tuple[str, int]]:
    """H*, counted and on the wire; only what is at least one update."""
    found = equal_bits(run)
    named = {"H*": found.counted, "H*, wire": found.wire} if found else {}
    return [(note, round(period)) for note, period in named.items() if period >= 1]


def adapted(run: Run, exchange: Options, note: str) -> Method:
    """The method that puts `exchange` between the models of `run`."""
    try:
        if exchange.common_start:
            return Method(exchange, note, as_workers(run, exchange))
        same = "same" if isinstance(exchange, Predictions) else "independent"
        other = replace(run, exchange=exchange, sampling=same)
        exchange.check(other)
        return Method(exchange, note, other)
    except Refused as error:
        return Method(exchange, note, why=str(error))
