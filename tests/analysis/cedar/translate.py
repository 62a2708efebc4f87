# SPDX-License-Identifier: Apache-2.0
"""From a Cedar policy to a condition over the terms of one request environment.

The environment gives the types, as in Cedar's own analysis, and types decide one thing only: what
is never asked, because the part before it is false (or true) of these types, is not translated, for
it may not make sense there. What is true or false of the environment otherwise (`resource is Box`,
`action == ..`) stays a test, which the analysis decides.
"""

from __future__ import annotations

from typing import Final

import attrs

from tests.analysis.cedar.conditions import (
    ALWAYS,
    NEVER,
    ActionIs,
    Asked,
    Below,
    Compare,
    Computed,
    Condition,
    Equal,
    Exceeds,
    Has,
    Holds,
    Lacks,
    Long,
    Shares,
    Stands,
    Term,
    TypeIs,
    Under,
    Unsupported,
    contrary,
    every,
    some,
)
from tests.analysis.cedar.globs import simplified
from tests.analysis.cedar.schema import EntityKind, Environment, Kind, Schema, SetKind
from tests.analysis.cedar.syntax import (
    Attribute,
    Binary,
    Constant,
    Entity,
    Expression,
    IsType,
    Like,
    SetOf,
    Unary,
    Variable,
)

_CONTRARY: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_ARITHMETIC: Final = ("+", "-", "*")
_TAKEN: Final = ("id", "type", "entity")  # what the name of an entity is called in requests
_PRIMITIVE: Final = {bool: "Bool", int: "Long", str: "String"}


@attrs.frozen
class Translator:
    """Translates expressions for one request environment."""

    schema: Schema
    environment: Environment

    def condition(self, expression: Expression, *, wanted: bool = True) -> Condition:
        """Return when *expression* has the value *wanted*; raise Unsupported naming a construct."""
        match expression:
            case Binary("&&" | "||"):
                return self._joined(expression, wanted)
            case Unary("!", argument):
                return self.condition(argument, wanted=not wanted)
            case Binary(relation, left, right) if relation in _CONTRARY and self._is_long(left):
                name = relation if wanted else _CONTRARY[relation]
                return Asked(Compare(self._long(left), name, self._long(right)))
        says = self._says(expression)
        return says if wanted else contrary(says)

    def _joined(self, whole: Binary, wanted: bool) -> Condition:  # noqa: FBT001
        """Return when `&&` or `||` has the value *wanted*; `||` is as `&&` with values reversed."""
        going_on = whole.operator == "&&"
        left = self.condition(whole.left, wanted=wanted)
        if self._known(whole.left) is (not going_on):
            return left  # the right side is never asked
        right = self.condition(whole.right, wanted=wanted)
        if wanted is going_on:
            return every(left, right)
        if _can_fail(whole.left):
            right = every(self.condition(whole.left, wanted=going_on), right)
        return some(left, right)

    def _says(self, expression: Expression) -> Condition:  # noqa: C901, PLR0911  one for each kind
        """Return when *expression*, which cannot fail, is true."""
        match expression:
            case Constant(bool(value)):
                return ALWAYS if value else NEVER
            case IsType(Variable("principal" | "resource" as name), type_):
                return Asked(TypeIs(name, type_))
            case Like(of, pattern):
                return Asked(Stands(self._term(of), simplified(pattern)))
            case Attribute():
                return Asked(Holds(self._boolean(expression)))
            case Binary("!=", left, right):
                return contrary(self._says(Binary("==", left, right)))
            case Binary("==" | "in", Variable("action"), right):
                named = right.items if isinstance(right, SetOf) else (right,)
                return some(*(Asked(ActionIs(_entity(each).id)) for each in named))
            case Binary("==", left, right):
                return self._same(left, right)
            case Binary("in", left, right):
                return self._inside(self._term(left), right)
            case Binary("contains", left, right):
                return self._has(left, right)
            case Binary("containsAll", left, right):
                return self._has_all(left, right)
            case Binary("containsAny", left, right):
                return self._has_any(left, right)
        raise Unsupported(f"{type(expression).__name__} as a condition")

    def _boolean(self, expression: Attribute) -> Term:
        term = self._term(expression)
        if term.kind != "Bool":
            raise Unsupported("a condition that is no boolean")
        return term

    # --- Entities, strings and sets.

    def _same(self, left: Expression, right: Expression) -> Condition:
        if isinstance(right, SetOf):
            of, items = self._term(left), tuple(self._term(item) for item in right.items)
            exceeds = Asked(Exceeds(of, items), holds=False)
            return every(*(Asked(Has(of, item)) for item in items), exceeds)
        one, other = self._term(left), self._term(right)
        if isinstance(one.kind, SetKind):
            return every(self._has_all(left, right), self._has_all(right, left))
        return _equal(one, other)

    def _inside(self, child: Term, right: Expression) -> Condition:
        if isinstance(right, SetOf):
            return some(*(self._inside(child, item) for item in right.items))
        above = self._term(right)
        if isinstance(above.kind, SetKind):
            below = Asked(Below(child, above))
            return some(Asked(Has(above, child)), below) if above.kind.of == child.kind else below
        under = Asked(Under(child, above))
        return some(_equal(child, above), under) if above.kind == child.kind else under

    def _has(self, whole: Expression, element: Expression) -> Condition:
        item = self._term(element)
        if isinstance(whole, SetOf):
            return some(*(_equal(self._term(each), item) for each in whole.items))
        return Asked(Has(self._term(whole), item))

    def _has_all(self, whole: Expression, part: Expression) -> Condition:
        if isinstance(part, SetOf):
            return every(*(self._has(whole, item) for item in part.items))
        if isinstance(whole, SetOf):
            items = tuple(self._term(item) for item in whole.items)
            return Asked(Exceeds(self._term(part), items), holds=False)
        return Asked(Lacks(self._term(whole), self._term(part)), holds=False)

    def _has_any(self, one: Expression, other: Expression) -> Condition:
        if isinstance(one, SetOf):
            one, other = other, one
        if isinstance(other, SetOf):
            return some(*(self._has(one, item) for item in other.items))
        return Asked(Shares(self._term(one), self._term(other)))

    # --- Terms.

    def _term(self, expression: Expression) -> Term:
        match expression:
            case Constant(Entity(type_, id_)):
                return Term("", EntityKind(type_), id_)
            case Constant(value) if not isinstance(value, Entity):
                return Term("", _PRIMITIVE[type(value)], value)
            case Variable("principal" | "resource" as name):
                return Term(f"{name}_id", EntityKind(self._type(name)))
            case Attribute(Variable(of), name) if name not in _TAKEN:
                return Term(f"{of}_{name}", self._kind(of, name))
        raise Unsupported(f"{type(expression).__name__} as a value")

    def _type(self, variable: str) -> str:
        found: str = getattr(self.environment, variable)
        return found

    def _kind(self, variable: str, name: str) -> Kind:
        if variable == "context":
            return self.schema.actions[self.environment.action].context[name]
        return self.schema.entities[self._type(variable)].attributes[name]

    def _is_long(self, expression: Expression) -> bool:
        match expression:
            case Unary("-", _):
                return True
            case Binary(operator):
                return operator in _ARITHMETIC
            case Constant(value):
                return type(value) is int
            case Attribute():
                return self._term(expression).kind == "Long"
        return False

    def _long(self, expression: Expression) -> Long:
        match expression:
            case Unary("-", argument):
                return Computed("-", Term("", "Long", 0), self._long(argument))
            case Binary(operator, left, right) if operator in _ARITHMETIC:
                return Computed(operator, self._long(left), self._long(right))
        return self._term(expression)

    # --- What the types of the environment decide, to know what is never asked.

    def _known(self, expression: Expression) -> bool | None:
        match expression:
            case IsType(Variable("principal" | "resource" as name), type_):
                return self._type(name) == type_
            case Binary("==" | "in", Variable("action"), right):
                named = right.items if isinstance(right, SetOf) else (right,)
                return self.environment.action in map(_entity, named)
            case Binary("==", Variable("principal" | "resource" as name), Constant(Entity(type_))):
                return None if self._type(name) == type_ else False
            case Binary("&&", left, right):
                sides = (self._known(left), self._known(right))
                return False if False in sides else None if None in sides else True
            case Unary("!", argument):
                known = self._known(argument)
                return None if known is None else not known
        return None


def _can_fail(expression: Expression) -> bool:
    match expression:
        case Unary(operator, argument):
            return operator == "-" or _can_fail(argument)
        case Binary(operator, left, right):
            return operator in _ARITHMETIC or _can_fail(left) or _can_fail(right)
    return False


def _equal(one: Term, other: Term) -> Condition:
    """Return when *one* is *other*; what acts and is acted on is of its type besides."""
    if not one.name:
        one, other = other, one
    if not one.name:
        raise Unsupported("two constants compared")
    if isinstance(other.kind, EntityKind) and not other.name and one.name in _ACTORS:
        return every(Asked(TypeIs(_ACTORS[one.name], other.kind.type)), Asked(Equal(one, other)))
    if one.kind != other.kind:
        raise Unsupported("values of different types compared")
    if one.kind == "Long":
        return Asked(Compare(one, "==", other))
    if one.kind == "Bool":
        raise Unsupported("booleans compared")
    return Asked(Equal(one, other))


_ACTORS: Final = {"principal_id": "principal", "resource_id": "resource"}


def _entity(expression: Expression) -> Entity:
    if isinstance(expression, Constant) and isinstance(expression.value, Entity):
        return expression.value
    raise Unsupported(f"{type(expression).__name__} where an entity's name stands")
