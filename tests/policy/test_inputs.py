# SPDX-License-Identifier: Apache-2.0
"""Inputs: what a request says becomes typed facts, and what it does not say has a name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.kernel.terms import COLUMN_TAGS, Row, is_constant_of
from helm_logic.lang import Input
from helm_logic.policy.inputs import constant, request_facts
from helm_logic.policy.request import parse_request

NOW = 1_800_000_000


def facts(declared: Input, context: dict[str, Any]) -> dict[str, list[Row]]:
    """Return the facts of a request with *context*, under one declared input."""
    request = {
        "subject": {"type": "agent", "id": "ops"},
        "action": {"name": "deploy"},
        "resource": {"type": "service", "id": "shop"},
        "context": context,
    }
    return request_facts(parse_request(json.dumps(request).encode()), (declared,), NOW)


def make_input(kind: str = "string", **changes: Any) -> Input:
    """Return the input `x` at `context.x`, required unless changed."""
    members: dict[str, Any] = {
        "name": "x",
        "type": kind,
        "is_set": False,
        "domain": None,
        "path": ("context", "x"),
        "default": None,
        "optional": False,
    }
    return Input(**{**members, **changes})


def test_every_request_gives_its_own_facts() -> None:
    """Subject, action, resource, its type and the time are facts of every request."""
    found = facts(make_input(optional=True), {})

    assert found["subject"] == [("s:agent:ops",)]
    assert found["action"] == [("s:deploy",)]
    assert found["resource"] == [("s:service/shop",)]
    assert found["resource_type"] == [("s:service",)]
    assert found["now"] == [(NOW,)]


@pytest.mark.parametrize(
    ("kind", "value", "term"),
    [
        ("string", "prod", "s:prod"),
        ("principal", "user:ann", "s:user:ann"),
        ("symbol", "one", "y:one"),
        ("bool", True, "b:true"),
        ("bool", False, "b:false"),
        ("int", 0, 0),
        ("int", 1, 1),
        ("time", 7, 7),
        ("time", "2027-01-15T08:00:00Z", NOW),
        ("time", "2027-01-15T09:00:00+01:00", NOW),
    ],
)
def test_a_value_of_its_type_becomes_a_fact(kind: str, value: object, term: object) -> None:
    """Each type reads its own JSON values, and 1, true, "1" and one stay apart."""
    found = facts(make_input(kind), {"x": value})

    assert [(term,)] == found["x"]
    assert [] == found["missing"] == found["invalid_input"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 1),
        ("string", True),
        ("string", None),
        ("bool", 1),
        ("bool", "true"),
        ("int", True),
        ("int", "1"),
        ("time", "2027-01-15"),
        ("time", "2027-01-15T08:00:00"),
        ("time", "2027-01-15T08:00:00.5Z"),
        ("time", "noon"),
        ("string", ["a"]),
    ],
)
def test_a_value_of_another_type_is_invalid(kind: str, value: object) -> None:
    """A value that is there but of the wrong type is named as invalid, not taken as missing."""
    found = facts(make_input(kind), {"x": value})

    assert found["invalid_input"] == [("s:x",)]
    assert "x" not in found


def test_an_absent_value_is_missing_defaulted_or_left_out() -> None:
    """Absence is missing for a required input, the default of another, nothing if optional."""
    assert facts(make_input(), {})["missing"] == [("s:x",)]
    assert facts(make_input(default="s:dev"), {})["x"] == [("s:dev",)]
    assert facts(make_input(optional=True), {})["x"] == []


def test_a_value_outside_the_domain_is_invalid() -> None:
    """A closed list of values is closed."""
    declared = make_input(domain=("s:dev", "s:prod"))

    assert facts(declared, {"x": "prod"})["x"] == [("s:prod",)]
    assert facts(declared, {"x": "qa"})["invalid_input"] == [("s:x",)]


def test_a_set_gives_each_of_its_values_once() -> None:
    """A set-valued input is a list; an empty one is there, an absent one is missing."""
    declared = make_input(is_set=True)

    assert facts(declared, {"x": ["a", "b", "a"]})["x"] == [("s:a",), ("s:b",)]
    empty = facts(declared, {"x": []})
    assert (empty["x"], empty["missing"]) == ([], [])
    assert facts(declared, {})["missing"] == [("s:x",)]
    assert facts(declared, {"x": ["a", 1]})["invalid_input"] == [("s:x",)]
    assert facts(declared, {"x": "a"})["invalid_input"] == [("s:x",)]


def test_a_path_through_something_else_is_absent() -> None:
    """A path that leads through a value that is no object leads nowhere."""
    declared = make_input(path=("context", "x", "y"))

    assert facts(declared, {"x": "text"})["missing"] == [("s:x",)]


@given(
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
    st.sampled_from(sorted(COLUMN_TAGS)),
)
def test_what_is_read_fits_its_column(value: Any, column: str) -> None:
    """Whatever the value, what comes out is a constant of the column or nothing."""
    term = constant(value, column)

    assert term is None or is_constant_of(term, column)
