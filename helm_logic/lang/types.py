# SPDX-License-Identifier: Apache-2.0
"""Column types: declared ones are checked, the others found by unification over all rules together.

Every column, variable and constant is a *cell* that may be of some of the seven types; what a rule says makes cells
one, or takes types away. Invariant: cells that were made one by a correct program end with exactly one type; where
rules leave a choice, a string literal is a string, a number an int, and a column that nothing is known about
a string. Times and integers meet in sums only: see `_SUMS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.lang import tree, walk
from helm_logic.lang.constants import ADMITS, NUMBERS, STRINGS, TYPES, check_form
from helm_logic.lang.diagnostics import Findings, Note
from helm_logic.lang.source import Span
from helm_logic.lang.table import Table

_ALL = frozenset(TYPES)
_ORDERED = frozenset({"int", "time", "string"})
_VALUES = frozenset({"string", "principal"})
# (left, right, result) of each operator: a difference of times is an int, nothing multiplies a time.
_SUMS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "+": (("int", "int", "int"), ("time", "int", "time"), ("int", "time", "time")),
    "-": (("int", "int", "int"), ("time", "int", "time"), ("time", "time", "int")),
    "*": (("int", "int", "int"),),
}


@attrs.define
class _Cell:
    """What is known about a type: what it may be, where that was said last, and whether that failed."""

    allowed: frozenset[str]
    span: Span
    what: str
    failed: bool = False


@attrs.frozen
class _Sum:
    """An operation and the cells of its left side, right side and result."""

    operator: str
    cells: tuple[int, int, int]
    span: Span


@attrs.frozen
class Types:
    """The result: the column types of every predicate, and the types of variables.

    A variable is named by the number of its rule, its name, and 0, or the place of the literal (from 1) if it
    stands inside the braces of one count only.
    """

    columns: Mapping[str, tuple[str, ...]]
    variables: Mapping[tuple[int, str, int], str]


def infer(table: Table, rules: Iterable[tree.Clause], findings: Findings) -> Types:
    """Return the types of *rules* over *table*; report HL005 and HL012 where there are none."""
    solver = _Solver(table, findings)
    for number, clause in enumerate(rules):
        solver.add(number, clause)
    return solver.solve()


class _Solver:
    def __init__(self, table: Table, findings: Findings) -> None:
        self._table, self._findings = table, findings
        self._cells: list[_Cell] = []
        self._same: list[int] = []
        self._columns: dict[str, list[int]] = {}
        self._variables: dict[tuple[int, str, int], int] = {}
        self._constants: list[tuple[tree.Constant, int]] = []
        self._sums: list[_Sum] = []
        for entry in table.entries.values():
            self._columns[entry.name] = [
                self._cell(
                    frozenset({entry.types[column]}) if entry.types else _ALL,
                    entry.column_spans[column] if entry.types else entry.span,
                    f"column {column + 1} of `{entry.name}`",
                )
                for column in range(entry.arity)
            ]

    # Cells.

    def _cell(self, allowed: frozenset[str], span: Span, what: str) -> int:
        self._cells.append(_Cell(allowed, span, what))
        self._same.append(len(self._same))
        return len(self._same) - 1

    def _root(self, cell: int) -> int:
        while self._same[cell] != cell:
            self._same[cell] = self._same[self._same[cell]]
            cell = self._same[cell]
        return cell

    def _unify(self, one: int, other: int, span: Span) -> None:
        one, other = self._root(one), self._root(other)
        if one == other:
            return
        left, right = self._cells[one], self._cells[other]
        both = left.allowed & right.allowed
        if not both:
            if not (left.failed or right.failed):
                self._conflict(span, left, right)
            left.failed = right.failed = True
            return
        # The side that knows more explains the type of both.
        keep, drop = (one, other) if len(left.allowed) <= len(right.allowed) else (other, one)
        self._same[drop] = keep
        self._cells[keep].allowed = both
        self._cells[keep].failed = left.failed or right.failed

    def _conflict(self, span: Span, left: _Cell, right: _Cell) -> None:
        notes = [
            Note(f"{each.what} is {_listed(each.allowed)} here", each.span)
            for each in (left, right)
            if each.span != span
        ]
        message = f"{left.what} is {_listed(left.allowed)}, {right.what} is {_listed(right.allowed)}"
        self._findings.add("HL005", message, span, notes=notes)

    def _narrow(self, cell: int, allowed: frozenset[str], span: Span, what: str) -> None:
        self._unify(self._cell(allowed, span, what), cell, span)

    # Rules.

    def add(self, number: int, clause: tree.Clause) -> None:
        """Take in what *clause*, rule *number*, says about types."""
        outer = walk.outer_names(clause)
        scope = _Scope(self, number, outer)
        scope.atom(clause.head)
        for place, literal in enumerate(walk.literals(clause), 1):
            scope.place = place
            scope.literal(literal)

    def term(self, term: tree.SimpleTerm, scope: _Scope) -> int:
        """Return the cell of *term*."""
        if isinstance(term, tree.Constant):
            cell = self._cell(ADMITS[term.kind], term.span, f"`{term.spelling}`")
            self._constants.append((term, cell))
            return cell
        if term.is_anonymous:
            return self._cell(_ALL, term.span, "`_`")
        # A variable that stands inside the braces of a count only is another one in each count.
        key = (scope.number, term.name, 0 if term.name in scope.outer else scope.place)
        if key not in self._variables:
            self._variables[key] = self._cell(_ALL, term.span, f"`{term.name}`")
        return self._variables[key]

    def place_atom(self, atom: tree.Atom, scope: _Scope) -> None:
        """Make the terms of *atom* one with the columns of its predicate."""
        columns = self._columns.get(atom.predicate, [])
        if len(columns) == len(atom.terms):
            for column, term in zip(columns, atom.terms, strict=True):
                self._unify(column, self.term(term, scope), term.span)

    def expression(self, expression: tree.Expression, scope: _Scope) -> int:
        """Return the cell of *expression*."""
        if not isinstance(expression, tree.Operation):
            return self.term(expression, scope)
        left = self.expression(expression.left, scope)
        right = self.expression(expression.right, scope)
        result = self._cell(NUMBERS, expression.span, "the result")
        for cell, side in ((left, expression.left), (right, expression.right)):
            self._narrow(cell, NUMBERS, side.span, f"an operand of `{expression.operator}`")
        self._sums.append(_Sum(expression.operator, (left, right, result), expression.span))
        return result

    def compare(self, comparison: tree.Comparison, scope: _Scope) -> None:
        """Make both sides of *comparison* one; only what has an order can be ordered."""
        left = self.expression(comparison.left, scope)
        right = self.expression(comparison.right, scope)
        if comparison.relation not in ("=", "!="):
            what = f"a side of `{comparison.relation}`"
            self._narrow(left, _ORDERED, comparison.left.span, what)
            self._narrow(right, _ORDERED, comparison.right.span, what)
        self._unify(left, right, comparison.span)

    def pattern_test(self, test: tree.PatternTest, scope: _Scope) -> None:
        """Narrow the terms of *test* to what it compares."""
        left, right = self.term(test.left, scope), self.term(test.right, scope)
        pattern = frozenset({"pattern"})
        self._narrow(left, pattern, test.left.span, f"the first term of `{test.name}`")
        wanted = pattern if test.name == "subsumes" else _VALUES
        self._narrow(right, wanted, test.right.span, f"the second term of `{test.name}`")

    def require_number(self, bound: tree.Expression, scope: _Scope) -> None:
        """Narrow what a count is compared with to int."""
        cell = self.expression(bound, scope)
        self._narrow(cell, frozenset({"int"}), bound.span, "the size of a count")

    # Solving.

    def solve(self) -> Types:
        """Settle sums, choose what is left open, and return the types."""
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
        for constant, cell in self._constants:
            if not self._cells[self._root(cell)].failed:
                check_form(constant, self._type(cell), self._findings)
        columns = {name: tuple(map(self._type, cells)) for name, cells in self._columns.items()}
        return Types(columns, {key: self._type(cell) for key, cell in self._variables.items()})

    def _type(self, cell: int) -> str:
        return min(self._cells[self._root(cell)].allowed)

    def _settle(self, sums: Iterable[_Sum], sums_of: Mapping[int, list[_Sum]]) -> None:
        """Take away from the cells of *sums*, and what hangs on them, what no line of `_SUMS` allows."""
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
                self._impossible(each, cells)
                continue
            for column, (root, cell) in enumerate(zip(roots, cells, strict=True)):
                left = cell.allowed & {line[column] for line in lines}
                if left != cell.allowed:
                    cell.allowed = left
                    waiting += sums_of[root]

    def _impossible(self, found: _Sum, cells: list[_Cell]) -> None:
        left, right, result = (_listed(cell.allowed) for cell in cells)
        message = f"no `{found.operator}` takes {left} and {right} to {result}"
        expected = "int and int, or one time as in `T + 60`, `T - 60` and `T - U`"
        notes = [
            Note(f"{cell.what} is {_listed(cell.allowed)}", cell.span)
            for cell in cells
            if cell.span != found.span
        ]
        self._findings.add("HL005", message, found.span, expected=expected, notes=notes)
        for cell in cells:
            cell.failed = True


@attrs.define
class _Scope:
    """Where in which rule the solver is: variables outside counts, and the number of the literal."""

    solver: _Solver
    number: int
    outer: frozenset[str]
    place: int = 0

    def literal(self, literal: tree.Literal) -> None:
        """Take in what *literal* says."""
        match literal:
            case tree.Atom():
                self.atom(literal)
            case tree.Not(atom):
                self.atom(atom)
            case tree.Comparison():
                self.solver.compare(literal, self)
            case tree.PatternTest():
                self.solver.pattern_test(literal, self)
            case tree.Count(_, body, _, bound):
                for inner in body:
                    self.literal(inner)
                self.solver.require_number(bound, self)

    def atom(self, atom: tree.Atom) -> None:
        """Take in what *atom* says."""
        self.solver.place_atom(atom, self)


def _choice(allowed: frozenset[str]) -> str:
    for first in ("string", "int"):
        if first in allowed:
            return first
    return min(allowed)


def _listed(allowed: frozenset[str]) -> str:
    if allowed == STRINGS:
        return "a string"
    if allowed == NUMBERS:
        return "a number"
    return " or ".join(each for each in TYPES if each in allowed)
