# SPDX-License-Identifier: Apache-2.0
"""One uncompressed ustar file with one byte form: named members in order, and nothing else.

Invariants:
- `write_archive(read_archive(data)) == data` for everything that is read: each header is the one
  that is written for that name and size, names ascend and occur once, padding is zero, two zero
  blocks end the file. So no byte of an archive is without meaning, and none can be changed unseen;
- reading happens in memory and within limits; nothing is ever extracted, and no name is a path.

Only regular files exist: links, devices, long names, sparse files and PAX headers are not the one
form and are refused with everything else. Source: POSIX.1-1988 ustar, IEEE Std 1003.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from helm_logic.errors import InputError

MAX_ARCHIVE = 64 << 20
MAX_MEMBER = 32 << 20
MAX_MEMBERS = 256

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_MAX_NAME = 100
_SIZE = slice(124, 136)


def write_archive(members: Mapping[str, bytes]) -> bytes:
    """Return the archive of *members*; raise InputError for names and sizes that it cannot hold."""
    if len(members) > MAX_MEMBERS:
        raise _refused(f"got {len(members)} members, want at most {MAX_MEMBERS}")
    parts: list[bytes] = []
    for name in sorted(members):
        data = members[name]
        parts += (_header(name, len(data)), data, _padding(len(data)))
    parts.append(_END)
    archive = b"".join(parts)
    if len(archive) > MAX_ARCHIVE:
        raise _refused(f"it has {len(archive)} bytes, want at most {MAX_ARCHIVE}")
    return archive


def read_archive(data: bytes) -> dict[str, bytes]:
    """Return the members of the archive *data* by name; raise InputError for all other bytes."""
    if len(data) > MAX_ARCHIVE:
        raise _refused(f"it has {len(data)} bytes, want at most {MAX_ARCHIVE}")
    members: dict[str, bytes] = {}
    place = 0
    while data[place : place + len(_END)] != _END:
        header = data[place : place + _BLOCK]
        name, size = _read_header(header, place)
        place += _BLOCK
        content = data[place : place + size]
        place += size + len(_padding(size))
        if len(content) != size or place > len(data):
            raise _refused(f"it ends inside the member `{name}`")
        if members and name <= max(members):
            raise _refused(f"the member `{name}` does not come after the one before it")
        members[name] = content
        if len(members) > MAX_MEMBERS:
            raise _refused(f"it has more than {MAX_MEMBERS} members")
    if place + len(_END) != len(data) or write_archive(members) != data:
        raise _refused("its bytes are not the one form of what it holds")
    return members


def _read_header(header: bytes, place: int) -> tuple[str, int]:
    """Return name and size in *header*, which must be the one that is written for them."""
    if len(header) < _BLOCK:
        raise _refused(f"it ends at byte {place} without the two empty blocks")
    try:
        name = header[:_MAX_NAME].rstrip(b"\0").decode("ascii")
        size = int(header[_SIZE].rstrip(b"\0").decode("ascii"), 8)
        expected = _header(name, size)
    except ValueError:  # InputError is none: it says what is wrong
        raise _refused(f"the header at byte {place} is not one of ours") from None
    if header != expected:
        raise _refused(f"the header at byte {place} is not the one of a file `{name}`")
    return name, size


def _header(name: str, size: int) -> bytes:
    """Return the header block: a regular file, mode 0644, of nobody, at the epoch."""
    if _NAME.fullmatch(name) is None or len(name) > _MAX_NAME:
        raise _refused(f"`{name[:_MAX_NAME]}` is no name of a member")
    if size > MAX_MEMBER:
        raise _refused(f"the member `{name}` has {size} bytes, want at most {MAX_MEMBER}")
    fields = (
        name.encode("ascii").ljust(_MAX_NAME, b"\0"),
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        b"%011o\0" % size,
        b"00000000000\0",
        b" " * 8,  # the checksum counts as spaces while it is summed
        b"0",
        bytes(100),
        b"ustar\0",
        b"00",
        bytes(32 + 32),
        b"0000000\0",
        b"0000000\0",
        bytes(155 + 12),
    )
    block = b"".join(fields)
    checksum = b"%06o\0 " % sum(block)
    return block[:148] + checksum + block[156:]


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _refused(why: str) -> InputError:
    return InputError("archive", f"archive: {why}")
