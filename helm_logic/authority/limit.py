# SPDX-License-Identifier: Apache-2.0
"""Limits on one value of a request, in JSON: what tokens that others issued have as constraints.

    {"constraint_type": KIND, ...}

A limit of a kind that is not known, or with members that its kind does not have, is refused by
name: a limit that a reader does not understand must not be skipped. Values are equal if their
canonical JSON is (1 never equals true). Which limit narrows which is `narrowing.py`; the kinds of
native links, whose meaning is in the rules, are in `constraint.py`.

The first nine kinds are those of attenuating agent tokens; the others are ours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from helm_logic.authority.constraint import MAX_CHOICES, is_plain, require_pattern
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json
from helm_logic.kernel.pattern import matches
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

MAX_DEPTH = 8
TYPE = "constraint_type"

Members: TypeAlias = Mapping[str, JsonValue]


@attrs.frozen
class Limit:
    """A limit of a known *kind*; *members* are its others in JSON, *parts* the limits in it."""

    kind: str
    members: Members
    parts: tuple[Limit, ...] = ()


def read_limit(value: JsonValue) -> Limit:
    """Return the limit that *value* is; raise InputError, `unknown_constraint` for its kind."""
    kind = value.get(TYPE) if isinstance(value, dict) else None
    if not isinstance(kind, str) or not isinstance(value, dict) or kind not in _READERS:
        raise InputError("unknown_constraint", f"limit: want a `{TYPE}` of {', '.join(_READERS)}")
    members = {name: part for name, part in value.items() if name != TYPE}
    read = _READERS[kind]
    return Limit(kind, members, read(members, f"limit {kind}"))


def accepts(limit: Limit, value: JsonValue) -> bool:
    """Say whether *value* is within *limit*."""
    return _ACCEPTS[limit.kind](limit, value)


def nesting(value: JsonValue) -> int:
    """Return how many limits stand in one another in *value*, known or not."""
    inner = value.get("constraints") if isinstance(value, dict) else None
    return 1 + max(map(nesting, inner), default=0) if isinstance(inner, list) else 1


# --- What a limit of each kind has to look like.


def _only(*names: str) -> Callable[[Members, str], tuple[Limit, ...]]:
    def read(members: Members, where: str) -> tuple[Limit, ...]:
        require_object(dict(members), where, names)
        return ()

    return read


def _items(name: str) -> Callable[[Members, str], tuple[Limit, ...]]:
    def read(members: Members, where: str) -> tuple[Limit, ...]:
        require_object(dict(members), where, (name,))
        if len(require_list(members[name], where)) > MAX_CHOICES:
            raise InputError("wrong_shape", f"{where}: want at most {MAX_CHOICES} values")
        return ()

    return read


def _clauses(members: Members, where: str) -> tuple[Limit, ...]:
    require_object(dict(members), where, ("constraints",))
    if nesting(dict(members)) > MAX_DEPTH:
        raise InputError("wrong_shape", f"{where}: limits nest deeper than {MAX_DEPTH}")
    clauses = require_list(members["constraints"], where)
    if len(clauses) > MAX_CHOICES:
        raise InputError("wrong_shape", f"{where}: want at most {MAX_CHOICES} limits")
    return tuple(map(read_limit, clauses))


def _range(members: Members, where: str) -> tuple[Limit, ...]:
    require_object(dict(members), where, (), ("min", "max", "min_inclusive", "max_inclusive"))
    for name in ("min", "max"):
        if name in members:
            require_integer(members[name], f"{where} {name}")
    for name in ("min_inclusive", "max_inclusive"):
        if not isinstance(members.get(name, True), bool):
            raise InputError("wrong_shape", f"{where} {name}: want true or false")
    return ()


def _pattern(members: Members, where: str) -> tuple[Limit, ...]:
    require_object(dict(members), where, ("pattern",))
    require_pattern(members["pattern"], where)
    return ()


def _path(members: Members, where: str) -> tuple[Limit, ...]:
    require_object(dict(members), where, ("prefix",))
    if not _is_path(require_text(members["prefix"], where)):
        raise InputError("wrong_shape", f"{where}: want `/` and segments, none empty, `.` or `..`")
    return ()


def _cidr(members: Members, where: str) -> tuple[Limit, ...]:
    require_object(dict(members), where, ("cidr",))
    if network_of(require_text(members["cidr"], where)) is None:
        raise InputError("wrong_shape", f"{where}: want a network such as 10.0.0.0/8")
    return ()


def _window(members: Members, where: str) -> tuple[Limit, ...]:
    require_object(dict(members), where, ("from", "until"))
    if require_integer(members["from"], where) >= require_integer(members["until"], where):
        raise InputError("wrong_shape", f"{where}: want from < until, in seconds")
    return ()


_READERS: Mapping[str, Callable[[Members, str], tuple[Limit, ...]]] = {
    "exact": _only("value"),
    "one_of": _items("values"),
    "not_one_of": _items("excluded"),
    "range": _range,
    "contains": _items("required"),
    "subset": _items("allowed"),
    "wildcard": _only(),
    "all": _clauses,
    "any": _clauses,
    "pattern": _pattern,
    "path_prefix": _path,
    "cidr": _cidr,
    "time_window": _window,
}
KINDS = tuple(_READERS)


# --- When a value is within a limit.


def _same(one: JsonValue, other: JsonValue) -> bool:
    return canonical_json(one) == canonical_json(other)


def values_of(limit: Limit, name: str) -> list[JsonValue]:
    """Return the values that *limit* lists in its member *name*."""
    return limit.members[name]  # type: ignore[return-value]  # `_items` has looked


def is_in(value: JsonValue, values: list[JsonValue]) -> bool:
    """Say whether *value* is one of *values*."""
    return any(_same(value, each) for each in values)


def are_in(values: list[JsonValue], allowed: list[JsonValue]) -> bool:
    """Say whether all of *values* are among *allowed*."""
    return all(is_in(each, allowed) for each in values)


def _bounds(limit: Limit) -> tuple[int | None, int | None]:
    """Return the least and the greatest integer of a range."""
    parts = limit.members
    low, high = parts.get("min"), parts.get("max")
    if type(low) is int and parts.get("min_inclusive") is False:
        low += 1
    if type(high) is int and parts.get("max_inclusive") is False:
        high -= 1
    return low, high  # type: ignore[return-value]  # `_range` has looked


def _in_range(limit: Limit, value: JsonValue) -> bool:
    low, high = _bounds(limit)
    return type(value) is int and (low is None or low <= value) and (high is None or value <= high)


def _is_path(text: str) -> bool:
    segments = text.split("/")
    return (
        is_plain(text) and not segments[0] and all(s not in ("", ".", "..") for s in segments[1:])
    )


def _under(limit: Limit, value: JsonValue) -> bool:
    prefix = str(limit.members["prefix"])
    is_path = isinstance(value, str) and _is_path(value)
    return is_path and (value == prefix or str(value).startswith(f"{prefix}/"))


def network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the network that prints as *text*, if any does."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return None
    return network if str(network) == text else None


def _in_network(limit: Limit, value: JsonValue) -> bool:
    network = network_of(str(limit.members["cidr"]))
    if not isinstance(value, str) or network is None:
        return False
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return str(address) == value and address in network


def _in_window(limit: Limit, value: JsonValue) -> bool:
    begin, end = limit.members["from"], limit.members["until"]
    return type(value) is int and begin <= value < end  # type: ignore[operator]


def _fits(limit: Limit, value: JsonValue) -> bool:
    return isinstance(value, str) and matches(f"s:{limit.members['pattern']}", f"s:{value}")


_ACCEPTS: Mapping[str, Callable[[Limit, JsonValue], bool]] = {
    "exact": lambda limit, value: _same(limit.members["value"], value),
    "one_of": lambda limit, value: is_in(value, values_of(limit, "values")),
    "not_one_of": lambda limit, value: not is_in(value, values_of(limit, "excluded")),
    "range": _in_range,
    "contains": lambda limit, value: (
        isinstance(value, list) and are_in(values_of(limit, "required"), value)
    ),
    "subset": lambda limit, value: (
        isinstance(value, list) and are_in(value, values_of(limit, "allowed"))
    ),
    "wildcard": lambda _limit, _value: True,
    "all": lambda limit, value: all(accepts(each, value) for each in limit.parts),
    "any": lambda limit, value: any(accepts(each, value) for each in limit.parts),
    "pattern": _fits,
    "path_prefix": _under,
    "cidr": _in_network,
    "time_window": _in_window,
}
