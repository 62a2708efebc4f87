# SPDX-License-Identifier: Apache-2.0
"""Times and durations as people write them, and the one place where the clock is read.

A moment is whole seconds since the epoch, written as an integer or as RFC 3339 with an offset
(`2026-11-22T20:00:00Z`). A duration is an integer with a unit: s, m, h, d or w.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import click

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MAX_DIGITS = 16


def parse_moment(text: str) -> int:
    """Return the seconds since the epoch that *text* means; raise ValueError."""
    if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"got `{text[:40]}`, want seconds since 1970 or a time such as 2026-11-22T20:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise ValueError(f"got `{text}` without its offset from utc; end it in `Z` or `+01:00`")
    if moment.microsecond:
        raise ValueError(f"got `{text}`, want whole seconds")
    if (seconds := int(moment.timestamp())) < 0:
        raise ValueError(f"got `{text}`, want a time since 1970")
    return seconds


def parse_duration(text: str) -> int:
    """Return the seconds that *text* means, such as `90m` or `30d`; raise ValueError."""
    count, unit = text[:-1], text[-1:]
    known = count.isascii() and count.isdigit() and len(count) < _MAX_DIGITS // 2 and unit in _UNITS
    if not known or not int(count):
        raise ValueError(f"got `{text[:40]}`, want a number and one of {' '.join(_UNITS)}: 30d")
    return int(count) * _UNITS[unit]


def moment_text(seconds: int) -> str:
    """Return *seconds* since the epoch as RFC 3339 in UTC; beyond the year 9999, as digits."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def clock(now: int | None) -> Callable[[], int]:
    """Return the clock that always says *now*, or, if it is None, the system's."""
    return (lambda: int(time.time())) if now is None else (lambda: now)


class _Parsed(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases only
    """An option type whose values one of the functions above reads."""

    def __init__(self, name: str, parse: Callable[[str], int]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds that *value* means; fail as a usage error."""
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


MOMENT = _Parsed("moment", parse_moment)
DURATION = _Parsed("duration", parse_duration)
