# SPDX-License-Identifier: Apache-2.0
"""Cedar policies as trees, as far as the published inputs use the language.

A policy is its effect and one condition: what its scope says and each `when`, joined by `&&`, which
is how Cedar itself gives policies a meaning. Names are fully qualified (`App::User`).
"""

from __future__ import annotations

from typing import TypeAlias

import attrs


@attrs.frozen(order=True)
class Entity:
    """An entity's name: `User::"amelia"`."""

    type: str
    id: str

    def __str__(self) -> str:
        """Return the name as Cedar writes it."""
        return f'{self.type}::"{self.id}"'


@attrs.frozen
class Variable:
    """`principal`, `action`, `resource` or `context`."""

    name: str


@attrs.frozen
class Constant:
    """A boolean, a Long, a string or an entity, as it is written."""

    value: bool | int | str | Entity


@attrs.frozen
class SetOf:
    """`[items]`."""

    items: tuple[Expression, ...]


@attrs.frozen
class Attribute:
    """`of.name`."""

    of: Expression
    name: str


@attrs.frozen
class Unary:
    """`!argument` or `-argument`."""

    operator: str
    argument: Expression


@attrs.frozen
class Binary:
    """`left operator right`; the set methods are operators by their names."""

    operator: str
    left: Expression
    right: Expression


@attrs.frozen
class IsType:
    """`of is type`."""

    of: Expression
    type: str


@attrs.frozen
class Like:
    """`of like "pattern"`; *pattern* is cut at its stars, the escaped ones already undone."""

    of: Expression
    pattern: tuple[str, ...]


Expression: TypeAlias = Variable | Constant | SetOf | Attribute | Unary | Binary | IsType | Like
TRUE = Constant(value=True)


@attrs.frozen
class Policy:
    """One `permit` or `forbid`; *id* is its `@id`, or `policyN` by its place from 0."""

    id: str
    effect: str
    condition: Expression
