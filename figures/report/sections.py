"""The report's section of one figure: question, settings, picture, numbers, verdicts, cost."""

import re

import numpy as np

from figures.drawing.latex import code, columns, table, text
from figures.drawing.tables import mean
from figures.evidence import summary as report
from figures.evidence.arm import Arm
from figures.evidence.ledger import Entry
from figures.report.material import Material, reported
from figures.report.setting import setting
from figures.report.verdicts import finding, verdicts


def section(material: Material, name: str) -> str:
    shown, module = material.shown(name), material.modules[name]
    asked = "\n".join(
        [*(question(entry) for entry in material.entries(name)), rf"\commenton{{{name}}}"]
    )
    parts = [rf"\subsection{{{text(module.__doc__.splitlines()[0].rstrip('.'))}}}\label{{{name}}}"]
    parts += [answer(material, name)]
    # a table of claims follows its picture on the same page; settings may fill the page before it
    after = [beside(material, name), verdicts(material, name)]
    if twin := material.twin(name):
        parts += [asked, setting(material, name)]
        parts.append(
            rf"Arms and drawing are the same as in \hyperref[{twin}]{{{code(twin)}}}; see there.\par"
        )
        parts += after
    elif not shown:
        parts += [asked, setting(material, name)]
        parts.append(rf"\notrun{{{code(material.first.figures[name].command)}}}")
        parts += after
    else:
        pictures = [picture(material, name, scale, asked) for scale in shown]
        single = not hasattr(module, "rows") and module.PANELS == 1
        parts += [] if single else [asked]
        claims = "\n".join(filter(None, after[::-1]))
        parts += pictures[:-1]
        parts.append(f"\\placed{{{pictures[-1]}}}\n{{{claims}}}\n{{{setting(material, name)}}}")
    parts.append(cost(material, name))
    return "\n".join(filter(None, parts)) + "\n"


def answer(material: Material, name: str) -> str:
    """The answer to the figure's question, on each bed; "" without runs."""
    found = material.found.get(material.first.figures[name].answering)
    return rf"\answered{{{finding(found)}}}" if found and found.on else ""


def question(entry: Entry) -> str:
    about = "; ".join(filter(None, (f"§{entry.section}", entry.dataset, entry.model)))
    return rf"\asked{{{text(place(entry))}}}{{{text(about)}}}{{{text(entry.claim)}}}"


def place(entry: Entry) -> str:
    """The experiment's place in its paper, as v2 Fig 2a, Anil Table 1, v1 text."""
    paper = {"anil": "Anil"}.get(entry.paper, entry.paper)
    kind, number = re.fullmatch(r"(fig|table)?(.*)", entry.id).groups()
    return (
        f"{paper} {kind.capitalize()} {number}" if kind else f"{paper} {entry.id.replace('_', ' ')}"
    )


def picture(material: Material, name: str, scale: str, asked: str) -> str:
    """The drawing in its own size, beside a single panel what is asked; or the table."""
    module = material.modules[name]
    if hasattr(module, "rows"):
        return rf"\ourtable{{{scale}/{name}.tex}}"
    if module.PANELS == 1:
        return rf"\singlepanel{{{scale}/{name}.pdf}}{{{asked}}}"
    return rf"\ourfigure{{{scale}/{name}.pdf}}"


def beside(material: Material, name: str) -> str:
    """A table of reported numbers and ours, each on its own data; "" if the figure is a table."""
    if hasattr(material.modules[name], "rows"):
        return ""
    asked = {(entry.paper, entry.id): entry for entry in material.entries(name)}
    rows = []
    for row in reported():
        if entry := asked.get((row["source"], row["figure"])):
            found = [
                f"{value} ({scale})"
                for scale, arms in material.arms.items()
                if (value := ours(row["metric"], arms.get(row["arm"]), arms.get("all_reduce")))
            ]
            rows.append(
                (
                    text(place(entry)),
                    code(row["arm"]),
                    text(row["metric"].replace("_", " ")),
                    text(f"{row['value']} {row['unit']}"),
                    text("; ".join(found) or "—"),
                )
            )
    kinds = columns(2.0, 3.6, 3.1, 3.7, 3.7)
    return table(kinds, ("place", "arm", "what", "reported", "ours"), rows) if rows else ""


def ours(metric: str, arm: Arm | None, all_reduce: Arm | None) -> str:
    """Our number for a reported metric; "" if there is none."""
    if arm is None:
        return ""
    if metric == "epochs":
        return f"{arm.config['epochs']:g}"
    if metric == "bits_factor" and all_reduce:
        return f"{np.mean(all_reduce.bits()) / np.mean(arm.bits()):.3g}"
    if metric == "points_below_all_reduce" and all_reduce:
        return f"{np.mean(all_reduce.final('valid_top1')) - np.mean(arm.final('valid_top1')):.2g}"
    return mean(arm, metric) if all(metric in rows.columns for rows in arm.rows.values()) else ""


def cost(material: Material, name: str) -> str:
    parts = []
    for scale, figure in material.shown(name).items():
        ledger = material.ledgers[scale]
        machines = sorted(
            {m for arm in figure.arms if arm in ledger.arms for m in ledger.arms[arm].machines}
        )
        runs, _, time = report.cost(ledger, figure.arms).partition(", ")
        parts.append(f"{runs} runs, {time} at {scale} scale ({', '.join(machines)})")
    touched = dict.fromkeys(c for entry in material.entries(name) for c in entry.contradictions)
    open_ = [
        rf"\hyperlink{{{c}}}{{{c}}} {text(material.first.contradictions[c]['what'])}"
        for c in touched
    ]
    return (
        rf"\cost{{{text('; '.join(parts)) or 'nothing yet'}}}"
        rf"{{{code(material.first.figures[name].command)}}}"
        rf"{{{'; '.join(open_)}}}"
    )
