# SPDX-License-Identifier: Apache-2.0
"""Files are written whole or not at all, and synced before the call returns."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_logic.ledger.durable import create_file, replace_file


def test_a_new_file_has_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    """The permission bits asked for are the ones set."""
    before = os.umask(0o777)
    try:
        create_file(tmp_path / "key", b"data", 0o600)
    finally:
        os.umask(before)

    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "key").read_bytes() == b"data"


def test_create_never_replaces(tmp_path: Path) -> None:
    """An existing file, or a link that points nowhere, is left as it was."""
    (tmp_path / "key").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    for name in ("key", "link"):
        with pytest.raises(FileExistsError):
            create_file(tmp_path / name, b"new", 0o600)
    assert (tmp_path / "key").read_bytes() == b"old"
    assert not (tmp_path / "elsewhere").exists()


def test_replace_takes_the_place_of_the_old_file(tmp_path: Path) -> None:
    """The new content is there, the temporary file is not."""
    for content in (b"first", b"second"):
        replace_file(tmp_path / "head", content, 0o644)

        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"head": content}


def test_a_failed_sync_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the data does not reach the disk, the name is not moved and nothing new is left."""
    replace_file(tmp_path / "head", b"old", 0o644)

    def fsync(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output"):
        replace_file(tmp_path / "head", b"new", 0o644)
    with pytest.raises(OSError, match="Input/output"):
        create_file(tmp_path / "key", b"new", 0o600)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"head": b"old"}


def test_file_and_directory_are_synced_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is synced before it is renamed, the directory after."""
    calls: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        known = (tmp_path / "head.tmp", tmp_path)
        calls.extend(
            f"sync {path.name}"
            for path in known
            if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino
        )
        fsync(descriptor)

    def note_rename(self: Path, target: Path) -> Path:
        calls.append(f"rename {self.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_rename)
    replace_file(tmp_path / "head", b"content", 0o644)

    assert calls == ["sync head.tmp", "rename head.tmp", f"sync {tmp_path.name}"]
