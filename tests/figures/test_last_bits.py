"""Drawings do not depend on the last bit of a logarithm, in which processors differ."""

from io import StringIO

import numpy as np
from matplotlib.scale import InvertedLogTransform, LogTransform

from figures.drawing import sheet
from figures.evidence import names, results
from figures.evidence.shown import arms_shown


def drawn(module, arms) -> str | None:
    """The SVG of a figure; None without a logarithmic axis."""
    figure, text = sheet.draw(module, arms), StringIO()
    if not any("log" in (axis.get_xscale(), axis.get_yscale()) for axis in figure.axes):
        return None
    figure.savefig(text, format="svg", metadata=sheet.UNDATED["svg"])
    return text.getvalue()


def test_another_last_bit_of_each_logarithm_changes_no_drawing(monkeypatch):
    figures = names.load()
    arms = results.read("laptop", names.sweeps_of(figures), [results.RESULTS])
    there = {
        name: module
        for name, module in figures.items()
        if not hasattr(module, "rows") and arms_shown(module, arms)
    }
    before = {name: drawn(module, arms) for name, module in there.items()}
    chance = np.random.default_rng(0)
    for transform in (LogTransform, InvertedLogTransform):
        exact = transform.transform_non_affine

        def off(self, values, exact=exact):
            found = exact(self, values)
            others = np.nextafter(found, chance.choice([-np.inf, np.inf], np.shape(found)))
            return np.where(chance.random(np.shape(found)) < 0.5, others, found)

        monkeypatch.setattr(transform, "transform_non_affine", off)
    logarithmic = [name for name, text in before.items() if text]
    assert len(logarithmic) > 20
    assert [name for name in logarithmic if drawn(there[name], arms) != before[name]] == []
