# SPDX-License-Identifier: Apache-2.0
"""Values and their comparison: from `left relation right` to a formula over attributes.

Sums of attributes stay linear; a product of two attributes is refused, because no decision
procedure for it always ends. Comparisons of one attribute with a constant become `AtMost`, those of
several become `Compare` in a form that a comparison shares with its contrary.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from math import gcd

from helm_logic.analysis.formula import (
    FALSE,
    TRUE,
    AtMost,
    Compare,
    Formula,
    Is,
    Linear,
    Literal,
    Matches,
    Ref,
    Same,
    Value,
    conj,
    negate,
)
from helm_logic.errors import HelmError
from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.kernel.terms import Term

INTEGERS = ("int", "time")


class Unsupported(HelmError):
    """A construct that the analysis cannot put into a formula; the message names it."""


def compute(name: str, left: Value, right: Value) -> Value:
    """Return `left name right`, a sum, difference or product; raise Unsupported if not linear."""
    one, other = as_linear(left), as_linear(right)
    if name == "*":
        if one.terms and other.terms:
            raise Unsupported("the product of two values of the request")
        if one.terms:
            one, other = other, one
        return _value([(each, n * one.constant) for each, n in other.terms],
                      one.constant * other.constant)  # fmt: skip
    sign = 1 if name == "+" else -1
    terms = [*one.terms, *((each, sign * n) for each, n in other.terms)]
    return _value(terms, one.constant + sign * other.constant)


def as_linear(value: Value) -> Linear:
    """Return the integer *value* as a sum."""
    if isinstance(value, Linear):
        return value
    if isinstance(value, Ref):
        return Linear(((value.name, 1),), 0)
    if type(value) is int:
        return Linear((), value)
    raise Unsupported("a sum of what is no integer")


def _value(terms: list[tuple[str, int]], constant: int) -> Value:
    total: Counter[str] = Counter()
    for name, factor in terms:
        total[name] += factor
    kept = tuple(sorted((name, factor) for name, factor in total.items() if factor))
    if not kept:
        return constant
    return (
        Ref(kept[0][0]) if kept == ((kept[0][0], 1),) and not constant else Linear(kept, constant)
    )


def relation(name: str, left: Value, right: Value, types: Mapping[str, str]) -> Formula | None:
    """Return the formula of the test `left name right`; None if it is one of no attribute test.

    *types* gives the type of each attribute.
    """
    constants = not isinstance(left, (Ref, Linear)) and not isinstance(right, (Ref, Linear))
    if constants:
        return TRUE if _TESTS[name](left, right) else FALSE
    if name == "matches" and isinstance(left, str) and isinstance(right, Ref):
        return Literal(Matches(right.name, left[2:]))
    if name in ("matches", "subsumes"):
        return None
    if _is_integer(left, types) and _is_integer(right, types):
        return _linear(name, left, right)
    if name in ("=", "!="):
        equal = equation(left, right)
        return equal if name == "=" else negate(equal)
    return None


def equation(left: Value, right: Value) -> Formula:
    """Return the formula that the texts, symbols or booleans *left* and *right* are one."""
    if isinstance(left, Ref) and isinstance(right, Ref):
        if left == right:
            return TRUE
        first, second = sorted((left.name, right.name))
        return Literal(Same(first, second))
    if isinstance(left, Ref):
        return Literal(_is(left.name, right))  # type: ignore[arg-type]
    return equation(right, left)


def _is(name: str, constant: Term) -> Is | Matches:
    """Return the test of a constant; the type of a resource is the first segment of its name."""
    kind = str(constant)[2:]
    if name == "resource_type" and "/" not in kind and kind not in ("*", "**"):
        return Matches("resource", f"{kind}/**")
    return Is(name, constant)


def _is_integer(value: Value, types: Mapping[str, str]) -> bool:
    if isinstance(value, Ref):
        return types[value.name] in INTEGERS
    return isinstance(value, Linear) or type(value) is int


def _linear(name: str, left: Value, right: Value) -> Formula:
    value = as_linear(compute("-", left, right))
    terms, bound = value.terms, -value.constant
    opposite = tuple((each, -factor) for each, factor in terms)
    match name:
        case "<=":
            return _at_most(terms, bound)
        case "<":
            return _at_most(terms, bound - 1)
        case ">=":
            return _at_most(opposite, -bound)
        case ">":
            return _at_most(opposite, -bound - 1)
    equal = conj((_at_most(terms, bound), _at_most(opposite, -bound)))
    return equal if name == "=" else negate(equal)


def _at_most(terms: tuple[tuple[str, int], ...], bound: int) -> Formula:
    """Return that the sum of *terms* is at most *bound*, over integers."""
    if not terms:
        return TRUE if bound >= 0 else FALSE
    divisor = gcd(*(factor for _, factor in terms))
    bound //= divisor
    terms = tuple((name, factor // divisor) for name, factor in terms)
    if terms[0][1] < 0:  # -s <= b says not s <= -b - 1: one test for both
        terms = tuple((name, -factor) for name, factor in terms)
        return negate(_atom(terms, -bound - 1))
    return _atom(terms, bound)


def _atom(terms: tuple[tuple[str, int], ...], bound: int) -> Formula:
    if len(terms) == 1 and terms[0][1] == 1:
        return Literal(AtMost(terms[0][0], bound))
    return Literal(Compare(terms, bound))


_TESTS: Mapping[str, Callable[..., bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "matches": matches, "subsumes": subsumes,
}  # fmt: skip
