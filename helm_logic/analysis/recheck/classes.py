# SPDX-License-Identifier: Apache-2.0
"""Whether the classes of a feature are all there are, and answer every test as they say.

Each value that stands for a class is put to every test by the kernel's matcher. That the classes
leave nothing out has three arguments: intervals tile the integers, listed values are those of the
domain, and every combination of tests that some text satisfies is a class (`texts.py`). That two
values of one class are never told apart: a test is one value or a bound between intervals, and
texts of one class satisfy the same tests, as there is one class for each combination.
"""

from __future__ import annotations

from collections.abc import Sequence

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import TRUE_MASK, Class, Feature
from helm_logic.analysis.formula import AtMost, Compare, Fact, Is, Matches, Present, Same, Test
from helm_logic.analysis.observe import satisfies
from helm_logic.analysis.recheck.texts import combinations, kind_of
from helm_logic.analysis.recheck.trees import Refused
from helm_logic.kernel.encoding import MAX_INTEGER

_INTEGERS = ("int", "time")
_TRUTH = (("b:false",), ("b:true",))


def require_complete(feature: Feature) -> None:
    """Raise Refused unless the classes of *feature* are complete and its masks are right."""
    source = feature.source
    if not isinstance(source, Attribute):
        _require_truth(feature)
        return
    if Present(source.name) not in feature.masks:
        raise Refused(f"the feature `{source.name}` does not say when it is present")
    for test in feature.masks:
        if isinstance(test, (Fact, Compare, Same)) or test.name != source.name:
            raise Refused(f"the feature `{source.name}` has the test {test}")
    present = list(feature.classes)
    if source.optional and present.pop() != Class((None,)):
        raise Refused(f"the optional `{source.name}` has no last class for being absent")
    if not all(each.values and None not in each.values for each in present):
        raise Refused(f"`{source.name}` has a class without a value")
    _require_answers(feature)
    if source.domain is not None:
        _require_listed(source, present)
    elif source.type in _INTEGERS:
        _require_tiled(source, present, feature)
    else:
        _require_every_text(source, present, feature)


def _require_truth(feature: Feature) -> None:
    values = tuple(each.values for each in feature.classes)
    plain = all(each.bounds is None for each in feature.classes)
    if values != _TRUTH or not plain or feature.masks != {feature.source: TRUE_MASK}:
        raise Refused(f"the feature of {feature.source} is not false or true")


def _require_answers(feature: Feature) -> None:
    for test, mask in feature.masks.items():
        wanted = sum(1 << n for n, each in enumerate(feature.classes)
                     if satisfies(test, each.values[0]))  # fmt: skip
        if mask != wanted:
            raise Refused(f"{test} holds in other classes than is said")
        for each in feature.classes:
            if len({satisfies(test, value) for value in each.values}) > 1:
                raise Refused(f"{test} tells apart two values of one class")


def _require_listed(source: Attribute, classes: Sequence[Class]) -> None:
    found = [value for each in classes for value in each.values]
    if any(each.bounds for each in classes) or sorted(map(repr, found)) != sorted(
        map(repr, source.domain or ())
    ):
        raise Refused(f"the classes of `{source.name}` are not a partition of its domain")


def _require_tiled(source: Attribute, classes: Sequence[Class], feature: Feature) -> None:
    after = 0 if source.name.startswith("count/") else -MAX_INTEGER
    for each in classes:
        low, high = each.bounds or (after + 1, after)
        if low != after or not all(
            type(value) is int and low <= value <= high for value in each.values
        ):
            raise Refused(f"the classes of `{source.name}` do not tile the integers")
        for test in feature.masks:
            match test:
                case AtMost(_, bound) if low <= bound < high:
                    raise Refused(f"{test} cuts a class of `{source.name}`")
                case Is(_, int(constant)) if low <= constant <= high and low < high:
                    raise Refused(f"{test} is one of several values of a class")
        after = high + 1
    if after != MAX_INTEGER + 1:
        raise Refused(f"the classes of `{source.name}` do not reach the greatest integer")


def _require_every_text(source: Attribute, classes: Sequence[Class], feature: Feature) -> None:
    asked: list[Test] = [test for test in feature.masks if isinstance(test, (Is, Matches))]
    said = [
        frozenset(test for test in asked if feature.masks[test] >> number & 1)
        for number in range(len(classes))
    ]
    if any(each.bounds for each in classes) or len({*said}) != len(said):
        raise Refused(f"two classes of `{source.name}` satisfy the same tests")
    kind = kind_of(source)
    if not all(type(value) is str and value[:2] == kind.tag for each in classes
               for value in each.values):  # fmt: skip
        raise Refused(f"a class of `{source.name}` has a value of another type")
    if {*said} != combinations(asked, [kind]):
        raise Refused(f"the classes of `{source.name}` are not all that its tests tell apart")
