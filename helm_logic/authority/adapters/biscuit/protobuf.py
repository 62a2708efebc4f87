# SPDX-License-Identifier: Apache-2.0
"""Protocol Buffers as Biscuit uses them: messages of varints and of bytes, and nothing else.

`Message` reads the fields of one message. Invariants: bytes that are no message, unknown wire types
and, where one value is wanted, two of them are refused with InputError; nothing is read beyond its
length. Fields that are not asked for are left alone, as the format wants it; `only` refuses them.
"""

from __future__ import annotations

from typing import TypeVar

from helm_logic.errors import InputError

_Field = TypeVar("_Field", int, bytes)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT = 10


class Message:
    """One message; fields by number, each in the order in which they came."""

    def __init__(self, data: bytes) -> None:
        """Read the fields of *data*; raise InputError."""
        self._fields: dict[int, list[int | bytes]] = {}
        place = 0
        while place < len(data):
            key, place = _varint(data, place)
            value, place = _value(data, place, key & 7)
            self._fields.setdefault(key >> 3, []).append(value)

    def numbers(self, field: int) -> list[int]:
        """Return all values of *field*, a varint."""
        return [_require(each, int) for each in self._fields.get(field, [])]

    def number(self, field: int, default: int | None = None) -> int:
        """Return the one value of *field*, a varint, or *default*."""
        return _single(self.numbers(field), field, default)

    def signed(self, field: int) -> int:
        """Return the one value of *field*, an int64."""
        number = self.number(field)
        return number - (1 << 64) if number >= 1 << 63 else number

    def parts(self, field: int) -> list[bytes]:
        """Return all values of *field*, of bytes."""
        return [_require(each, bytes) for each in self._fields.get(field, [])]

    def part(self, field: int) -> bytes:
        """Return the one value of *field*, of bytes."""
        return _single(self.parts(field), field, None)

    def texts(self, field: int) -> list[str]:
        """Return all values of *field*, of text."""
        try:
            return [each.decode("utf-8") for each in self.parts(field)]
        except UnicodeDecodeError:
            raise InputError("wrong_shape", f"field {field}: not UTF-8") from None

    def messages(self, field: int) -> list[Message]:
        """Return all values of *field*, messages."""
        return [Message(each) for each in self.parts(field)]

    def message(self, field: int) -> Message:
        """Return the one value of *field*, a message."""
        return Message(self.part(field))

    def which(self, *fields: int) -> int:
        """Return the one of *fields* that is there; raise InputError if not exactly one is."""
        found = [field for field in self._fields if field in fields]
        if len(found) != 1 or len(self._fields[found[0]]) != 1:
            raise InputError("wrong_shape", f"got the fields {sorted(self._fields)}, want one")
        return found[0]

    def only(self, *fields: int) -> Message:
        """Return the message, if it has no other fields; raise InputError."""
        if strange := self._fields.keys() - set(fields):
            raise InputError("wrong_shape", f"got the field {min(strange)}, which is not known")
        return self


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = 0
    for count in range(_MAX_VARINT):
        if place + count >= len(data):
            break
        byte = data[place + count]
        number |= (byte & 127) << (7 * count)
        if byte < 128:  # noqa: PLR2004 - the bit that says that more follows
            if number >= 1 << 64:
                break
            return number, place + count + 1
    raise InputError("wrong_shape", "not a message: a number does not end")


def _value(data: bytes, place: int, kind: int) -> tuple[int | bytes, int]:
    if kind == _VARINT:
        return _varint(data, place)
    if kind == _BYTES:
        length, place = _varint(data, place)
    else:
        length = {_FIXED64: 8, _FIXED32: 4}.get(kind, -1)
    if length < 0 or place + length > len(data):
        raise InputError("wrong_shape", "not a message: a field does not end")
    return data[place : place + length], place + length


def _require(value: int | bytes, kind: type[_Field]) -> _Field:
    if not isinstance(value, kind):
        raise InputError("wrong_shape", "a field has another wire type than wanted")
    return value


def _single(values: list[_Field], field: int, default: _Field | None) -> _Field:
    if not values and default is not None:
        return default
    if len(values) != 1:
        raise InputError("wrong_shape", f"field {field}: got {len(values)} values, want one")
    return values[0]
