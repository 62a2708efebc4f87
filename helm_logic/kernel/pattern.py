# SPDX-License-Identifier: Apache-2.0
"""Segment patterns: what `matches` and `subsumes` mean.

A pattern is text cut at `/`. The segment `*` stands for exactly one segment, and `**`, allowed only as the last
segment, for any number of trailing segments, none included. Every other segment stands for itself, `*` inside a
longer segment included. Laws (tested): `subsumes` is reflexive and transitive, and if `subsumes(wide, narrow)` then
every value that *narrow* matches is matched by *wide*.
"""

from __future__ import annotations

from helm_logic.kernel.terms import Term


def is_pattern(text: str) -> bool:
    """Say whether *text* is a well-formed pattern: no empty segment, and `**` only at the end."""
    segments = text.split("/")
    return all(segments) and "**" not in segments[:-1]


def matches(pattern: Term, value: Term) -> bool:
    """Say whether the string constant *value* is one of the texts that *pattern* stands for."""
    return _covers(_segments(pattern), _segments(value), literal=True)


def subsumes(wide: Term, narrow: Term) -> bool:
    """Say whether every text that *narrow* stands for is one that *wide* stands for."""
    return _covers(_segments(wide), _segments(narrow), literal=False)


def _segments(constant: Term) -> list[str]:
    if type(constant) is not str or not constant.startswith("s:"):
        raise TypeError(f"got `{constant}` where a pattern or string must stand")
    return constant[2:].split("/")


def _covers(wide: list[str], narrow: list[str], *, literal: bool) -> bool:
    if "**" in wide[:-1] or (not literal and "**" in narrow[:-1]):
        return False  # a malformed pattern stands for nothing
    if wide[-1] == "**":
        wide = wide[:-1]
        if not literal and narrow[-1] == "**":
            narrow = narrow[:-1]
        narrow = narrow[: len(wide)]
    elif not literal and narrow[-1] == "**":
        return False
    if len(wide) != len(narrow):
        return False
    return all(w in (n, "*") for w, n in zip(wide, narrow, strict=True))
