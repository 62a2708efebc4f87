# SPDX-License-Identifier: Apache-2.0
"""What a replay has found so far, in a file that a later run goes on from.

    {"format":"helm-logic/replay/v1","job":{...}}     what is replayed, and how: has to be the same
    {"finding":{...}}                                 one line for each
    {"mark":{"counts":{...},"end":N}}                 all before entry N is in the lines above

Invariants:
- the file only grows; going on, what follows the last whole mark is cut off and done again, so that
  a run that was killed anywhere ends in the same lines as one that was not;
- findings are in the file and not in memory, however many there are.

Without a name it is a temporary file, which is gone with the run.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

from helm_logic.errors import HelmError, InputError, PolicyError
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json
from helm_logic.ledger.shape import require_integer, require_object
from helm_logic.policy.replay_case import Finding
from helm_logic.policy.replay_work import Done

FORMAT = "helm-logic/replay/v1"

_MAX_LINE = 64 << 20


class Journal:
    """The state of one replay: everything before entry *end* is done; *counts* say how it came out.

    *job* says what is replayed, and how.
    """

    def __init__(self, path: Path | None, job: Mapping[str, JsonValue]) -> None:
        """Begin *job*, or go on with it if the file *path* does; raise PolicyError if it cannot.

        A file that holds anything else is left alone.
        """
        self.job = dict(job)
        self.end = 0
        self.counts: Counter[str] = Counter()
        self._path = path
        self._file: IO[bytes] = _open(path)
        try:
            self._begin()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; what was added is in it."""
        self._file.close()

    def add(self, done: Done) -> None:
        """Add what came of the next entries."""
        self.end = done.end
        self.counts.update(done.counts)
        lines: list[dict[str, object]] = [{"finding": one.to_value()} for one in done.findings]
        lines.append({"mark": {"counts": dict(self.counts), "end": self.end}})
        self._file.write(b"".join(canonical_json(line) + b"\n" for line in lines))
        self._file.flush()

    def findings(self, group: str) -> Iterator[Finding]:
        """Yield the findings of *group*, in order."""
        self._file.seek(0)
        for line in self._file:
            value = json.loads(line)
            if "finding" in value and value["finding"]["group"] == group:
                yield Finding.from_value(value["finding"])
        self._file.seek(0, os.SEEK_END)

    def _begin(self) -> None:
        head = self._file.readline(_MAX_LINE)
        if not head:
            self._file.write(canonical_json({"format": FORMAT, "job": self.job}) + b"\n")
            self._file.flush()
            return
        job = _job(head)
        if job != self.job:
            names = sorted(name for name in job.keys() | self.job if _differ(job, self.job, name))
            raise PolicyError(
                f"`{self._path}` is the state of another replay (another {', '.join(names)});"
                " name another file, or remove it to begin again"
            )
        self._go_on(len(head))

    def _go_on(self, end: int) -> None:
        """Read the marks, and cut off what follows the last one."""
        whole = end
        while line := self._file.readline(_MAX_LINE):
            end += len(line)
            mark = _mark(line)
            if mark is None:
                break
            if mark:
                whole, self.end = end, require_integer(mark["end"], "end")
                self.counts = Counter(_counts(mark["counts"]))
        self._file.seek(whole)
        self._file.truncate()


def begun_job(path: Path | None) -> dict[str, JsonValue] | None:
    """Return the job in the file *path*, None if there is no such file; raise PolicyError."""
    if path is None or not path.exists() or not path.stat().st_size:
        return None
    with path.open("rb") as file:
        return _job(file.readline(_MAX_LINE))


def _open(path: Path | None) -> IO[bytes]:
    if path is None:
        return TemporaryFile("w+b")
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise PolicyError(f"`{path}` is the state of a replay that is running") from None
    return file


def _job(head: bytes) -> dict[str, JsonValue]:
    try:
        parts = require_object(_value(head), "replay state", ("format", "job"))
        if parts["format"] == FORMAT:
            return require_object(parts["job"], "job")
    except HelmError:
        pass
    raise PolicyError(f"the file to resume from is no state of a replay (`{FORMAT}`)")


def _mark(line: bytes) -> dict[str, JsonValue] | None:
    """Return the mark in *line*, nothing if it is a finding; None if it is not whole."""
    try:
        parts = require_object(_value(line), "line")
        if "finding" in parts:
            Finding.from_value(parts["finding"])
            return {}
        mark = require_object(parts.get("mark"), "mark", ("counts", "end"))
        require_integer(mark["end"], "end")
        _counts(mark["counts"])
    except InputError:
        return None
    return mark


def _counts(value: JsonValue) -> dict[str, int]:
    parts = require_object(value, "counts")
    return {name: require_integer(count, name) for name, count in parts.items()}


def _value(line: bytes) -> JsonValue:
    if not line.endswith(b"\n"):
        raise InputError("malformed_json", "the line has no end")
    return parse_json(line, max_bytes=_MAX_LINE)


def _differ(one: Mapping[str, JsonValue], two: Mapping[str, JsonValue], name: str) -> bool:
    return one.get(name) != two.get(name)
