# SPDX-License-Identifier: Apache-2.0
"""Segment patterns: `matches` is what regular expressions say, `subsumes` is inclusion."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.kernel.pattern import is_pattern, matches, subsumes
from helm_logic.kernel.terms import Term
from tests.kernel import reference

segments = st.sampled_from(["a", "b", "*", "a*", "***", "é"])
patterns = st.builds(
    lambda first, last: "/".join([*first, *last]),
    st.lists(segments, min_size=1, max_size=3),
    st.sampled_from([[], ["**"], ["a"]]),
)

# Every pattern of up to three of these segments, malformed ones too, and texts that tell them
# apart: `c` is a segment that no pattern names, and texts are one segment longer than patterns.
SMALL = [
    "/".join(parts) for n in (1, 2, 3) for parts in product(("a", "b", "*", "**", ""), repeat=n)
]
TEXTS = ["/".join(parts) for n in (1, 2, 3, 4) for parts in product(("a", "b", "c", ""), repeat=n)]


@cache
def _texts_of(pattern: str) -> frozenset[str]:
    """Return those of TEXTS for which *pattern* stands, by the second definition."""
    return frozenset(text for text in TEXTS if reference.matches(pattern, text))


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


def test_matches_is_what_the_regular_expression_says() -> None:
    """On every small pattern and text, malformed ones too, two definitions agree."""
    for pattern in SMALL:
        matched = {text for text in TEXTS if matches(f"s:{pattern}", f"s:{text}")}

        assert matched == _texts_of(pattern)


def test_subsumes_is_inclusion() -> None:
    """A well-formed pattern covers another, or there is a text that only the other matches."""
    well_formed = [pattern for pattern in SMALL if is_pattern(pattern)]
    assert len(well_formed) == 52
    for wide in well_formed:
        covered = {narrow for narrow in well_formed if subsumes(f"s:{wide}", f"s:{narrow}")}

        assert covered == {n for n in well_formed if _texts_of(n) <= _texts_of(wide)}
        assert wide in covered


def test_what_the_narrow_pattern_matches_the_wide_one_does() -> None:
    """That much holds for malformed patterns too, and so does transitivity."""
    covered = {
        wide: {narrow for narrow in SMALL if subsumes(f"s:{wide}", f"s:{narrow}")} for wide in SMALL
    }
    for wide, narrower in covered.items():
        for narrow in narrower:
            assert _texts_of(narrow) <= _texts_of(wide)
            assert covered[narrow] <= narrower


def test_what_is_no_pattern_is_covered_by_nothing() -> None:
    """With `**` before the end it matches nothing, and counts as narrower than nothing."""
    broken = [text for text in SMALL if "**" in text.split("/")[:-1]]
    assert len(broken) == 5 + 25 + 20
    for pattern in broken:
        assert not any(subsumes(f"s:{other}", f"s:{pattern}") for other in SMALL)
        assert not any(subsumes(f"s:{pattern}", f"s:{other}") for other in SMALL)


@pytest.mark.parametrize("segment", ["a", "", "*!", "**!", "***", "!"])
def test_only_stars_cover_everything(segment: str) -> None:
    """No other segment stands for any segment there may be."""
    assert subsumes("s:*/**", "s:**")
    assert not subsumes(f"s:{segment}/**", "s:**")
    assert not subsumes(f"s:{segment}", "s:*")
    assert not subsumes(f"s:a/{segment}", "s:a/*")


@given(patterns, patterns)
def test_subsumes_is_inclusion_for_longer_patterns(wide: str, narrow: str) -> None:
    """The same on random patterns of up to four segments of any text."""
    assert subsumes(f"s:{wide}", f"s:{narrow}") is reference.subsumes(wide, narrow)
    assert subsumes(f"s:{wide}", f"s:{wide}")
    assert subsumes("s:**", f"s:{wide}")


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
