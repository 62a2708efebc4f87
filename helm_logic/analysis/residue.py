# SPDX-License-Identifier: Apache-2.0
"""Points of boxes: one value for every attribute, so that comparisons between attributes come true.

Without such comparisons any choice of classes is a point. With them, the values of texts are tried
out (an open class has more values than there are attributes to compare, so trying is complete), and
linear comparisons of integers are decided by the solver. Nothing else in the boxes needs one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.boxes import Box
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.features import TRUE_MASK, VARIANTS, Class, Feature, place_of
from helm_logic.analysis.formula import Compare, Fact, Same
from helm_logic.analysis.linear import solve_linear
from helm_logic.kernel.terms import Term


@attrs.frozen
class Point:
    """A request: the *values* of attributes (None: absent), and the *facts* that hold."""

    values: Mapping[str, Term | None]
    facts: tuple[Fact, ...]


def point_in(features: Sequence[Feature], box: Box) -> Point | None:
    """Return a point of *box*; None if its comparisons cannot be as it says."""
    asked = {n: box[n] for n, each in enumerate(features) if n in box and _relates(each)}
    values: dict[str, Term | None] = {}
    facts = []
    for number, feature in enumerate(features):
        if isinstance(feature.source, Attribute):
            mask = box.get(number, -1)
            values[feature.source.name] = _first(feature, mask).values[0]
        elif isinstance(feature.source, Fact) and box.get(number) == TRUE_MASK:
            facts.append(feature.source)
    if asked:
        tests = [
            (source, mask == TRUE_MASK)
            for n, mask in asked.items()
            if isinstance(source := features[n].source, (Compare, Same))
        ]
        chosen = _choose(features, box, tests)
        if chosen is None:
            return None
        values.update(chosen)
    return Point(values, tuple(facts))


def _relates(feature: Feature) -> bool:
    return isinstance(feature.source, (Compare, Same))


def _first(feature: Feature, mask: int) -> Class:
    return next(each for n, each in enumerate(feature.classes) if mask >> n & 1)


def smallest(features: Sequence[Feature], box: Box) -> Box:
    """Return a least part of *box* that no point lies in, given that none lies in *box*."""
    left = {n: mask for n, mask in box.items() if not isinstance(features[n].source, Fact)}
    for number in list(left):
        tried = {n: mask for n, mask in left.items() if n != number}
        if point_in(features, tried) is None:
            left = tried
    return left


def _choose(
    features: Sequence[Feature], box: Box, tests: Sequence[tuple[Compare | Same, bool]]
) -> dict[str, Term | None] | None:
    """Return values under which every one of *tests* comes out as it says, None if there are none.

    What compares an absent input says nothing; so what may be absent is, if nothing else will do.
    """
    named = {name for test, _ in tests for name in _names(test)}
    allowed = {
        source.name: _Allowed(feature, box.get(number, -1))
        for number, feature in enumerate(features)
        if isinstance(source := feature.source, Attribute) and source.name in named
    }
    gone = {name for name, each in allowed.items() if not any(each.present)}
    for absent in (gone, {name for name, each in allowed.items() if each.may_be_absent}):
        told = [(test, holds) for test, holds in tests if not absent & {*_names(test)}]
        texts = _choose_texts(allowed, [(t, holds) for t, holds in told if isinstance(t, Same)])
        if texts is None:
            continue
        sums = [(t, holds) for t, holds in told if isinstance(t, Compare)]
        numbers = _choose_numbers(allowed, sums)
        if numbers is not None:
            return {**dict.fromkeys(sorted(absent), None), **texts, **numbers}
    return None


@attrs.frozen
class _Allowed:
    """The classes in *mask* of an attribute's *feature*."""

    feature: Feature
    mask: int

    @property
    def present(self) -> list[Class]:
        """Those in which the attribute has a value."""
        chosen = (each for n, each in enumerate(self.feature.classes) if self.mask >> n & 1)
        return [each for each in chosen if each.values != (None,)]

    @property
    def may_be_absent(self) -> bool:
        """Whether one is that the input is absent."""
        return any(
            each.values == (None,) and self.mask >> n & 1
            for n, each in enumerate(self.feature.classes)
        )

    def has(self, value: Term) -> bool:
        """Say whether *value* lies in one of them."""
        place = place_of(self.feature, value)
        return place is not None and bool(self.mask >> place & 1)


def _names(test: Compare | Same) -> tuple[str, ...]:
    if isinstance(test, Same):
        return test.first, test.second
    return tuple(name for name, _ in test.terms)


def _choose_texts(
    allowed: Mapping[str, _Allowed], tests: Sequence[tuple[Same, bool]]
) -> dict[str, Term | None] | None:
    """Return texts for which the *tests* come out so, found by trying; None if there are none.

    Texts that no chain of tests compares with each other are chosen apart.
    """
    chosen: dict[str, Term | None] = {}
    for group in _groups(tests):
        found = _choose_compared(allowed, group)
        if found is None:
            return None
        chosen |= found
    return chosen


def _groups(tests: Sequence[tuple[Same, bool]]) -> list[list[tuple[Same, bool]]]:
    """Return *tests* in groups that have no attribute in common."""
    groups: list[list[tuple[Same, bool]]] = []
    for each in tests:
        names = {*_names(each[0])}
        near = [g for g in groups if any(names & {*_names(test)} for test, _ in g)]
        groups = [g for g in groups if g not in near]
        groups.append([*(test for group in near for test in group), each])
    return groups


def _choose_compared(
    allowed: Mapping[str, _Allowed], tests: Sequence[tuple[Same, bool]]
) -> dict[str, Term | None] | None:
    """Return texts for which *tests*, one group of them, come out so; None if there are none.

    Tried are the values that stand for the classes of all attributes that are compared: texts that
    are compared are told apart by the same tests (`relations.related`), so if several can be one
    text, a value that stands for one of them can be the value of all.
    """
    names = sorted({name for test, _ in tests for name in _names(test)})
    if len(names) > VARIANTS:
        raise TooManyCases(f"more than {VARIANTS} texts of a request compared with each other")
    values = dict.fromkeys(v for name in names for c in allowed[name].present for v in c.values)
    tried = {name: [v for v in values if v is not None and allowed[name].has(v)] for name in names}

    def search(chosen: dict[str, Term | None]) -> dict[str, Term | None] | None:
        if len(chosen) == len(names):
            return chosen
        name = names[len(chosen)]
        for value in tried[name]:
            more = {**chosen, name: value}
            if (
                all(
                    (more[test.first] == more[test.second]) == holds
                    for test, holds in tests
                    if test.first in more and test.second in more
                )
                and (found := search(more)) is not None
            ):
                return found
        return None

    return search({})


def _choose_numbers(
    allowed: Mapping[str, _Allowed], tests: Sequence[tuple[Compare, bool]]
) -> dict[str, int] | None:
    if not tests:
        return {}
    ranges = {
        name: sorted(bounds for each in allowed[name].present for bounds in _bounds(each))
        for name in sorted({name for test, _ in tests for name in _names(test)})
    }
    linear = [(test.terms, test.bound) if holds else
              (tuple((name, -factor) for name, factor in test.terms), -test.bound - 1)
              for test, holds in tests]  # fmt: skip
    return solve_linear(ranges, linear)


def _bounds(each: Class) -> Iterator[tuple[int, int]]:
    if each.bounds is not None:
        yield each.bounds
    else:
        yield from ((value, value) for value in each.values if type(value) is int)
