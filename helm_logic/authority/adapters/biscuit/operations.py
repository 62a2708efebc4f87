# SPDX-License-Identifier: Apache-2.0
"""What Biscuit's operators do with constants.

`apply` is total: it returns a value or raises ExpressionError, whose kind is what Biscuit calls the
error: `InvalidType`, `Overflow`, `DivideByZero`. Integers have 64 bits; to leave them is an error.
`matches` is in `regex`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType

from helm_logic.authority.adapters.biscuit.values import (
    MAX_INTEGER,
    MIN_INTEGER,
    NULL,
    Value,
    boolean,
    integer,
    make_set,
    string,
)
from helm_logic.errors import ExpressionError

_ORDER: Mapping[str, Callable[[int, int], bool]] = MappingProxyType(
    {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
)
_BITS: Mapping[str, Callable[[int, int], int]] = MappingProxyType(
    {"&": operator.and_, "|": operator.or_, "^": operator.xor}
)
_ARITHMETIC: Mapping[str, Callable[[int, int], int]] = MappingProxyType(
    {"+": operator.add, "-": operator.sub, "*": operator.mul}
)
_MEMBERS = ("integer", "string", "date", "bytes", "bool")
_SIZED = ("bytes", "set", "array", "map")
MAX_STRING = 65_536  # of the bytes of what `+` joins


def apply(name: str, operands: tuple[Value, ...]) -> Value:  # noqa: PLR0911 - a table
    """Return what the operator *name* makes of *operands*; raise ExpressionError."""
    if len(operands) == 1:
        return _unary(name, operands[0])
    left, right = operands
    if name in ("==", "==="):
        return boolean(_equal(name, left, right))
    if name in ("!=", "!=="):
        return boolean(not _equal(name, left, right))
    kinds = (left.kind, right.kind)
    if name in _ORDER and kinds in (("integer", "integer"), ("date", "date")):
        return boolean(_ORDER[name](left.content, right.content))
    if kinds == ("integer", "integer"):
        return integer(_arithmetic(name, left.content, right.content))
    if kinds == ("bool", "bool") and name in ("and", "or"):
        pair = (left.content, right.content)
        return boolean(all(pair) if name == "and" else any(pair))
    found = _method(name, left, right)
    if found is None:
        raise ExpressionError("InvalidType", f"`{name}` of {left.kind} and {right.kind}")
    return found


def members(value: Value) -> tuple[Value, ...]:
    """Return what `all` and `any` range over; raise ExpressionError."""
    match value.kind:
        case "set" | "array":
            return tuple(value.content)
        case "map":
            return tuple(Value("array", pair) for pair in value.content)
    raise ExpressionError("InvalidType", f"no members in {value.kind}")


def _unary(name: str, value: Value) -> Value:
    match name:
        case "!" if value.kind == "bool":
            return boolean(not value.content)
        case "type":
            return string(value.kind)
        case "length" if value.kind == "string":
            return integer(len(value.content.encode()))
        case "length" if value.kind in _SIZED:
            return integer(len(value.content))
    raise ExpressionError("InvalidType", f"`{name}` of {value.kind}")


def _equal(name: str, left: Value, right: Value) -> bool:
    if name in ("===", "!==") and left.kind != right.kind:
        raise ExpressionError("InvalidType", f"`{name}` of {left.kind} and {right.kind}")
    return left == right


def _arithmetic(name: str, left: int, right: int) -> int:
    if name in _BITS:
        return _BITS[name](left, right)
    if name == "/":
        if right == 0:
            raise ExpressionError("DivideByZero", f"{left} / 0")
        found = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    elif name in _ARITHMETIC:
        found = _ARITHMETIC[name](left, right)
    else:
        raise ExpressionError("InvalidType", f"`{name}` of two integers")
    if not MIN_INTEGER <= found <= MAX_INTEGER:
        raise ExpressionError("Overflow", f"{left} {name} {right}")
    return found


def _method(name: str, left: Value, right: Value) -> Value | None:
    """Return what `left.name(right)` is, or None if it is not for these kinds."""
    match left.kind, right.kind:
        case "string", "string":
            return _of_strings(name, left.content, right.content)
        case "set", _:
            return _of_sets(name, left, right)
        case "array", _:
            return _of_arrays(name, left.content, right)
        case "map", _ if name == "contains":
            return boolean(right in dict(left.content))
        case "map", "integer" | "string" if name == "get":
            values: dict[Value, Value] = dict(left.content)
            return values.get(right, NULL)
    return None


def _of_strings(name: str, left: str, right: str) -> Value | None:
    match name:
        case "contains":
            return boolean(right in left)
        case "starts_with":
            return boolean(left.startswith(right))
        case "ends_with":
            return boolean(left.endswith(right))
        case "+" if len(left) + len(right) <= MAX_STRING:
            return string(left + right)
        case "+":
            raise ExpressionError("TooLarge", f"a string of more than {MAX_STRING} characters")
    return None


def _of_sets(name: str, left: Value, right: Value) -> Value | None:
    ours = set(left.content)
    if right.kind != "set":
        return boolean(right in ours) if name == "contains" and right.kind in _MEMBERS else None
    theirs = set(right.content)
    match name:
        case "contains":
            return boolean(ours >= theirs)
        case "intersection":
            return make_set(ours & theirs)
        case "union":
            return make_set(ours | theirs)
    return None


def _of_arrays(name: str, left: tuple[Value, ...], right: Value) -> Value | None:
    if name == "contains":
        return boolean(right in left)
    if name == "get" and right.kind == "integer":
        return left[right.content] if 0 <= right.content < len(left) else NULL
    if right.kind == "array" and name == "starts_with":
        return boolean(left[: len(right.content)] == right.content)
    if right.kind == "array" and name == "ends_with":
        start = len(left) - len(right.content)
        return boolean(start >= 0 and left[start:] == right.content)
    return None
