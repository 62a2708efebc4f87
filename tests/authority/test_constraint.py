# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.constraint`: reading, printing and rows; their meaning is tested as rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.constraint import Constraint, constraints_value, read_constraints
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import canonical_json, parse_json

GOOD: dict[str, Any] = {
    "action.amount": {"at_least": 1, "at_most": 500},
    "context.region": {"pattern": "eu/**"},
    "resource.env": {"one_of": ["staging", "dev"]},
}


def test_reading_and_printing_are_inverse() -> None:
    """What is read prints as it was, in canonical order."""
    constraints = read_constraints(GOOD)

    assert constraints_value(constraints) == GOOD
    assert [(one.name, one.kind) for one in constraints] == [
        ("action.amount", "at_least"),
        ("action.amount", "at_most"),
        ("context.region", "pattern"),
        ("resource.env", "one_of"),
    ]


def test_each_kind_has_its_relation() -> None:
    """A constraint of several choices is several rows; a pattern is a row of `fits`."""
    rows = [one.rows("s:l", number) for number, one in enumerate(read_constraints(GOOD))]

    assert rows == [
        ("at_least", (("s:l", 0, "s:action.amount", 1),)),
        ("at_most", (("s:l", 1, "s:action.amount", 500),)),
        ("fits", (("s:l", 2, "s:context.region", "s:eu/**"),)),
        ("one_of", tuple(("s:l", 3, "s:resource.env", f"s:{env}") for env in ("staging", "dev"))),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["", "not_one_of", "ONE_OF", "max", "cel", "one_of "])
def test_an_unknown_kind_is_refused_by_name(kind: str) -> None:
    """A kind that this version does not know has its own code, whatever its value."""
    with pytest.raises(InputError) as caught:
        read_constraints({"resource.env": {kind: ["x"]}})
    assert caught.value.code == "unknown_constraint"


@pytest.mark.parametrize(
    "value",
    [
        None, [], {"resource.env": None}, {"resource.env": {}}, {"env": {"at_most": 1}},
        {"subject.id": {"at_most": 1}}, {"resource.": {"at_most": 1}}, {"resource": {"at_most": 1}},
        {"resource.a\n": {"at_most": 1}}, {"resource.a": {"at_most": "1"}},
        {"resource.a": {"at_most": True}}, {"resource.a": {"at_least": None}},
        {"resource.a": {"at_least": [1]}}, {"resource.a": {"at_least": 2**53}},
        {"resource.a": {"one_of": []}}, {"resource.a": {"one_of": "x"}},
        {"resource.a": {"one_of": ["x", "x"]}}, {"resource.a": {"one_of": [1]}},
        {"resource.a": {"one_of": [""]}}, {"resource.a": {"one_of": [str(n) for n in range(65)]}},
        {"resource.a": {"one_of": [["x"]]}}, {"resource.a": {"pattern": "a//b"}},
        {"resource.a": {"pattern": "**/a"}}, {"resource.a": {"pattern": ["a"]}},
        {"resource.a": {"pattern": {"a": 1}}},
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_shape_is_refused(value: object) -> None:
    """Every kind refuses what it cannot mean, and is never partly read."""
    with pytest.raises(InputError) as caught:
        read_constraints(value)  # type: ignore[arg-type]
    assert caught.value.code == "wrong_shape"


def test_a_constraint_built_in_code_is_held_to_the_same() -> None:
    """Nobody can sign what nobody would accept."""
    with pytest.raises(InputError, match="at_most"):
        Constraint("resource.a", "at_most", ("x",))


@given(
    st.dictionaries(
        st.sampled_from(["resource.a", "resource.b", "action.a", "context.é"]),
        st.fixed_dictionaries(
            {},
            optional={
                "at_most": st.integers(-(2**53) + 1, 2**53 - 1),
                "at_least": st.integers(-(2**53) + 1, 2**53 - 1),
                "pattern": st.sampled_from(["a", "a/*", "**"]),
                "one_of": st.lists(st.sampled_from("abc"), min_size=1, unique=True),
            },
        ).filter(bool),
    )
)
def test_every_good_value_survives_bytes(value: dict[str, dict[str, object]]) -> None:
    """Reading what was printed gives the same constraints."""
    constraints = read_constraints(parse_json(canonical_json(value)))

    assert read_constraints(parse_json(canonical_json(constraints_value(constraints)))) == (
        constraints
    )
