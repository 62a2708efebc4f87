# SPDX-License-Identifier: Apache-2.0
"""What is wrong with rule text: where, what was expected, and how to mend it.

A message is one lowercase line with user text in backticks. `render` shows the source line with
carets below it; a line is cropped and characters that a terminal would act on are replaced, so that
hostile text can neither flood nor steer a terminal. What the codes mean is `codes.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import attrs

from helm_logic.lang.codes import CODES, ERROR
from helm_logic.lang.source import Span

_WIDTH = 120
_MARGIN = 20
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m", "note": "\x1b[1m"}
_RESET = "\x1b[0m"


@attrs.frozen
class Note:
    """Another place that a finding is about."""

    message: str
    span: Span


@attrs.frozen
class Diagnostic:
    """One finding; *expected* and *fix* are empty where there is nothing to say."""

    code: str
    severity: str
    message: str
    span: Span
    expected: str = ""
    fix: str = ""
    notes: tuple[Note, ...] = ()


class Findings:
    """The diagnostics of a run, collected as it goes."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self.number = 0  # how many there are so far

    def add(  # noqa: PLR0913 - a finding has that many parts
        self,
        code: str,
        message: str,
        span: Span,
        *,
        expected: str = "",
        fix: str = "",
        notes: Iterable[Note] = (),
    ) -> None:
        """Record a finding; its severity is that of its code."""
        severity = CODES[code].severity
        self._found.append(Diagnostic(code, severity, message, span, expected, fix, tuple(notes)))
        self.number += 1

    @property
    def has_errors(self) -> bool:
        """Whether any finding so far leaves no program."""
        return has_errors(self._found)

    def extend(self, found: Iterable[Diagnostic]) -> None:
        """Record what another run has found."""
        self._found.extend(found)
        self.number = len(self._found)

    def sorted(self, order: Iterable[str]) -> tuple[Diagnostic, ...]:
        """Return the findings by source, in the *order* of source names, then by place and code."""
        rank = {name: number for number, name in enumerate(order)}
        return tuple(
            sorted(
                dict.fromkeys(self._found),
                key=lambda each: (
                    rank.get(each.span.source.name, len(rank)),
                    each.span.start,
                    each.span.end,
                    each.code,
                    each.message,
                ),
            )
        )


def has_errors(found: Iterable[Diagnostic]) -> bool:
    """Say whether any of *found* leaves no program."""
    return any(each.severity == ERROR for each in found)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the fix that proposes the name in *known* nearest to *name*, or nothing."""
    near = get_close_matches(name, sorted(set(known) - {name}), n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def render(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """Return *diagnostic* as lines of text without a final line end."""
    head = f"{diagnostic.severity} {diagnostic.code}"
    lines = _place(head, diagnostic.severity, diagnostic.message, diagnostic.span, colour=colour)
    if diagnostic.expected:
        lines.append(f"  expected: {_plain(diagnostic.expected)}")
    if diagnostic.fix:
        lines.append(f"  fix: {_plain(diagnostic.fix)}")
    for note in diagnostic.notes:
        lines += _place("note", "note", note.message, note.span, colour=colour)
    return "\n".join(lines)


def _place(head: str, kind: str, message: str, span: Span, *, colour: bool) -> list[str]:
    line, column = span.line, span.column
    text = span.source.line_at(line)
    width = max(1, min(span.end - span.start, len(text) - column + 1))
    start = max(0, column - 1 - _MARGIN) if len(text) > _WIDTH else 0
    shown = text[start : start + _WIDTH]
    width = min(width, max(1, len(shown) - (column - 1 - start)))
    indent = "".join("\t" if c == "\t" else " " for c in shown[: column - 1 - start])
    carets = "^" * width
    if colour:
        head, carets = (f"{_COLOURS[kind]}{each}{_RESET}" for each in (head, carets))
    place = f"{_plain(span.source.name)}:{line}:{column}"
    return [
        f"{place}: {head}: {_plain(message)}",
        f"    {_plain(shown)}",
        f"    {indent}{carets}",
    ]


def _plain(text: str) -> str:
    return "".join(c if c == "\t" or c.isprintable() else "\ufffd" for c in text)
