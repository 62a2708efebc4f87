# SPDX-License-Identifier: Apache-2.0
"""The matrix of limits: its laws, for limits and values of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.limit import KINDS, MAX_DEPTH, Limit, accepts, read_limit
from helm_logic.authority.narrowing import MATRIX, is_allowed, is_inside
from helm_logic.errors import InputError

# Few values, so that limits often have some in common.
TEXTS = st.sampled_from(
    ["a", "b", "a/b", "/srv", "/srv/x", "/srv/x/y", "10.0.0.1", "10.1.0.1", "1"]
)
SCALARS = st.one_of(TEXTS, st.integers(-2, 6), st.booleans(), st.none())
VALUES = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(TEXTS, SCALARS, max_size=1)
)
LISTS = st.lists(SCALARS, max_size=3)
NUMBERS = st.integers(-2, 6)
RANGES = st.fixed_dictionaries(
    {},
    optional={
        "min": NUMBERS, "max": NUMBERS, "min_inclusive": st.booleans(),
        "max_inclusive": st.booleans(),
    },
)  # fmt: skip
WINDOWS = st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1])
MEMBERS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "exact": st.fixed_dictionaries({"value": VALUES}),
    "one_of": st.fixed_dictionaries({"values": LISTS}),
    "not_one_of": st.fixed_dictionaries({"excluded": LISTS}),
    "range": RANGES,
    "contains": st.fixed_dictionaries({"required": LISTS}),
    "subset": st.fixed_dictionaries({"allowed": LISTS}),
    "wildcard": st.just({}),
    "pattern": st.fixed_dictionaries({"pattern": st.sampled_from(["a", "*", "**", "a/*", "a/**"])}),
    "path_prefix": st.fixed_dictionaries({"prefix": st.sampled_from(["/srv", "/srv/x", "/sr"])}),
    "cidr": st.fixed_dictionaries(
        {"cidr": st.sampled_from(["10.0.0.0/8", "10.0.0.0/16", "10.0.0.1/32", "::/0"])}
    ),
    "time_window": WINDOWS.map(lambda pair: {"from": pair[0], "until": pair[1]}),
}


def _typed(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return MEMBERS[kind].map(lambda members: {"constraint_type": kind, **members})


SIMPLE = st.one_of(*map(_typed, MEMBERS))
JSON = st.recursive(
    SIMPLE,
    lambda inner: st.builds(
        lambda kind, parts: {"constraint_type": kind, "constraints": parts},
        st.sampled_from(["all", "any"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=4,
)
LIMITS = JSON.map(read_limit)


@st.composite
def likely(draw: st.DrawFn, wide: Limit) -> Limit:
    """Return a limit of a kind that may stand where *wide* stood."""
    kind = draw(st.sampled_from([kind for kind in KINDS if is_allowed(wide.kind, kind)]))
    if kind in ("all", "any"):
        parts = [draw(narrowed(part)) for part in wide.parts if draw(st.booleans())]
        extra = draw(st.lists(SIMPLE.map(read_limit), max_size=1)) if kind == "all" else []
        return Limit(kind, {}, (*parts, *extra))
    return read_limit(draw(_typed(kind)))


@st.composite
def narrowed(draw: st.DrawFn, wide: Limit) -> Limit:
    """Return a limit inside *wide*: the first of some likely ones that is, or else *wide*."""
    tried = (draw(likely(wide)) for _ in range(4))
    return next((each for each in tried if is_inside(wide, each)), wide)


def _has_empty_any(limit: Limit) -> bool:
    return (limit.kind == "any" and not limit.parts) or any(map(_has_empty_any, limit.parts))


@given(LIMITS)
def test_a_limit_lies_inside_itself(limit: Limit) -> None:
    """Handing on a limit unchanged is narrow enough, but for `any` of nothing."""
    assert is_inside(limit, limit) != _has_empty_any(limit)


@given(st.data(), LIMITS)
def test_lying_inside_is_transitive(data: st.DataObject, outer: Limit) -> None:
    """What lies inside a limit lies inside whatever that lies inside, along any chain."""
    middle = data.draw(narrowed(outer))
    inner = data.draw(narrowed(middle))

    if is_inside(outer, middle) and is_inside(middle, inner):
        assert is_inside(outer, inner)


@given(st.data(), LIMITS, VALUES)
def test_what_the_inner_limit_accepts_the_outer_accepts(
    data: st.DataObject, outer: Limit, value: Any
) -> None:
    """Narrowing never lets through what the limit above stops."""
    inner = data.draw(narrowed(outer))

    if is_inside(outer, inner) and accepts(inner, value):
        assert accepts(outer, value)


@given(LIMITS, LIMITS)
def test_a_pair_without_an_entry_is_refused(outer: Limit, inner: Limit) -> None:
    """Whatever the contents are, only pairs of the matrix narrow."""
    assert (outer.kind, inner.kind) in MATRIX or not is_inside(outer, inner)


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_wildcard_may_become_a_wildcard(kind: str) -> None:
    """No limit may be dropped by a limit that accepts everything."""
    assert is_allowed(kind, "wildcard") == (kind == "wildcard")
    assert is_allowed("wildcard", kind)
    assert is_allowed(kind, kind)


@pytest.mark.parametrize(
    "value",
    [
        {"constraint_type": "bogus"},
        {"value": 1},
        "exact",
        {"constraint_type": "exact"},
        {"constraint_type": "exact", "value": 1, "unless": 2},
        {"constraint_type": "one_of", "values": "ab"},
        {"constraint_type": "range", "min": "1"},
        {"constraint_type": "range", "min_inclusive": 1},
        {"constraint_type": "pattern", "pattern": "a//b"},
        {"constraint_type": "path_prefix", "prefix": "/srv/../etc"},
        {"constraint_type": "path_prefix", "prefix": "srv"},
        {"constraint_type": "cidr", "cidr": "10.0.0.1/8"},
        {"constraint_type": "time_window", "from": 5, "until": 5},
        {"constraint_type": "all", "constraints": [{"constraint_type": "bogus"}]},
    ],
)
def test_what_is_not_known_is_refused_by_name(value: Any) -> None:
    """A limit that a reader does not understand is never skipped."""
    with pytest.raises(InputError):
        read_limit(value)


def test_limits_nest_only_so_deep() -> None:
    """No token makes a reader recurse without bound."""
    value: dict[str, Any] = {"constraint_type": "wildcard"}
    for _ in range(MAX_DEPTH):
        value = {"constraint_type": "all", "constraints": [value]}

    with pytest.raises(InputError, match="deeper"):
        read_limit(value)


@pytest.mark.parametrize(
    ("limit", "within", "beyond"),
    [
        ({"constraint_type": "path_prefix", "prefix": "/srv/x"}, "/srv/x/y", "/srv/xy"),
        ({"constraint_type": "path_prefix", "prefix": "/srv/x"}, "/srv/x", "/srv/x/../y"),
        ({"constraint_type": "cidr", "cidr": "10.0.0.0/8"}, "10.255.0.1", "10.1"),
        ({"constraint_type": "cidr", "cidr": "10.0.0.0/8"}, "10.0.0.0", "::ffff:10.0.0.1"),
        ({"constraint_type": "time_window", "from": 2, "until": 4}, 2, 4),
        ({"constraint_type": "range", "max": 3, "max_inclusive": False}, 2, 3),
        ({"constraint_type": "range", "max": 3}, 1, True),
        ({"constraint_type": "exact", "value": 1}, 1, True),
        ({"constraint_type": "exact", "value": {"a": 1, "b": 2}}, {"b": 2, "a": 1}, {"a": 1}),
        ({"constraint_type": "subset", "allowed": ["eu", "us"]}, ["us"], "us"),
        ({"constraint_type": "contains", "required": ["eu"]}, ["us", "eu"], ["us"]),
        ({"constraint_type": "not_one_of", "excluded": ["eu"]}, "us", "eu"),
        ({"constraint_type": "pattern", "pattern": "a/*"}, "a/b", "a/b/c"),
    ],
)
def test_where_a_limit_ends(limit: Any, within: Any, beyond: Any) -> None:
    """One value at the edge that is accepted, and one just beyond it that is not."""
    assert accepts(read_limit(limit), within)
    assert not accepts(read_limit(limit), beyond)


def test_each_part_of_all_needs_a_part_of_its_own() -> None:
    """Two demands are not kept by one that fits both, and the first fit is not always the one."""
    wide = read_limit(
        {"constraint_type": "all", "constraints": [
            {"constraint_type": "range", "max": 9}, {"constraint_type": "range", "max": 5},
        ]}
    )  # fmt: skip
    tight, loose = ({"constraint_type": "range", "max": each} for each in (4, 8))
    inside: Callable[[list[Any]], bool] = lambda parts: is_inside(  # noqa: E731
        wide, read_limit({"constraint_type": "all", "constraints": parts})
    )

    assert inside([tight, loose])
    assert inside([loose, tight])
    assert not inside([tight])
    assert not inside([loose, loose])
