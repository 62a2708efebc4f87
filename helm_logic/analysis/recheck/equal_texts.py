# SPDX-License-Identifier: Apache-2.0
"""Whether texts can be equal and different as a box says: by trying what each can be.

Attributes that are said to be equal have one text. It satisfies some combination of all their
tests, of which there are finitely many; it is one known text, or one of infinitely many, and then
it differs from whatever else it has to differ from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import TRUE_MASK, Class, Feature
from helm_logic.analysis.formula import Is, Matches, Same
from helm_logic.analysis.recheck.texts import combinations, kind_of
from helm_logic.analysis.recheck.trees import Box, Refused

_Tests = frozenset[Is | Matches]


@attrs.frozen
class _Member:
    """An attribute with the classes of *mask* that it may lie in."""

    attribute: Attribute
    feature: Feature
    mask: int

    @property
    def may_be_absent(self) -> bool:
        """Whether it need not have a value."""
        return any(None in each.values for n, each in self._chosen)

    @property
    def _chosen(self) -> list[tuple[int, Class]]:
        return [(n, each) for n, each in enumerate(self.feature.classes) if self.mask >> n & 1]

    @property
    def tests(self) -> _Tests:
        """What its classes and its domain tell apart, as tests of an unnamed text."""
        asked = {attrs.evolve(test, name="") for test in self.feature.masks
                 if isinstance(test, (Is, Matches))}  # fmt: skip
        return frozenset(asked) | {Is("", value) for value in self.attribute.domain or ()}

    def may_be(self, satisfied: _Tests) -> bool:
        """Say whether a text that satisfies just these tests may be its value."""
        if self.attribute.domain is not None:
            values = {value for n, each in self._chosen for value in each.values}
            return any(isinstance(test, Is) and test.constant in values for test in satisfied)
        own = {test: attrs.evolve(test, name="") in satisfied for test in self.feature.masks
               if isinstance(test, (Is, Matches))}  # fmt: skip
        return any(
            all(bool(self.feature.masks[test] >> n & 1) == holds for test, holds in own.items())
            for n, each in self._chosen
            if None not in each.values
        )


def require_contradiction(features: Sequence[Feature], box: Box) -> None:
    """Raise Refused unless no texts are equal and different as the tests `Same` of *box* say."""
    members = {
        each.source.name: _Member(each.source, each, box.get(n, -1))
        for n, each in enumerate(features)
        if isinstance(each.source, Attribute)
    }
    told = [(source, box[n] == TRUE_MASK)
            for n, each in enumerate(features)
            if n in box and isinstance(source := each.source, Same)
            and not members[source.first].may_be_absent
            and not members[source.second].may_be_absent]  # fmt: skip
    group = {name: frozenset({name}) for test, _ in told for name in (test.first, test.second)}
    for test, equal in told:
        if equal:
            both = group[test.first] | group[test.second]
            group.update(dict.fromkeys(both, both))
    several = list(dict.fromkeys(group.values()))
    values = [list(_values([members[name] for name in sorted(names)])) for names in several]
    different = [(several.index(group[test.first]), several.index(group[test.second]))
                 for test, equal in told if not equal]  # fmt: skip
    if _is_possible(values, different, []):
        raise Refused("the texts can be as they are said to be")


def _values(members: Sequence[_Member]) -> Iterator[str | None]:
    """Yield what one text that is the value of all *members* can be: itself, or one of many."""
    tests = frozenset[Is | Matches]().union(*(each.tests for each in members))
    kinds = [kind_of(each.attribute) for each in members if each.attribute.domain is None]
    for satisfied in combinations(tests, kinds):
        if all(each.may_be(satisfied) for each in members):  # type: ignore[arg-type]
            yield _single(satisfied)  # type: ignore[arg-type]


def _single(satisfied: _Tests) -> str | None:
    """Return the only text that satisfies all these tests, None if there are many."""
    for test in satisfied:
        if isinstance(test, Is):
            return str(test.constant)[2:]
        if not {"*", "**"} & {*test.pattern.split("/")}:
            return test.pattern
    return None


def _is_possible(
    values: Sequence[Sequence[str | None]],
    different: Sequence[tuple[int, int]],
    chosen: list[str | None],
) -> bool:
    """Say whether each text can have one of its *values*, those of *different* not the same."""
    number = len(chosen)
    if number == len(values):
        return True
    for value in values[number]:
        clashes = any(
            other == number or (other < number and value is not None and chosen[other] == value)
            for pair in different
            if number in pair
            for other in (pair[0] if pair[1] == number else pair[1],)
        )
        if not clashes and _is_possible(values, different, [*chosen, value]):
            return True
    return False
