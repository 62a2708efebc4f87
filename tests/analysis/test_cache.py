# SPDX-License-Identifier: Apache-2.0
"""The cache of a run: what it keeps, what it drops, and that a damaged one is an empty one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helm_logic.analysis.cache import Cache


def test_what_was_put_is_there_in_the_next_run(tmp_path: Path) -> None:
    """Values survive, in a file that nobody else may read or write."""
    path = tmp_path / "folder" / "lint.json"
    first = Cache(path)
    assert first.get("a") is None
    first.put("a", {"answer": [1, "x", True]})
    assert first.get("a") == {"answer": [1, "x", True]}
    first.save()

    assert Cache(path).get("a") == {"answer": [1, "x", True]}
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_run_did_not_ask_for_is_dropped(tmp_path: Path) -> None:
    """Entries of rules that are no more do not pile up."""
    path = tmp_path / "lint.json"
    first = Cache(path)
    for key in ("a", "b"):
        first.put(key, key)
    first.save()
    second = Cache(path)
    second.get("b")
    second.save()

    third = Cache(path)
    assert (third.get("a"), third.get("b")) == (None, "b")


def test_a_run_that_learns_nothing_writes_nothing(tmp_path: Path) -> None:
    """The file is left alone when every answer was known."""
    path = tmp_path / "lint.json"
    first = Cache(path)
    first.put("a", 1)
    first.save()
    path.chmod(0o400)
    written = path.stat().st_mtime_ns
    second = Cache(path)
    second.get("a")
    second.save()

    assert path.stat().st_mtime_ns == written


def test_without_a_file_it_lasts_for_one_run(tmp_path: Path) -> None:
    """Nothing is written."""
    cache = Cache()
    cache.put("a", 1)
    cache.save()

    assert cache.get("a") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\xff",
        b"[1]",
        b"[" * 100_000,
        b'{"entries": []}',
        b'{"format": "helm-logic/analysis-cache/v1", "version": "0", "entries": {"a": 1}}',
    ],
)
def test_a_damaged_or_foreign_file_is_an_empty_cache(tmp_path: Path, damaged: bytes) -> None:
    """Another version's answers are not believed, and no file stops a run."""
    path = tmp_path / "lint.json"
    path.write_bytes(damaged)

    cache = Cache(path)
    assert cache.get("a") is None
    cache.put("a", 2)
    cache.save()
    assert json.loads(path.read_bytes())["entries"] == {"a": 2}
