# SPDX-License-Identifier: Apache-2.0
"""Regular expressions beside Python's, where both mean the same, and in linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.adapters.biscuit.regex import MAX_STATES, read_pattern
from helm_logic.errors import EvaluationError, LimitReached

_PIECES = st.sampled_from(
    ["a", "b", "1", ".", "[ab]", "[^a]", "[a-c1]", "\\d", "\\W", "\\.", "(a|b)", "(?:ab|)"]
)
_TIMES = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])
_REPEATED = st.tuples(_PIECES, _TIMES).map("".join)
_PATTERNS = st.lists(_REPEATED | st.sampled_from("^$"), max_size=5).map("".join)


@given(_PATTERNS, st.text("ab1.\n", max_size=8))
def test_what_matches_for_python_matches_here(pattern: str, text: str) -> None:
    """Search finds a match exactly if Python's does; `$` is the very end of the text."""
    twin = re.search(pattern.replace("$", "\\Z"), text)

    assert read_pattern(pattern).is_in(text) is (twin is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "a)", "*", "[", "[]a]", "[a", "(?i)a", "(?P<n>a)", "\\b", "\\pL", "\\1", "a{2",
     "a{,2}", "a{3,2}", "a{999}", "[[a]]", "[b-a]", "[a&&b]", "\\"],
)  # fmt: skip
def test_what_is_not_read(pattern: str) -> None:
    """What is no pattern, or one that we do not read, is an error and no answer."""
    with pytest.raises(EvaluationError):
        read_pattern(pattern)


def test_the_classes_are_those_of_unicode() -> None:
    """As in Rust: other digits, letters, marks and spaces count; separators of files do not."""
    assert read_pattern("^\\d\\w\\s$").is_in("٣é\u2003")
    assert not read_pattern("\\s").is_in("\x1c")
    assert read_pattern("^\\w$").is_in("Ⓐ")


def test_patterns_and_work_are_bounded() -> None:
    """Nested counts do not multiply without end, and what backtracks elsewhere does not here."""
    with pytest.raises(LimitReached):
        read_pattern("((a{50}){50}){50}")
    greedy = read_pattern("(a*)*b")
    assert not greedy.is_in("a" * 2000)
    assert greedy.work("a" * 2000) <= MAX_STATES * 2001
