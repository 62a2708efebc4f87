# SPDX-License-Identifier: Apache-2.0
"""Passphrases from a file or a descriptor that the environment names, and never from it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_logic.errors import KeyFileError
from helm_logic.ledger.passphrase import (
    FD_VARIABLE,
    FILE_VARIABLE,
    encode_passphrase,
    environment_passphrases,
)


def from_file(path: Path) -> list[bytes]:
    """Return the passphrases of the file *path*."""
    return list(environment_passphrases({FILE_VARIABLE: str(path)})("any.key"))


def test_each_line_of_the_file_is_one(tmp_path: Path) -> None:
    """Empty lines are none, spaces belong to it, and lines may end as on other systems."""
    path = tmp_path / "secret"
    path.touch(0o600)
    for text, want in (
        ("one", ["one"]),
        ("one\n", ["one"]),
        (" one two \n\nthree\r\n", [" one two ", "three"]),
    ):
        path.write_bytes(text.encode())
        assert from_file(path) == [line.encode() for line in want]


def test_the_file_is_as_private_as_a_key(tmp_path: Path) -> None:
    """Open to others, empty, with too many lines, too long, not utf-8, absent: refused."""
    path = tmp_path / "secret"
    path.touch(0o600)
    for data, message in (
        (b"", "want 1 to 16 lines"),
        (b"\n\n", "want 1 to 16 lines"),
        (b"x\n" * 17, "want 1 to 16 lines"),
        (b"x" * 5000, "longer than 4096 bytes"),
        (b"\xff", "not utf-8"),
    ):
        path.write_bytes(data)
        with pytest.raises(KeyFileError, match=message):
            from_file(path)
    path.write_bytes(b"secret")
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match=r"passphrase file .* is open to others: got mode 0640"):
        from_file(path)
    with pytest.raises(KeyFileError, match="was not read: No such file"):
        from_file(tmp_path / "absent")


def test_a_pipe_is_read_once_for_all_keys() -> None:
    """Both the engine's and the log's key are opened by what it brought; it stays open."""
    reader, writer = os.pipe()
    os.write(writer, b"one\ntwo\n")
    os.close(writer)
    passphrases = environment_passphrases({FD_VARIABLE: str(reader)})

    assert list(passphrases("engine.key")) == [b"one", b"two"]
    assert list(passphrases("log.key")) == [b"one", b"two"]
    os.close(reader)


@pytest.mark.parametrize("number", ["", "x", "-1", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 9, "9" * 30])
def test_what_is_no_descriptor_is_said(number: str) -> None:
    """Another text, or a number nothing is open under; an empty one is none at all."""
    passphrases = environment_passphrases({FD_VARIABLE: number})
    if not number:
        assert list(passphrases("any.key")) == []
        return
    with pytest.raises(KeyFileError, match=FD_VARIABLE):
        passphrases("any.key")


def test_without_variables_there_is_none() -> None:
    """Nothing is asked for and nothing fails: whoever needs one says so."""
    assert list(environment_passphrases({})("any.key")) == []


def test_a_passphrase_is_the_same_from_any_keyboard() -> None:
    """Composed or not, an umlaut is one byte sequence."""
    assert encode_passphrase("u\u0308ber") == encode_passphrase("\u00fcber") == "\u00fcber".encode()
