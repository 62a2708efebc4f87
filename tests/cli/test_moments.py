# SPDX-License-Identifier: Apache-2.0
"""Times and durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.cli.moments import clock, moment_text, parse_duration, parse_moment

YEAR_9999 = 253_402_300_799


@given(st.integers(0, YEAR_9999))
def test_a_moment_reads_back_as_it_prints(seconds: int) -> None:
    """Printing a moment and reading it gives the moment, as text and as digits."""
    assert parse_moment(moment_text(seconds)) == seconds
    assert parse_moment(str(seconds)) == seconds


def test_an_offset_counts() -> None:
    """The same instant in two time zones is one moment."""
    assert parse_moment("2026-11-22T20:00:00+01:00") == parse_moment("2026-11-22T19:00:00Z")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tomorrow", "want seconds since 1970"),
        ("", "want seconds since 1970"),
        ("-1", "want seconds since 1970"),
        ("99999999999999999", "want seconds since 1970"),
        ("2026-11-22T20:00:00", "without its offset"),
        ("2026-11-22", "without its offset"),
        ("2026-11-22T20:00:00.5Z", "whole seconds"),
        ("1969-12-31T23:59:59Z", "since 1970"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, message: str) -> None:
    """A time without an offset means another instant on every machine, so it is refused too."""
    with pytest.raises(ValueError, match=message):
        parse_moment(text)


def test_beyond_the_calendar_seconds_are_printed() -> None:
    """A link may expire later than a calendar goes; then its seconds are shown."""
    assert moment_text(2**53 - 1) == str(2**53 - 1)


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("90m", 5400), ("1h", 3600), ("30d", 2592000), ("2w", 1209600)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    """Every unit means what it says."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "30", "0d", "-1d", "1y", "1.5h", "٣d", "99999999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """No unit, no amount, and nothing that could be read in two ways."""
    with pytest.raises(ValueError, match="want a number and one of"):
        parse_duration(text)


def test_a_clock_that_is_set_stands_still() -> None:
    """With --now every question is answered alike; without, the system's clock goes."""
    assert [clock(7)(), clock(7)()] == [7, 7]
    assert clock(None)() > 1_700_000_000
