"""The report's table of the settings of one figure's arms at each scale."""

from collections.abc import Iterable

from figures.drawing.latex import broken, columns, table, text
from figures.evidence import settings
from figures.evidence import summary as report
from figures.evidence.names import arms_read
from figures.evidence.settings import Setting
from figures.report.material import Material


def setting(material: Material, name: str) -> str:
    """The settings table, one row for scales of equal settings; values that differ between arms are in their order.

    Scales with runs are named, or the first one; the others are counted.
    """
    shown, known = (
        material.shown(name),
        settings.of_arms(material.settings, arms_read(material.modules[name])),
    )
    alike: dict[tuple[str, ...], list[str]] = {}
    for scale, arms in known.items():
        alike.setdefault((data(arms), networks(arms), *many(arms)), []).append(scale)
    rows = []
    for cells, scales in alike.items():
        drawn = [scale for scale in scales if scale in shown]
        named = drawn or scales[:1]
        more = [f"{len(scales) - len(named)} more"] * (len(scales) > len(named))
        costs = [report.cost(material.ledgers[scale], shown[scale].arms) for scale in drawn]
        runs = [cost.partition(",")[0] for cost in costs] or ["none"]
        rows.append(tuple(map(broken, (", ".join([*named, *more]), *cells, ", ".join(runs)))))
    head = (
        "scale",
        "an epoch of data",
        "networks (weights)",
        "models × batch",
        "epochs",
        "updates of each",
        "runs drawn",
    )
    return table(columns(1.0, 3.1, 4.2, 2.95, -1.5, -2.15, -0.75), tuple(map(text, head)), rows)


def data(arms: list[Setting]) -> str:
    examples = ", ".join(distinct(f"{one.examples:,}" for one in arms))
    unit = " tokens" if arms[0].unit == "tokens" else ""
    return f"{', '.join(distinct(one.data for one in arms))}: {examples}{unit}"


def networks(arms: list[Setting]) -> str:
    pairs = {
        pair: None for one in arms for pair in zip(one.networks or ("",), one.weights, strict=False)
    }
    return ", ".join(f"{name} {weights(count)}".strip() for name, count in pairs)


def weights(count: int) -> str:
    return f"({count / 1e6:.1f} M)" if count >= 1e6 else f"({count / 1e3:.0f} k)"


def many(arms: list[Setting]) -> tuple[str, str, str]:
    return (
        ", ".join(distinct(f"{one.n}×{one.batch:,}" for one in arms)),
        ", ".join(distinct(f"{one.epochs:.3g}" for one in arms)),
        ", ".join(distinct(f"{one.updates:,}" for one in arms)),
    )


def distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
