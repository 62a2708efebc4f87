# SPDX-License-Identifier: Apache-2.0
"""What a Cedar policy says to one request in one world: Cedar's semantics, written down plainly.

`&&` and `||` ask their right side only if the left one leaves it open. Arithmetic outside of Long
is an error, and a policy with an error does not match. Cedar's Long has 64 bits, the integers of
our language are within ±(2^53-1): the width is that of the translation, so that both can overflow
in the same places.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import attrs

from helm_logic.kernel.encoding import MAX_INTEGER
from tests.analysis.cedar import syntax
from tests.analysis.cedar.globs import matches

Value: TypeAlias = "bool | int | str | syntax.Entity | frozenset[Value] | Record"
Record: TypeAlias = "Mapping[str, Value]"

_COMPARED: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_COMPUTED: Final[Mapping[str, Callable[[int, int], int]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip


class Overflow(ArithmeticError):
    """A result that is no Long."""


@attrs.frozen
class World:
    """A request, and the entities there are: their attributes and their parents."""

    principal: syntax.Entity
    action: syntax.Entity
    resource: syntax.Entity
    context: Record
    attributes: Mapping[syntax.Entity, Record]
    parents: Mapping[syntax.Entity, tuple[syntax.Entity, ...]]

    def ancestors(self, entity: syntax.Entity) -> frozenset[syntax.Entity]:
        """Return the parents of *entity*, their parents, and so on."""
        found: set[syntax.Entity] = set()
        waiting = [*self.parents.get(entity, ())]
        while waiting:
            parent = waiting.pop()
            if parent not in found:
                found.add(parent)
                waiting += self.parents.get(parent, ())
        return frozenset(found)


def policy_matches(policy: syntax.Policy, world: World) -> bool:
    """Say whether *policy* matches in *world*."""
    try:
        return value_of(policy.condition, world) is True
    except Overflow:
        return False


def value_of(expression: syntax.Expression, world: World) -> Value:  # noqa: PLR0911  one for each kind
    """Return the value of *expression* in *world*; raise Overflow if it has none."""
    match expression:
        case syntax.Constant(value):
            return value
        case syntax.Variable(name):
            return _variable(name, world)
        case syntax.SetOf(items):
            return frozenset(value_of(item, world) for item in items)
        case syntax.Attribute(of, name):
            record = value_of(of, world)
            return (record if isinstance(record, Mapping) else _attributes(record, world))[name]
        case syntax.IsType(of, type_):
            return _entity(value_of(of, world)).type == type_
        case syntax.Like(of, pattern):
            return matches(pattern, str(value_of(of, world)))
        case syntax.Unary("!", argument):
            return not value_of(argument, world)
        case syntax.Unary(_, argument):
            return _long(-_integer(value_of(argument, world)))
        case syntax.Binary():
            return _binary(expression, world)


def _variable(name: str, world: World) -> Value:
    values: Mapping[str, Value] = {
        "principal": world.principal,
        "action": world.action,
        "resource": world.resource,
        "context": world.context,
    }
    return values[name]


def _binary(expression: syntax.Binary, world: World) -> Value:  # noqa: PLR0911  one for each operator
    name, left = expression.operator, value_of(expression.left, world)
    if (name == "&&" and left is False) or (name == "||" and left is True):
        return left
    right = value_of(expression.right, world)
    if name in ("&&", "||"):
        return right
    if name in ("==", "!="):
        return (left == right) is (name == "==")
    if name in _COMPARED:
        return _COMPARED[name](_integer(left), _integer(right))
    if name in _COMPUTED:
        return _long(_COMPUTED[name](_integer(left), _integer(right)))
    if name == "in":
        above = right if isinstance(right, frozenset) else frozenset({right})
        entity = _entity(left)
        return not above.isdisjoint({entity, *world.ancestors(entity)})
    elements = _set(left)
    if name == "contains":
        return right in elements
    return elements >= _set(right) if name == "containsAll" else bool(elements & _set(right))


def _long(value: int) -> int:
    if abs(value) > MAX_INTEGER:
        raise Overflow
    return value


def _integer(value: Value) -> int:
    if type(value) is not int:
        raise TypeError(f"got `{value}`, want a Long")
    return value


def _attributes(value: Value, world: World) -> Record:
    return world.attributes[_entity(value)]


def _entity(value: Value) -> syntax.Entity:
    if not isinstance(value, syntax.Entity):
        raise TypeError(f"got `{value}`, want an entity")
    return value


def _set(value: Value) -> frozenset[Value]:
    if not isinstance(value, frozenset):
        raise TypeError(f"got `{value}`, want a set")
    return value
