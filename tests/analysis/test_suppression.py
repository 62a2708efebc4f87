# SPDX-License-Identifier: Apache-2.0
"""Comments that silence findings: what they silence, what they do not, and when they are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.analysis.codes import CODES
from helm_logic.analysis.finding import WARNING, Finding
from helm_logic.analysis.suppression import Kept, suppress
from helm_logic.lang import Source, Span

RULES = """\
% The deploys of the team.
allow(first) :- action("a").
{above}
@reason("a second one")
allow(second) :-{head}
    action("b"),{body}
    authorized.{beside}

allow(third) :- action("c").
"""


def source_of(**places: str) -> Source:
    """Return rules with comments at *places* about the second rule."""
    texts = {name: places.get(name, "") for name in ("above", "head", "body", "beside")}
    return Source("main.dl", RULES.format(**texts))


def finding(source: Source, text: str, code: str = "HL103") -> Finding:
    """Return a finding that begins at *text*."""
    start = source.text.index(text)
    return Finding(code, WARNING, "something", Span(source, start, start + len(text)))


def kept(source: Source, *findings: Finding, judged: str = "HL103") -> Kept:
    """Return what is left of *findings* under the comments of *source*."""
    return suppress(findings, [source], {judged})


@pytest.mark.parametrize("place", ["above", "head", "body", "beside"])
@pytest.mark.parametrize(
    "comment",
    [
        "% lint: ignore HL103 kept for the old client",
        "%lint:ignore HL103: kept for the old client",
        "%% lint : ignore hl103 - kept for the old client",
    ],
)
def test_a_comment_at_a_statement_silences_its_code_there(place: str, comment: str) -> None:
    """Above, inside or beside; the finding may stand at the rule or at a literal of it."""
    source = source_of(**{place: f" {comment}"})
    own = [finding(source, text) for text in ("@reason", "allow(second)", 'action("b")')]
    others = [finding(source, text) for text in ("allow(first)", "allow(third)")]

    left = kept(source, *own, *others)

    assert left.findings == tuple(others)
    assert [(each.finding, each.reason) for each in left.suppressed] == [
        (each, "kept for the old client") for each in own
    ]


def test_only_the_named_codes_are_silenced() -> None:
    """Another code at the same place stays; several codes may be named, each on its own."""
    source = source_of(above="% lint: ignore HL103, HL102 meant so")
    found = [finding(source, "allow(second)", code) for code in ("HL101", "HL102", "HL103")]

    left = suppress(found, [source], set(CODES))

    assert left.findings == (found[0],)
    assert [each.finding.code for each in left.suppressed] == ["HL102", "HL103"]


def test_a_suppression_that_silences_nothing_is_told_at_its_place() -> None:
    """HL911 stands at the comment, so that it goes when its cause has gone."""
    source = source_of(beside=" % lint: ignore HL103 kept for the old client")

    (unused,) = kept(source).findings

    assert (unused.code, unused.severity) == ("HL911", WARNING)
    assert source.text[unused.span.start : unused.span.end].startswith("% lint: ignore HL103 kept")
    assert unused.span.line == 7


def test_a_run_judges_only_what_it_looked_for() -> None:
    """`lint` says nothing of a suppression for `prove`, and the other way round."""
    source = source_of(above="% lint: ignore HL205 chains of any length are meant")

    assert kept(source).findings == ()
    assert len(kept(source, judged="HL205").findings) == 1


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("% lint: ignore HL103", "without a reason does not count"),
        ("% lint: ignore", "`ignore` is no suppression"),
        ("% lint: ignore all of it", "is no suppression"),
        ("% lint: off", "`off` is no suppression"),
        ("% lint: ignore HL999 because", "no finding `HL999`"),
        ("% lint: ignore HL001 because", "no finding `HL001`"),
        ("% lint: ignore HL902 because", "cannot be suppressed"),
        ("% lint: ignore HL903 because", "cannot be suppressed"),
        ("% lint: ignore HL911 because", "cannot be suppressed"),
        ("% lint: ignore HL301 because", "helm-logic diff --acknowledge"),
    ],
)
def test_what_does_not_count_says_so(comment: str, said: str) -> None:
    """No reason, no code, an unknown code: the finding stays, and the comment is one too."""
    source = source_of(above=comment)
    codes = [code for code in ("HL103", "HL902", "HL903") if code in comment or code == "HL103"]
    found = [finding(source, "allow(second)", code) for code in codes]

    left = kept(source, *found)

    assert left.findings[:-1] == tuple(found)
    assert left.findings[-1].code == "HL911"
    assert said in left.findings[-1].message
    assert left.suppressed == ()


def test_a_comment_behind_the_last_statement_has_nothing_to_silence() -> None:
    """There is no form for a whole file."""
    source = Source("main.dl", "a.\n% lint: ignore HL103 why not\n")

    (fault,) = kept(source).findings

    assert "no statement follows" in fault.message
    assert fault.span.line == 2


@pytest.mark.parametrize(
    "text",
    [
        '@reason("100 % lint: ignore HL103 no comment")\nallow(x).\n',
        "% as in: % lint: ignore HL103 quoted\nallow(x).\n",
        "allow(x) :- .\n% lint: ignore HL103 after an error\n@@",
    ],
)
def test_what_is_no_such_comment_does_nothing(text: str) -> None:
    """Strings, quotations, and files that do not parse: nothing is silenced."""
    source = Source("main.dl", text)
    own = finding(source, "allow(x)")

    assert own in kept(source, own).findings
    assert kept(source, own).suppressed == ()


def test_two_alike_comments_are_told_at_their_own_places() -> None:
    """The same words at two statements: each has its place, and the unused one is the right one."""
    comment = "% lint: ignore HL103 meant"
    source = Source("main.dl", f"{comment}\nallow(a).\n{comment}\nallow(b).\n")

    (unused,) = kept(source, finding(source, "allow(a)")).findings

    assert unused.span.line == 3


@given(st.lists(st.sampled_from(["% lint: ignore HL103 why", "% lint: x", "%", "a.", "\n"])))
def test_every_suppression_stands_where_its_comment_is(lines: list[str]) -> None:
    """Whatever the layout, the place of a finding about a comment is that comment."""
    source = Source("main.dl", "\n".join(lines))

    for each in kept(source).findings:
        assert source.text[each.span.start : each.span.end] in lines
        assert each.code == "HL911"
    told = [each.span.start for each in kept(source).findings]
    assert len(told) == len(set(told)) == sum("lint" in line for line in lines)
