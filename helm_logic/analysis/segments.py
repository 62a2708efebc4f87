# SPDX-License-Identifier: Apache-2.0
"""Segment patterns and single texts to finite classes of texts that none of them can tell apart.

The subset construction over segments: a state is which patterns may still match, and how far each
has got. As `**` only trails, states are few and every class has a shortest text as its witness.
Segments that no pattern names are all alike; one name stands for them. So the classes that are
found are all there are (Brzozowski and McNaughton; the completeness is tested against brute force).
What a pattern means is kernel/pattern.py; nothing of it is used here, so that it can judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from helm_logic.analysis.cover import TooManyCases

_MOST_CLASSES = 20_000
_Item = tuple[str, bool]  # a segment, and whether it is a wildcard


@attrs.frozen
class TextClass:
    """Texts that satisfy exactly the tests *members* (by number), one of them the *witness*."""

    witness: str
    members: frozenset[int]


@attrs.frozen
class Shape:
    """Texts of *fewest* segments or more, whose first segment *first* accepts.

    *fresh_first* and *fresh* begin the first and other segments that no test mentions.
    """

    fewest: int = 1
    first: Callable[[str], bool] = lambda _segment: True
    fresh_first: str = "other"
    fresh: str = "other"


def text_classes(
    constants: Sequence[str],
    patterns: Sequence[str],
    shape: Shape,
) -> tuple[TextClass, ...]:
    """Return the classes of texts that *constants* and then *patterns*, numbered on, tell apart.

    Only texts of that *shape* count. Raises TooManyCases.
    """
    tests = [tuple((each, False) for each in text.split("/")) for text in constants]
    tests += [tuple((each, each in ("*", "**")) for each in text.split("/")) for text in patterns]
    mentioned = {segment for test in tests for segment, _ in test}
    fresh = _unused(shape.fresh_first, mentioned), _unused(shape.fresh, mentioned)
    return _Explorer(tests, shape, fresh).classes()


def _unused(name: str, mentioned: Iterable[str]) -> str:
    taken, number = set(mentioned), 1
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


class _Explorer:
    def __init__(
        self, tests: Sequence[tuple[_Item, ...]], shape: Shape, fresh: tuple[str, str]
    ) -> None:
        self._tests, self._fewest, self._first = tests, shape.fewest, shape.first
        self._fresh_first, self._fresh = fresh

    def classes(self) -> tuple[TextClass, ...]:
        """Explore breadth first: the first text of a class is a shortest one."""
        start = frozenset((number, 0) for number in range(len(self._tests)))
        found: dict[frozenset[int], str] = {}
        seen = {(start, 0)}
        level: list[tuple[frozenset[tuple[int, int]], tuple[str, ...]]] = [(start, ())]
        while level:
            following = []
            for state, path in level:
                for segment, after in self._steps(state, len(path)).items():
                    longer = (*path, segment)
                    if len(longer) >= self._fewest:
                        found.setdefault(self._accepted(after), "/".join(longer))
                    key = (after, min(len(longer), self._fewest))
                    if key not in seen:
                        seen.add(key)
                        following.append((after, longer))
                if len(seen) > _MOST_CLASSES:
                    raise TooManyCases(f"more than {_MOST_CLASSES} classes of texts")
            level = following
        return tuple(TextClass(text, members) for members, text in found.items())

    def _steps(
        self, state: frozenset[tuple[int, int]], depth: int
    ) -> Mapping[str, frozenset[tuple[int, int]]]:
        """Return the state after each segment that some pattern names next, and after any other."""
        always: set[tuple[int, int]] = set()
        by_segment: dict[str, set[tuple[int, int]]] = {}
        for number, place in state:
            test = self._tests[number]
            if place == len(test):
                continue
            segment, wild = test[place]
            if not wild:
                by_segment.setdefault(segment, set()).add((number, place + 1))
            elif segment == "**":
                always.add((number, place))
            else:
                always.add((number, place + 1))
        steps = {
            segment: frozenset(always | by_segment[segment])
            for segment in sorted(by_segment)
            if depth or self._first(segment)
        }
        steps[self._fresh if depth else self._fresh_first] = frozenset(always)
        return steps

    def _accepted(self, state: frozenset[tuple[int, int]]) -> frozenset[int]:
        return frozenset(number for number, place in state if self._ends(number, place))

    def _ends(self, number: int, place: int) -> bool:
        test = self._tests[number]
        return place == len(test) or (place == len(test) - 1 and test[place] == ("**", True))
