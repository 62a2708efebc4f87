# SPDX-License-Identifier: Apache-2.0
"""Statements of Biscuit's Datalog, as its text and its wire format both have them.

An expression is a tree. What is evaluated only on demand stands in a `Closure`: the right side of
`&&` and `||`, the left side of `try_or`, and the argument of `all` and `any`, with a parameter.
Parentheses leave no trace. The *text* of a statement is how its source spelled it, and empty if it
came from the wire; two statements that differ in it alone are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import attrs

from helm_logic.authority.adapters.biscuit.values import Value
from helm_logic.errors import InputError

MAX_DEPTH = 64  # of an expression, so that walking it never exhausts the stack
AUTHORIZER = -1  # the number of the verifying side, where blocks have theirs from 0

AUTHORITY_SCOPE = "authority"
PREVIOUS_SCOPE = "previous"


@attrs.frozen
class Variable:
    """`$name`."""

    name: str


Term: TypeAlias = Value | Variable


@attrs.frozen
class Apply:
    """*operator* applied to one or two *operands*; *function* names a host function."""

    operator: str
    operands: tuple[Expression, ...]
    function: str = ""
    depth: int = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Raise InputError if the expression is too deep."""
        _set_depth(self, self.operands)


@attrs.frozen
class Closure:
    """An expression that is evaluated on demand, with at most one parameter."""

    parameters: tuple[str, ...]
    body: Expression
    depth: int = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Raise InputError if the expression is too deep."""
        _set_depth(self, (self.body,))


Expression: TypeAlias = Value | Variable | Apply | Closure


@attrs.frozen
class Predicate:
    """`name(terms)`; a fact if no term is a variable."""

    name: str
    terms: tuple[Term, ...]

    @property
    def text(self) -> str:
        """How Biscuit writes it."""
        terms = (
            f"${each.name}" if isinstance(each, Variable) else each.text for each in self.terms
        )
        return f"{self.name}({', '.join(terms)})"


@attrs.frozen
class Query:
    """A body: predicates, expressions, and the scopes that `trusting` names.

    A scope is `authority`, `previous` or a key, `ed25519/HEX` or `secp256r1/HEX`.
    """

    predicates: tuple[Predicate, ...]
    expressions: tuple[Expression, ...]
    scopes: tuple[str, ...] = ()

    @property
    def bound(self) -> frozenset[str]:
        """The variables of the predicates."""
        terms = (term for each in self.predicates for term in each.terms)
        return frozenset(each.name for each in terms if isinstance(each, Variable))

    @property
    def asked(self) -> tuple[str, ...]:
        """The variables whose values the expressions depend on, in order of their names.

        Also those that a closure would shadow, which is an error of its own.
        """
        names = {name for each in self.expressions for name in _mentioned(each)}
        return tuple(sorted(names & self.bound))

    @property
    def loose(self) -> tuple[str, ...]:
        """The variables that the expressions read and no predicate binds."""
        names = {name for each in self.expressions for name in free_variables(each)}
        return tuple(sorted(names - self.bound))


@attrs.frozen
class Rule:
    """`head <- body`."""

    head: Predicate
    body: Query
    text: str = attrs.field(default="", eq=False)


@attrs.frozen
class Check:
    """A check of *kind* `if`, `all` or `reject`; one of *queries* suffices."""

    kind: str
    queries: tuple[Query, ...]
    text: str = attrs.field(default="", eq=False)


@attrs.frozen
class Policy:
    """A policy of *kind* `allow` or `deny`, which matches if one of *queries* does."""

    kind: str
    queries: tuple[Query, ...]
    text: str = attrs.field(default="", eq=False)


@attrs.frozen
class Block:
    """What one party wrote; *policies* are for the authorizer alone, *key* is a third party's."""

    facts: tuple[Predicate, ...] = ()
    rules: tuple[Rule, ...] = ()
    checks: tuple[Check, ...] = ()
    policies: tuple[Policy, ...] = ()
    scopes: tuple[str, ...] = ()
    key: str | None = None


def _set_depth(node: Apply | Closure, parts: tuple[Expression, ...]) -> None:
    depth = 1 + max(part.depth if isinstance(part, Apply | Closure) else 0 for part in parts)
    if depth > MAX_DEPTH:
        raise InputError("too_large", f"an expression is more than {MAX_DEPTH} deep")
    object.__setattr__(node, "depth", depth)


def free_variables(expression: Expression) -> Iterator[str]:
    """Yield the names of the variables of *expression* that none of its closures binds."""
    match expression:
        case Variable(name):
            yield name
        case Apply(_, operands, _):
            for each in operands:
                yield from free_variables(each)
        case Closure(parameters, body):
            yield from (name for name in free_variables(body) if name not in parameters)


def _mentioned(expression: Expression) -> Iterator[str]:
    yield from free_variables(expression)
    match expression:
        case Apply(_, operands, _):
            for each in operands:
                yield from _mentioned(each)
        case Closure(parameters, body):
            yield from parameters
            yield from _mentioned(body)
