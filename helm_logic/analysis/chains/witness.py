# SPDX-License-Identifier: Apache-2.0
"""A chain of facts that breaks a property, for a sequence of rules: found by the solver.

The first node is made by the first rule, each further one from the node before it by the next rule;
the facts that the rules ask for are rows of small tables (`slots.py`), and what is assumed of facts
is asked of them too. Small numbers are tried first, so that the chain is easy to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import attrs

from helm_logic.analysis.chains.assumed import reader
from helm_logic.analysis.chains.bodies import MATCHES, SORTS
from helm_logic.analysis.chains.columns import (
    APPROVAL,
    HOLDER,
    ISSUER,
    LINK,
    NO_APPROVAL,
    Column,
    columns_of,
    places,
)
from helm_logic.analysis.chains.handing import DELEGATE_KEY, SIGNER, stays
from helm_logic.analysis.chains.powers import DEMAND, POWER, Power, compared, powers
from helm_logic.analysis.chains.properties import (
    CONTINUATION,
    LENGTH,
    Ghost,
    bounds,
    is_none,
    make_plan,
    variable,
)
from helm_logic.analysis.chains.rewrite import at_most, substitute
from helm_logic.analysis.chains.slots import link_id, make_slots
from helm_logic.analysis.chains.system import Component, Shape, Step, System, parent_of
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
        self._powers = {
            each.name: each for each in powers(system.program, system.columns, system.assumed)
        }
        asked = [each.relation for each in self._powers.values()]
        asked += [each.relation for shape in system.shapes.values() for each in shape.components]
        self._slots = make_slots(system, [step.rule for step in self._steps], asked)
        self._pool = self._slots.pool
        self._codes = {text: number for number, text in enumerate(self._pool.texts)}
        self._empty = [self._pool.code(tag + each) for tag in ("s:", "y:") for each in NO_APPROVAL]
        self._plan = make_plan(system, self._codes)
        self._tables = Tables(system.program, self._slots.rows, self._pool)
        # What else must hold: of values that are asked for, and of variables made on the way.
        self._sides: list[Formula] = []
        self._wanted: dict[str, tuple[Var, str]] = {}
        self._nodes: list[tuple[Formula, ...]] = []
        for number, step in enumerate(self._steps):
            self._nodes.append(self._node(step, number))

    def asked(self, prop: str) -> list[Formula]:
        """Return everything that must hold of the tables."""
        made = [self._made(number) for number in range(len(self._steps))]
        broken = self._broken(prop)
        return [*self._slots.domains, *self._possible(), *made, broken, *self._sides]

    def limited(self, least: int, most: int) -> Iterator[Formula]:
        """Yield that every integer of the tables is within bounds."""
        wanted = [each for each, column in self._wanted.values() if SORTS[column] == INT]
        for each in (*self._slots.numbers, *wanted):
            yield And((at_most(Number(least), each), at_most(each, Number(most))))

    def plain(self) -> Iterator[Formula]:
        """Yield what makes a chain easy to read: small counts, no empty text, another holder."""
        yield from self.limited(0, _SMALL)
        holders = [
            [self._value(each, number) for each in bounds(self._shape(number), HOLDER)[:1]]
            for number in range(len(self._nodes))
        ]
        for one, other in combinations((each for those in holders for each in those), 2):
            yield neg(same(one, other))
        for name, rows in self._slots.rows.items():
            for row in rows if name in self._system.columns else ():
                for cell, column in zip(row.cells, self._system.columns[name], strict=True):
                    if SORTS[column.type] not in (INT, BOOL):
                        yield from (neg(same(cell, each)) for each in self._empty)

    def chain(self, model: Model) -> Chain:
        """Return the chain that *model* stands for."""
        rows: dict[str, dict[Row, None]] = {}
        columns = {**columns_of(reader()), **self._system.columns}
        for name, those in self._slots.rows.items():
            for each in those:
                if isinstance(each.present, Var) and model.truth(each.present):
                    rows.setdefault(name, {}).setdefault(
                        self._row(each.cells, columns[name], model)
                    )
        hops = tuple(
            Hop(step.rule.id, step.head.predicate,
                self._row(node, self._system.shapes[step.head.predicate].columns, model))
            for step, node in zip(self._steps, self._nodes, strict=True)
        )  # fmt: skip
        facts = {name: tuple(those) for name, those in rows.items() if name in self._system.columns}
        wanted = {name: tuple(those) for name, those in rows.items() if name not in facts}
        for name, (value, column) in self._wanted.items():
            wanted[name] = ((self._term(value, column, model),),)
        return Chain(hops, facts, wanted)

    def _row(self, cells: Sequence[Formula], columns: Sequence[Column], model: Model) -> Row:
        pairs = zip(cells, columns, strict=True)
        return tuple(self._term(cell, column.type, model) for cell, column in pairs)

    def _term(self, cell: Formula, column: str, model: Model) -> Term:
        if SORTS[column] == BOOL:
            holds = model.truth(cell) if isinstance(cell, Var) else cell == TRUE
            return "b:true" if holds else "b:false"
        number = cell.value if isinstance(cell, Number) else model.number(cell)  # type: ignore[arg-type]
        return number if SORTS[column] == INT else self._pool.texts[number]

    def _node(self, step: Step, number: int) -> tuple[Formula, ...]:
        shape = self._system.shapes[step.head.predicate]
        cells: list[Formula] = [
            Var(f"node {number}/{place}", BOOL if SORTS[column.type] == BOOL else INT)
            for place, column in enumerate(shape.columns)
        ]
        for place in shape.links:
            cells[place] = self._pool.code(link_id(number))
        if step.premises and shape.links and stays(step, self._system) == TRUE:
            parent = self._system.shapes[step.premises[0].predicate]
            cells[shape.links[0]] = self._nodes[-1][parent.links[0]]
        return tuple(cells)

    def _made(self, number: int) -> Formula:
        """Return that the rule of step *number* makes its node, from the one before it."""
        rule, node = self._steps[number].rule, self._nodes[number]
        body, known = list[Literal](rule.body), dict[Term, Formula]()
        start: Formula = TRUE
        if self._steps[number].premises:
            parent = parent_of(rule, self._system)
            body.remove(parent)
            start, environment = self._tables.unify(parent.atom.terms, self._nodes[number - 1], {})
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
        last = len(self._nodes) - 1
        if prop == CONTINUATION:
            return neg(self._continues(last))
        inside = self._plan.inside[prop].get(self._steps[last].head.predicate, TRUE)
        wanted = {each for each in subterms((inside,)) if isinstance(each, Var)}
        mapped: dict[Formula, Formula] = {}
        for each in self._shape(last).components:
            if variable(each) in wanted:
                mapped[variable(each)] = self._value(each, last)
        for ghost in self._plan.ghosts:
            if ghost.variable in wanted:
                mapped[ghost.variable] = self._ghost(ghost, last)
        return neg(substitute(inside, mapped))

    def _shape(self, number: int) -> Shape:
        return self._system.shapes[self._steps[number].head.predicate]

    def _ghost(self, ghost: Ghost, last: int) -> Formula:
        if ghost.component == LENGTH:
            hops = [each for each in self._steps if each.premises]
            return Number(sum(stays(each, self._system) != TRUE for each in hops))
        if ghost.component == APPROVAL:
            return self._needed(ghost, last)
        shape = self._shape(0)
        named = [each for each in shape.components if each.name == ghost.component]
        return self._value((*named, *bounds(shape, ghost.component))[0], 0)

    def _needed(self, ghost: Ghost, last: int) -> Formula:
        """Return whether, or which, approval is needed by then."""
        values = [
            (self._value(each, number), each)
            for number in range(last + 1)
            for each in bounds(self._shape(number), APPROVAL)[:1]
        ]
        if ghost.sort == BOOL:
            return disj(value for value, _ in values)
        needed = values[0][0]
        for number, (value, component) in enumerate(values[1:]):
            after = Var(f"needed {number}", INT)
            none = is_none(needed, component, self._codes)
            self._sides += [implies(none, same(after, value)), disj((none, same(after, needed)))]
            needed = after
        return needed

    # --- values

    def _value(self, component: Component, number: int) -> Formula:
        """Return the value of *component* at node *number*."""
        term = self._nodes[number][component.column]
        if component.type == MATCHES:
            wanted = self._want(component.name, "string")
            return self._pool.matching(MATCHES, term, wanted)
        if component.type in (POWER, DEMAND):
            return self._power(self._powers[component.relation], term)
        if not component.relation:
            return term
        rows = [each for each in self._slots.rows[component.relation] if each.cells[0] == term]
        if component.place == 0:
            return disj(each.present for each in rows)
        self._sides.append(rows[0].present)
        return rows[0].cells[component.place]

    def _power(self, power: Power, link: Formula) -> Formula:
        if power.relation not in self._system.columns:
            return Tables(reader().program, self._slots.rows, self._pool).holds(
                power.relation, [link]
            )
        columns = self._system.columns[power.relation]
        ways = []
        for row in self._slots.rows[power.relation]:
            parts = [row.present, same(row.cells[0], link)]
            for place in places(columns, power.role):
                column = columns[place]
                kind = "string" if column.type == "pattern" else column.type
                wanted = self._want(f"{power.relation}.{place}", kind)
                parts.append(self._covers(power, column, row.cells[place], wanted))
            ways.append(conj(parts))
        return disj(ways)

    def _covers(self, power: Power, column: Column, value: Formula, wanted: Formula) -> Formula:
        if column.type == "pattern":
            return self._pool.matching(MATCHES, value, wanted)
        return compared(power, value, wanted)

    def _want(self, name: str, column: str) -> Formula:
        """Return the arbitrary value called *name*, the same wherever it is asked for."""
        if name not in self._wanted:
            new = Var(f"wanted {name}", INT)
            self._wanted[name] = (new, column)
            if SORTS[column] != INT:
                allowed = self._pool.by_type[column]
                self._sides.append(disj(same(new, Number(each)) for each in allowed))
        return self._wanted[name][0]

    def _continues(self, last: int) -> Formula:
        """Return that who hands on to the last node is the holder of the one before it."""
        own, above = self._shape(last), self._shape(last - 1)
        holders = [
            (bounds(shape, HOLDER), number) for shape, number in ((above, last - 1), (own, last))
        ]
        before, after = ([self._value(each, n) for each in those[:1]] for those, n in holders)
        if not before:
            return TRUE
        if own.links and above.links:
            links = self._nodes[last][own.links[0]], self._nodes[last - 1][above.links[0]]
            ways = [same(*links)]
        else:
            ways = [same(one, before[0]) for one in after]
        issuers = [each for each in own.having(ISSUER) if each.relation]
        for each in issuers[:1]:
            ways.append(conj((same(self._value(each, last), before[0]), *self._keys(last))))
        return disj((*ways, *self._handing(before[0], after)))

    def _keys(self, last: int) -> Iterator[Formula]:
        signers = [each for each in self._shape(last).components if each.name == SIGNER]
        keys = [each for each in self._shape(last - 1).components if each.name == DELEGATE_KEY]
        for one, other in zip(signers, keys, strict=False):
            yield same(self._value(one, last), self._value(other, last - 1))

    def _handing(self, before: Formula, after: Sequence[Formula]) -> Iterator[Formula]:
        """Yield that some fact says that *before* hands on to *after*."""
        for name, rows in self._slots.rows.items():
            columns = self._system.columns.get(name, ())
            issuers, holders = places(columns, ISSUER)[:1], places(columns, HOLDER)[:1]
            if columns and columns[0].role != LINK:
                for row in rows if issuers else ():
                    parts = [row.present, same(row.cells[issuers[0]], before)]
                    parts += [
                        same(row.cells[n], one) for n, one in zip(holders, after, strict=False)
                    ]
                    yield conj(parts)
