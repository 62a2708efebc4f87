# SPDX-License-Identifier: Apache-2.0
"""Boxes in words: `action = "rollback", env = "prod", any artifact`.

A mask of classes is said with the tests of the rules where they say it exactly, and else by its
values. The words are for people; what is exact is the box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.boxes import Box
from helm_logic.analysis.environment import is_local
from helm_logic.analysis.features import TRUE_MASK, Feature
from helm_logic.analysis.formula import (
    AtMost,
    Compare,
    Fact,
    GroundLiteral,
    Is,
    Linear,
    Matches,
    Present,
    Ref,
    Same,
    Test,
    Value,
)
from helm_logic.kernel.terms import Term
from helm_logic.lang import term_text

_SHOWN = 6


class Words:
    """The words for boxes over *features*; each mask is put into words once."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._said: dict[tuple[int, int], str] = {}

    def region(self, box: Box, named: Iterable[int] = ()) -> str:
        """Return *box* in words; a free feature among *named* is said to be any."""
        said = [self._mask(number, mask) for number, mask in sorted(box.items())]
        free = [self._features[n].source for n in named if n not in box]
        said += [f"any {source.text}" for source in free if isinstance(source, Attribute)]
        return ", ".join(said) or "every request"

    def _mask(self, number: int, mask: int) -> str:
        if (number, mask) not in self._said:
            self._said[number, mask] = mask_text(self._features[number], mask)
        return self._said[number, mask]


def mask_text(feature: Feature, mask: int) -> str:
    """Return what *mask* says of *feature*."""
    source = feature.source
    if not isinstance(source, Attribute):
        return test_text(source, mask != TRUE_MASK)
    chosen = [each for n, each in enumerate(feature.classes) if mask >> n & 1]
    if all(each.bounds is not None for each in chosen):
        return _ranges(source.text, [each.bounds for each in chosen if each.bounds])
    closed = source.domain is not None and sum(len(each.values) for each in chosen) == 1
    return (
        (closed and _by_values(feature, mask))
        or _by_tests(feature, mask)
        or _by_values(feature, mask)
    )


def _ranges(name: str, bounds: list[tuple[int, int]]) -> str:
    merged: list[tuple[int, int]] = []
    for low, high in bounds:
        if merged and merged[-1][1] + 1 == low:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return " or ".join(_range(name, low, high) for low, high in merged)


def _range(name: str, low: int, high: int) -> str:
    edge = (1 << 53) - 1
    if low == high:
        return f"{name} = {low}"
    if low <= -edge or (low == 0 and name.startswith("count{")):
        return f"{name} <= {high}"
    return f"{name} >= {low}" if high >= edge else f"{low} <= {name} <= {high}"


def _by_tests(feature: Feature, mask: int) -> str:
    """Return *mask* said by one test, its contrary, or several together; nothing if it is not."""
    full = (1 << len(feature.classes)) - 1
    near: list[tuple[int, Test, bool]] = []
    for test, covered in feature.masks.items():
        if isinstance(test, Present) and covered == full:
            continue
        for negated, said in ((False, covered), (True, full & ~covered)):
            if said == mask:
                return test_text(test, negated)
            if said & mask == mask:
                near.append((said, test, negated))
    left, texts = full, []
    for said, test, negated in sorted(near, key=lambda each: each[0].bit_count()):
        if left & said != left:
            left &= said
            texts.append(test_text(test, negated))
        if left == mask or len(texts) > _SHOWN:
            break
    return " and ".join(sorted(texts)) if left == mask and len(texts) <= _SHOWN else ""


def _by_values(feature: Feature, mask: int) -> str:
    source = feature.source
    name = source.name if isinstance(source, Attribute) else ""
    values = [
        v for n, each in enumerate(feature.classes) if mask >> n & 1 for v in _shown(each.values)
    ]
    texts = ["absent" if value is None else term_text(value) for value in values]
    more = f" or {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"{name} = {' or '.join(texts[:_SHOWN])}{more}"


def _shown(values: Sequence[Term | None]) -> Sequence[Term | None]:
    return values if len(values) < _SHOWN else values[:_SHOWN]


def test_text(test: Test, negated: bool) -> str:  # noqa: FBT001, PLR0911  one case each
    """Return *test*, or its contrary, as a reader of rules would write it."""
    match test:
        case Is(name, constant):
            return f"{name} {'!=' if negated else '='} {term_text(constant)}"
        case AtMost(name, bound):
            return f"{name} > {bound}" if negated else f"{name} <= {bound}"
        case Matches(name, pattern):
            return f'{"not " * negated}matches("{pattern}", {name})'
        case Present(name):
            return f"{name} absent" if negated else f"{name} present"
        case Same(first, second):
            return f"{first} {'!=' if negated else '='} {second}"
        case Compare(terms, bound):
            return f"{_sum(terms)} {'>' if negated else '<='} {bound}"
        case Fact(literals):
            named = Counter(term for each in literals for term in each.terms if is_local(term))
            shared = {term for term, times in named.items() if times > 1}
            text = ", ".join(_literal(each, shared) for each in literals)
            return f"not ({text})" if negated and len(literals) > 1 else f"{'not ' * negated}{text}"


def _sum(terms: Iterable[tuple[str, int]]) -> str:
    said = ""
    for name, factor in terms:
        sign = " - " if factor < 0 else " + "
        times = "" if abs(factor) == 1 else f"{abs(factor)} * "
        said += f"{sign if said else '-' * (factor < 0)}{times}{name}"
    return said


def _literal(literal: GroundLiteral, shared: Collection[Value]) -> str:
    """Return *literal* in words; a local variable that is not *shared* needs no name."""
    terms = ["_" if is_local(each) and each not in shared else _value(each)
             for each in literal.terms]  # fmt: skip
    match literal.kind:
        case "atom":
            return _atom(literal.predicate, terms)
        case "not":
            return f"not {_atom(literal.predicate, terms)}"
        case "count":
            return f"count of {_atom(literal.predicate, terms[: len(terms) - 1])}"
        case "matches" | "subsumes":
            return f"{literal.kind}({', '.join(terms)})"
        case "+" | "-" | "*":
            return f"{terms[0]} = {terms[1]} {literal.kind} {terms[2]}"
    return f"{terms[0]} {literal.kind} {terms[1]}"


def _atom(predicate: str, terms: Sequence[str]) -> str:
    name, _, columns = predicate.partition("/exists/")
    if columns:  # a projection: the columns that are left out are anything
        kept = [int(each) for each in columns.split("_") if each != "0"]
        shown = ["_"] * max([*kept, 1])
        for place, text in zip(kept, terms, strict=False):
            shown[place - 1] = text
        terms = shown
    return f"{name}({', '.join(terms)})" if terms else name


def _value(value: Value) -> str:
    if isinstance(value, Ref):
        return value.name
    if isinstance(value, Linear):
        constant = f" + {value.constant}" if value.constant else ""
        return _sum(value.terms) + constant
    if is_local(value):
        return f"V{str(value)[2:]}" if str(value)[2:].isdigit() else "_"
    return term_text(value)
