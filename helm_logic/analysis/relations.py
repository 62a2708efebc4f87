# SPDX-License-Identifier: Apache-2.0
"""What facts and comparisons have to do with each other: boxes that no request lies in.

Features are free by themselves. Not so: a fact that says more implies one that says less (a
homomorphism between their literals), and two facts that differ only in `subject` against a constant
are one where the subject is that constant. These boxes are found before anything is asked. What
comparisons of several attributes exclude is found when it matters (`residue.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.boxes import Box
from helm_logic.analysis.environment import is_local
from helm_logic.analysis.features import FALSE_MASK, TRUE_MASK, Feature
from helm_logic.analysis.formula import (
    Fact,
    GroundLiteral,
    Is,
    Linear,
    Matches,
    Ref,
    Same,
    Test,
    Value,
)
from helm_logic.kernel.terms import Term

_MOST_PAIRS = 20_000


def related(tests: Iterable[Test]) -> Iterator[Test]:
    """Return the tests that `learn` needs besides *tests*."""
    everything = list(tests)
    facts = [test for test in everything if isinstance(test, Fact)]
    for one, other in _pairs(facts):
        for name, constant in _differences(one, other) or ():
            yield Is(name, constant)
    linked: dict[str, frozenset[str]] = {}
    for test in everything:
        if isinstance(test, Same):
            both = linked.get(test.first, frozenset({test.first}))
            both |= linked.get(test.second, frozenset({test.second}))
            linked.update(dict.fromkeys(both, both))
    for test in everything:
        if isinstance(test, (Is, Matches)):
            for name in sorted(linked.get(test.name, frozenset()) - {test.name}):
                yield attrs.evolve(test, name=name)


def learn(
    features: Sequence[Feature], number: Mapping[Test | str, int]
) -> Iterator[tuple[Box, str]]:
    """Return impossible boxes over *features*, each with the reason, in one order."""
    facts = [each.source for each in features if isinstance(each.source, Fact)]
    for one, other in _pairs(facts):
        here, there = number[one], number[other]
        if _implies(one, other):
            yield {here: TRUE_MASK, there: FALSE_MASK}, "one fact says more than the other"
        if _implies(other, one):
            yield {here: FALSE_MASK, there: TRUE_MASK}, "one fact says more than the other"
        differences = _differences(one, other)
        if not differences:
            continue
        where: dict[int, int] = {}
        for name, constant in differences:
            place = number[name]
            where[place] = where.get(place, -1) & features[place].masks.get(Is(name, constant), 0)
        if all(where.values()):
            for first, second in ((TRUE_MASK, FALSE_MASK), (FALSE_MASK, TRUE_MASK)):
                yield {**where, here: first, there: second}, "the facts are one for that value"


def _pairs(facts: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    """Return the pairs of facts that share a predicate, as long as there are not too many."""
    by_predicate: dict[str, list[int]] = {}
    for place, each in enumerate(facts):
        for predicate in sorted(each.predicates):
            by_predicate.setdefault(predicate, []).append(place)
    pairs: dict[tuple[int, int], None] = {}
    for places in by_predicate.values():
        if len(places) ** 2 > _MOST_PAIRS:
            continue
        for n, one in enumerate(places):
            pairs.update(dict.fromkeys((one, other) for other in places[n + 1 :]))
    for one, other in sorted(pairs):
        yield facts[one], facts[other]


def _implies(more: Fact, less: Fact) -> bool:
    """Say whether every literal of *less*, its variables renamed, is one of *more*."""
    return less.predicates <= more.predicates and _maps(less.literals, more.literals, {})


def _maps(
    left: Sequence[GroundLiteral], into: Sequence[GroundLiteral], names: Mapping[Value, Value]
) -> bool:
    if not left:
        return True
    first, *rest = left
    if first.kind == "count" and first.extra[0] not in (">=", ">"):
        return False  # it is not known which rows are counted for which variables
    for each in into:
        if (each.kind, each.predicate, each.extra, len(each.terms)) != (
            first.kind, first.predicate, first.extra, len(first.terms),
        ):  # fmt: skip
            continue
        tried = dict(names)
        if all(
            tried.setdefault(one, other) == other if is_local(one) else one == other
            for one, other in zip(first.terms, each.terms, strict=True)
        ) and _maps(rest, into, tried):
            return True
    return False


def _differences(one: Fact, other: Fact) -> list[tuple[str, Term]] | None:
    """Return which attributes must have which constants for two single ground atoms to be one."""
    if len(one.literals) != 1 or len(other.literals) != 1:
        return None
    left, right = one.literals[0], other.literals[0]
    said = [(each.kind, each.predicate, len(each.terms)) for each in (left, right)]
    if said[0] != said[1] or left.kind != "atom":
        return None
    found: list[tuple[str, Term]] = []
    for first, second in zip(left.terms, right.terms, strict=True):
        if first == second:
            continue
        ref, constant = (second, first) if isinstance(second, Ref) else (first, second)
        if not isinstance(ref, Ref) or isinstance(constant, (Ref, Linear)) or is_local(constant):
            return None
        found.append((ref.name, constant))
    return found
