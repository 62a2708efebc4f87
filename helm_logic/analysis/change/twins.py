# SPDX-License-Identifier: Apache-2.0
"""One request put to two versions: a witness counts if each gives the verdict that was promised.

Both get the same request, chain, approvals and facts, each in its own words, and both are decided
by the production engine. A version is compiled without the rules that ask for another action by
name: their bodies cannot hold, so the model is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.analysis.change.actions import about
from helm_logic.analysis.change.entries import NEW, OLD
from helm_logic.analysis.change.inputs import ABSENT
from helm_logic.analysis.change.pairing import Pairing
from helm_logic.analysis.environment import is_local
from helm_logic.analysis.formula import Fact, GroundLiteral, Linear, Ref, Value
from helm_logic.analysis.replay import Replayer
from helm_logic.analysis.residue import Point
from helm_logic.analysis.unfold import Unfolder
from helm_logic.analysis.witness import WitnessMaker
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Term
from helm_logic.policy.case_file import Case
from helm_logic.receipts.verdict import Verdict


@attrs.frozen
class Twin:
    """A request that was put to both versions, with what came out of each."""

    before: Case
    after: Case


class Twins:
    """Puts points of a study of *pairing* to both versions.

    *counts* are the facts that the study's attributes count. Every point's action is one of
    *actions*.
    """

    def __init__(
        self, pairing: Pairing, counts: Mapping[str, Fact], actions: Iterable[Term]
    ) -> None:
        wanted = frozenset(actions)
        self._sides = {side: _Side(pairing, side, counts, wanted) for side in (OLD, NEW)}
        self._absent = {f"{each.name}{ABSENT}": each.path for each in pairing.inputs.inputs}
        self._shared = {
            name: (local, self._sides[NEW].local[name])
            for name, local in self._sides[OLD].local.items()
            if name in self._sides[NEW].local
        }

    def twin(self, title: str, point: Point, before: Verdict, after: Verdict) -> Twin | None:
        """Return the request of *point*, None if one version gives another verdict than told."""
        cases = {side: each.case(title, self._ordered(point)) for side, each in self._sides.items()}
        request = _laid_together(cases[OLD].request, cases[NEW].request)
        for fact in point.facts:
            for name in fact.predicates & self._absent.keys():
                _leave_out(request, self._absent[name])
        old_facts, new_facts = self._facts(cases[OLD], cases[NEW])
        approvals = tuple(dict.fromkeys((*cases[OLD].approvals, *cases[NEW].approvals)))
        chain = cases[NEW].chain or cases[OLD].chain
        old = attrs.evolve(
            cases[OLD], request=request, relations=old_facts, approvals=approvals, chain=chain
        )
        new = attrs.evolve(
            cases[NEW], request=request, relations=new_facts, approvals=approvals, chain=chain
        )
        first = self._sides[OLD].replayer.replay(old, (), before)
        second = self._sides[NEW].replayer.replay(new, (), after) if first is not None else None
        return None if first is None or second is None else Twin(first, second)

    def _ordered(self, point: Point) -> Point:
        """Return *point* with the facts first that both versions can say: both then say alike.

        What says no more than that a relation has a row, is left out if another fact gives one.
        """
        told = [fact for fact in point.facts if not _is_bare(fact)]
        given = {name for fact in told for name in fact.predicates}
        facts = [*told, *(fact for fact in point.facts
                          if _is_bare(fact) and not fact.predicates & given)]  # fmt: skip
        shared = [fact for fact in facts if fact.predicates <= self._shared.keys()]
        return Point(point.values, (*shared, *(fact for fact in facts if fact not in shared)))

    def _facts(self, old: Case, new: Case) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
        """Return the relations of each case with those rows of the other that it can have."""
        first, second = dict(old.relations), dict(new.relations)
        for here, there in self._shared.values():
            rows = _together(old.relations.get(here, []), new.relations.get(there, []))
            if rows:
                first[here], second[there] = rows, list(rows)
        return first, second


class _Side:
    """A version's part: *local* are its names for what the merged program calls otherwise."""

    def __init__(
        self, pairing: Pairing, side: int, counts: Mapping[str, Fact], actions: frozenset[Term]
    ) -> None:
        version = pairing.versions[side]
        self.local = _inverse(pairing.names[side])
        self._attributes = _inverse(version.inputs.attributes)
        rule_set = about(version.rule_set, actions, version.inputs.lacking)
        unfolder = Unfolder(rule_set, frozenset())
        for name, fact in counts.items():
            if self._says(fact):
                unfolder.counts[name] = self._fact(fact)
        self._witnesses = WitnessMaker(rule_set, unfolder)
        self.replayer = Replayer(rule_set)

    def case(self, title: str, point: Point) -> Case:
        """Return the case of *point* as far as this version can say it."""
        values = dict(point.values)
        values |= {self._attributes[name]: value for name, value in point.values.items()
                   if name in self._attributes}  # fmt: skip
        facts = tuple(self._fact(fact) for fact in point.facts if self._says(fact))
        return self._witnesses.case(title, Point(values, facts))

    def _says(self, fact: Fact) -> bool:
        return fact.predicates <= self.local.keys()

    def _fact(self, fact: Fact) -> Fact:
        return Fact(tuple(map(self._literal, fact.literals)))

    def _literal(self, literal: GroundLiteral) -> GroundLiteral:
        return attrs.evolve(
            literal,
            predicate=self.local.get(literal.predicate, literal.predicate),
            terms=tuple(map(self._value, literal.terms)),
        )

    def _value(self, value: Value) -> Value:
        if isinstance(value, Ref):
            return Ref(self._attributes.get(value.name, value.name))
        if isinstance(value, Linear):
            terms = ((self._attributes.get(name, name), factor) for name, factor in value.terms)
            return Linear(tuple(terms), value.constant)
        return value


def _is_bare(fact: Fact) -> bool:
    (literal, *rest) = fact.literals
    return not rest and literal.kind == "atom" and all(map(is_local, literal.terms))


def _inverse(names: Mapping[str, str]) -> dict[str, str]:
    """Return *names* the other way round; of several that are called alike, the first."""
    found: dict[str, str] = {}
    for local, merged in names.items():
        found.setdefault(merged, local)
    return found


def _laid_together(
    one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    merged = dict(one)
    for name, value in other.items():
        before = merged.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[name] = _laid_together(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            merged[name] = _together(before, value)
        else:
            merged[name] = value
    return merged


def _together(one: JsonValue, other: JsonValue) -> list[JsonValue]:
    rows: list[JsonValue] = list(one) if isinstance(one, list) else []
    rows += [row for row in other if row not in rows] if isinstance(other, list) else []
    return rows


def _leave_out(request: dict[str, JsonValue], path: tuple[str, ...]) -> None:
    *folders, last = path
    place: JsonValue = request
    for name in folders:
        place = place.get(name) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(last, None)
