# SPDX-License-Identifier: Apache-2.0
"""Rule text as a value, places in it, and how large it may be.

Nothing here reads a file: whoever has the text makes the `Source`, and its name is what diagnostics
print. Offsets count characters, lines and columns count from 1, and only a line feed ends a line.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

import attrs


@attrs.frozen(slots=False)
class Source:
    """The text of one rule file and the name that it goes by."""

    name: str
    text: str = attrs.field(repr=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset at which each line begins."""
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return tuple(starts)

    def line_at(self, number: int) -> str:
        """Return line *number* without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].removesuffix("\r")


class Span(NamedTuple):
    """The characters of *source* from *start* up to, not including, *end*.

    A plain tuple: there are two for each atom, and a decision waits for them.
    """

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line on which the span begins."""
        return bisect_right(self.source.line_starts, self.start)

    @property
    def column(self) -> int:
        """The column at which the span begins."""
        return self.start - self.source.line_starts[self.line - 1] + 1

    def to(self, last: Span) -> Span:
        """Return the span from the start of this one to the end of *last*."""
        return Span(self.source, self.start, last.end)


@attrs.frozen
class SizeLimits:
    """What a run accepts before it refuses with HL016; every bound is a count, none is a time."""

    characters: int = 1 << 20
    sources: int = 64
    rules: int = 10_000
    literals: int = 200
    nesting: int = 64
    name: int = 64
    columns: int = 32
    errors: int = 500
