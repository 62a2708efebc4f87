# SPDX-License-Identifier: Apache-2.0
"""Segment patterns and single texts to finite classes of texts that none of them can tell apart.

The subset construction over segments: a state is which patterns may still match, and how far each
has got. As `**` only trails, states are few and every class has a shortest text as its witness.
Segments that no pattern names are all alike; one name stands for them. So the classes that are
found are all there are (Brzozowski and McNaughton; the completeness is tested against brute force).
What a pattern means is kernel/pattern.py; nothing of it is used here, so that it can judge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import count, islice

import attrs

from helm_logic.analysis.cover import TooManyCases

_MOST_CLASSES = 20_000
_Item = tuple[str, bool]  # a segment, and whether it is a wildcard
_State = frozenset[tuple[int, int]]  # tests that may still be satisfied, and how far each has got
_Path = tuple[str, ...]  # segments


@attrs.frozen
class TextClass:
    """Texts that satisfy exactly the tests *members* (by number), a shortest first.

    A class has one text, or infinitely many: where two of its texts differ, no test looks. *texts*
    are the one, or those that were wanted and at most one more.
    """

    texts: tuple[str, ...]
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
    wanted: int = 1,
) -> tuple[TextClass, ...]:
    """Return the classes of texts that *constants* and then *patterns*, numbered on, tell apart.

    Only texts of that *shape* count; *wanted* texts of each class are given, if it has so many.
    Raises TooManyCases.
    """
    tests = [tuple((each, False) for each in text.split("/")) for text in constants]
    tests += [tuple((each, each in ("*", "**")) for each in text.split("/")) for text in patterns]
    mentioned = {segment for test in tests for segment, _ in test}
    fresh = [list(islice(_unused(name, mentioned), wanted))
             for name in (shape.fresh_first, shape.fresh)]  # fmt: skip
    found = _Explorer(tests, shape, (fresh[0][0], fresh[1][0])).classes()
    return tuple(
        TextClass(tuple(dict.fromkeys(("/".join(paths[0]), *_variants(paths[-1], fresh)))), members)
        for members, paths in found.items()
    )


def _unused(name: str, mentioned: Collection[str]) -> Iterator[str]:
    return (text for n in count(1) if (text := f"{name}-{n}") not in mentioned)


def _variants(path: _Path, fresh: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the texts of *path* with other names for its last free segment, if it has one."""
    free = [place for place, each in enumerate(path) if each == fresh[place > 0][0]]
    if free:
        last = free[-1]
        for each in fresh[last > 0]:
            yield "/".join((*path[:last], each, *path[last + 1 :]))


class _Explorer:
    def __init__(
        self, tests: Sequence[tuple[_Item, ...]], shape: Shape, fresh: tuple[str, str]
    ) -> None:
        self._tests, self._fewest, self._first = tests, shape.fewest, shape.first
        self._fresh_first, self._fresh = fresh

    def classes(self) -> dict[frozenset[int], list[_Path]]:
        """Return a shortest text of each class, and a shortest with a free segment if it has none.

        Breadth first. A state is where tests stand, and whether the way there had a free segment.
        """
        start = frozenset((number, 0) for number in range(len(self._tests)))
        found: dict[frozenset[int], list[_Path]] = {}
        seen = {(start, 0, False)}
        level: list[tuple[_State, _Path, bool]] = [(start, (), False)]
        while level:
            following = []
            for state, path, was_free in level:
                for segment, after in self._steps(state, len(path)).items():
                    longer = (*path, segment)
                    is_free = was_free or segment == self._free_name(len(path))
                    if len(longer) >= self._fewest:
                        paths = found.setdefault(self._accepted(after), [])
                        if not paths or (is_free and not self._is_free(paths[-1])):
                            paths.append(longer)
                    key = (after, min(len(longer), self._fewest), is_free)
                    if key not in seen:
                        seen.add(key)
                        following.append((after, longer, is_free))
                if len(seen) > _MOST_CLASSES:
                    raise TooManyCases(f"more than {_MOST_CLASSES} classes of texts")
            level = following
        return found

    def _free_name(self, place: int) -> str:
        return self._fresh if place else self._fresh_first

    def _is_free(self, path: _Path) -> bool:
        return any(each == self._free_name(place) for place, each in enumerate(path))

    def _steps(self, state: _State, depth: int) -> Mapping[str, _State]:
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
        steps[self._free_name(depth)] = frozenset(always)
        return steps

    def _accepted(self, state: _State) -> frozenset[int]:
        return frozenset(number for number, place in state if self._ends(number, place))

    def _ends(self, number: int, place: int) -> bool:
        test = self._tests[number]
        return place == len(test) or (place == len(test) - 1 and test[place] == ("**", True))
