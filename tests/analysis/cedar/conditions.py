# SPDX-License-Identifier: Apache-2.0
"""What policies ask, in between Cedar and our language: formulas over tests of typed terms.

A term is a value of the request, which becomes an input, or a constant. Negation stands at tests
only: where an expression can fail (arithmetic), being false is not the contrary of being true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import attrs

from tests.analysis.cedar.globs import Pattern
from tests.analysis.cedar.schema import Kind


class Unsupported(Exception):
    """A construct that the translation cannot say; the message names it."""


@attrs.frozen(cache_hash=True)
class Term:
    """The value of the input *name*, or if it has none, *constant* (of an entity: its id)."""

    name: str
    kind: Kind
    constant: bool | int | str | None = None


@attrs.frozen(cache_hash=True)
class Computed:
    """`left operator right` of Longs."""

    operator: str
    left: Long
    right: Long


Long: TypeAlias = Term | Computed


@attrs.frozen(cache_hash=True)
class TypeIs:
    """`principal` or `resource` is an entity of *type*."""

    variable: str
    type: str


@attrs.frozen(cache_hash=True)
class ActionIs:
    """The action is *id*."""

    id: str


@attrs.frozen(cache_hash=True)
class Holds:
    """The boolean *term* is true."""

    term: Term


@attrs.frozen(cache_hash=True)
class Equal:
    """Two entities of one type, or two strings, are the same."""

    left: Term
    right: Term


@attrs.frozen(cache_hash=True)
class Compare:
    """`left relation right` of Longs; false too if one of them has no value."""

    left: Long
    relation: str
    right: Long

    @property
    def can_fail(self) -> bool:
        """Whether a side is computed, so that it may have no value."""
        return isinstance(self.left, Computed) or isinstance(self.right, Computed)


@attrs.frozen(cache_hash=True)
class Stands:
    """*pattern* stands for the string *term*."""

    term: Term
    pattern: Pattern


@attrs.frozen(cache_hash=True)
class Under:
    """*ancestor* is a parent of *child*, or a parent's parent, ...: not *child* itself."""

    child: Term
    ancestor: Term


@attrs.frozen(cache_hash=True)
class Has:
    """The set *of* has *element*."""

    of: Term
    element: Term


@attrs.frozen(cache_hash=True)
class Below:
    """Some element of the set *of* is an ancestor of *child*."""

    child: Term
    of: Term


@attrs.frozen(cache_hash=True)
class Lacks:
    """Some element of *other* is none of the set *of*."""

    of: Term
    other: Term


@attrs.frozen(cache_hash=True)
class Shares:
    """The sets *one* and *other* have an element in common."""

    one: Term
    other: Term


@attrs.frozen(cache_hash=True)
class Exceeds:
    """The set *of* has an element that is none of *items*."""

    of: Term
    items: tuple[Term, ...]


Existential: TypeAlias = Below | Lacks | Shares | Exceeds
Atom: TypeAlias = TypeIs | ActionIs | Holds | Equal | Compare | Stands | Under | Has | Existential


@attrs.frozen(cache_hash=True)
class Asked:
    """*atom* holds, or does not if *holds* is False."""

    atom: Atom
    holds: bool = True


@attrs.frozen(cache_hash=True)
class All:
    """Every one of *parts* holds."""

    parts: tuple[Condition, ...]


@attrs.frozen(cache_hash=True)
class Any:
    """Some of *parts* holds."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Asked | All | Any
Never: TypeAlias = tuple[Asked, ...]  # tests that never hold together
ALWAYS, NEVER = All(()), Any(())


def every(*parts: Condition) -> Condition:
    """Return the condition that all of *parts* hold."""
    flat = [p for part in parts for p in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def some(*parts: Condition) -> Condition:
    """Return the condition that one of *parts* holds."""
    flat = [p for part in parts for p in (part.parts if isinstance(part, Any) else (part,))]
    return flat[0] if len(flat) == 1 else Any(tuple(flat))


def contrary(condition: Condition) -> Condition:
    """Return the condition that holds where *condition* does not."""
    match condition:
        case Asked(atom, holds):
            return Asked(atom, not holds)
        case All(parts):
            return some(*map(contrary, parts))
        case Any(parts):
            return every(*map(contrary, parts))


def tests(condition: Condition) -> Iterator[Asked]:
    """Yield the tests in *condition*, in order."""
    if isinstance(condition, Asked):
        yield condition
    else:
        for part in condition.parts:
            yield from tests(part)


def atoms(conditions: Iterable[Condition]) -> tuple[Atom, ...]:
    """Return the atoms of *conditions*, each once, in order."""
    return tuple(dict.fromkeys(test.atom for each in conditions for test in tests(each)))


def terms_of(atom: Atom) -> Iterator[Term]:
    """Yield the terms of the request in *atom*."""
    for value in attrs.astuple(atom, recurse=False):
        waiting = [*value] if isinstance(value, tuple) else [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Term) and part.name:
                yield part
            elif isinstance(part, Computed):
                waiting += (part.left, part.right)


def equality(one: Term, other: Term, *, holds: bool = True) -> Asked:
    """Return the test that the terms are the same, or that they are not."""
    if not one.name:
        one, other = other, one
    if one.kind == "Long":
        return Asked(Compare(one, "==", other), holds)
    return Asked(Equal(one, other), holds)
