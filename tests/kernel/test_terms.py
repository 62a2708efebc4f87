# SPDX-License-Identifier: Apache-2.0
"""Terms: four kinds of constants that are never taken for each other, and variables."""

from __future__ import annotations

from typing import Any

import pytest

from helm_logic.errors import ProgramError
from helm_logic.kernel.terms import (
    ARITHMETIC,
    COLUMN_TAGS,
    COMPARISONS,
    TESTS,
    Atom,
    Compute,
    Count,
    Test,
    is_constant_of,
    is_row_of,
    is_variable,
)

LARGEST = 2**53 - 1


class _Text(str):
    """Equal to a str, and none by type."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("term", "columns"),
    [
        (0, "int time"),
        (-1, "int time"),
        (LARGEST, "int time"),
        (-LARGEST, "int time"),
        (LARGEST + 1, ""),
        (-LARGEST - 1, ""),
        ("s:", "string principal pattern"),
        ("s:1", "string principal pattern"),
        ("y:one", "symbol"),
        ("y:", "symbol"),
        ("b:true", "bool"),
        ("b:false", "bool"),
        ("b:", ""),
        ("b:maybe", ""),
        ("b:True", ""),
        ("v:X", ""),
        ("x:1", ""),
        ("s", ""),
        ("", ""),
        ("1", ""),
        (True, ""),
        (False, ""),
        (1.0, ""),
        (None, ""),
        (b"s:y", ""),
        (("s:x",), ""),
        (_Text("s:x"), ""),
        (_Text("b:true"), ""),
    ],
)
def test_a_constant_stands_in_columns_of_its_kind_only(term: Any, columns: str) -> None:
    """Exact type, tag and range decide, for a term alone and for each of a row."""
    for column in COLUMN_TAGS:
        fits = column in columns.split()

        assert is_constant_of(term, column) is fits
        assert is_row_of((term,), (column,)) is fits
        assert is_row_of(("y:x", term, 1), ("symbol", column, "int")) is fits


@pytest.mark.parametrize("row", [(), (1,), (1, 1, 1), ("y:x", 1), (1, "y:x", 1)])
def test_a_row_has_one_constant_for_each_column(row: Any) -> None:
    """Neither fewer nor more, and each in its place."""
    assert is_row_of((1, "y:x"), ("int", "symbol"))
    assert is_row_of((), ())
    assert is_row_of(row, ("int", "symbol")) is False


@pytest.mark.parametrize(
    ("term", "is_one"),
    [
        ("v:X", True),
        ("v:", True),
        ("s:v:X", False),
        ("V:X", False),
        (1, False),
        (_Text("v:"), False),
    ],
)
def test_a_variable_is_text_with_its_tag(term: Any, is_one: bool) -> None:  # noqa: FBT001
    """Only plain text tagged `v:` is a variable."""
    assert is_variable(term) is is_one


@pytest.mark.parametrize(
    "term", [True, 1.5, None, "x", "", "b:maybe", 2**53, ["s:x"], _Text("s:x")]
)
def test_what_is_no_term_stands_nowhere(term: Any) -> None:
    """Nothing can be built with what is neither a constant nor a variable."""
    builders = (
        lambda x: Atom("p", (x,)),
        lambda x: Atom("p", (1, x)),
        lambda x: Test("=", x, 1),
        lambda x: Test("=", 1, x),
        lambda x: Compute(x, "+", 1, 1),
        lambda x: Compute("v:X", "+", x, 1),
        lambda x: Compute("v:X", "+", 1, x),
        lambda x: Count((x,), Atom("p", ()), "=", 1),
        lambda x: Count((), Atom("p", ()), "=", x),
    )
    for build in builders:
        build(1)
        build("v:X")
        with pytest.raises(
            ProgramError, match=r"got the term .*, want an int or text tagged s: y:"
        ):
            build(term)


def test_operators_are_those_of_the_language() -> None:
    """A test, a computation or a count with any other operator cannot be built."""
    assert COMPARISONS == ("=", "!=", "<", "<=", ">", ">=")
    assert (*COMPARISONS, "matches", "subsumes") == TESTS
    assert ARITHMETIC == ("+", "-", "*")
    with pytest.raises(ProgramError, match="got `==`, want one of"):
        Test("==", 1, 1)
    with pytest.raises(ProgramError, match="got `/`, want one of"):
        Compute("v:X", "/", 1, 1)
    with pytest.raises(ProgramError, match="got `matches`, want one of"):
        Count((), Atom("p", ()), "matches", 1)
    assert Test("matches", "s:a", "s:a") == Test("matches", "s:a", "s:a")
