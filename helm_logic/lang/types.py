# SPDX-License-Identifier: Apache-2.0
"""Column types: declared ones are checked, the others found by unification over all rules together.

Every column, variable and constant is a cell of `cells.py`; what a rule says makes cells one, or
leaves them fewer types. A string literal may stand for a string, a principal or a pattern, and an
integer for an int or a time: its column decides. A variable inside the braces of a count is another
one in each count, unless it stands outside too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.lang import tree, walk
from helm_logic.lang.cells import ANY, Cells
from helm_logic.lang.constants import ADMITS, NUMBERS, check_form
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.table import Table

_ORDERED = frozenset({"int", "time", "string"})
_VALUES = frozenset({"string", "principal"})
_PATTERN = frozenset({"pattern"})


@attrs.frozen
class Types:
    """The result: the column types of every predicate, and the types of variables.

    A variable is named by the number of its rule, its name, and 0, or the place of the literal
    (from 1) if it stands inside the braces of one count only.
    """

    columns: Mapping[str, tuple[str, ...]]
    variables: Mapping[tuple[int, str, int], str]


def infer(table: Table, rules: Iterable[tree.Clause], findings: Findings) -> Types:
    """Return the types of *rules* over *table*; report HL005 and HL012 where there are none."""
    declared = {name: entry.types for name, entry in table.entries.items()}
    inference = _Inference(table, declared, findings)
    for number, clause in enumerate(rules):
        inference.read(number, clause)
    return inference.types(findings)


def infer_more(
    table: Table, types: Types, more: Iterable[tree.Clause], first: int, findings: Findings
) -> Types:
    """Return *types* and those in *more* rules, from number *first* on, which change no column."""
    inference = _Inference(table, types.columns, findings)
    for number, clause in enumerate(more, first):
        inference.read(number, clause)
    found = inference.types(findings)
    return Types(types.columns, {**types.variables, **found.variables})


class _Inference:
    def __init__(
        self, table: Table, known: Mapping[str, tuple[str, ...] | None], findings: Findings
    ) -> None:
        self._cells = Cells(findings)
        self._columns: dict[str, list[int]] = {}
        self._variables: dict[tuple[int, str, int], int] = {}
        self._constants: list[tuple[tree.Constant, int]] = []
        self._number = self._place = 0
        # Inside the braces of a count: the names that stand outside.
        self._outer: frozenset[str] | None = None
        for entry in table.entries.values():
            types = known[entry.name]
            self._columns[entry.name] = [
                self._cells.new(
                    frozenset({types[column]}) if types else ANY,
                    entry.column_spans[column] if entry.types else entry.span,
                    f"column {column + 1} of `{entry.name}`",
                )
                for column in range(entry.arity)
            ]

    def read(self, number: int, clause: tree.Clause) -> None:
        """Take in what *clause*, rule *number*, says about types."""
        self._number = number
        for self._place, literal in enumerate((clause.head, *walk.literals(clause))):
            if isinstance(literal, tree.Count):
                self._count(literal, walk.outer_names(clause))
            else:
                self._literal(literal)

    def types(self, findings: Findings) -> Types:
        """Settle what is open and return the types."""
        self._cells.settle()
        type_of = self._cells.type_of
        for constant, cell in self._constants:
            if not self._cells.has_failed(cell):
                check_form(constant, type_of(cell), findings)
        columns = {name: tuple(map(type_of, cells)) for name, cells in self._columns.items()}
        return Types(columns, {key: type_of(cell) for key, cell in self._variables.items()})

    def _literal(self, literal: tree.Literal) -> None:
        match literal:
            case tree.Atom():
                self._atom(literal)
            case tree.Not(atom):
                self._atom(atom)
            case tree.Comparison():
                self._comparison(literal)
            case tree.PatternTest():
                self._pattern_test(literal)
            case tree.Count():
                pass  # there is none inside another

    def _count(self, count: tree.Count, outer: frozenset[str]) -> None:
        self._outer = outer
        for inner in count.body:
            self._literal(inner)
        self._outer = None
        size = self._expression(count.bound)
        self._cells.narrow(size, frozenset({"int"}), count.bound.span, "the size of a count")

    def _atom(self, atom: tree.Atom) -> None:
        columns = self._columns.get(atom.predicate, [])
        if len(columns) != len(atom.terms):
            return
        for column, term in zip(columns, atom.terms, strict=True):
            if isinstance(term, tree.Variable):
                if not term.is_anonymous:
                    self._cells.unify(column, self._term(term), term.span)
            elif self._cells.admits(column, ADMITS[term.kind]):
                self._constants.append((term, column))  # it says nothing new of the column
            else:
                self._cells.unify(column, self._term(term), term.span)

    def _comparison(self, comparison: tree.Comparison) -> None:
        left = self._expression(comparison.left)
        right = self._expression(comparison.right)
        if comparison.relation not in ("=", "!="):
            for cell, side in ((left, comparison.left), (right, comparison.right)):
                what = f"a side of `{comparison.relation}`"
                self._cells.narrow(cell, _ORDERED, side.span, what)
        self._cells.unify(left, right, comparison.span)

    def _pattern_test(self, test: tree.PatternTest) -> None:
        left, right = self._term(test.left), self._term(test.right)
        wanted = _PATTERN if test.name == "subsumes" else _VALUES
        self._cells.narrow(left, _PATTERN, test.left.span, f"the first term of `{test.name}`")
        self._cells.narrow(right, wanted, test.right.span, f"the second term of `{test.name}`")

    def _expression(self, expression: tree.Expression) -> int:
        if not isinstance(expression, tree.Operation):
            return self._term(expression)
        left, right = self._expression(expression.left), self._expression(expression.right)
        for cell, side in ((left, expression.left), (right, expression.right)):
            # A plain number beside an operator is an int: `T - 60` is a time, and never an int.
            is_plain = isinstance(side, tree.Constant) and side.kind == "int"
            wanted = frozenset({"int"}) if is_plain else NUMBERS
            what = f"an operand of `{expression.operator}`"
            self._cells.narrow(cell, wanted, side.span, what)
        result = self._cells.new(NUMBERS, expression.span, f"the result of `{expression.operator}`")
        self._cells.add_sum(expression.operator, (left, right, result), expression.span)
        return result

    def _term(self, term: tree.SimpleTerm) -> int:
        if isinstance(term, tree.Constant):
            cell = self._cells.new(ADMITS[term.kind], term.span, f"`{term.spelling}`")
            self._constants.append((term, cell))
            return cell
        if term.is_anonymous:
            return self._cells.new(ANY, term.span, "`_`")
        is_local = self._outer is not None and term.name not in self._outer
        key = (self._number, term.name, self._place if is_local else 0)
        if key not in self._variables:
            self._variables[key] = self._cells.new(ANY, term.span, f"`{term.name}`")
        return self._variables[key]
