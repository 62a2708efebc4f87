# SPDX-License-Identifier: Apache-2.0
"""What a rule asks of a request, as a formula over single-valued attributes and free facts.

A *value* is a kernel constant, the value of an attribute (`Ref`), a sum of such (`Linear`), or a
variable of the kernel that is local to one fact. A formula is built from *tests*:

    Is, AtMost, Matches, Present    one attribute against a constant
    Compare, Same                   several attributes against each other
    Fact                            a group of literals over the world, any truth value may be given

Formulas are compared by identity and built with `conj`, `disj` and `negate`, which simplify. How
rules become formulas is `unfold.py`; how tests become classes and boxes is `classes.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from helm_logic.kernel.terms import Term


@attrs.frozen
class Ref:
    """The value of the attribute *name* of the request."""

    name: str


@attrs.frozen
class Linear:
    """The sum of *factor* times attribute, over *terms* sorted by name, plus *constant*."""

    terms: tuple[tuple[str, int], ...]
    constant: int


Value: TypeAlias = Term | Ref | Linear


@attrs.frozen
class Present:
    """The request gives a value for the optional input *name*."""

    name: str


@attrs.frozen
class Is:
    """The attribute *name* has the value *constant*."""

    name: str
    constant: Term


@attrs.frozen
class AtMost:
    """The integer attribute *name* is *bound* or less."""

    name: str
    bound: int


@attrs.frozen
class Matches:
    """The text of attribute *name* is one that *pattern* stands for."""

    name: str
    pattern: str


@attrs.frozen
class Same:
    """The text attributes *first* and *second* have one value."""

    first: str
    second: str


@attrs.frozen
class Compare:
    """The sum of *factor* times attribute, over *terms* sorted by name, is at most *bound*."""

    terms: tuple[tuple[str, int], ...]
    bound: int


@attrs.frozen
class GroundLiteral:
    """A literal whose terms are values: `kind` is `atom`, `not`, `count` or a test's relation.

    A count has in *extra* its counted variables, its relation and its bound.
    """

    kind: str
    predicate: str
    terms: tuple[Value, ...]
    extra: tuple[object, ...] = ()


@attrs.frozen
class Fact:
    """Some facts of the world satisfy *literals*; their variables are local to this fact."""

    literals: tuple[GroundLiteral, ...]

    @property
    def predicates(self) -> frozenset[str]:
        """The predicates that the literals name."""
        return frozenset(each.predicate for each in self.literals if each.predicate)


Test: TypeAlias = Present | Is | AtMost | Matches | Same | Compare | Fact


@attrs.frozen(eq=False)
class Literal:
    """A test holds."""

    test: Test


@attrs.frozen(eq=False)
class And:
    """Every one of *parts* holds."""

    parts: tuple[Formula, ...]


@attrs.frozen(eq=False)
class Or:
    """At least one of *parts* holds."""

    parts: tuple[Formula, ...]


@attrs.frozen(eq=False)
class Not:
    """The *part* does not hold."""

    part: Formula


Formula: TypeAlias = Literal | And | Or | Not
TRUE: Formula = And(())
FALSE: Formula = Or(())


def conj(parts: Iterable[Formula]) -> Formula:
    """Return the formula that says all of *parts*."""
    flat: list[Formula] = []
    for part in parts:
        if part is FALSE:
            return FALSE
        flat += part.parts if isinstance(part, And) else (part,)
    if not flat:
        return TRUE
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def disj(parts: Iterable[Formula]) -> Formula:
    """Return the formula that says one of *parts*."""
    flat: list[Formula] = []
    for part in parts:
        if part is TRUE:
            return TRUE
        flat += part.parts if isinstance(part, Or) else (part,)
    if not flat:
        return FALSE
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negate(part: Formula) -> Formula:
    """Return the formula that says the contrary of *part*."""
    if part is TRUE:
        return FALSE
    if part is FALSE:
        return TRUE
    return part.part if isinstance(part, Not) else Not(part)


def tests_of(formula: Formula, found: dict[Test, None]) -> None:
    """Add every test in *formula* to *found*, in order."""
    match formula:
        case Literal(test):
            found.setdefault(test)
        case Not(part):
            tests_of(part, found)
        case And(parts) | Or(parts):
            for part in parts:
                tests_of(part, found)
