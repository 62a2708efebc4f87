# SPDX-License-Identifier: Apache-2.0
"""What an earlier run found out, so that editing one rule asks again only what it touches.

A cache is one file for one main rule file: JSON values by key. A key is the digest of everything
that its value depends on, so an entry is never out of date; entries that a run does not ask for are
dropped when it is saved, so the file does not grow.

Invariants: a file that cannot be read, is damaged, or was written by another version is an empty
cache, never an error; values are data of this program and of nobody else, so the file belongs where
only its user can write. Whoever keeps an answer keeps what proves it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from helm_logic import __version__
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.durable import replace_file

FORMAT = "helm-logic/analysis-cache/v1"
_PRIVATE = 0o600


class Cache:
    """Values by key; *path* is where they are kept between runs, None for this run only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: Mapping[str, JsonValue] = {} if path is None else _read(path)
        self._used: dict[str, JsonValue] = {}

    def get(self, key: str) -> JsonValue | None:
        """Return the value of *key*, None if nothing is known."""
        if key in self._used:
            return self._used[key]
        value = self._known.get(key)
        if value is not None:
            self._used[key] = value
        return value

    def put(self, key: str, value: JsonValue) -> None:
        """Remember *value* under *key*."""
        self._used[key] = value

    def save(self) -> None:
        """Write what this run asked for or found out; raise OSError if that cannot be."""
        if self._path is None or dict(self._known) == self._used:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = {"entries": self._used, "format": FORMAT, "version": __version__}
        replace_file(self._path, json.dumps(whole).encode("utf-8"), _PRIVATE)


def _read(path: Path) -> Mapping[str, JsonValue]:
    try:
        whole = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(whole, dict) or not isinstance(whole.get("entries"), dict):
        return {}
    if (whole.get("format"), whole.get("version")) != (FORMAT, __version__):
        return {}
    entries: Mapping[str, JsonValue] = whole["entries"]
    return entries
