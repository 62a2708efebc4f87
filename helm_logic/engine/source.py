# SPDX-License-Identifier: Apache-2.0
"""Planned rule bodies as Python source: nested loops over rows, a `continue` where a literal fails.

The printer knows loops, conditions and counting. Which rows a premise reads (all of them, the
newest, all but the newest) is told by an `Access` for each premise, and what happens when the whole
body holds by the lines of the caller: `forward.py` derives, `backward.py` asks whether a rule can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs

from helm_logic.engine.plan import Planned, Tally, Visit
from helm_logic.engine.scope import Scope, display, row
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Compute, Negative, Row, Term, Test, is_variable

NESTED_LOOPS = 12  # CPython refuses more than 20 nested blocks

_OPERATORS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

TallySource: TypeAlias = Callable[[str, tuple[int, ...], tuple[int, ...]], str]
"""From predicate, key columns and counted columns to source for the tally."""


@attrs.frozen
class Access:
    """How a premise reads its rows.

    *rows* names a container of rows; *index* gives source for those that agree in some columns,
    from the columns, the source of the key and the number of loops around (None: better look
    through all of them); *keyed* says that rows found so need no comparing; *skip*, if given, names
    a container of rows to pass over.
    """

    rows: str
    index: Callable[[tuple[int, ...], str, int], str | None] | None = None
    keyed: bool = True
    skip: str = ""

    def holds(self, row: str) -> str:
        """Return the condition that *row* is one of the rows."""
        found = f"{row} in {self.rows}"
        return f"{found} and {row} not in {self.skip}" if self.skip else found


class Body:
    """Prints one planned body: `lines` is the source, `premises` that of each premise's row."""

    def __init__(
        self,
        rule: Rule,
        scope: Scope,
        access: Sequence[Access],
        tally: TallySource,
        bound: Sequence[Term] = (),
    ) -> None:
        """Print a body that finds the variables *bound* with values."""
        self.lines: list[str] = []
        self.indent = 0
        self.premises = [""] * len(rule.premises)
        self._scope = scope
        self._access = access
        self._tally = tally
        self._names = {term: f"v{number}" for number, term in enumerate(rule.variables)}
        self._uses = Counter(term for terms in _mentions(rule) for term in set(terms))
        self._live = dict.fromkeys(self._names[term] for term in bound)
        self._loops = 0
        self._nested = 0

    def term(self, term: Term) -> str:
        """Return source for *term*."""
        return self._names[term] if is_variable(term) else self._scope.constant(term)

    def row(self, terms: Sequence[Term]) -> str:
        """Return source for the row of *terms*."""
        return row([self.term(each) for each in terms])

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append(" " * self.indent + text)

    def once(self) -> None:
        """Open a loop that runs once, so that there is one to go on from."""
        self._open("for _ in ONCE:")

    def conditions(self, steps: Sequence[Planned]) -> list[str]:
        """Return the conditions that the first of *steps* are, up to the first that binds."""
        conditions: list[str] = []
        for step in steps:
            if (condition := self._condition(step)) is not None:
                conditions.append(condition)
            elif isinstance(step, Visit) and not step.binds:
                self.premises[step.premise] = self.row(step.atom.terms)
                conditions.append(self._access[step.premise].holds(self.premises[step.premise]))
            else:
                break
        return conditions

    def step(self, step: Planned) -> None:
        """Print one step; a failure goes on with the next row of the innermost loop."""
        if (condition := self._condition(step)) is not None:
            self._require(condition)
        elif isinstance(step, Compute):
            self._compute(step)
        elif isinstance(step, Visit):
            name = self.premises[step.premise] = f"p{step.premise}"
            if step.binds:
                self._loop(step, name)
            else:
                self._name(name, self.row(step.atom.terms))
                self._require(self._access[step.premise].holds(name))

    def _condition(self, step: Planned) -> str | None:
        """Return the condition that *step* is, or None for one that names something."""
        match step:
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

    def _require(self, condition: str) -> None:
        self.line(f"if not ({condition}): continue")

    def _name(self, name: str, value: str) -> None:
        self.line(f"{name} = {value}")
        self._live[name] = None

    def _compute(self, step: Compute) -> None:
        target = self._names[step.target]
        value = f"compute('{step.operator}', {self.term(step.left)}, {self.term(step.right)})"
        if target in self._live:
            self._require(f"{target} == {value}")
        else:
            self._name(target, value)

    def _open(self, header: str) -> None:
        self.line(header)
        self.indent += 1
        self._loops += 1
        self._nested += 1

    def _loop(self, step: Visit, name: str) -> None:
        if self._nested >= NESTED_LOOPS:
            self._start_again()
        access, terms = self._access[step.premise], step.atom.terms
        rows, agreed = access.rows, False
        if step.keys and access.index:
            key = display([self.term(terms[column]) for column in step.keys])
            if found := access.index(step.keys, key, self._loops):
                rows, agreed = found, access.keyed
        if self._loops:
            self.line(f"b = {rows}")
            self.line("work += len(b)")
            self.line("if work > soft: soft = pace(work, fired)")
            rows = "b"
        else:
            self.line(f"work += len({rows})")
        self._open(f"for {name} in {rows}:")
        self._live[name] = None
        if access.skip:
            self._require(f"{name} not in {access.skip}")
        self._read(step, name, () if agreed else step.keys)

    def _read(self, step: Visit, name: str, compared: Sequence[int]) -> None:
        """Name the columns of the row *name* that are needed; compare the columns *compared*."""
        targets: list[str] = []
        for column, term in enumerate(step.atom.terms):
            if column in compared:
                targets.append(f"c{column}")
            elif column in step.keys or self._uses[term] == 1:
                targets.append("_")
            else:
                targets.append(self.term(term))
                self._live[self.term(term)] = None
        if set(targets) != {"_"}:
            self.line(f"{row(targets)} = {name}")
        for column in compared:
            self._require(f"c{column} == {self.term(step.atom.terms[column])}")

    def _start_again(self) -> None:
        """Collect what is bound so far and go on in a new nest of loops."""
        live = row(list(self._live))
        self.line(f"met.append({live})")
        self.indent -= self._nested
        self.lines.insert(0, " " * self.indent + "met = []")
        self.line("met, again = [], met")
        self._nested = 0
        self._open(f"for {live} in again:")


def _mentions(rule: Rule) -> list[Row]:
    """Return the terms of the head and of each literal."""
    mentions: list[Row] = [rule.head.terms]
    for literal in rule.body:
        terms: list[Term] = []
        for part in attrs.astuple(literal, recurse=False):
            terms += getattr(part, "terms", part if isinstance(part, tuple) else (part,))
        mentions.append(tuple(terms))
    return mentions
