# SPDX-License-Identifier: Apache-2.0
"""From one source to all that it includes, each read once, and before what includes it.

Names of includes are relative and cannot climb; what they stand for is the caller's to say, through
*resolve*. A file is known by the name of its `Source`, so two different texts under one name are
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from helm_logic.lang import tree
from helm_logic.lang.diagnostics import Findings, Note
from helm_logic.lang.parser import Reading, read
from helm_logic.lang.source import SizeLimits, Source, Span

Resolve: TypeAlias = Callable[[str], Source | None]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)


class Includes:
    """Reads sources and what they include; *complete* says whether every include was found."""

    def __init__(self, resolve: Resolve, findings: Findings, limits: SizeLimits) -> None:
        self._resolve, self._findings, self._limits = resolve, findings, limits
        self._known: dict[str, Source] = {}
        self._open: list[tuple[str, Span]] = []
        self.readings: list[Reading] = []
        self.complete = True

    def read_all(self, sources: Sequence[Source]) -> None:
        """Read *sources* in order, each after what it includes."""
        for source in sources:
            self._read(source, Span(source, 0, 0))

    def _read(self, source: Source, place: Span) -> None:
        if (known := self._known.get(source.name)) is not None:
            self._reread(known, source, place)
            return
        if len(self._known) >= self._limits.sources:
            message = f"more than {self._limits.sources} files are included"
            self._findings.add("HL016", message, place)
            self.complete = False
            return
        self._known[source.name] = source
        self._open.append((source.name, place))
        reading = read(source, self._limits)
        self._findings.extend(reading.diagnostics)
        for statement in reading.tree.statements:
            if isinstance(statement, tree.Include):
                self._include(statement)
        self._open.pop()
        self.readings.append(reading)

    def _reread(self, known: Source, source: Source, place: Span) -> None:
        if known.text != source.text:
            message = f"two different files are called `{source.name}`"
            self._findings.add("HL013", message, place, fix="rename one of them")
            self.complete = False
            return
        names = [name for name, _ in self._open]
        if source.name in names:
            cycle = self._open[names.index(source.name) :]
            path = " → ".join([name for name, _ in cycle] + [source.name])
            notes = [Note(f"`{name}` is included here", at) for name, at in cycle[1:]]
            self._findings.add("HL014", f"files include each other: {path}", place, notes=notes)

    def _include(self, statement: tree.Include) -> None:
        name, place = statement.name, statement.name_span
        if not _NAME.fullmatch(name) or ".." in name:
            expected = 'a relative name, as in `"authority"` or `"team/payments"`'
            message = f"`{name}` is not the name of a rule file"
            self._findings.add("HL013", message, place, expected=expected)
            self.complete = False
        elif (source := self._resolve(name)) is None:
            self._findings.add("HL013", f"there is no rule file `{name}`", place)
            self.complete = False
        else:
            self._read(source, place)
