# SPDX-License-Identifier: Apache-2.0
"""What is broken at the end of a chain, read off its facts in plain integers and texts.

No formula and no solver has a part in it: a mistake there cannot show a chain that is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_logic.analysis.chains.bodies import MATCHES
from helm_logic.analysis.chains.columns import (
    APPROVAL,
    BUDGET,
    DEPTH,
    HOLDER,
    ISSUER,
    LINK,
    NO_APPROVAL,
    SCOPE,
    SINCE,
    UNTIL,
    places,
)
from helm_logic.analysis.chains.handing import DELEGATE_KEY, SIGNER, stays
from helm_logic.analysis.chains.powers import DEMAND, POWER, Power, powers
from helm_logic.analysis.chains.properties import CONTINUATION, bounds
from helm_logic.analysis.chains.system import Component, Shape, System
from helm_logic.analysis.chains.witness import Chain, Hop
from helm_logic.analysis.smt import TRUE
from helm_logic.engine import Engine
from helm_logic.kernel.pattern import matches
from helm_logic.kernel.terms import Row, Term
from helm_logic.lang import term_text

_TRUE = "b:true"


class Measure:
    """What *chain* has at its end; *reader_engine* evaluates reader.dl."""

    def __init__(self, chain: Chain, system: System, reader_engine: Engine) -> None:
        self._chain, self._system, self._reader = chain, system, reader_engine
        self._steps = {step.rule.id: step for step in system.steps}
        self._powers = {
            each.name: each for each in powers(system.program, system.columns, system.assumed)
        }

    def broken(self, prop: str) -> Iterator[str]:
        """Yield what the last node has and may not have."""
        first, last = self._chain.hops[0], self._chain.hops[-1]
        match prop:
            case "scope":
                yield from self._scope(first, last)
            case "window":
                yield from self._beyond(SINCE, first, last)
                yield from self._beyond(UNTIL, first, last)
            case "depth":
                yield from self._beyond(DEPTH, first, last)
            case "budget":
                yield from self._beyond(BUDGET, first, last)
            case "length":
                yield from self._length(first)
            case "approval":
                yield from self._approval()
            case _ if prop == CONTINUATION:
                yield from self._continuation(self._chain.hops[-2], last)

    def _shape(self, hop: Hop) -> Shape:
        return self._system.shapes[hop.predicate]

    def _values(self, role: str, hop: Hop) -> list[tuple[Component, Term]]:
        found = ((each, self._value(each, hop)) for each in bounds(self._shape(hop), role))
        return [(each, value) for each, value in found if value is not None]

    def _value(self, component: Component, hop: Hop) -> Term | None:
        """Return the value of *component*, None if no fact tells it."""
        own = hop.row[component.column]
        if component.type == MATCHES:
            wanted = self._chain.wanted[component.name][0][0]
            return _truth(holds=matches(own, wanted))
        if component.type in (POWER, DEMAND):
            return _truth(holds=self._has(component, own))
        if not component.relation:
            return own
        rows = [row for row in self._chain.facts.get(component.relation, ()) if row[0] == own]
        if component.place == 0:
            return _truth(holds=bool(rows))
        return rows[0][component.place] if rows else None

    def _has(self, component: Component, link: Term) -> bool:
        power = self._powers[component.relation]
        if power.relation not in self._system.columns:
            return (link,) in reader_rows(self._reader, self._chain, power.relation)
        columns = self._system.columns[power.relation]
        for row in self._chain.facts.get(power.relation, ()):
            if row[0] == link and all(
                _covers(columns[n].type, power.role, row[n], self._wanted(power.relation, n))
                for n in places(columns, power.role)
            ):
                return True
        return False

    def _asked_of(self, power: Power) -> str:
        columns = self._system.columns[power.relation]
        wanted = (self._wanted(power.relation, place) for place in places(columns, power.role))
        return " ".join(map(_text, wanted))

    def _wanted(self, relation: str, place: int) -> Term:
        return self._chain.wanted[f"{relation}.{place}"][0][0]

    def _scope(self, first: Hop, last: Hop) -> Iterator[str]:
        before = {each.name: value for each, value in self._values(SCOPE, first)}
        after = self._values(SCOPE, last)
        own = [(each, value) for each, value in after if each.type not in (POWER, DEMAND)]
        if all(value == _TRUE for each, value in own if each.type == MATCHES):
            for each, value in own:
                root = before.get(each.name)
                if root is not None and root != value:
                    yield self._widened(each, root, value)
        for each, value in after:
            if each.type == POWER and value == _TRUE and before.get(each.name) != _TRUE:
                wanted = ", ".join(
                    f"{name.removeprefix('wanted_')} {_row(rows[0])}"
                    for name, rows in sorted(self._chain.wanted.items())
                )
                yield f"the end gives what the root grant does not give: {wanted}"

    def _widened(self, component: Component, root: Term | None, value: Term) -> str:
        name = component.name.removesuffix(f".{MATCHES}")
        if component.type != MATCHES:
            return f"`{name}` is {_text(root)} in the root grant and {_text(value)} at the end"
        wanted = self._chain.wanted[component.name][0][0]
        return f"`{name}` covers {_text(wanted)} at the end, and not in the root grant"

    def _beyond(self, role: str, first: Hop, last: Hop) -> Iterator[str]:
        before, after = self._values(role, first), self._values(role, last)
        for (_, root), (each, value) in zip(before, after, strict=False):
            if each.type == POWER:
                if value == _TRUE and root != _TRUE:
                    wanted = self._asked_of(self._powers[each.relation])
                    yield f"`{role}` {wanted} is given at the end, and not by the root grant"
            elif _exceeds(role, root, value):
                name = each.name
                yield f"`{name}` is {_text(root)} in the root grant and {_text(value)} at the end"

    def _length(self, first: Hop) -> Iterator[str]:
        steps = [self._steps[hop.rule] for hop in self._chain.hops[1:]]
        hops = sum(stays(each, self._system) != TRUE for each in steps)
        for each, depth in self._values(DEPTH, first):
            if type(depth) is int and hops > max(depth, 0):
                times = "once" if hops == 1 else f"{hops} times"
                yield f"handed on {times}, though `{each.name}` of the root grant is {depth}"

    def _approval(self) -> Iterator[str]:
        needed: Term | None = None
        for hop in self._chain.hops:
            for each, value in self._values(APPROVAL, hop)[:1]:
                if needed is not None and value != needed:
                    was = "" if needed == _TRUE else f" {_text(needed)}"
                    yield f"`{each.name}`{was} was required before and is not at the end"
                elif value not in ("b:false", *(f"{t}:{n}" for t in "sy" for n in NO_APPROVAL)):
                    needed = value

    def _continuation(self, parent: Hop, last: Hop) -> Iterator[str]:
        holders = self._values(HOLDER, parent)
        after = self._values(HOLDER, last)[:1]
        if not holders:
            return
        before = holders[0][1]
        own, above = self._shape(last), self._shape(parent)
        if own.links and above.links:
            if last.row[own.links[0]] == parent.row[above.links[0]]:
                return
        elif [value for _, value in after] == [before]:
            return
        issuers = [self._value(each, last) for each in own.having(ISSUER) if each.relation]
        if (issuers[:1] == [before] and self._keys_fit(parent, last)) or self._is_handed(
            before, after
        ):
            return
        who = f"by {_text(issuers[0])}" if issuers and issuers[0] is not None else "by nobody named"
        if issuers[:1] == [before]:
            who = "with another key than the one named"
        yield f"held by {_text(before)}, and handed on {who}"

    def _keys_fit(self, parent: Hop, last: Hop) -> bool:
        signers = [each for each in self._shape(last).components if each.name == SIGNER]
        keys = [each for each in self._shape(parent).components if each.name == DELEGATE_KEY]
        return all(
            self._value(one, last) == self._value(other, parent)
            for one, other in zip(signers, keys, strict=False)
        )

    def _is_handed(self, before: Term, after: Sequence[tuple[Component, Term]]) -> bool:
        for name, rows in self._chain.facts.items():
            columns = self._system.columns[name]
            issuers, holders = places(columns, ISSUER)[:1], places(columns, HOLDER)[:1]
            if issuers and columns[0].role != LINK:
                for row in rows:
                    named = [row[place] for place in holders]
                    if row[issuers[0]] == before and all(
                        one == other for one, (_, other) in zip(named, after, strict=False)
                    ):
                        return True
        return False


def _covers(column: str, role: str, value: Term, wanted: Term) -> bool:
    if column == "pattern":
        return matches(value, wanted)
    if type(value) is int and type(wanted) is int and role in (UNTIL, DEPTH, BUDGET, SINCE):
        return value <= wanted if role == SINCE else wanted <= value
    return value == wanted


def _exceeds(role: str, root: Term, value: Term) -> bool:
    if type(root) is not int or type(value) is not int:
        return False
    return value < root if role == SINCE else value > root


def _truth(*, holds: bool) -> Term:
    return _TRUE if holds else "b:false"


def _row(row: Row) -> str:
    return " ".join(map(_text, row))


def _text(term: Term | None) -> str:
    return "nothing" if term is None else f"`{term_text(term)}`"


def reader_rows(engine: Engine, chain: Chain, predicate: str) -> tuple[Row, ...]:
    """Return the rows of *predicate* of reader.dl for the facts of *chain* and what is wanted."""
    given = [each.name for each in engine.program.predicates if each.given]
    everything = {**chain.facts, **chain.wanted}
    facts = {name: everything[name] for name in given if name in everything}
    return engine.evaluate(facts).rows(predicate)
