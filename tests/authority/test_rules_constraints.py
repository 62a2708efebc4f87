# SPDX-License-Identifier: Apache-2.0
"""Tests of `rules/authority.dl`: what constraints demand of a request, and how links keep them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.constraint import Constraint
from helm_logic.authority.link import Grant
from helm_logic.kernel.pattern import matches, subsumes
from tests.authority.court import rule
from tests.authority.world import PEOPLE, TOOL, make_chain

ENV, SIZE = "resource.env", "resource.size"


def grant(*constraints: tuple[str, str, Any]) -> Grant:
    """Return the grant of deploys under *constraints*: name, kind, value."""
    return Grant(("deploy",), "service/**", tuple(Constraint(*one) for one in constraints))


def faults(first: Grant, second: Grant, **properties: Any) -> tuple[str, ...]:
    """Return the faults of the request at the end of two links with these grants."""
    chain = make_chain(PEOPLE, {0: {"grants": (first,)}, 1: {"grants": (second,)}})
    ruling = rule(chain, TOOL, properties=properties)
    assert ruling.authorized is not bool(ruling.faults)
    return ruling.faults


@pytest.mark.parametrize(
    ("kind", "value", "good", "bad"),
    [
        ("one_of", ("dev", "staging"), ["dev", "staging"], ["prod", "", "Dev", 1, True, ["dev"]]),
        ("pattern", "eu/**", ["eu", "eu/west", "eu/west/1"], ["us", "eux", "a/eu", 1, None, {}]),
        ("at_most", 5, [5, 4, 0, -(2**53) + 1], [6, "5", True, None, [5]]),
        ("at_least", 5, [5, 6], [4, 0, "6", True, None]),
    ],
)  # fmt: skip
def test_a_request_meets_a_constraint_or_is_outside_the_grant(
    kind: str, value: Any, good: list[Any], bad: list[Any]
) -> None:
    """Within the bound it is covered; beyond it, of another type, or absent, it is not."""
    limited = grant((ENV, kind, value))

    for each in good:
        assert faults(limited, limited, env=each) == ()
    for each in bad:
        assert faults(limited, limited, env=each) == ("outside_grant",)
    assert faults(limited, limited) == ("outside_grant",)


def test_every_constraint_must_be_met() -> None:
    """A property in bounds does not make up for another that is not."""
    limited = grant((ENV, "one_of", ("dev",)), (SIZE, "at_least", 1), (SIZE, "at_most", 5))

    assert faults(limited, limited, env="dev", size=3) == ()
    for size in (0, 6):
        assert faults(limited, limited, env="dev", size=size) == ("outside_grant",)
    assert faults(limited, limited, env="prod", size=3) == ("outside_grant",)


def test_one_of_two_grants_is_enough() -> None:
    """Constraints belong to their grant: meeting those of one grant is to be covered by it."""
    grants = (grant((ENV, "one_of", ("dev",))), grant((SIZE, "at_most", 5)))
    chain = make_chain(PEOPLE, {0: {"grants": grants}, 1: {"grants": grants}})

    for properties in ({"env": "dev"}, {"size": 1}, {"env": "prod", "size": 1}):
        assert rule(chain, TOOL, properties=properties).authorized
    assert not rule(chain, TOOL, properties={"env": "prod", "size": 9}).authorized


NARROWER = [
    ("one_of", ("a", "b"), ("a",)), ("one_of", ("a", "b"), ("b", "a")), ("at_most", 5, 5),
    ("at_most", 5, 4), ("at_least", 5, 6), ("at_least", 5, 5), ("pattern", "a/**", "a/*"),
    ("pattern", "a/**", "a/b/**"),
]  # fmt: skip
WIDER = [
    ("one_of", ("a",), ("a", "b")), ("one_of", ("a",), ("b",)), ("at_most", 5, 6),
    ("at_least", 5, 4), ("pattern", "a/*", "a/**"), ("pattern", "a/b", "*/b"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "wide", "narrow"), NARROWER)
def test_a_constraint_may_only_be_tightened(kind: str, wide: Any, narrow: Any) -> None:
    """The same or a stricter bound of the same kind narrows."""
    codes = faults(grant((ENV, kind, wide)), grant((ENV, kind, narrow)))

    assert "scope_widened" not in codes


@pytest.mark.parametrize(("kind", "narrow", "wide"), WIDER)
def test_a_looser_constraint_widens(kind: str, narrow: Any, wide: Any) -> None:
    """A bound that lets more through widens, whatever this request is."""
    good = {"one_of": "a", "at_most": 5, "at_least": 5, "pattern": "a/b"}[kind]
    codes = faults(grant((ENV, kind, narrow)), grant((ENV, kind, wide)), env=good)

    assert "scope_widened" in codes


@pytest.mark.parametrize(
    "second",
    [
        grant(),
        grant((SIZE, "at_most", 5)),
        grant((ENV, "pattern", "dev")),
        grant((ENV, "at_most", 1)),
    ],
)
def test_a_dropped_constraint_widens(second: Grant) -> None:
    """Leaving it out, or naming another property or kind instead, does not keep it."""
    assert "scope_widened" in faults(grant((ENV, "one_of", ("dev",))), second, env="dev", size=1)


@pytest.mark.parametrize(
    ("kind", "values", "env"),
    [
        ("one_of", [("a", "b", "c"), ("a", "b"), ("a",)], "a"),
        ("pattern", ["**", "a/**", "a"], "a"),
        ("at_most", [9, 5, 2], 1),
        ("at_least", [0, 1, 2], 9),
    ],
)
def test_each_link_is_held_to_the_one_before_and_to_no_other(
    kind: str, values: list[Any], env: Any
) -> None:
    """A bound may be tightened at every link; a later link asks nothing of an earlier one."""
    changes = {n: {"grants": (grant((ENV, kind, value)),)} for n, value in enumerate(values)}
    chain = make_chain((*PEOPLE, "agent:bot"), changes)

    assert rule(chain, "agent:bot", properties={"env": env}).faults == ()


def test_a_constraint_more_only_narrows() -> None:
    """What the link before does not demand may be demanded from here on."""
    assert faults(grant(), grant((ENV, "one_of", ("dev",))), env="dev") == ()


def test_a_grant_lies_within_one_grant_of_the_link_before() -> None:
    """Two grants of the parent do not add up: the whole of a grant must lie within one of them."""
    dev, small = (ENV, "one_of", ("dev",)), (SIZE, "at_most", 5)
    first = {"grants": (grant(dev), grant(small))}

    for second, widened in (
        (grant(dev), False), (grant(small), False), (grant(dev, small), False),
        (grant((ENV, "one_of", ("dev", "prod"))), True), (grant(), True),
    ):  # fmt: skip
        chain = make_chain(PEOPLE, {0: first, 1: {"grants": (second,)}})
        codes = rule(chain, TOOL, properties={"env": "dev", "size": 1}).faults
        assert codes == (("scope_widened",) if widened else ())


PATTERNS = st.sampled_from(["a", "b", "*", "**", "a/*", "a/**", "a/b", "*/b"])
CONSTRAINT = st.one_of(
    st.tuples(st.just(ENV), st.just("one_of"), st.sets(st.sampled_from("ab"), min_size=1).map(
        lambda values: tuple(sorted(values)))),
    st.tuples(st.just(ENV), st.just("pattern"), PATTERNS),
    st.tuples(st.just(SIZE), st.just("at_most"), st.integers(0, 3)),
    st.tuples(st.just(SIZE), st.just("at_least"), st.integers(0, 3)),
)  # fmt: skip
CONSTRAINTS = st.lists(CONSTRAINT, max_size=3, unique_by=lambda one: one[:2])


def meets(constraints: list[tuple[str, str, Any]], env: str, size: int) -> bool:
    """Say, without the rules, whether the properties are within all *constraints*."""
    within: Mapping[str, Callable[[Any], bool]] = {
        "one_of": lambda value: env in value,
        "pattern": lambda value: matches(f"s:{value}", f"s:{env}"),
        "at_most": lambda value: size <= value,
        "at_least": lambda value: size >= value,
    }
    return all(within[kind](value) for _, kind, value in constraints)


def keeps(narrow: list[tuple[str, str, Any]], wide: list[tuple[str, str, Any]]) -> bool:
    """Say, without the rules, whether *narrow* has a bound as strict as each of *wide*."""
    own = {one[:2]: one[2] for one in narrow}
    stricter: Mapping[str, Callable[[Any, Any], bool]] = {
        "one_of": lambda mine, theirs: set(mine) <= set(theirs),
        "pattern": lambda mine, theirs: subsumes(f"s:{theirs}", f"s:{mine}"),
        "at_most": lambda mine, theirs: mine <= theirs,
        "at_least": lambda mine, theirs: mine >= theirs,
    }
    return all(one[:2] in own and stricter[one[1]](own[one[:2]], one[2]) for one in wide)


@given(CONSTRAINTS, CONSTRAINTS, st.sampled_from(["a", "b", "a/b", "c"]), st.integers(0, 3))
def test_the_rules_say_what_constraints_mean(
    wide: list[Any], narrow: list[Any], env: str, size: int
) -> None:
    """Against a second reading of the kinds, for any two links and any properties."""
    codes = faults(grant(*wide), grant(*narrow), env=env, size=size)

    covered = meets(wide, env, size) and meets(narrow, env, size)
    assert ("outside_grant" in codes) is not covered
    assert ("scope_widened" in codes) is not keeps(narrow, wide)


@given(CONSTRAINTS, CONSTRAINTS, st.sampled_from(["a", "b", "a/b", "c"]), st.integers(0, 3))
def test_a_link_that_keeps_the_constraints_covers_no_more(
    wide: list[Any], narrow: list[Any], env: str, size: int
) -> None:
    """Narrowing is sound: whatever meets the kept constraints meets those that they keep."""
    if keeps(narrow, wide) and meets(narrow, env, size):
        assert meets(wide, env, size)
