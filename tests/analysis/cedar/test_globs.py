# SPDX-License-Identifier: Apache-2.0
"""Patterns with stars: what they match, and what can match together, against enumeration."""

from __future__ import annotations

import re
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.cedar.globs import (
    Pattern,
    conflicts,
    matches,
    possible,
    simplified,
    written,
)

# Long enough to reach every state of two patterns with two letters each.
TEXTS = ["".join(each) for size in range(6) for each in product("abz", repeat=size)]
patterns = st.lists(st.text("ab", max_size=1), min_size=1, max_size=3).map(tuple)


def _expression(pattern: Pattern) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern)), re.DOTALL)


@given(st.lists(st.text("ab*\n", max_size=2), min_size=1, max_size=4).map(tuple))
def test_a_star_stands_for_any_characters(pattern: Pattern) -> None:
    """As the regular expression with `.*` for each star says; no character is special."""
    texts = [*TEXTS, "*", "a*b", "a\nb", "\n", *map("".join, [pattern])]

    assert [text for text in texts if matches(pattern, text)] == [
        text for text in texts if _expression(pattern).fullmatch(text)
    ]


@given(patterns)
def test_two_stars_are_one(pattern: Pattern) -> None:
    """What is simplified stands for the same texts, and has no empty part between two stars."""
    simple = simplified(pattern)

    assert all(simple[1:-1])
    assert [matches(simple, text) for text in TEXTS] == [matches(pattern, text) for text in TEXTS]


@settings(max_examples=40)
@given(st.lists(patterns, min_size=1, max_size=2))
def test_what_matches_together_is_what_some_text_matches(some: list[Pattern]) -> None:
    """The automaton finds the vectors that enumeration finds, and no other."""
    assert possible(some) == {tuple(matches(each, text) for each in some) for text in TEXTS}


@given(st.sets(st.tuples(*[st.booleans()] * 3), min_size=1))
def test_conflicts_exclude_exactly_the_rest(vectors: set[tuple[bool, ...]]) -> None:
    """A vector is possible iff it agrees with no conflict, and no conflict holds another one."""
    found = conflicts(frozenset(vectors), 3)

    for vector in product((False, True), repeat=3):
        excluded = any(all(vector[n] is sign for n, sign in each.items()) for each in found)
        assert excluded is (vector not in vectors)
    assert not any(
        one.items() < other.items() or (one == other and one is not other)
        for one in found
        for other in found
    )


def test_patterns_are_written_as_cedar_writes_them() -> None:
    """A star that is meant as a character is escaped."""
    assert written(("a", "b*", "")) == r"a*b\**"
