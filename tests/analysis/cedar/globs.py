# SPDX-License-Identifier: Apache-2.0
"""Cedar's `like` patterns, in which a star stands for any characters: what they match together.

A pattern is the text between its stars, in order; one without a star is that text alone. Patterns
are decided by running all of them at once over an alphabet of the characters that they mention and
one that none does: that is every text there is, as far as these patterns can tell texts apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Final, TypeAlias

Pattern: TypeAlias = tuple[str, ...]
Vector: TypeAlias = tuple[bool, ...]
_STAR: Final = ""  # a place in a flattened pattern at which any characters may stand


def matches(pattern: Pattern, text: str) -> bool:
    """Say whether *pattern* stands for *text*."""
    steps = _steps(pattern)
    places = _closed(steps, {0})
    for character in text:
        places = _after(steps, places, character)
    return len(steps) in places


def written(pattern: Pattern) -> str:
    r"""Return *pattern* as text, its stars as `*`, and stars that it means as `\*`."""
    return "*".join(part.replace("*", r"\*") for part in pattern)


def simplified(pattern: Pattern) -> Pattern:
    """Return the pattern that stands for the same texts and has no two stars side by side."""
    first, *rest = pattern
    if not rest:
        return pattern
    return (first, *(part for part in rest[:-1] if part), rest[-1])


def possible(patterns: Sequence[Pattern]) -> frozenset[Vector]:
    """Return which of *patterns* match together: one vector for each kind of text there is."""
    flat = [_steps(pattern) for pattern in patterns]
    named = {character for steps in flat for character in steps if character}
    unnamed = next(chr(n) for n in range(len(named) + 1) if chr(n) not in named)
    alphabet = sorted({*named, unnamed})
    start = tuple(_closed(steps, {0}) for steps in flat)
    reached, waiting = {start}, [start]
    while waiting:
        state = waiting.pop()
        for character in alphabet:
            pairs = zip(flat, state, strict=True)
            after = tuple(_after(steps, places, character) for steps, places in pairs)
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return frozenset(
        tuple(len(steps) in places for steps, places in zip(flat, state, strict=True))
        for state in reached
    )


def conflicts(vectors: frozenset[Vector], size: int) -> list[dict[int, bool]]:
    """Return the least partial vectors of *size* places that no member of *vectors* agrees with.

    Together they exclude exactly what is not in *vectors*.
    """
    found: list[dict[int, bool]] = []
    for width in range(1, size + 1):
        for places in combinations(range(size), width):
            for signs in product((False, True), repeat=width):
                partial = dict(zip(places, signs, strict=True))
                if any(each.items() <= partial.items() for each in found):
                    continue
                if not any(all(v[n] is sign for n, sign in partial.items()) for v in vectors):
                    found.append(partial)
    return found


def _steps(pattern: Pattern) -> tuple[str, ...]:
    first, *rest = pattern
    steps = list(first)
    for part in rest:
        steps += [_STAR, *part]
    return tuple(steps)


def _closed(steps: tuple[str, ...], places: set[int]) -> frozenset[int]:
    """Return *places* and those that are reached from them by letting stars stand for nothing."""
    closed = set(places)
    for place in sorted(places):
        here = place
        while here < len(steps) and steps[here] == _STAR:
            here += 1
            closed.add(here)
    return frozenset(closed)


def _after(steps: tuple[str, ...], places: frozenset[int], character: str) -> frozenset[int]:
    moved = set()
    for place in places:
        if place < len(steps):
            if steps[place] == _STAR:
                moved.add(place)
            elif steps[place] == character:
                moved.add(place + 1)
    return _closed(steps, moved)
