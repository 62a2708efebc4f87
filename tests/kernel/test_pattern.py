# SPDX-License-Identifier: Apache-2.0
"""Segment patterns: `matches` is what regular expressions say, `subsumes` is exactly inclusion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.kernel.pattern import is_pattern, matches, subsumes
from helm_logic.kernel.terms import Term
from tests.kernel import reference
from tests.kernel.programs import times

segments = st.sampled_from(["a", "b", "*", "**", "", "a*", "***"])
anything = st.lists(segments, min_size=1, max_size=4).map("/".join)
patterns = anything.filter(is_pattern)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a/b", ["a/b"], ["a", "a/b/c", "a/c", "b/a", "", "a/", "A/b", "a/b ", "a/*"]),
        ("*", ["a", "*", "**", ""], ["a/b", "/", "a/"]),
        ("a/*", ["a/b", "a/*", "a/"], ["a", "b/a", "a/b/c"]),
        ("*/b", ["a/b", "/b"], ["b", "a/b/b", "a/c"]),
        ("**", ["", "a", "a/b/c", "/", "**"], []),
        ("a/**", ["a", "a/b", "a/b/c", "a/", "a/**"], ["", "b", "ab", "b/a", "/a"]),
        ("a/*/**", ["a/b", "a/b/c", "a/"], ["a", "b", "b/b"]),
        ("a*", ["a*"], ["a", "ab"]),
        ("a/**b", ["a/**b"], ["a", "a/b", "a/cb"]),
        ("**/a", [], ["a", "b/a", "**/a", ""]),
        ("a/**/**", [], ["a", "a/b", "a/**", "a/**/b"]),
        ("a/**/b", [], ["a/b", "a/**/b", "a/c/b"]),
    ],
)
def test_a_pattern_stands_for_these_texts(pattern: str, yes: list[str], no: list[str]) -> None:
    """`*` is one segment, `**` at the end any number; elsewhere `**` makes it stand for nothing."""
    assert [text for text in yes + no if matches(f"s:{pattern}", f"s:{text}")] == yes


@pytest.mark.parametrize(
    ("text", "well_formed"),
    [
        ("a", True),
        ("a/*/b/**", True),
        ("**", True),
        ("***", True),
        ("", False),
        ("a//b", False),
        ("/a", False),
        ("a/", False),
        ("**/a", False),
        ("**/**", False),
    ],
)
def test_a_well_formed_pattern(text: str, well_formed: bool) -> None:  # noqa: FBT001
    """No segment is empty, and `**` stands last or not at all."""
    assert is_pattern(text) is well_formed


@times(3)
@given(anything, anything)
def test_matches_is_what_the_regular_expression_says(pattern: str, text: str) -> None:
    """On every pattern and text, malformed ones too, two definitions agree."""
    assert matches(f"s:{pattern}", f"s:{text}") is reference.matches(pattern, text)


@times(3)
@given(patterns, patterns)
def test_subsumes_is_inclusion(wide: str, narrow: str) -> None:
    """It holds, or there is a text over a small alphabet that only the narrow pattern matches."""
    witnesses = [
        text
        for text in reference.texts(wide, narrow)
        if matches(f"s:{narrow}", f"s:{text}") and not matches(f"s:{wide}", f"s:{text}")
    ]

    assert subsumes(f"s:{wide}", f"s:{narrow}") is not bool(witnesses)


@times(3)
@given(anything, anything, anything)
def test_what_the_narrow_pattern_matches_the_wide_one_does(
    wide: str, narrow: str, text: str
) -> None:
    """Inclusion holds for malformed patterns too: they stand for nothing or for themselves."""
    if subsumes(f"s:{wide}", f"s:{narrow}") and matches(f"s:{narrow}", f"s:{text}"):
        assert matches(f"s:{wide}", f"s:{text}")


@given(patterns)
def test_subsumes_is_reflexive(pattern: str) -> None:
    """A well-formed pattern covers itself, and `**` covers it."""
    assert subsumes(f"s:{pattern}", f"s:{pattern}")
    assert subsumes("s:**", f"s:{pattern}")


@times(3)
@given(anything, anything, anything)
def test_subsumes_is_transitive(one: str, two: str, three: str) -> None:
    """Narrowing twice is narrowing."""
    if subsumes(f"s:{one}", f"s:{two}") and subsumes(f"s:{two}", f"s:{three}"):
        assert subsumes(f"s:{one}", f"s:{three}")


@given(patterns, st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map("/".join))
def test_a_text_without_stars_is_a_pattern_for_itself(pattern: str, text: str) -> None:
    """To match a plain text and to cover it as a pattern are the same."""
    assert matches(f"s:{pattern}", f"s:{text}") is subsumes(f"s:{pattern}", f"s:{text}")
    assert matches(f"s:{text}", f"s:{text}")


@pytest.mark.parametrize("constant", [1, "y:a", "b:true", "a", "", "v:X"])
def test_only_strings_compare(constant: Term) -> None:
    """A constant of another kind is an error on either side, never a quiet no."""
    for relation in (matches, subsumes):
        for left, right in ((constant, "s:a"), ("s:a", constant)):
            with pytest.raises(TypeError, match=f"got `{constant}` where a pattern or string"):
                relation(left, right)
