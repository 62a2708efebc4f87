# SPDX-License-Identifier: Apache-2.0
"""Segment patterns: what `matches` and `subsumes` mean.

A pattern is text cut at `/`; every text has at least one segment, which may be empty. The segment
`*` stands for exactly one segment, and `**`, allowed only as the last one, for any number of
trailing segments, none included. Every other segment stands for itself, `*` inside a longer one
included. Laws (tested): for well-formed patterns `subsumes(wide, narrow)` says exactly that every
text that *narrow* matches is matched by *wide*; it is transitive for all, and what is no pattern,
with `**` elsewhere, matches nothing, covers nothing and is covered by nothing.
"""

from __future__ import annotations

from itertools import compress
from operator import ne

from helm_logic.kernel.terms import Term

_ANY = frozenset({"*"})


def is_pattern(text: str) -> bool:
    """Say whether *text* is a well-formed pattern: no empty segment, and `**` only at the end."""
    segments = text.split("/")
    return all(segments) and "**" not in segments[:-1]


def matches(pattern: Term, value: Term) -> bool:
    """Say whether the string constant *value* is one of the texts that *pattern* stands for."""
    return _cover(_segments(pattern), _segments(value))


def subsumes(wide: Term, narrow: Term) -> bool:
    """Say whether every text that *narrow* stands for is one that *wide* stands for."""
    outer, inner = _segments(wide), _segments(narrow)
    if inner[-1] == "**":
        if outer[-1] != "**":
            return False
        inner = inner[:-1] or ["*"]  # `**` alone stands for every text: one segment at least
    return "**" not in inner and _cover(outer, inner)


def _segments(constant: Term) -> list[str]:
    if type(constant) is not str or constant[:2] != "s:":
        raise TypeError(f"got `{constant}` where a pattern or string must stand")
    return constant[2:].split("/")


def _cover(pattern: list[str], segments: list[str]) -> bool:
    """Match segment by segment; a `*` among *segments* is covered by `*` (or `**`) alone."""
    if pattern[-1] == "**":
        pattern = pattern[:-1]
        segments = segments[: len(pattern)]
    if len(pattern) != len(segments) or "**" in pattern:
        return False  # with `**` elsewhere it is no pattern, and stands for nothing
    return _ANY.issuperset(compress(pattern, map(ne, pattern, segments)))
