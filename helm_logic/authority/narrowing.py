# SPDX-License-Identifier: Apache-2.0
"""Narrowing as data: which kind of limit may stand where which stood, and when it lies inside.

`MATRIX` has an entry for each allowed pair of kinds, wide and narrow: what makes the narrow limit
lie inside the wide one. A pair without an entry is refused, also where it would be narrower by
accident, and so is every kind that is not known.

The laws, which hold for all limits (tests/authority/test_narrowing.py; `any` of nothing, which
accepts nothing, is the one that does not lie inside itself):

- reflexive: a limit lies inside itself;
- transitive: what lies inside a limit lies inside what that lies inside;
- narrowing: a value that the inner limit accepts, the outer one accepts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import TypeAlias

from helm_logic.authority.limit import (
    KINDS,
    Limit,
    Members,
    accepts,
    are_in,
    network_of,
    values_of,
)
from helm_logic.kernel.pattern import subsumes


def is_allowed(wide: str, narrow: str) -> bool:
    """Say whether a limit of the kind *narrow* may stand where one of *wide* stood."""
    return (wide, narrow) in MATRIX


def is_inside(wide: Limit, narrow: Limit) -> bool:
    """Say whether *narrow* lies inside *wide*: its kind is allowed there, and its content fits."""
    rule = MATRIX.get((wide.kind, narrow.kind))
    return rule is not None and rule(wide, narrow)


Content: TypeAlias = Callable[[Limit, Limit], bool]


def _value_within(wide: Limit, narrow: Limit) -> bool:
    return accepts(wide, narrow.members["value"])


def _choices_within(wide: Limit, narrow: Limit) -> bool:
    return all(accepts(wide, each) for each in values_of(narrow, "values"))


def _fewer(name: str) -> Content:
    return lambda wide, narrow: are_in(values_of(narrow, name), values_of(wide, name))


def _more(name: str) -> Content:
    return lambda wide, narrow: are_in(values_of(wide, name), values_of(narrow, name))


def _range_within(wide: Limit, narrow: Limit) -> bool:
    return all(
        _is_tighter(wide.members, narrow.members, *each) for each in (("min", 1), ("max", -1))
    )


def _is_tighter(wide: Members, narrow: Members, name: str, sign: int) -> bool:
    """Say whether *narrow* keeps the bound *name* of *wide*; also of numbers between integers."""
    outer, inner = wide.get(name), narrow.get(name)
    if type(outer) is not int:
        return True
    if type(inner) is not int or inner * sign < outer * sign:
        return False
    is_open, stays_open = (each.get(f"{name}_inclusive") is False for each in (wide, narrow))
    return inner != outer or stays_open or not is_open


def _pattern_within(wide: Limit, narrow: Limit) -> bool:
    return subsumes(f"s:{wide.members['pattern']}", f"s:{narrow.members['pattern']}")


def _network_within(wide: Limit, narrow: Limit) -> bool:
    outer, inner = (network_of(str(each.members["cidr"])) for each in (wide, narrow))
    return (
        isinstance(outer, ipaddress.IPv4Network)
        and isinstance(inner, ipaddress.IPv4Network)
        and inner.subnet_of(outer)
    ) or (
        isinstance(outer, ipaddress.IPv6Network)
        and isinstance(inner, ipaddress.IPv6Network)
        and inner.subnet_of(outer)
    )


def _window_within(wide: Limit, narrow: Limit) -> bool:
    (begin, end), (since, until) = (
        (each.members["from"], each.members["until"]) for each in (wide, narrow)
    )
    return begin <= since and until <= end  # type: ignore[operator]


def _all_within(wide: Limit, narrow: Limit) -> bool:
    """Say whether each part of *wide* has a part of *narrow* of its own inside it."""
    # A matching of bipartite graphs by augmenting paths: the first that fits may be needed later.
    fits = [[is_inside(outer, each) for each in narrow.parts] for outer in wide.parts]
    owner: dict[int, int] = {}

    def place(part: int, tried: set[int]) -> bool:
        for number, fit in enumerate(fits[part]):
            if fit and number not in tried:
                tried.add(number)
                if number not in owner or place(owner[number], tried):
                    owner[number] = part
                    return True
        return False

    return all(place(part, set()) for part in range(len(wide.parts)))


def _any_within(wide: Limit, narrow: Limit) -> bool:
    return bool(narrow.parts) and all(
        any(is_inside(outer, each) for outer in wide.parts) for each in narrow.parts
    )


def _anything(_wide: Limit, _narrow: Limit) -> bool:
    return True


# (wide, narrow): what makes it so. Every pair that is not here is refused.
MATRIX: Mapping[tuple[str, str], Content] = {
    **{("wildcard", kind): _anything for kind in KINDS},
    ("exact", "exact"): _value_within,
    ("one_of", "exact"): _value_within,
    ("one_of", "one_of"): _fewer("values"),
    ("not_one_of", "not_one_of"): _more("excluded"),
    ("range", "exact"): _value_within,
    ("range", "range"): _range_within,
    ("contains", "contains"): _more("required"),
    ("subset", "subset"): _fewer("allowed"),
    ("all", "all"): _all_within,
    ("any", "any"): _any_within,
    ("pattern", "exact"): _value_within,
    ("pattern", "one_of"): _choices_within,
    ("pattern", "pattern"): _pattern_within,
    ("path_prefix", "exact"): _value_within,
    ("path_prefix", "one_of"): _choices_within,
    ("path_prefix", "path_prefix"): lambda wide, narrow: accepts(wide, narrow.members["prefix"]),
    ("cidr", "exact"): _value_within,
    ("cidr", "one_of"): _choices_within,
    ("cidr", "cidr"): _network_within,
    ("time_window", "exact"): _value_within,
    ("time_window", "time_window"): _window_within,
}
