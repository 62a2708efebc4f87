# SPDX-License-Identifier: Apache-2.0
"""Key files: private, never overwritten, every changed byte noticed; encrypted or not."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from helm_logic.errors import KeyFileError
from helm_logic.ledger.key_file import (
    open_key_file,
    read_key_file,
    replace_key_file,
    write_key_file,
)
from helm_logic.ledger.passphrase import Passphrases
from helm_logic.ledger.sealed_seed import Cost
from tests.ledger.keyring import ENGINE, LOG

CHEAP = Cost(1, 8192)  # the least that argon2id can cost
SECRET = b"correct horse"


def given(*passphrases: bytes) -> Passphrases:
    """Return a source that gives *passphrases*, whatever is to be unlocked."""

    def source(_: str) -> Iterable[bytes]:
        return passphrases

    return source


def test_a_key_file_is_a_round_trip(tmp_path: Path) -> None:
    """What was written signs the same, is 0600, and is never overwritten."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE)

    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path).sign(b"message") == ENGINE.sign(b"message")
    with pytest.raises(KeyFileError, match="never overwritten"):
        write_key_file(path, LOG)
    assert read_key_file(path).public_key == ENGINE.public_key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o660, 0o644])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Any permission for group or others, with the command that takes it away."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE)
    path.chmod(mode)

    with pytest.raises(KeyFileError, match=f"got mode {mode:04o}, want 0600; run `chmod 600"):
        read_key_file(path)


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    """A directory, a fifo (without waiting for its writer), a socket, a device, nothing at all."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for path in (tmp_path, tmp_path / "fifo", Path("/dev/null")):
            with pytest.raises(KeyFileError, match="is not a regular file"):
                read_key_file(path)
        for path in (tmp_path / "socket", tmp_path / "absent"):
            with pytest.raises(KeyFileError, match="was not read"):
                read_key_file(path)


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    """Whether the file was good, open to others, or no file at all."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE)
    before = sorted(Path("/dev/fd").iterdir())
    read_key_file(path)
    path.chmod(0o644)
    for refused in (path, tmp_path):
        with pytest.raises(KeyFileError):
            read_key_file(refused)

    assert sorted(Path("/dev/fd").iterdir()) == before


def test_a_file_of_another_kind_is_told_apart(tmp_path: Path) -> None:
    """Another first line, or one that is right and nothing after it."""
    path = tmp_path / "engine.key"
    for content, message in (
        ("-----BEGIN PRIVATE KEY-----\n", "does not begin with `helm-logic private key v1`"),
        ("helm-logic private key v1\n", "holds no seed of 32 bytes"),
        ("helm-logic private key v1", "holds no seed of 32 bytes"),
    ):
        path.write_text(content)
        path.chmod(0o600)
        with pytest.raises(KeyFileError, match=message):
            read_key_file(path)


def test_every_changed_byte_of_a_key_file_is_noticed(tmp_path: Path) -> None:
    """A bit flipped, a byte lost, a byte added: refused, and the seed stays out of the message."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE)
    good = path.read_bytes()
    places = range(len(good))
    changed = [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in places]
    changed += [good[:at] for at in places]
    changed += [good + b"\n", b"\n" + good, good + bytes(2000), b"\xff" + good]
    changed += [good.replace(b"\n", b"\r\n")]

    for data in changed:
        path.write_bytes(data)
        with pytest.raises(KeyFileError) as caught:
            read_key_file(path)
        assert good.split(b"seed: ")[1][:8].decode() not in str(caught.value)


def test_a_key_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A missing directory is an error of the key file, not a traceback of the system."""
    with pytest.raises(KeyFileError, match="was not written: No such file"):
        write_key_file(tmp_path / "absent" / "engine.key", ENGINE)


def test_an_encrypted_file_takes_its_passphrase(tmp_path: Path) -> None:
    """The public key is there for anyone; signing takes the one passphrase among those given."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE, SECRET, CHEAP)
    stated = open_key_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert (stated.public_key, stated.sealed) == (ENGINE.public_key, True)
    assert read_key_file(path, given(b"another", SECRET)).sign(b"m") == ENGINE.sign(b"m")
    with pytest.raises(KeyFileError, match="no passphrase fits"):
        read_key_file(path, given(b"another", b"", SECRET + b" "))
    with pytest.raises(KeyFileError, match="no passphrase was given; start this in a terminal"):
        read_key_file(path, given())


def test_every_changed_byte_of_an_encrypted_file_is_noticed(tmp_path: Path) -> None:
    """A bit flipped, a byte lost, a byte added: refused, the public key and the cost included."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE, SECRET, CHEAP)
    good = path.read_bytes()
    places = range(len(good))
    changed = [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in places]
    changed += [good[:at] for at in places]
    changed += [good + b"\n", b"\n" + good, good.replace(b"\n", b"\r\n")]
    keys = (ENGINE.public_key.text.encode(), LOG.public_key.text.encode())
    changed += [good.replace(*keys)]

    for data in changed:
        path.write_bytes(data)
        with pytest.raises(KeyFileError, match=r"damaged|no passphrase fits|does not begin"):
            read_key_file(path, given(SECRET))


def test_two_encryptions_have_nothing_in_common(tmp_path: Path) -> None:
    """Salt and nonce are fresh, and neither seed nor passphrase is anywhere in the file."""
    files = []
    for name in ("one", "two"):
        write_key_file(tmp_path / name, ENGINE, SECRET, CHEAP)
        files.append((tmp_path / name).read_text("ascii").splitlines())

    assert files[0][:2] == files[1][:2]
    for line, other in zip(files[0][2:], files[1][2:], strict=True):
        assert line.split()[-1] != other.split()[-1]
    write_key_file(tmp_path / "plain", ENGINE)
    seed = (tmp_path / "plain").read_text("ascii").split("seed: ")[1].strip()
    assert seed not in "\n".join(files[0])
    assert SECRET.decode() not in "\n".join(files[0])


def test_a_cost_beyond_all_bounds_is_not_paid(tmp_path: Path) -> None:
    """Who can change the file cannot make its reader take all memory, or all day."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE, SECRET, CHEAP)
    good = path.read_text("ascii")
    for cost in ("1 99999999999", "999 8192", "1 1024", "0 8192", "01 8192", "-1 8192"):
        path.write_text(good.replace("argon2id 1 8192", f"argon2id {cost}"), "ascii")
        with pytest.raises(KeyFileError, match="damaged"):
            open_key_file(path)


def test_a_file_changes_its_form_in_one_step(tmp_path: Path) -> None:
    """Replacing leaves one file, 0600 whatever it was before, with the same key."""
    path = tmp_path / "engine.key"
    write_key_file(path, ENGINE)
    path.chmod(0o644)
    replace_key_file(path, ENGINE, SECRET, CHEAP)

    assert [each.name for each in tmp_path.iterdir()] == ["engine.key"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path, given(SECRET)).public_key == ENGINE.public_key
    with pytest.raises(KeyFileError, match="was not written: No such file"):
        replace_key_file(tmp_path / "absent" / "engine.key", ENGINE)


def test_what_is_shown_of_a_file_is_no_seed(tmp_path: Path) -> None:
    """Its repr tells the path and the public key."""
    write_key_file(tmp_path / "engine.key", ENGINE)

    assert "seed" not in repr(open_key_file(tmp_path / "engine.key"))
