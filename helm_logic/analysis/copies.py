# SPDX-License-Identifier: Apache-2.0
"""Two requests of one rule set that differ in something: a copy of every feature it can change.

Both are points of one arena: the features of a study, and again those that may differ. Whatever is
known to be impossible is so for either. Guards that ask for nothing that differs are the same on
both sides, so a tree (`change/moves.py`) explores only what the difference can decide.

What may differ is more than can: a fact may change with the value that it is about. So what is
proved holds, and what is found is replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import attrs

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.boxes import Box, meet
from helm_logic.analysis.change.entries import BOTH, NEW, OLD, Entry
from helm_logic.analysis.change.moves import Tree
from helm_logic.analysis.dependency import reads
from helm_logic.analysis.domain import Domain, Lemma
from helm_logic.analysis.feature import FALSE_MASK, TRUE_MASK, Feature
from helm_logic.analysis.features import truth_feature
from helm_logic.analysis.formula import (
    Compare,
    Fact,
    GroundLiteral,
    Linear,
    Ref,
    Same,
    Value,
)
from helm_logic.analysis.residue import Point
from helm_logic.analysis.study import Study
from helm_logic.analysis.unfold import stand_in
from helm_logic.kernel.terms import is_variable
from helm_logic.receipts.verdict import Verdict

_OTHER = "'"  # what the name of a copy ends in
ONLY_ADDED = "approvals are only added"


@attrs.frozen
class PairProof:
    """That the claim *claim* holds of two requests: *trees* over *arena*, where none refutes it."""

    claim: str
    arena: Domain
    trees: tuple[Tree, ...]


class Copies:
    """The features of *study*, those with the numbers *moved* twice: for one request and another.

    Copies come after all others, in the order of what they are copies of.
    """

    def __init__(self, study: Study, moved: Collection[int]) -> None:
        self._study = study
        self._names = frozenset(
            source.name
            for number in moved
            if isinstance(source := study.features[number].source, Attribute)
        )
        self._first = len(study.features)
        self._copy = {number: self._first + n for n, number in enumerate(sorted(moved))}
        copies = [self._copied(study.features[number]) for number in self._copy]
        self.features: list[Feature] = [*study.features, *copies]
        self.impossible = list(study.impossible)
        for each in study.impossible:
            if not self._copy.keys().isdisjoint(each.box):
                self.impossible.append(Lemma(self.other(each.box), each.why))

    def differ_in(self, name: str) -> list[Box]:
        """Add what tells the values of attribute *name* apart; return boxes in which they differ.

        Of the two ways in which integers differ, one is enough: sides change places.
        """
        test: Compare | Same = Same(name, name + _OTHER)
        mask = FALSE_MASK
        if self._study.unfolder.types[name] in ("int", "time"):
            test, mask = Compare(((name, 1), (name + _OTHER, -1)), -1), TRUE_MASK
        self.features.append(truth_feature(test))
        return [{len(self.features) - 1: mask}]

    def only_added(self, added: Callable[[Fact], bool]) -> None:
        """Say that the facts that *added* holds of do not cease to hold, nor are fewer."""
        counts = self._study.unfolder.counts
        for number, copy in self._copy.items():
            source = self._study.features[number].source
            counted = counts.get(source.name) if isinstance(source, Attribute) else None
            if isinstance(source, Fact) and added(source):
                self._never({number: TRUE_MASK, copy: FALSE_MASK})
            elif counted is not None and added(counted):
                for place in range(1, len(self.features[number].classes)):
                    self._never({number: 1 << place, copy: (1 << place) - 1})
            elif isinstance(source, Compare):
                changed = [(name, n) for name, n in source.terms if name in self._names]
                if all(name in counts and added(counts[name]) for name, _ in changed):
                    self._never_turns(number, copy, [n for _, n in changed])

    def _never_turns(self, number: int, copy: int, factors: Sequence[int]) -> None:
        """Say how a sum at most a bound does not change with what only grows, by *factors*."""
        if all(factor < 0 for factor in factors):
            self._never({number: TRUE_MASK, copy: FALSE_MASK})
        elif all(factor > 0 for factor in factors):
            self._never({number: FALSE_MASK, copy: TRUE_MASK})

    def _never(self, box: Box) -> None:
        self.impossible.append(Lemma(box, ONLY_ADDED))

    def arena(self) -> Domain:
        """Return the ground of both requests."""
        return Domain(self.features, self.impossible)

    def other(self, box: Box) -> dict[int, int]:
        """Return *box* for the other request."""
        return {self._copy.get(number, number): mask for number, mask in box.items()}

    def entries(self, guards: Iterable[tuple[Verdict, str, Box]]) -> list[Entry]:
        """Return what both sides conclude by *guards*: verdict, rule and box."""
        found = []
        for verdict, rule, box in guards:
            if self._copy.keys().isdisjoint(box):
                found.append(Entry(BOTH, verdict, rule, box))
            else:
                found.append(Entry(OLD, verdict, rule, box))
                found.append(Entry(NEW, verdict, rule, self.other(box)))
        return found

    def points(self, box: Box, point: Point) -> tuple[Point, Point]:
        """Return the two requests of *point*, a point of the arena in *box*."""
        values = {name: value for name, value in point.values.items()
                  if not name.endswith(_OTHER)}  # fmt: skip
        others = {name: point.values.get(name + _OTHER, value) for name, value in values.items()}
        first, second = self.apart(box)
        return Point(values, tuple(self._facts(first))), Point(others, tuple(self._facts(second)))

    def apart(self, box: Box) -> tuple[Box, Box]:
        """Return where each of the two requests of *box* lies, over the features of the study."""
        back = {copy: number for number, copy in self._copy.items()}
        first = {number: mask for number, mask in box.items() if number < self._first}
        shared = {number: mask for number, mask in first.items() if number not in self._copy}
        return first, {**shared, **{back[n]: mask for n, mask in box.items() if n in back}}

    def _facts(self, box: Box) -> Iterator[Fact]:
        for number, mask in sorted(box.items()):
            source = self._study.features[number].source
            if isinstance(source, Fact) and mask == TRUE_MASK:
                yield source

    # Copies of features.

    def _copied(self, feature: Feature) -> Feature:
        source = feature.source
        match source:
            case Attribute():
                copy: Attribute | Fact | Compare | Same = attrs.evolve(
                    source, name=source.name + _OTHER
                )
            case Fact(literals):
                copy = Fact(tuple(map(self._literal, literals)))
            case Compare(terms, bound):
                copy = Compare(tuple((self._name(n), factor) for n, factor in terms), bound)
            case Same(first, second):
                copy = Same(self._name(first), self._name(second))
        return attrs.evolve(feature, source=copy)

    def _name(self, name: str) -> str:
        return name + _OTHER if name in self._names else name

    def _literal(self, literal: GroundLiteral) -> GroundLiteral:
        return attrs.evolve(literal, terms=tuple(map(self._value, literal.terms)))

    def _value(self, value: Value) -> Value:
        if isinstance(value, Ref):
            return Ref(self._name(value.name))
        if isinstance(value, Linear):
            terms = tuple((self._name(name), factor) for name, factor in value.terms)
            return Linear(terms, value.constant)
        return value


def moved_by(study: Study, names: Collection[str], predicates: Collection[str]) -> set[int]:
    """Return the features that another value of the attributes *names* can change.

    So can other facts about *predicates*, and what depends on them.
    """
    reached = study.unfolder.reaching([*names, *predicates])
    changed = {*names}
    changed |= {
        name
        for name, counted in study.unfolder.counts.items()
        if counted.predicates & reached or _asked(counted) & changed
    }
    depending = reached | stand_ins_of(study, reached)
    return {
        number
        for number, feature in enumerate(study.features)
        if _asked(source := feature.source) & changed
        or (isinstance(source, Fact) and source.predicates & depending)
    }


def stand_ins_of(study: Study, reached: frozenset[str]) -> frozenset[str]:
    """Return the names of facts that stand for rules not understood which depend on *reached*."""
    return frozenset(
        stand_in(rule.id)
        for rule in study.by_id.values()
        if reads(rule) & reached or any(map(is_variable, rule.head.terms))
    )


def _asked(source: Attribute | Fact | Compare | Same) -> set[str]:
    """Return the attributes that *source* is about."""
    match source:
        case Attribute(name):
            return {name}
        case Fact(literals):
            return {ref for each in literals for value in each.terms for ref in _refs(value)}
        case Compare(terms, _):
            return {name for name, _ in terms}
        case Same(first, second):
            return {first, second}


def _refs(value: Value) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, Linear):
        yield from (name for name, _ in value.terms)


def together(copies: Copies, ones: Iterable[Box], others: Iterable[Box]) -> list[Box]:
    """Return the boxes in which the first request lies in *ones* and the other in *others*."""
    second = [copies.other(box) for box in others]
    return [both for one in ones for two in second if (both := meet(one, two)) is not None]
