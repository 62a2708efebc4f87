# SPDX-License-Identifier: Apache-2.0
"""Inputs: types, domains, defaults and paths, and what is no declaration of one."""

from __future__ import annotations

from typing import Any

import pytest

from helm_logic.lang import Input
from tests.lang.texts import codes, findings, rule_set


def _input(type_: str, path: str, **more: Any) -> Input:
    """Return the input `a` of *type_* at *path*, which is required unless *more* says otherwise."""
    usual = {"is_set": False, "domain": None, "default": None, "optional": False}
    return Input("a", type_, path=tuple(path.split("/")), **(usual | more))


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("a : bool from context.a", _input("bool", "context/a")),
        (
            'a : {"x", "y"} from resource.properties.env default "y"',
            _input("string", "resource/properties/env", domain=("s:x", "s:y"), default="s:y"),
        ),
        (
            "a : int -1..2 from action.properties.n optional",
            _input("int", "action/properties/n", domain=(-1, 0, 1, 2), optional=True),
        ),
        (
            'a : string* from subject.properties."team names" optional',
            _input("string", "subject/properties/team names", is_set=True, optional=True),
        ),
        (
            "a : {low, high}* from context.from",
            _input("symbol", "context/from", is_set=True, domain=("y:low", "y:high")),
        ),
        (
            "a : time from context.T default 2026-01-31T00:00:00Z",
            _input("time", "context/T", default=1769817600),
        ),
        (
            'a : principal from context.owner default "user:ann"',
            _input("principal", "context/owner", default="s:user:ann"),
        ),
        (
            "a : {1, 3} from context.a default 3",
            _input("int", "context/a", domain=(1, 3), default=3),
        ),
    ],
)
def test_a_declaration_says_what_an_input_is(declaration: str, expected: Input) -> None:
    """Scalars, listed values, ranges, sets; paths with keywords and quoted names; defaults."""
    (found,) = rule_set(f"#input {declaration}.\np :- a(_).").inputs

    assert found == expected
    assert found.required == (found.default is None and not found.optional)


@pytest.mark.parametrize(
    "declaration",
    [
        "a : text from context.a",
        "a : symbol from context.a",
        "a : pattern from context.a",
        'a : {"x", 1} from context.a',
        'a : {"x", "x"} from context.a',
        "a : int 5..4 from context.a",
        "a : time 1..2 from context.a",
        "a : int 0..1000 from context.a",
        "a : bool from contxt.a",
        "a : bool from context",
        "a : bool from resource.a",
        "a : bool from resource.id.a",
        "a : bool from resource.properties",
        "a : string from action.id",
        "a : string from subject.name",
        "a : bool from context.a default 1",
        'a : {"x"} from context.a default "y"',
        "a : int 1..3 from context.a default 4",
        'a : string* from context.a default "x"',
        "a : bool from context.a default true optional",
        "a : {" + ", ".join(map(str, range(1001))) + "} from context.a",
    ],
)
def test_a_declaration_that_fits_no_request_is_refused(declaration: str) -> None:
    """Types, values, ranges, defaults and paths that cannot be meant are HL017."""
    assert "HL017" in codes(f"#input {declaration}.\np :- a(_).")


def test_a_default_principal_is_written_as_one() -> None:
    """The default has the form that its column asks for."""
    assert "HL012" in codes('#input a : principal from context.a default "ann".\np :- a(_).')


@pytest.mark.parametrize(
    "literals",
    ['a("z")', 'not a("z")', 'a(X), X = "z"', 'a(X), "z" != X', 'count{X : a(X), a("z")} > 0'],
)
def test_a_value_outside_the_domain_is_found(literals: str) -> None:
    """In the input's own atom, and where its variable is compared."""
    text = f'#input a : {{"x", "y"}} from context.a.\np :- {literals}.'

    assert "HL011" in codes(text)
    assert "HL011" not in codes(text.replace('"z"', '"y"'))


def test_a_wrong_type_is_not_called_a_wrong_value() -> None:
    """`a(1)` of a string input is a conflict of types, reported as that alone."""
    found = codes('#input a : {"x", "y"} from context.a.\np :- a(1).')

    assert "HL005" in found
    assert "HL011" not in found


def test_many_values_are_not_all_listed() -> None:
    """The message of HL011 lists a few values and the number of the others."""
    found = findings("#input a : int 1..100 from context.a.\np :- a(101).")

    assert [each.expected for each in found if each.code == "HL011"] == [
        "1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 92 more"
    ]
