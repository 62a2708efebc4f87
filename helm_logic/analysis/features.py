# SPDX-License-Identifier: Apache-2.0
"""Features: each attribute cut into finitely many classes of values, each free fact true or false.

No rule can tell apart two values of one class (minterms): the classes are found from all tests that
the rules make, so that every test is a bit mask of classes, exactly. A class has values of the
request that stand for it; the first is its witness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import attrs

from helm_logic.analysis.arithmetic import INTEGERS
from helm_logic.analysis.attribute import Attribute
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
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.pattern import is_pattern
from helm_logic.kernel.pattern import matches as kernel_matches
from helm_logic.kernel.terms import Term

_MOMENT = 1_767_225_600  # 2026-01-01: what `now` is where nothing else is asked
_VARIANTS = 4  # values that stand for an open class: more than attributes are ever compared
OneTest: TypeAlias = Present | Is | AtMost | Matches


@attrs.frozen
class Class:
    """Values that no test tells apart: *values* stand for them; *bounds* are those of integers.

    None is the value of an optional input that is absent.
    """

    values: tuple[Term | None, ...]
    bounds: tuple[int, int] | None = None


@attrs.frozen(eq=False)
class Feature:
    """One dimension of requests. *source* is the attribute, or the test that is true or false."""

    source: Attribute | Fact | Compare | Same
    classes: tuple[Class, ...]
    masks: dict[Test, int]

    @property
    def is_attribute(self) -> bool:
        """Whether it is a value of the request rather than something true or false."""
        return isinstance(self.source, Attribute)


_TRUTH = (Class(("b:false",)), Class(("b:true",)))
FALSE_MASK, TRUE_MASK = 1, 2


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
    constants = [test for test in tests if isinstance(test, Is) and _possible(attribute, test)]
    patterns = [test for test in tests if isinstance(test, Matches) and is_pattern(test.pattern)]
    numbered: list[OneTest] = [*constants, *patterns]
    word, first_word = _fresh_words(attribute)
    found = text_classes(
        [str(test.constant)[2:] for test in constants],
        [test.pattern for test in patterns],
        Shape(
            2 if attribute.name == "resource" else 1, _first_segment(attribute), first_word, word
        ),
    )
    masks: dict[Test, int] = dict.fromkeys(tests, 0)
    for number, each in enumerate(found):
        for member in each.members:
            masks[numbered[member]] |= 1 << number
    alone = len(constants)
    classes = [
        Class((f"s:{each.witness}",) if any(member < alone for member in each.members)
              else _variants(each.witness, (word, first_word)))
        for each in found
    ]  # fmt: skip
    return tuple(classes), masks


def _variants(witness: str, words: tuple[str, str]) -> tuple[Term, ...]:
    """Return texts like *witness*, differing in its last segment that nothing mentions."""
    segments = witness.split("/")
    fresh = [n for n, each in enumerate(segments) if each.rpartition("-")[0] in words]
    if not fresh:
        return (f"s:{witness}",)
    word, _, number = segments[fresh[-1]].rpartition("-")
    texts = []
    for more in range(_VARIANTS):
        segments[fresh[-1]] = f"{word}-{int(number) + more}"
        texts.append(f"s:{'/'.join(segments)}")
    return tuple(texts)


def _fresh_words(attribute: Attribute) -> tuple[str, str]:
    if attribute.type == "principal":
        return "other", "agent:other"
    if attribute.name == "resource":
        return "other", "thing"
    return "other", "other"


def _first_segment(attribute: Attribute) -> Callable[[str], bool]:
    return (lambda text: ":" in text) if attribute.type == "principal" else (lambda _text: True)


def _possible(attribute: Attribute, test: Is) -> bool:
    """Say whether the attribute can be *test*'s constant: a text of its shape."""
    if not isinstance(test.constant, str) or test.constant[:2] != "s:":
        return False
    text = test.constant[2:]
    if attribute.name == "resource":
        segments = text.split("/")
        return len(segments) > 1 and not {"", ".", ".."} & {*segments}
    return attribute.type != "principal" or 0 < text.find(":") < len(text) - 1
