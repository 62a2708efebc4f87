# SPDX-License-Identifier: Apache-2.0
"""The line of a rule that tells what it is about: its head, not the annotations before it.

The span of a rule begins at its first annotation. A reader who is shown one line of it wants the
one with the head, and so does whoever looks at an annotated diff.
"""

from __future__ import annotations

import re

import attrs

from helm_logic.analysis.finding import Finding
from helm_logic.lang import Span

_ANNOTATIONS = re.compile(
    r"""(?: @[a-z][A-Za-z0-9_]* \s* \( \s* (?: "(?:[^"\\\n]|\\.)*" | [^()"]* ) \s* \)
            (?: \s | %[^\n]*\n )* )+""",
    re.VERBOSE,
)


def at_heads(finding: Finding) -> Finding:
    """Return *finding* with every span that begins with annotations begun at the head instead."""
    notes = tuple(attrs.evolve(note, span=at_head(note.span)) for note in finding.notes)
    return attrs.evolve(finding, span=at_head(finding.span), notes=notes)


def at_head(span: Span) -> Span:
    """Return *span* without the annotations that it begins with."""
    found = _ANNOTATIONS.match(span.source.text, span.start, span.end)
    if found is None or found.end() >= span.end:
        return span
    return Span(span.source, found.end(), span.end)
