"""The report's table of the settings of one figure's arms at each scale."""

from collections.abc import Iterable

from figures.drawing.latex import broken, columns, table, text
from figures.evidence import settings
from figures.evidence import summary as report
from figures.evidence.names import arms_read
from figures.evidence.settings import Setting
from figures.report.material import Material


def setting(material: Material, name: str) -> str:
    """The settings table, one row per scale; values that differ between arms are in their order.

    Scales without runs are counted, not listed, if their settings are those of a listed one.
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
        listed = [scale for scale in scales if scale in shown] or scales[:1]
        for scale in listed:
            of_runs = (
                report.cost(material.ledgers[scale], shown[scale].arms) if scale in shown else ""
            )
            others = len(scales) - len(listed) if scale == listed[0] else 0
            runs = of_runs.partition(",")[0] or "none"
            named = f"{scale}, and {others} more" if others else scale
            rows.append(tuple(map(broken, (named, *cells, runs))))
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
