# SPDX-License-Identifier: Apache-2.0
"""Parsing: any text gives a tree and diagnostics, and one run shows every error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.lang import SizeLimits, Source, diagnose, format_tree, parse, render, tree
from tests.lang.texts import PRELUDE, codes, findings, stock
from tests.strategies import trees

# Pieces that the language is made of, thrown together: closer to a program than random characters.
_PIECES = [
    "p", "X", "_", '"a"', "12", "-", "+", "*", "(", ")", "{", "}", ",", ".", ":", ":-", "..", "=",
    "<=", "not", "count", "matches", "@id", "#input", "#relation", "#predicate", "#include", "from",
    "#claim", "#assume", "never", "only", "allow", "when", "independent of",
    "monotone in approvals",
    "default", "2026-01-31T00:00:00Z", "% c\n", "\n", " ", '"', "\\", "true", "p(X)",
    "count{X : p(X)}", "1.5", "#", "@", "\r", "\x00", "\u202e", "ä",
]  # fmt: skip


_thrown = st.lists(st.sampled_from(_PIECES))


@given(st.text() | _thrown.map(" ".join) | _thrown.map("".join))
def test_any_text_gives_diagnostics_and_no_exception(text: str) -> None:
    """Garbage is reported with spans inside the text, can be rendered, and twice alike."""
    found = diagnose(Source("garbage.dl", text), lambda _: None)

    assert found == diagnose(Source("garbage.dl", text), lambda _: None)
    for each in found:
        assert 0 <= each.span.start <= each.span.end <= len(text)
        assert render(each).splitlines()[0].startswith("garbage.dl:")


@given(trees(), st.data())
@settings(max_examples=40)
def test_a_damaged_file_is_still_read(drawn: tree.Tree, data: st.DataObject) -> None:
    """Cut a piece out of any file: parsing and diagnosing it raise nothing."""
    text = format_tree(drawn)
    start = data.draw(st.integers(0, len(text)))
    cut = text[:start] + text[start + data.draw(st.integers(0, 9)) :]

    parse(Source("cut.dl", cut))
    diagnose(Source("cut.dl", cut), stock, prelude=PRELUDE)


def test_one_run_reports_every_error() -> None:
    """A statement that cannot be read costs that statement: the ones after it are read."""
    text = (
        "p(1.\n"
        "q(X) :- r(X)\n"
        "r(1).\n"
        "s(X) :- r(Y), not r(X).\n"
        "#predicat t(int).\n"
        "u :- r(1), , r(2).\n"
        "    v( .  w) .\n"
    )

    found = findings(text)

    assert [(each.code, each.span.line) for each in found if each.severity == "error"] == [
        ("HL001", 1),
        ("HL001", 2),
        ("HL003", 4),
        ("HL001", 5),
        ("HL001", 6),
        ("HL001", 7),
        ("HL001", 7),
    ]


def test_a_name_in_a_broken_statement_is_not_called_undefined() -> None:
    """One mistake is one report: what a broken rule may define is not missed elsewhere."""
    assert codes("p(X) :- q(X), .\nr(1) :- p(1), q(1).\n") == ["HL001"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p(X) :- q(X)\nr(1).", "`,` or `.`"),
        ("p :- not 1 = 2.", "an atom after `not`"),
        ("p :- not count{X : q(X)} > 1.", "an atom after `not`"),
        ("p :- q(X + 1).", "`,` or `)`"),
        ("p :- q(X) < 3.", "`,` or `.`"),
        ("p :- 1 + 2.", "a comparison: `=` `!=` `<` `<=` `>` `>=`"),
        ("p().", "a term"),
        ("#input a.", "`:` and a type"),
        ("#input a : bool.", "`from` and a path of the request"),
        ("#input a : bool from .", "a path, as in `context.ci_passed`"),
        ("#input a : bool from context.a optional optional.", "`default`, `optional` or `.`"),
        ("#relation p(a b).", "`,` or `)`"),
        ('@reason("x") #include "y".', "a rule, `#claim` or `#assume`"),
        ("p :- count{X : count{Y : q(Y)} > 1} > 1.", "another literal"),
        ("p :- count{a : q(X)} > 1.", "a variable to count"),
        ("p :- count{X : q(X)}.", "a comparison after the count, as in `>= 2`"),
        ("p(", "a variable or a constant"),
        (":- p.", "a declaration, a rule or a fact"),
        ("not p.", "a declaration, a rule or a fact"),
        (
            "#claim nevr deny.",
            "`never` or `only` or `always` or `monotone` or `independent`",
        ),
        ("#claim never permit.", "`allow` or `deny` or `escalate`"),
        ("#claim always permit.", "`allow` or `deny` or `escalate` or `decides`"),
        ("#claim never decides.", "`allow` or `deny` or `escalate`"),
        ("#claim only allow.", "`when` and a condition"),
        ("#claim never allow if p.", "`when` or `.`"),
        ("#claim never allow when .", "a literal"),
        ("#claim monotone approvals.", "`in`"),
        ("#claim monotone in env.", "`approvals`"),
        ("#claim independent env.", "`of`"),
        ("#claim independent of _.", "an input, or a part of the request as `action`"),
        ("#assume p.", "`never` and what does not hold"),
        ("#assume never.", "a literal"),
    ],
)
def test_a_syntax_error_says_what_was_expected(text: str, expected: str) -> None:
    """Where the parser stops, it tells what could have stood there."""
    _, found = parse(Source("main.dl", text))

    assert [(each.code, each.expected) for each in found] == [("HL001", expected)]


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (SizeLimits(characters=4), "p(1)."),
        (SizeLimits(nesting=2), "p :- 1 + 1 + 1 + 1 < 2."),
        (SizeLimits(nesting=3), "p :- ((((1)))) < 2."),
        (SizeLimits(literals=2), "p :- a, b, c."),
        (SizeLimits(literals=2), "p :- count{X : a(X), b, c} > 1."),
        (SizeLimits(name=3), "abcd."),
        (SizeLimits(columns=2), "p(1, 2, 3)."),
        (SizeLimits(columns=1), "#relation p(int, int)."),
        (SizeLimits(columns=1), "p :- count{X, Y : q(X, Y)} > 1."),
        (SizeLimits(errors=2), "( . ( . ( . ( . ( ."),
    ],
)
def test_a_text_beyond_a_limit_is_refused(limits: SizeLimits, text: str) -> None:
    """Each limit has its message; the same text within the usual limits passes them."""
    _, found = parse(Source("main.dl", text), limits)
    _, usual = parse(Source("main.dl", text.replace("( .", "")))

    assert "HL016" in [each.code for each in found]
    assert usual == ()


@pytest.mark.parametrize(
    "text",
    ["p :- " + "(" * 10_000, "p :- 1" + "+1" * 10_000 + " < 2.", "p(" * 10_000, "{" * 10_000],
    ids=["parentheses", "sums", "atoms", "braces"],
)
def test_deep_nesting_is_refused_without_recursion(text: str) -> None:
    """Nesting beyond any stack ends in a diagnostic."""
    _, found = parse(Source("deep.dl", text))

    assert found


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        ("0", 0),
        ("-7", -7),
        ("1_000_000", 1_000_000),
        (str(MAX_INTEGER), MAX_INTEGER),
        (f"-{MAX_INTEGER}", -MAX_INTEGER),
        ("1970-01-01T00:01:00Z", 60),
        ("2026-01-31T02:00:00+02:00", 1769817600),
        ("true", "b:true"),
        ("word", "y:word"),
        (r'"a\"\\\n\t\u00e9\ud83d\ude00"', 's:a"\\\n\té😀'),
    ],
)
def test_a_constant_has_its_value_and_keeps_its_spelling(spelling: str, value: int | str) -> None:
    """What is written is kept for printing, what it means is the kernel's constant."""
    parsed, found = parse(Source("main.dl", f"p({spelling})."))

    assert found == ()
    assert isinstance(parsed.statements[0], tree.Clause)
    (term,) = parsed.statements[0].head.terms
    assert isinstance(term, tree.Constant)
    assert (term.value, term.spelling) == (value, spelling)


@pytest.mark.parametrize(
    "spelling",
    [
        "007", "1__0", "1_", "12ab", "1.5", "9" * 5000, f"{MAX_INTEGER + 1}", f"-{MAX_INTEGER + 1}",
        "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T00:00:00",
        "2026-01-31T00:00:60Z", "2026-01-31T00:00:00.5Z", '"open', r'"\x41"', r'"\ud800"',
        r'"\u12"',
        '"\u202e"', '"\u200b"', '"a\rb"', '"\ud800"', "ä", "p;", "'a'", "a?", "x!",
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(spelling: str) -> None:
    """Numbers, times, escapes and characters outside the language are HL002."""
    _, found = parse(Source("main.dl", f"p({spelling})."))

    assert found[0].code == "HL002"


@pytest.mark.parametrize("hidden", ["\u202e", "\x1b", "\r", "\ud800", "\x00"])
def test_a_comment_cannot_hide_or_reorder_text(hidden: str) -> None:
    """What a terminal or editor would act on is refused in comments too; CR LF is a line end."""
    assert codes(f"p(1). % a {hidden} b\n") == ["HL021", "HL002"]
    assert codes("p(1). % a\r\nq(1).\r\n") == ["HL021", "HL021"]


def test_the_dot_of_a_path_has_no_space_around_it() -> None:
    """`from context.a.` ends after `a`, whatever follows on the next line."""
    parsed, found = parse(Source("main.dl", "#input a : bool from context.a.\nb(1).\n"))

    assert found == ()
    assert isinstance(parsed.statements[0], tree.InputDeclaration)
    assert parsed.statements[0].path == ("context", "a")
    assert len(parsed.statements) == 2


@pytest.mark.parametrize("text", ['"\n' * 50, "( .\n" * 50], ids=["tokens", "statements"])
def test_reading_stops_after_too_many_errors(text: str) -> None:
    """What is no rule file at all is not reported line by line."""
    _, found = parse(Source("garbage.dl", text), SizeLimits(errors=10))

    assert len(found) == 12
    assert [each.code for each in found].count("HL016") == 1
