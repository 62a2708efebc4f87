# SPDX-License-Identifier: Apache-2.0
"""The nodes of a chain over tables: their cells, and what the tables state of them.

What a node's link has by a relation is a cell of that relation's row about it; asking for it asks
that the row is there. The arbitrary request is one for all nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_logic.analysis.chains.assumed import reader
from helm_logic.analysis.chains.bodies import MATCHES, SORTS
from helm_logic.analysis.chains.columns import HOLDER, ISSUER, LINK, Column, places
from helm_logic.analysis.chains.handing import DELEGATE_KEY, SIGNER, stays
from helm_logic.analysis.chains.powers import DEMAND, POWER, Power, compared, powers
from helm_logic.analysis.chains.properties import bounds
from helm_logic.analysis.chains.slots import Slots, link_id, make_slots
from helm_logic.analysis.chains.system import Component, Shape, Step, System
from helm_logic.analysis.chains.tables import Tables
from helm_logic.analysis.smt import BOOL, INT, TRUE, Formula, Number, Var, conj, disj, same


class Nodes:
    """The nodes that *steps* make, one after the other.

    *cells* are their columns; *sides* says what else must hold for the values that were asked for;
    *wanted* has the variables of the arbitrary request, with their column types.
    """

    def __init__(self, system: System, steps: Sequence[Step]) -> None:
        self._system, self._steps = system, steps
        self._powers = {
            each.name: each for each in powers(system.program, system.columns, system.assumed)
        }
        asked = [each.relation for each in self._powers.values()]
        asked += [each.relation for shape in system.shapes.values() for each in shape.components]
        self.slots: Slots = make_slots(system, [step.rule for step in steps], asked)
        self.sides: list[Formula] = []
        self.wanted: dict[str, tuple[Var, str]] = {}
        self.cells: list[tuple[Formula, ...]] = []
        for number, step in enumerate(steps):
            self.cells.append(self._node(step, number))

    def _node(self, step: Step, number: int) -> tuple[Formula, ...]:
        shape = self._system.shapes[step.head.predicate]
        cells: list[Formula] = [
            Var(f"node {number}/{place}", BOOL if SORTS[column.type] == BOOL else INT)
            for place, column in enumerate(shape.columns)
        ]
        for place in shape.links:
            cells[place] = self.slots.pool.code(link_id(number))
        if step.premises and shape.links and stays(step, self._system) == TRUE:
            parent = self._system.shapes[step.premises[0].predicate]
            cells[shape.links[0]] = self.cells[-1][parent.links[0]]
        return tuple(cells)

    def shape(self, number: int) -> Shape:
        """Return the shape of node *number*."""
        return self._system.shapes[self._steps[number].head.predicate]

    def value(self, component: Component, number: int) -> Formula:
        """Return the value of *component* at node *number*."""
        term = self.cells[number][component.column]
        if component.type == MATCHES:
            wanted = self._want(component.name, "string")
            return self.slots.pool.matching(MATCHES, term, wanted)
        if component.type in (POWER, DEMAND):
            return self._power(self._powers[component.relation], term)
        if not component.relation:
            return term
        rows = [each for each in self.slots.rows[component.relation] if each.cells[0] == term]
        if component.place == 0:
            return disj(each.present for each in rows)
        self.sides.append(rows[0].present)
        return rows[0].cells[component.place]

    def _power(self, power: Power, link: Formula) -> Formula:
        if power.relation not in self._system.columns:
            return Tables(reader().program, self.slots.rows, self.slots.pool).holds(
                power.relation, [link]
            )
        columns = self._system.columns[power.relation]
        ways = []
        for row in self.slots.rows[power.relation]:
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
            return self.slots.pool.matching(MATCHES, value, wanted)
        return compared(power, value, wanted)

    def _want(self, name: str, column: str) -> Formula:
        """Return the arbitrary value called *name*, the same wherever it is asked for."""
        if name not in self.wanted:
            new = Var(f"wanted {name}", INT)
            self.wanted[name] = (new, column)
            if SORTS[column] != INT:
                allowed = self.slots.pool.by_type[column]
                self.sides.append(disj(same(new, Number(each)) for each in allowed))
        return self.wanted[name][0]

    def continues(self, last: int) -> Formula:
        """Return that who hands on to the last node is the holder of the one before it."""
        own, above = self.shape(last), self.shape(last - 1)
        holders = [
            (bounds(shape, HOLDER), number) for shape, number in ((above, last - 1), (own, last))
        ]
        before, after = ([self.value(each, n) for each in those[:1]] for those, n in holders)
        if not before:
            return TRUE
        if own.links and above.links:
            links = self.cells[last][own.links[0]], self.cells[last - 1][above.links[0]]
            ways = [same(*links)]
        else:
            ways = [same(one, before[0]) for one in after]
        issuers = [each for each in own.having(ISSUER) if each.relation]
        for each in issuers[:1]:
            ways.append(conj((same(self.value(each, last), before[0]), *self._keys(last))))
        return disj((*ways, *self._handing(before[0], after)))

    def _keys(self, last: int) -> Iterator[Formula]:
        signers = [each for each in self.shape(last).components if each.name == SIGNER]
        keys = [each for each in self.shape(last - 1).components if each.name == DELEGATE_KEY]
        for one, other in zip(signers, keys, strict=False):
            yield same(self.value(one, last), self.value(other, last - 1))

    def _handing(self, before: Formula, after: Sequence[Formula]) -> Iterator[Formula]:
        """Yield that some fact says that *before* hands on to *after*."""
        for name, rows in self.slots.rows.items():
            columns = self._system.columns.get(name, ())
            issuers, holders = places(columns, ISSUER)[:1], places(columns, HOLDER)[:1]
            if columns and columns[0].role != LINK:
                for row in rows if issuers else ():
                    parts = [row.present, same(row.cells[issuers[0]], before)]
                    parts += [
                        same(row.cells[n], one) for n, one in zip(holders, after, strict=False)
                    ]
                    yield conj(parts)
