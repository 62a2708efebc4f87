# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.principal`: one spelling, one reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.principal import MAX_PRINCIPAL, is_principal, require_principal
from helm_logic.errors import InputError


@pytest.mark.parametrize(
    "text",
    [
        "user:founder",
        "agent:ops",
        "spiffe:spiffe://example/ns/a",
        "user:é",
        "x:a:b",
        "a:" + "b" * 510,
    ],
)
def test_a_principal_is_a_type_and_an_id(text: str) -> None:
    """The type ends at the first colon; the id may hold more of them."""
    assert require_principal(text, "here") == text


@pytest.mark.parametrize(
    "value",
    [
        "", ":", "user", "user:", ":founder", "user: x", "user:a b", "user:a\n", "user:\u202ex",
        "user:e\u0301", "a:" + "b" * (MAX_PRINCIPAL - 1), None, 1, ["user:x"],
    ],
)  # fmt: skip
def test_what_reads_two_ways_or_hides_something_is_refused(value: object) -> None:
    """No empty part, no space or control character, no decomposed letter, no excess."""
    with pytest.raises(InputError, match="here"):
        require_principal(value, "here")


@given(st.text(alphabet=":ab é\u0301\t/", max_size=8))
def test_accepting_is_what_the_predicate_says(text: str) -> None:
    """`require_principal` accepts exactly what `is_principal` says."""
    if is_principal(text):
        assert require_principal(text, "here") == text
    else:
        with pytest.raises(InputError):
            require_principal(text, "here")
