# SPDX-License-Identifier: Apache-2.0
"""A chain of facts that breaks a property, for a sequence of rules: found by the solver.

The first node is made by the first rule, each further one from the node before it by the next rule;
the facts that the rules ask for are rows of small tables (`slots.py`), and what is assumed of facts
is asked of them too. Small numbers are tried first, so that the chain is easy to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import attrs

from helm_logic.analysis.chains.assumed import reader_columns
from helm_logic.analysis.chains.bodies import SORTS
from helm_logic.analysis.chains.columns import (
    APPROVAL,
    HOLDER,
    NO_APPROVAL,
    Column,
)
from helm_logic.analysis.chains.handing import stays
from helm_logic.analysis.chains.nodes import Nodes
from helm_logic.analysis.chains.plan import LENGTH, Ghost, is_none, make_plan, variable
from helm_logic.analysis.chains.properties import CONTINUATION, bounds
from helm_logic.analysis.chains.rewrite import at_most, substitute
from helm_logic.analysis.chains.system import System, parent_of
from helm_logic.analysis.chains.tables import Tables
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.smt import (
    BOOL,
    INT,
    TRUE,
    And,
    Formula,
    Number,
    Var,
    conj,
    disj,
    implies,
    neg,
    same,
    subterms,
)
from helm_logic.analysis.solver import Model, solve
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.terms import Literal, Row, Term

_SMALL, _MOST = 9, MAX_INTEGER


@attrs.frozen
class Hop:
    """A node of a chain: *rule* concludes that *predicate* holds of *row*."""

    rule: str
    predicate: str
    row: Row


@attrs.frozen
class Chain:
    """Nodes, root grant first, with the *facts* they need.

    *wanted* is the arbitrary request that the end gives and the root does not: rows of the
    `wanted_*` relations of reader.dl and, by component, single values.
    """

    hops: tuple[Hop, ...]
    facts: Mapping[str, tuple[Row, ...]]
    wanted: Mapping[str, tuple[Row, ...]]


def find_chain(prop: str, rules: Sequence[str], system: System, timeout_ms: int) -> Chain | None:
    """Return a chain by *rules* that should break the property, None if none was found."""
    try:
        maker = _Maker(system, rules)
        asked = maker.asked(prop)
    except TooManyCases:
        return None
    for wishes in (maker.plain(), maker.limited(-_SMALL, _SMALL), maker.limited(-_MOST, _MOST)):
        answer = solve((*asked, *wishes), timeout_ms)
        if isinstance(answer, Model):
            return maker.chain(answer)
    return None


class _Maker:
    def __init__(self, system: System, rules: Sequence[str]) -> None:
        by_id = {step.rule.id: step for step in system.steps}
        self._system = system
        self._steps = [by_id[each] for each in rules]
        self._nodes = Nodes(system, self._steps)
        self._slots = self._nodes.slots
        self._pool = self._slots.pool
        self._codes = {text: number for number, text in enumerate(self._pool.texts)}
        self._plan = make_plan(system, self._codes)
        self._tables = Tables(system.program, self._slots.rows, self._pool)

    def asked(self, prop: str) -> list[Formula]:
        """Return everything that must hold of the tables."""
        made = [self._made(number) for number in range(len(self._steps))]
        broken = self._broken(prop)
        return [*self._slots.domains, *self._possible(), *made, broken, *self._nodes.sides]

    def limited(self, least: int, most: int) -> Iterator[Formula]:
        """Yield that every integer of the tables is within bounds."""
        wanted = [each for each, column in self._nodes.wanted.values() if SORTS[column] == INT]
        for each in (*self._slots.numbers, *wanted):
            yield And((at_most(Number(least), each), at_most(each, Number(most))))

    def plain(self) -> Iterator[Formula]:
        """Yield what makes a chain easy to read: small counts, no empty text, another holder."""
        yield from self.limited(0, _SMALL)
        empty = [self._pool.code(tag + each) for tag in ("s:", "y:") for each in NO_APPROVAL]
        others = [n for n, each in enumerate(self._steps)
                  if not each.premises or stays(each, self._system) != TRUE]  # fmt: skip
        holders = [self._nodes.value(each, number) for number in others
                   for each in bounds(self._nodes.shape(number), HOLDER)[:1]]  # fmt: skip
        for one, other in pairwise(holders):
            yield neg(same(one, other))
        columns = self._columns()
        cells = [(cell, column.type) for name, rows in self._slots.rows.items() for row in rows
                 for cell, column in zip(row.cells, columns[name], strict=True)]  # fmt: skip
        for cell, kind in (*cells, *self._nodes.wanted.values()):
            if SORTS[kind] not in (INT, BOOL):
                yield from (neg(same(cell, each)) for each in empty)

    def chain(self, model: Model) -> Chain:
        """Return the chain that *model* stands for."""
        rows: dict[str, dict[Row, None]] = {}
        columns = self._columns()
        for name, those in self._slots.rows.items():
            for each in those:
                if isinstance(each.present, Var) and model.truth(each.present):
                    rows.setdefault(name, {}).setdefault(
                        self._row(each.cells, columns[name], model)
                    )
        hops = tuple(
            Hop(step.rule.id, step.head.predicate,
                self._row(node, self._system.shapes[step.head.predicate].columns, model))
            for step, node in zip(self._steps, self._nodes.cells, strict=True)
        )  # fmt: skip
        facts = {name: tuple(those) for name, those in rows.items() if name in self._system.columns}
        wanted = {name: tuple(those) for name, those in rows.items() if name not in facts}
        for name, (value, column) in self._nodes.wanted.items():
            wanted[name] = ((self._term(value, column, model),),)
        return Chain(hops, facts, wanted)

    def _columns(self) -> dict[str, tuple[Column, ...]]:
        return {**reader_columns(), **self._system.columns}

    def _row(self, cells: Sequence[Formula], columns: Sequence[Column], model: Model) -> Row:
        pairs = zip(cells, columns, strict=True)
        return tuple(self._term(cell, column.type, model) for cell, column in pairs)

    def _term(self, cell: Formula, column: str, model: Model) -> Term:
        if SORTS[column] == BOOL:
            holds = model.truth(cell) if isinstance(cell, Var) else cell == TRUE
            return "b:true" if holds else "b:false"
        number = cell.value if isinstance(cell, Number) else model.number(cell)  # type: ignore[arg-type]
        return number if SORTS[column] == INT else self._pool.texts[number]

    def _made(self, number: int) -> Formula:
        """Return that the rule of step *number* makes its node, from the one before it."""
        rule, node = self._steps[number].rule, self._nodes.cells[number]
        body, known = list[Literal](rule.body), dict[Term, Formula]()
        start: Formula = TRUE
        if self._steps[number].premises:
            parent = parent_of(rule, self._system)
            body.remove(parent)
            start, environment = self._tables.unify(
                parent.atom.terms, self._nodes.cells[number - 1], {}
            )
            known = dict(environment)
        ways = []
        for condition, values in self._tables.solutions(body, known):
            head = [self._tables.value(term, values) for term in rule.head.terms]
            same_row = (same(one, other) for one, other in zip(head, node, strict=True))
            ways.append(conj((condition, *same_row)))
        return conj((start, disj(ways)))

    def _possible(self) -> Iterator[Formula]:
        """Yield what is assumed of facts."""
        for denial in self._system.assumed.denials:
            tables = Tables(denial.program, self._slots.rows, self._pool)
            yield from (neg(each) for each, _ in tables.solutions(denial.rule.body, {}))

    def _broken(self, prop: str) -> Formula:
        """Return that the last node breaks the property."""
        last = len(self._steps) - 1
        if prop == CONTINUATION:
            return neg(self._nodes.continues(last))
        inside = self._plan.inside[prop].get(self._steps[last].head.predicate, TRUE)
        wanted = {each for each in subterms((inside,)) if isinstance(each, Var)}
        mapped: dict[Formula, Formula] = {}
        for each in self._nodes.shape(last).components:
            if variable(each) in wanted:
                mapped[variable(each)] = self._nodes.value(each, last)
        for ghost in self._plan.ghosts:
            if ghost.variable in wanted:
                mapped[ghost.variable] = self._ghost(ghost, last)
        return neg(substitute(inside, mapped))

    def _ghost(self, ghost: Ghost, last: int) -> Formula:
        if ghost.component == LENGTH:
            hops = [each for each in self._steps if each.premises]
            return Number(sum(stays(each, self._system) != TRUE for each in hops))
        if ghost.component == APPROVAL:
            return self._needed(ghost, last)
        shape = self._nodes.shape(0)
        named = [each for each in shape.components if each.name == ghost.component]
        return self._nodes.value((*named, *bounds(shape, ghost.component))[0], 0)

    def _needed(self, ghost: Ghost, last: int) -> Formula:
        """Return whether, or which, approval is needed by then."""
        values = [
            (self._nodes.value(each, number), each)
            for number in range(last + 1)
            for each in bounds(self._nodes.shape(number), APPROVAL)[:1]
        ]
        if ghost.sort == BOOL:
            return disj(value for value, _ in values)
        needed = values[0][0]
        for number, (value, component) in enumerate(values[1:]):
            after = Var(f"needed {number}", INT)
            none = is_none(needed, component, self._codes)
            self._nodes.sides += [
                implies(none, same(after, value)),
                disj((none, same(after, needed))),
            ]
            needed = after
        return needed
