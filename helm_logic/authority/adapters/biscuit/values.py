# SPDX-License-Identifier: Apache-2.0
"""The constants of Biscuit's Datalog: each has a kind, and one text that no other constant has.

Invariants:
- two values are equal if their kinds and contents are: `1` and `true` are two values;
- a set is kept sorted by text, without duplicates, and so is a map by the text of its keys;
- `text` is how Biscuit writes the value, with strings escaped; equal texts mean equal values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import attrs

from helm_logic.errors import InputError

KINDS = ("integer", "string", "date", "bytes", "bool", "set", "null", "array", "map")
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
MAX_DATE = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that has a text
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@attrs.frozen(slots=False)
class Value:
    """A constant of one of `KINDS`.

    *content* is an int (integer, date: seconds), str, bytes, bool, None, a tuple of values (set,
    array) or a tuple of pairs of values (map).
    """

    kind: str
    content: Any

    @cached_property
    def text(self) -> str:  # noqa: PLR0911 - one for each kind
        """The one text of this value."""
        match self.kind:
            case "string":
                return '"' + _escaped(self.content) + '"'
            case "date":
                return print_date(self.content)
            case "bytes":
                return f"hex:{self.content.hex()}"
            case "bool":
                return "true" if self.content else "false"
            case "null":
                return "null"
            case "set":
                return "{" + (", ".join(each.text for each in self.content) or ",") + "}"
            case "array":
                return "[" + ", ".join(each.text for each in self.content) + "]"
            case "map":
                pairs = (f"{key.text}: {value.text}" for key, value in self.content)
                return "{" + ", ".join(pairs) + "}"
            case _:
                return str(self.content)

    @cached_property
    def size(self) -> int:
        """What it costs to look at the whole value once: members, and characters by the score."""
        match self.kind:
            case "string" | "bytes":
                return 1 + len(self.content) // 64
            case "set" | "array":
                members: tuple[Value, ...] = self.content
            case "map":
                members = tuple(each for pair in self.content for each in pair)
            case _:
                members = ()
        return 1 + sum(each.size for each in members)


def integer(number: int) -> Value:
    """Return *number* as a value; it fits in 64 bits."""
    return Value("integer", number)


def string(text: str) -> Value:
    """Return *text* as a value."""
    return Value("string", text)


def boolean(content: object) -> Value:
    """Return whether *content* is true, as a value."""
    return Value("bool", bool(content))


def make_set(members: Iterable[Value]) -> Value:
    """Return the set of *members*."""
    by_text = {each.text: each for each in members}
    return Value("set", tuple(by_text[text] for text in sorted(by_text)))


def make_map(pairs: Iterable[tuple[Value, Value]]) -> Value:
    """Return the map of *pairs*; of two with one key the later counts."""
    by_text = {key.text: (key, value) for key, value in pairs}
    return Value("map", tuple(by_text[text] for text in sorted(by_text)))


def read_date(text: str) -> Value:
    """Return the moment of RFC 3339 *text*, in whole seconds; raise InputError."""
    try:
        moment = dt.datetime.fromisoformat(text)
        seconds = (moment - _EPOCH) // dt.timedelta(seconds=1)
    except (ValueError, OverflowError, TypeError):
        raise InputError("wrong_shape", f"got the date `{text[:40]}`, want RFC 3339") from None
    return date(seconds)


def date(seconds: int) -> Value:
    """Return the moment *seconds* after the epoch; raise InputError for one without a text."""
    if not 0 <= seconds <= MAX_DATE:
        raise InputError("wrong_shape", f"got a date of {seconds} s, want 0 to {MAX_DATE}")
    return Value("date", seconds)


def print_date(seconds: int) -> str:
    """Return *seconds* after the epoch as RFC 3339 text."""
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


NULL = Value("null", None)
TRUE = boolean(content=True)
