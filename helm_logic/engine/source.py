# SPDX-License-Identifier: Apache-2.0
"""Planned rule bodies as Python source: nested loops over rows, a `continue` where a literal fails.

The printer knows loops, conditions and counting. Which rows a premise reads (all of them, the
newest, those of smaller height) is told by an `Access` for each premise, and what happens when the
whole body holds by the lines of the caller: `forward.py` derives, `backward.py` explains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs

from helm_logic.engine.plan import Planned, Tally, Visit
from helm_logic.engine.scope import Scope, display, row
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Compute, Negative, Term, Test, is_variable

NESTED_LOOPS = 12  # CPython refuses more than 20 nested blocks

_OPERATORS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

TallySource: TypeAlias = Callable[[str, tuple[int, ...], tuple[int, ...]], str]


@attrs.frozen
class Access:
    """How a premise reads its rows.

    *rows* names a container of rows; *index* gives source for those that agree in some columns,
    from the columns, the source of the key and the number of loops around; *keyed* says that rows
    found so need no comparing; *skip*, if given, is a condition, with `{row}` for the row, under
    which a row is passed over.
    """

    rows: str
    index: Callable[[tuple[int, ...], str, int], str | None] | None = None
    keyed: bool = True
    skip: str = ""

    def holds(self, row: str) -> str:
        """Return the condition that *row* is one of the rows."""
        found = f"{row} in {self.rows}"
        return f"{found} and not {self.skip.format(row=row)}" if self.skip else found


class Body:
    """Prints one planned body; `lines` is the source so far."""

    def __init__(
        self, rule: Rule, scope: Scope, access: Sequence[Access], tally: TallySource, *, rowed: bool
    ) -> None:
        """Print with *access* for the premises; if *rowed*, the row of premise n is named `pn`.

        *tally* gives source for the tally of a predicate by some columns of some others.
        """
        self.lines: list[str] = []
        self._scope = scope
        self._access = access
        self._names = {term: f"v{number}" for number, term in enumerate(rule.variables)}
        self._tally = tally
        self.indent = 0
        self.loops = 0
        self._nested = 0
        self._rowed = rowed
        self.live: dict[str, None] = {}

    def term(self, term: Term) -> str:
        """Return source for *term*."""
        return self._names[term] if is_variable(term) else self._scope.constant(term)

    def row(self, terms: Sequence[Term]) -> str:
        """Return source for the row of *terms*."""
        return row([self.term(each) for each in terms])

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append(" " * self.indent + text)

    def condition(self, step: Planned) -> str | None:
        """Return the condition that *step* is, or None if it binds something."""
        match step:
            case Visit(premise, atom) if not step.binds and not self._rowed:
                return self._access[premise].holds(self.row(atom.terms))
            case Negative(atom):
                return f"{self.row(atom.terms)} not in {self._scope.rows(atom.predicate)}"
            case Test(relation, left, right) if relation in _OPERATORS:
                return f"{self.term(left)} {_OPERATORS[relation]} {self.term(right)}"
            case Test(relation, left, right):
                return f"{relation}({self.term(left)}, {self.term(right)})"
            case Tally(count, keys):
                counted = [count.atom.terms.index(term) for term in count.counted]
                tally = self._tally(count.atom.predicate, keys, tuple(counted))
                key = display([self.term(count.atom.terms[column]) for column in keys])
                relation = _OPERATORS[count.relation]
                return f"{tally}.get({key}, 0) {relation} {self.term(count.bound)}"
        return None

    def step(self, step: Planned) -> None:
        """Print one step; a failure goes on with the next row of the innermost loop."""
        if (condition := self.condition(step)) is not None:
            self._require(condition)
        elif isinstance(step, Compute):
            self._compute(step)
        elif isinstance(step, Visit):
            if step.binds:
                self._loop(step)
            else:
                self._name(f"p{step.premise}", self.row(step.atom.terms))
                self._require(self._access[step.premise].holds(f"p{step.premise}"))

    def once(self) -> None:
        """Open a loop that runs once, so that there is one to go on from."""
        self._open("for _ in ONCE:")

    def _require(self, condition: str) -> None:
        self.line(f"if not ({condition}): continue")

    def _name(self, name: str, value: str) -> None:
        self.line(f"{name} = {value}")
        self.live[name] = None

    def _compute(self, step: Compute) -> None:
        target = self._names[step.target]
        value = f"compute('{step.operator}', {self.term(step.left)}, {self.term(step.right)})"
        if target in self.live:
            self._require(f"{target} == {value}")
        else:
            self._name(target, value)

    def _open(self, header: str) -> None:
        self.line(header)
        self.indent += 1
        self.loops += 1
        self._nested += 1

    def _loop(self, step: Visit) -> None:
        if self._nested >= NESTED_LOOPS:
            self._start_again()
        access, terms = self._access[step.premise], step.atom.terms
        rows, agreed = access.rows, False
        if step.keys and access.index:
            key = display([self.term(terms[column]) for column in step.keys])
            if found := access.index(step.keys, key, self.loops):
                rows, agreed = found, access.keyed
        if self.loops:
            self.line(f"b = {rows}")
            self.line("work += len(b)")
            self.line("if work > soft: soft = pace(work, fired)")
            rows = "b"
        else:
            self.line(f"work += len({rows})")
        columns = [
            self.term(term) if column not in step.keys else "_" if agreed else f"c{column}"
            for column, term in enumerate(terms)
        ]
        if self._rowed or access.skip:
            name = f"p{step.premise}"
            self._open(f"for {name} in {rows}:")
            if access.skip:
                self._require(f"not {access.skip.format(row=name)}")
            self.line(f"{row(columns)} = {name}")
            self.live[name] = None
        else:
            self._open(f"for {row(columns)} in {rows}:")
        for column, term in enumerate(terms):
            if column not in step.keys:
                self.live[self.term(term)] = None
            elif not agreed:
                self._require(f"c{column} == {self.term(term)}")

    def _start_again(self) -> None:
        """Collect what is bound so far and go on in a new nest of loops."""
        live = row(list(self.live))
        self.line(f"met.append({live})")
        self.indent -= self._nested
        self.lines.insert(0, " " * self.indent + "met = []")
        self.line("met, again = [], met")
        self._nested = 0
        self._open(f"for {live} in again:")
