# SPDX-License-Identifier: Apache-2.0
"""Shapes: how every format of helm_logic is read out of parsed JSON, member by member.

Each function returns its value unchanged and narrowed, or raises InputError with a code
(`wrong_shape`, `missing_member`, `unknown_member`) and a message that names where, what was got and
what was wanted. Unknown members are refused unless named optional: a member that a reader skips
could change what a signature seems to say.
"""

from __future__ import annotations

import json

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue


def require_text(value: object, where: str) -> str:
    """Return *value* if it is a string; raise InputError naming *where* otherwise."""
    if type(value) is not str:
        raise InputError("wrong_shape", f"{where}: got {_kind(value)}, want a string")
    return value


def require_integer(value: object, where: str) -> int:
    """Return *value* if it is an integer (a bool is not); raise InputError otherwise."""
    if type(value) is not int:
        raise InputError("wrong_shape", f"{where}: got {_kind(value)}, want an integer")
    return value


def require_list(value: object, where: str, length: int | None = None) -> list[JsonValue]:
    """Return *value* if it is a list, of *length* items if given; raise InputError otherwise."""
    if type(value) is not list or len(value) != (len(value) if length is None else length):
        wanted = "a list" if length is None else f"a list of {length}"
        raise InputError("wrong_shape", f"{where}: got {_kind(value)}, want {wanted}")
    return value


def require_object(
    value: object,
    where: str,
    members: tuple[str, ...] | None = None,
    optional: tuple[str, ...] = (),
) -> dict[str, JsonValue]:
    """Return *value* if it is an object with all *members* and no others but *optional* ones."""
    if type(value) is not dict:
        raise InputError("wrong_shape", f"{where}: got {_kind(value)}, want an object")
    if members is not None:
        for name in members:
            if name not in value:
                raise InputError("missing_member", f"{where}: the member `{name}` is missing")
        for name in value:
            if name not in members and name not in optional:
                raise InputError("unknown_member", f"{where}: the member `{name}` is not known")
    return value


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"`{json.dumps(value)[:40]}`"
