# SPDX-License-Identifier: Apache-2.0
"""Spans of rules are shown at their heads, whatever annotations stand before them."""

from __future__ import annotations

import attrs
import pytest

from helm_logic.analysis.report.heads import at_head, at_heads
from helm_logic.lang import Note, Source, Span, parse
from tests.analysis.report.sample import OVERLAP

HEAD = "allow(x) :- y."


@pytest.mark.parametrize(
    "before",
    [
        "",
        '@id("a") ',
        '@reason("a ) @b(\\"c\\") % no comment")\n',
        '@id("a")  @severity(high)\n@overrides("b")\n',
        '@id( "a" )  % a comment with @id("x")\n\n% another\n@severity( high )\n',
    ],
)
def test_a_rule_is_shown_at_its_head(before: str) -> None:
    """Annotations, and comments between them, are skipped; the end stays."""
    source = Source("main.dl", f"% above\n{before}{HEAD}\n")
    (statement,), found = parse(source)[0].statements, parse(source)[1]
    assert found == ()

    span = at_head(statement.span)

    assert source.text[span.start : span.end] == HEAD


def test_a_span_without_a_head_stays() -> None:
    """A literal, or what is only annotations, is shown where it is."""
    source = Source("main.dl", '@id("a") b.')
    for span in (Span(source, 0, 8), Span(source, 9, 10), Span(source, 0, 0)):
        assert at_head(span) == span


def test_every_place_of_a_finding_is_moved() -> None:
    """The notes of a finding are about rules too."""
    source = Source("main.dl", f'@id("a") {HEAD}')
    whole = Span(source, 0, len(source.text))
    finding = attrs.evolve(OVERLAP, span=whole, notes=(Note("it", whole),))

    shown = at_heads(finding)

    assert [shown.span.start, shown.notes[0].span.start] == [9, 9]
