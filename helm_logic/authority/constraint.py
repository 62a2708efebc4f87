# SPDX-License-Identifier: Apache-2.0
"""Constraints: what a grant demands of named properties of a request, beside action and resource.

A constraint names a property (`resource.env`, `action.amount`, `context.ticket`), a kind and a
value. Its meaning is not here but in the `met` and `kept` rules of `rules/authority.dl`: when a
request meets it, and when a later link keeps it. A kind that is not in the table below is refused
by name: a limit that a reader does not understand must not be skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import MAX_INTEGER, JsonValue
from helm_logic.kernel.pattern import is_pattern
from helm_logic.kernel.terms import Row
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

MAX_TEXT = 1024
MAX_CHOICES = 64
SOURCES = ("action", "context", "resource")

Value: TypeAlias = int | str | tuple[str, ...]


@attrs.frozen
class Constraint:
    """The property *name* must be within *value*, read as *kind* says.

    Raises InputError when built: `unknown_constraint` for an unknown kind, else of its shape.
    """

    name: str
    kind: str
    value: Value

    def __attrs_post_init__(self) -> None:
        source, dot, member = self.name.partition(".")
        if source not in SOURCES or not dot or not member or not is_plain(self.name):
            raise InputError(
                "wrong_shape",
                f"constraint: got the property `{self.name[:40]}`, want `action.`, `context.` or"
                " `resource.` and the name of a member",
            )
        read = _READERS.get(self.kind)
        if read is None:
            raise InputError(
                "unknown_constraint",
                f"constraint on {self.name}: got the kind `{self.kind[:40]}`, known are"
                f" {', '.join(_READERS)}",
            )
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        read(value, f"constraint {self.kind} on {self.name}")

    def rows(self, link: str, number: int) -> tuple[str, tuple[Row, ...]]:
        """Return the relation and rows that say this, as constraint *number* of the link *link*."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return _RELATIONS.get(self.kind, self.kind), tuple(
            (link, number, f"s:{self.name}", value if type(value) is int else f"s:{value}")
            for value in values
        )


def constraints_value(constraints: tuple[Constraint, ...]) -> dict[str, JsonValue]:
    """Return the JSON form of *constraints*: property, then kind, then value."""
    value: dict[str, dict[str, JsonValue]] = {}
    for one in constraints:
        bound: JsonValue = list(one.value) if isinstance(one.value, tuple) else one.value
        value.setdefault(one.name, {})[one.kind] = bound
    return dict(value)


def read_constraints(value: JsonValue) -> tuple[Constraint, ...]:
    """Return the constraints that *value* is the JSON form of, in canonical order.

    Raises InputError, with the code `unknown_constraint` for a kind that is not known.
    """
    constraints = []
    for name, bounds in sorted(require_object(value, "constraints").items()):
        kinds = require_object(bounds, f"constraints on {name[:40]}")
        if not kinds:
            raise InputError("wrong_shape", f"constraints on {name[:40]}: want at least one")
        for kind, bound in sorted(kinds.items()):
            constraints.append(Constraint(name, kind, _value(bound)))
    return tuple(constraints)


def is_plain(text: str) -> bool:
    """Say whether *text* may stand in a link: 1 to 1024 printable characters."""
    return 0 < len(text) <= MAX_TEXT and text.isprintable()


def require_pattern(value: object, where: str) -> str:
    """Return *value* if it is a segment pattern; raise InputError naming *where* otherwise."""
    text = require_text(value, where)
    if not is_plain(text) or not is_pattern(text):
        raise InputError(
            "wrong_shape",
            f"{where}: got the pattern `{text[:40]}`, want segments between `/`, none empty, and"
            " `**` only as the last",
        )
    return text


def _value(bound: JsonValue) -> Value:
    # The reader of the kind refuses what is neither; a tuple so that links can be compared.
    return tuple(bound) if isinstance(bound, list) else bound  # type: ignore[arg-type, return-value]


def _choices(value: object, where: str) -> object:
    choices = [require_text(choice, where) for choice in require_list(value, where)]
    if not 0 < len(choices) <= MAX_CHOICES or not all(map(is_plain, choices)):
        raise InputError("wrong_shape", f"{where}: want 1 to {MAX_CHOICES} printable strings")
    if len(set(choices)) != len(choices):
        raise InputError("wrong_shape", f"{where}: a choice stands twice")
    return choices


def _bound(value: object, where: str) -> object:
    bound = require_integer(value, where)
    if not -MAX_INTEGER <= bound <= MAX_INTEGER:
        raise InputError("wrong_shape", f"{where}: want an integer within ±(2^53-1)")
    return bound


_READERS: Mapping[str, Callable[[object, str], object]] = {
    "at_least": _bound,
    "at_most": _bound,
    "one_of": _choices,
    "pattern": require_pattern,
}
# `pattern` is the name of a column type in the rule language.
_RELATIONS: Mapping[str, str] = {"pattern": "fits"}
