# SPDX-License-Identifier: Apache-2.0
"""Type cells: what the type of a column, variable or constant may still be, with union-find.

Invariants: cells that were made one share what they may be; what a cell may be only shrinks, and
never to nothing: a step that would leave nothing is reported once, as HL005 with both places, and
the cell is marked failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.lang.constants import NUMBERS, STRINGS, TYPES
from helm_logic.lang.diagnostics import Findings, Note
from helm_logic.lang.source import Span

ANY = frozenset(TYPES)
# (left, right, result) of each operator; a difference of times is an int, no product has a time.
_SUMS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "+": (("int", "int", "int"), ("time", "int", "time"), ("int", "time", "time")),
    "-": (("int", "int", "int"), ("time", "int", "time"), ("time", "time", "int")),
    "*": (("int", "int", "int"),),
}
_ABOUT_SUMS = "ints, or times as in `T + 60`, `T - 60` and `T - U`"


@attrs.define
class _Cell:
    """What a type may be, who said so where, and whether that failed."""

    allowed: frozenset[str]
    span: Span
    what: str
    failed: bool = False

    def told(self) -> str:
        """Say what this is, and of what type."""
        return f"{self.what} is {_listed(self.allowed)}"


@attrs.frozen
class _Sum:
    """An operation and the cells of its left side, right side and result."""

    operator: str
    cells: tuple[int, int, int]
    span: Span


class Cells:
    """Cells by number."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._cells: list[_Cell] = []
        self._same: list[int] = []
        self._sums: list[_Sum] = []

    def new(self, allowed: frozenset[str], span: Span, what: str) -> int:
        """Return a new cell; *what* says in a message what has the type."""
        self._cells.append(_Cell(allowed, span, what))
        self._same.append(len(self._same))
        return len(self._same) - 1

    def unify(self, one: int, other: int, span: Span) -> None:
        """Make two cells one, because of what stands at *span*."""
        one, other = self._root(one), self._root(other)
        left, right = self._cells[one], self._cells[other]
        both = left.allowed & right.allowed
        if one != other and both:
            # The side that knows more says why.
            keep, drop = (one, other) if len(left.allowed) <= len(right.allowed) else (other, one)
            self._same[drop] = keep
            self._cells[keep].allowed = both
            self._cells[keep].failed = left.failed or right.failed
        elif one != other:
            if not (left.failed or right.failed):
                self._conflict(f"{left.told()}, {right.told()}", span, (left, right))
            left.failed = right.failed = True

    def narrow(self, cell: int, allowed: frozenset[str], span: Span, what: str) -> None:
        """Let *cell* be one of *allowed* only, because *what* stands at *span*."""
        if not self._cells[self._root(cell)].allowed < allowed:
            self.unify(self.new(allowed, span, what), cell, span)

    def admits(self, cell: int, allowed: frozenset[str]) -> bool:
        """Say whether *cell* has a type that is one of *allowed*, whichever it will be."""
        return self._cells[self._root(cell)].allowed <= allowed

    def add_sum(self, operator: str, cells: tuple[int, int, int], span: Span) -> None:
        """Remember that the third of *cells* is the first *operator* the second."""
        self._sums.append(_Sum(operator, cells, span))

    def settle(self) -> None:
        """Leave every cell one type: what sums need, then string or int where there is a choice."""
        sums_of: dict[int, list[_Sum]] = {}
        for each in self._sums:
            for cell in each.cells:
                sums_of.setdefault(self._root(cell), []).append(each)
        self._settle(self._sums, sums_of)
        for cell in range(len(self._cells)):
            root = self._root(cell)
            if len(self._cells[root].allowed) > 1:
                self._cells[root].allowed = frozenset({_choice(self._cells[root].allowed)})
                self._settle(sums_of.get(root, []), sums_of)

    def type_of(self, cell: int) -> str:
        """Return the type of *cell*, after `settle`."""
        return min(self._cells[self._root(cell)].allowed)

    def has_failed(self, cell: int) -> bool:
        """Say whether a conflict about *cell* has been reported."""
        return self._cells[self._root(cell)].failed

    def _root(self, cell: int) -> int:
        while self._same[cell] != cell:
            self._same[cell] = self._same[self._same[cell]]
            cell = self._same[cell]
        return cell

    def _settle(self, sums: Iterable[_Sum], sums_of: Mapping[int, list[_Sum]]) -> None:
        """Take from the cells of *sums*, and what hangs on them, what no line of `_SUMS` allows."""
        waiting = list(sums)
        while waiting:
            each = waiting.pop()
            roots = [self._root(cell) for cell in each.cells]
            cells = [self._cells[root] for root in roots]
            if any(cell.failed for cell in cells):
                continue
            lines = [
                line
                for line in _SUMS[each.operator]
                if all(t in cell.allowed for t, cell in zip(line, cells, strict=True))
            ]
            if not lines:
                left, right, result = (_listed(cell.allowed) for cell in cells)
                message = f"no `{each.operator}` takes {left} and {right} to {result}"
                self._conflict(message, each.span, cells, _ABOUT_SUMS)
                for cell in cells:
                    cell.failed = True
                continue
            for column, (root, cell) in enumerate(zip(roots, cells, strict=True)):
                left_over = cell.allowed & {line[column] for line in lines}
                if left_over != cell.allowed:
                    cell.allowed = left_over
                    waiting += sums_of[root]

    def _conflict(
        self, message: str, span: Span, cells: Iterable[_Cell], expected: str = ""
    ) -> None:
        notes = [Note(f"{cell.told()} here", cell.span) for cell in cells if cell.span != span]
        self._findings.add("HL005", message, span, expected=expected, notes=notes)


def _choice(allowed: frozenset[str]) -> str:
    return next((first for first in ("string", "int") if first in allowed), min(allowed))


def _listed(allowed: frozenset[str]) -> str:
    if allowed in (STRINGS, NUMBERS):
        return "a string" if allowed == STRINGS else "a number"
    return " or ".join(each for each in TYPES if each in allowed)
