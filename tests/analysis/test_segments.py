# SPDX-License-Identifier: Apache-2.0
"""Classes of texts against brute force over a small alphabet, with the kernel's matcher."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis import segments as segments_module
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.segments import Shape, text_classes
from helm_logic.kernel.pattern import matches

_SEGMENTS = ("a", "b", "", "c:d")
_texts = st.lists(st.sampled_from(_SEGMENTS), min_size=1, max_size=3).map("/".join)


@st.composite
def _patterns(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.sampled_from(("a", "b", "*", "c:d")), min_size=1, max_size=3))
    if draw(st.booleans()):
        parts[-1] = "**"
    return "/".join(parts)


def _has_colon(segment: str) -> bool:
    return ":" in segment


@settings(max_examples=40)
@given(
    st.lists(_texts, max_size=3),
    st.lists(_patterns(), max_size=4),
    st.integers(1, 2),
    st.sampled_from([bool, _has_colon, lambda _text: True]),
)
def test_the_classes_are_exactly_those_that_some_text_has(
    constants: list[str], patterns: list[str], fewest: int, first: object
) -> None:
    """Every text up to one segment longer than any test, over all segments named and two others."""
    accepts = first if callable(first) else bool
    found = text_classes(constants, patterns, Shape(fewest, accepts, "zz:1", "zz"), 3)
    texts: dict[tuple[str, ...], frozenset[int]] = {}
    alphabet = (*_SEGMENTS, "zy", "zz", "zy:z", "zz:z")
    for length in range(fewest, 5):
        for parts in product(alphabet, repeat=length):
            if accepts(parts[0]):
                texts[parts] = _members("/".join(parts), constants, patterns)
    wanted = {*texts.values()}
    assert {each.members for each in found} == wanted
    assert len(found) == len(wanted)
    for each in found:
        assert len({*each.texts}) == len(each.texts)
        infinite = len([parts for parts, members in texts.items() if members == each.members]) > 1
        assert len(each.texts) == 1 if not infinite else len(each.texts) >= 3
        for text in each.texts:
            assert _members(text, constants, patterns) == each.members
            parts = tuple(text.split("/"))
            assert len(parts) >= fewest
            assert accepts(parts[0])


def _members(text: str, constants: list[str], patterns: list[str]) -> frozenset[int]:
    same = [n for n, each in enumerate(constants) if each == text]
    fits = [
        n for n, each in enumerate(patterns, len(constants)) if matches(f"s:{each}", f"s:{text}")
    ]
    return frozenset((*same, *fits))


def test_a_free_segment_has_a_name_that_nothing_mentions() -> None:
    """Even if a test mentions the one that was meant for it, or the one meant for another text."""
    shape = Shape(fresh_first="new", fresh="new")
    found = text_classes(["new-1", "new-3"], ["new-5/*"], shape, 3)
    others = [each.texts for each in found if not each.members]
    assert others == [("new-5", "new-2", "new-4", "new-6")]


def test_a_class_of_one_text_has_one() -> None:
    """A pattern without a free segment is a text."""
    found = text_classes(["x"], ["a/b"], Shape(), 3)
    assert {each.members: each.texts for each in found}[frozenset({1})] == ("a/b",)


def test_too_many_classes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an error, not by leaving some out."""
    monkeypatch.setattr(segments_module, "_MOST_CLASSES", 4)
    with pytest.raises(TooManyCases, match="more than 4 classes"):
        text_classes([], ["a/*/c", "*/b/c", "a/b/*"], Shape())
