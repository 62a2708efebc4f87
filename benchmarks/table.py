# SPDX-License-Identifier: Apache-2.0
"""Figures with their targets, and tables of them, printed as Markdown.

A figure is *met* if it reaches its target, *stretch* if it reaches the harder one too, and *missed*
otherwise; README.md names the cause of every one that is missed, by the figure's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

MISSED = "**missed**"


@attrs.frozen
class Target:
    """What a figure should *reach*, and the *stretch*: at most, or *at_least*, that much."""

    reach: float | None = None
    stretch: float | None = None
    at_least: bool = False

    def verdict(self, value: float) -> str:
        """Return `stretch`, `met` or `missed` for *value*, or nothing if there is no target."""
        if self._reached(value, self.stretch):
            return "met, stretch too"
        if self.reach is None:
            return "" if self.stretch is None else "stretch missed"
        return "met" if self._reached(value, self.reach) else MISSED

    def _reached(self, value: float, bound: float | None) -> bool:
        if bound is None:
            return False
        return value >= bound if self.at_least else value <= bound

    def text(self, bound: float | None) -> str:
        """Return *bound* as a cell."""
        if bound is None:
            return ""
        return f"{'>=' if self.at_least else '<='} {number(bound)}"


_NO_TARGET = Target()


@attrs.frozen
class Figure:
    """One measured *value* in *unit*, and what it should be; *best* is the least disturbed one."""

    what: str
    value: float
    unit: str
    target: Target = _NO_TARGET
    best: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        return self.target.verdict(self.value)


@attrs.frozen
class Table:
    """Rows of cells under a *title*; *how* says what was measured and how often.

    *plot* is the name of the file in plots/ that shows the *curves*, points by name, if it has any.
    """

    title: str
    how: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[Figure, ...] = ()
    plot: str = ""
    curves: Mapping[str, tuple[tuple[float, float], ...]] = attrs.field(factory=dict)

    def markdown(self) -> str:
        """Return the table as Markdown, with columns padded so that it reads as plain text too."""
        widths = [max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        lines = [self.columns, tuple("-" * width for width in widths), *self.rows]
        return "\n".join("| " + " | ".join(map(str.ljust, cells, widths)) + " |" for cells in lines)

    def text(self) -> str:
        """Return title, explanation and table, and the place of the plot."""
        plot = f"\n![{self.title}](plots/{self.plot})\n" if self.plot else ""
        return f"### {self.title}\n\n{self.how}\n\n{self.markdown()}\n{plot}"


def figure_table(title: str, how: str, figures: Iterable[Figure]) -> Table:
    """Return the table of *figures* with their targets."""
    ones = tuple(figures)
    rows = tuple(
        (
            one.what,
            f"{number(one.value)} {one.unit}".strip(),
            "" if one.best is None else number(one.best),
            one.target.text(one.target.reach),
            one.target.text(one.target.stretch),
            one.verdict,
        )
        for one in ones
    )
    return Table(title, how, ("what", "median", "best", "reach", "stretch", ""), rows, ones)


def number(value: float) -> str:
    """Return *value* with about three digits that say something."""
    if value >= 1000:  # noqa: PLR2004 - from here on decimals say nothing
        return f"{value:,.0f}"
    digits = 0 if float(value).is_integer() or value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004
    return f"{value:.{digits}f}"
