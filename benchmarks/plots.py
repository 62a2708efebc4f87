# SPDX-License-Identifier: Apache-2.0
"""Growth curves as SVG files in plots/, in log-log scale beside a straight line of slope one.

The files are the same bytes for the same figures: text stays text, and no date or random id is
written.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.table import Table

PLOTS = Path(__file__).parent / "plots"

_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "helm-logic", "font.size": 9}


def draw(tables: Iterable[Table], folder: Path = PLOTS) -> None:
    """Write the plot of each of *tables* into *folder*."""
    folder.mkdir(exist_ok=True)
    for table in tables:
        with mpl.rc_context(_SETTINGS):
            _plot(table).savefig(folder / table.plot, metadata={"Date": None, "Creator": None})


def _plot(table: Table) -> Figure:
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.add_subplot()
    for name, points in table.curves.items():
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, marker="o", markersize=4, label=name)
        # From the last point back: how it would be if cost were proportional to size.
        axes.plot(
            (xs[0], xs[-1]), (ys[-1] * xs[0] / xs[-1], ys[-1]), ":", color="grey", linewidth=1
        )
    axes.set(xscale="log", yscale="log", title=table.title, ylabel="CPU µs")
    axes.set_xlabel(f"{table.columns[0]} (dotted: proportional)")
    axes.set_xticks(xs, [f"{x:g}" for x in xs])
    axes.minorticks_off()
    axes.grid(visible=True, linewidth=0.3)
    axes.legend(frameon=False)
    return figure
