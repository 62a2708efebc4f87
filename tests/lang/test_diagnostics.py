# SPDX-License-Identifier: Apache-2.0
"""Diagnostics as text: carets under the right characters, and nothing that a terminal acts on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.lang import Diagnostic, Note, Source, Span, render
from helm_logic.lang.diagnostics import Findings


def _rendered(text: str, start: int, end: int, message: str = "wrong") -> list[str]:
    span = Span(Source("a.dl", text), start, end)
    return render(Diagnostic("HL001", "error", message, span)).split("\n")


@given(st.text(st.sampled_from("ab\t\n"), max_size=40), st.data())
def test_the_carets_stand_under_the_span(text: str, data: st.DataObject) -> None:
    """On the line where the span begins, from its first character to its last on that line."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    head, shown, carets = _rendered(text, start, end)

    line = text[:start].count("\n")
    column = start - (text.rfind("\n", 0, start) + 1)
    assert head == f"a.dl:{line + 1}:{column + 1}: error HL001: wrong"
    assert shown == "    " + text.split("\n")[line]
    assert carets.index("^") == 4 + column
    assert carets[4:].replace("^", "") == "".join(
        "\t" if character == "\t" else " " for character in shown[4 : 4 + column]
    )
    on_line = text[start:end].split("\n", maxsplit=1)[0]
    assert carets.count("^") == max(1, len(on_line))


def test_a_long_line_is_cropped_around_the_span() -> None:
    """What is shown of a line is bounded, and the span is within it."""
    head, shown, carets = _rendered("x" * 500 + "BAD" + "y" * 500, 500, 503)

    assert head.startswith("a.dl:1:501:")
    assert len(shown) <= 130
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "BAD"


def test_text_cannot_steer_a_terminal() -> None:
    """Escape sequences in a source, its name or a message come out as replacement characters."""
    span = Span(Source("a\x1b[2J.dl", "p(\x1b[31m\u202e)."), 2, 4)
    finding = Diagnostic("HL001", "error", "got `\x07`", span, notes=(Note("\x1b]0;", span),))

    assert not any(hidden in render(finding) for hidden in "\x1b\u202e\x07")


def test_colours_are_asked_for() -> None:
    """The text is the same with and without them, and only the severity and carets have one."""
    span = Span(Source("a.dl", "p(1)"), 2, 3)
    finding = Diagnostic("HL001", "error", "wrong", span, "right", "do it", (Note("see", span),))

    plain, coloured = render(finding), render(finding, colour=True)

    assert "\x1b" not in plain
    for colour in ("\x1b[1;31m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(colour, "")
    assert coloured == plain
    assert "  expected: right\n  fix: do it\n" in plain


def test_a_finding_has_a_known_code() -> None:
    """A code that `codes.py` does not list cannot be reported."""
    with pytest.raises(KeyError):
        Findings().add("HL999", "wrong", Span(Source("a.dl", ""), 0, 0))


def test_findings_come_by_file_and_place() -> None:
    """In the order of the sources, then of the text, in whatever order they were found."""
    one, two = Source("one.dl", "abc"), Source("two.dl", "abc")
    findings = Findings()
    for source, at, code in (
        (two, 0, "HL003"),
        (one, 2, "HL001"),
        (one, 1, "HL002"),
        (one, 1, "HL001"),
    ):
        findings.add(code, "wrong", Span(source, at, at))

    assert [
        (e.span.source.name, e.span.start, e.code) for e in findings.sorted(["two.dl", "one.dl"])
    ] == [
        ("two.dl", 0, "HL003"),
        ("one.dl", 1, "HL001"),
        ("one.dl", 1, "HL002"),
        ("one.dl", 2, "HL001"),
    ]
