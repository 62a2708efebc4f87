# SPDX-License-Identifier: Apache-2.0
"""Features: each attribute cut into finitely many classes of values, each free fact true or false.

No rule can tell apart two values of one class (minterms): the classes are found from all tests that
the rules make, so that every test is a bit mask of classes, exactly. A class has values of the
request that stand for it; the first is its witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from helm_logic.analysis.arithmetic import INTEGERS
from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import FALSE_MASK, TRUE_MASK, Class, Feature
from helm_logic.analysis.formula import (
    AtMost,
    Compare,
    Fact,
    Is,
    Matches,
    Present,
    Same,
    Test,
)
from helm_logic.analysis.segments import Shape, text_classes
from helm_logic.authority.principal import is_principal
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.pattern import is_pattern
from helm_logic.kernel.pattern import matches as kernel_matches
from helm_logic.kernel.terms import COLUMN_TAGS, Term

_MOMENT = 1_767_225_600  # 2026-01-01: what `now` is where nothing else is asked
VARIANTS = 4  # values that stand for an open class: as many attributes can be compared at once
OneTest: TypeAlias = Present | Is | AtMost | Matches
_TRUTH = (Class(("b:false",)), Class(("b:true",)))

__all__ = [
    "FALSE_MASK",
    "TRUE_MASK",
    "VARIANTS",
    "Class",
    "Feature",
    "attribute_feature",
    "holds",
    "place_of",
    "truth_feature",
]


def truth_feature(test: Fact | Compare | Same) -> Feature:
    """Return the feature of a test that is true or false by itself."""
    return Feature(test, _TRUTH, {test: TRUE_MASK})


def attribute_feature(attribute: Attribute, tests: Iterable[Test]) -> Feature:
    """Return the feature of *attribute* with the classes that *tests* tell apart."""
    own: list[OneTest] = [
        test
        for test in tests
        if isinstance(test, (Present, Is, AtMost, Matches)) and test.name == attribute.name
    ]
    if attribute.domain is not None:
        classes, masks = _listed(attribute.domain, own)
    elif attribute.type in INTEGERS:
        classes, masks = _intervals(attribute, own)
    else:
        classes, masks = _texts(attribute, own)
    if attribute.optional:
        classes = (*classes, Class((None,)))
    present: Test = Present(attribute.name)
    masks[present] = (1 << len(classes) - attribute.optional) - 1
    return Feature(attribute, classes, masks)


def place_of(feature: Feature, value: Term) -> int | None:
    """Return the number of the class of the text *value*; None if it cannot be a value."""
    attribute = feature.source
    if not isinstance(attribute, Attribute):
        return None
    if attribute.domain is not None or not _fits(attribute, value):
        return next((n for n, each in enumerate(feature.classes) if value in each.values), None)
    told = [(mask, isinstance(test, OneTest) and holds(test, value))
            for test, mask in feature.masks.items()]  # fmt: skip
    places = range(len(feature.classes) - attribute.optional)
    return next((n for n in places if all(mask >> n & 1 == said for mask, said in told)), None)


def holds(test: OneTest, value: Term) -> bool:
    """Say whether *value* satisfies *test*."""
    match test:
        case Is(_, constant):
            return type(value) is type(constant) and value == constant
        case AtMost(_, bound):
            return type(value) is int and value <= bound
        case Matches(_, pattern):
            return is_pattern(pattern) and kernel_matches(f"s:{pattern}", value)
        case Present():
            return True


def _listed(
    domain: Sequence[Term], tests: Sequence[OneTest]
) -> tuple[tuple[Class, ...], dict[Test, int]]:
    groups: dict[tuple[bool, ...], list[Term]] = {}
    for value in domain:
        groups.setdefault(tuple(holds(test, value) for test in tests), []).append(value)
    return tuple(Class(tuple(values)) for values in groups.values()), _masks(tests, groups)


def _masks(tests: Sequence[OneTest], signatures: Iterable[Sequence[bool]]) -> dict[Test, int]:
    masks: dict[Test, int] = dict.fromkeys(tests, 0)
    for number, signature in enumerate(signatures):
        for test, satisfied in zip(tests, signature, strict=True):
            if satisfied:
                masks[test] |= 1 << number
    return masks


def _intervals(
    attribute: Attribute, tests: Sequence[OneTest]
) -> tuple[tuple[Class, ...], dict[Test, int]]:
    low = 0 if attribute.name.startswith("count/") else -MAX_INTEGER
    cuts = {test.bound for test in tests if isinstance(test, AtMost)}
    cuts |= {end for test in tests if isinstance(test, Is) and type(test.constant) is int
             for end in (test.constant - 1, test.constant)}  # fmt: skip
    highs = [*sorted(cut for cut in cuts if low <= cut < MAX_INTEGER), MAX_INTEGER]
    classes = []
    for high in highs:
        classes.append(Class(_inside(attribute, low, high), (low, high)))
        low = high + 1
    signatures = [[holds(test, each.values[0]) for test in tests] for each in classes]  # type: ignore[arg-type]
    return tuple(classes), _masks(tests, signatures)


def _inside(attribute: Attribute, low: int, high: int) -> tuple[Term, ...]:
    usual = _MOMENT if attribute.type == "time" else 0
    if low <= usual <= high:
        return (usual,)
    return (low,) if low > usual else (high,)


def _texts(
    attribute: Attribute, tests: Sequence[OneTest]
) -> tuple[tuple[Class, ...], dict[Test, int]]:
    constants = [test for test in tests if isinstance(test, Is) and _fits(attribute, test.constant)]
    patterns = [test for test in tests if isinstance(test, Matches) and is_pattern(test.pattern)]
    numbered: list[OneTest] = [*constants, *patterns]
    found = text_classes(
        [str(test.constant)[2:] for test in constants],
        [test.pattern for test in patterns],
        _shape(attribute),
        VARIANTS,
    )
    masks: dict[Test, int] = dict.fromkeys(tests, 0)
    for number, each in enumerate(found):
        for member in each.members:
            masks[numbered[member]] |= 1 << number
    tag = COLUMN_TAGS[attribute.type]
    return tuple(Class(tuple(f"{tag}{text}" for text in each.texts)) for each in found), masks


def _shape(attribute: Attribute) -> Shape:
    if attribute.type == "principal":
        return Shape(1, lambda segment: segment.find(":") > 0, "agent:other", "other")
    return Shape(2, bool, "thing", "other") if attribute.name == "resource" else Shape()


def _fits(attribute: Attribute, value: Term | None) -> bool:
    """Say whether the attribute can have the *value*: a text of its type and shape."""
    if not isinstance(value, str) or value[:2] != COLUMN_TAGS[attribute.type]:
        return False
    text = value[2:]
    if attribute.name == "resource":
        segments = text.split("/")
        return len(segments) > 1 and not {"", ".", ".."} & {*segments}
    return attribute.type != "principal" or is_principal(text)
