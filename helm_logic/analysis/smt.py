# SPDX-License-Identifier: Apache-2.0
"""Formulas of first-order logic over integers, booleans and uninterpreted sorts, and their text.

    Var, Number, Truth, Apply, Sum, Product        terms
    Le, Lt, Eq, Not, And, Or, ForAll, Exists       formulas: terms of sort Bool

The text is SMT-LIB 2 that every solver reads, without anything that is peculiar to one: what one
solver found, another is asked in the same bytes. `conj`, `disj`, `neg` and `implies` simplify what
is plain to see. Any text may be a name: `symbol` writes it so that no two names become one and none
becomes a word of the language. Reading such text is `smt_reader.py`; asking a solver, `solver.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import attrs

INT, BOOL = "Int", "Bool"


@attrs.frozen(cache_hash=True)
class Var:
    """A variable: bound by a quantifier, and else a constant that the solver may choose."""

    name: str
    sort: str = INT


@attrs.frozen
class Number:
    """An integer."""

    value: int


@attrs.frozen
class Truth:
    """True or false."""

    value: bool


@attrs.frozen(cache_hash=True)
class Apply:
    """The function or predicate *name* of *terms*; what it means is the solver's to choose."""

    name: str
    terms: tuple[Formula, ...]
    sort: str = BOOL


@attrs.frozen(cache_hash=True)
class Sum:
    """The sum of integers."""

    terms: tuple[Formula, ...]


@attrs.frozen(cache_hash=True)
class Product:
    """*factor* times *term*."""

    factor: int
    term: Formula


@attrs.frozen(cache_hash=True)
class Le:
    """*left* is at most *right*."""

    left: Formula
    right: Formula


@attrs.frozen(cache_hash=True)
class Lt:
    """*left* is less than *right*."""

    left: Formula
    right: Formula


@attrs.frozen(cache_hash=True)
class Eq:
    """*left* and *right*, of one sort, are the same."""

    left: Formula
    right: Formula


@attrs.frozen(cache_hash=True)
class Not:
    """*part* does not hold."""

    part: Formula


@attrs.frozen(cache_hash=True)
class And:
    """All of *parts* hold."""

    parts: tuple[Formula, ...]


@attrs.frozen(cache_hash=True)
class Or:
    """One of *parts* holds."""

    parts: tuple[Formula, ...]


@attrs.frozen(cache_hash=True)
class ForAll:
    """*body* holds whatever *variables* are."""

    variables: tuple[Var, ...]
    body: Formula


@attrs.frozen(cache_hash=True)
class Exists:
    """*body* holds for some *variables*."""

    variables: tuple[Var, ...]
    body: Formula


Formula: TypeAlias = (
    Var | Number | Truth | Apply | Sum | Product | Le | Lt | Eq | Not | And | Or | ForAll | Exists
)
TRUE, FALSE = Truth(True), Truth(False)  # noqa: FBT003  the two there are


def sort_of(term: Formula) -> str:
    """Return the sort of *term*."""
    match term:
        case Var(_, sort) | Apply(_, _, sort):
            return sort
        case Number() | Sum() | Product():
            return INT
    return BOOL


def conj(parts: Iterable[Formula]) -> Formula:
    """Return the formula that says all of *parts*, each once."""
    flat: dict[Formula, None] = {}
    for part in parts:
        if part == FALSE:
            return FALSE
        if part != TRUE:
            flat.update(dict.fromkeys(part.parts if isinstance(part, And) else (part,)))
    if not flat:
        return TRUE
    return next(iter(flat)) if len(flat) == 1 else And(tuple(flat))


def disj(parts: Iterable[Formula]) -> Formula:
    """Return the formula that says one of *parts*, each once."""
    flat: dict[Formula, None] = {}
    for part in parts:
        if part == TRUE:
            return TRUE
        if part != FALSE:
            flat.update(dict.fromkeys(part.parts if isinstance(part, Or) else (part,)))
    if not flat:
        return FALSE
    return next(iter(flat)) if len(flat) == 1 else Or(tuple(flat))


def neg(part: Formula) -> Formula:
    """Return the formula that says the contrary of *part*."""
    match part:
        case Truth(value):
            return Truth(not value)
        case Not(inner):
            return inner
    return Not(part)


def implies(condition: Formula, conclusion: Formula) -> Formula:
    """Return the formula that *conclusion* holds if *condition* does."""
    return disj((neg(condition), conclusion))


def same(left: Formula, right: Formula) -> Formula:
    """Return the formula that two terms are equal; decided at once where that is plain to see."""
    if left == right:
        return TRUE
    if isinstance(left, (Number, Truth)) and isinstance(right, (Number, Truth)):
        return FALSE
    if isinstance(left, Truth) or isinstance(right, Truth):
        truth, other = (left, right) if isinstance(left, Truth) else (right, left)
        return other if truth == TRUE else neg(other)
    return Eq(left, right)


def children(term: Formula) -> tuple[Formula, ...]:
    """Return the terms that stand directly in *term*."""
    match term:
        case Var() | Number() | Truth():
            return ()
        case Apply(_, parts, _) | Sum(parts) | And(parts) | Or(parts):
            return parts
        case Product(_, part) | Not(part) | ForAll(_, part) | Exists(_, part):
            return (part,)
        case Le(left, right) | Lt(left, right) | Eq(left, right):
            return left, right


def subterms(formulas: Iterable[Formula]) -> Iterator[Formula]:
    """Yield every term in *formulas*, each once, in the order of the text."""
    seen: set[Formula] = set()
    waiting = list(formulas)[::-1]
    while waiting:
        term = waiting.pop()
        if term not in seen:
            seen.add(term)
            yield term
            waiting.extend(reversed(children(term)))
