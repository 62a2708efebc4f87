# SPDX-License-Identifier: Apache-2.0
"""Types: found without declarations, and in conflict at two places."""

from __future__ import annotations

import pytest

from helm_logic.lang import render
from tests.lang.texts import PRELUDE, codes, findings, rule_set

_GIVEN = """\
#relation at(when: time).
#relation who(name: principal).
#relation shape(like: pattern).
#relation size(n: int).
#relation word(text: string).
#relation kind(name: symbol).
#relation on(is: bool).
"""


def _columns(text: str, predicate: str) -> tuple[str, ...]:
    return rule_set(_GIVEN + text).program.by_name[predicate].columns


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("p(X) :- at(X).", ("time",)),
        ("p(X) :- q(X).\nq(X) :- r(X).\nr(X) :- who(X).", ("principal",)),
        ("p(X) :- at(T), X = T + 60.", ("time",)),
        ("p(X) :- at(T), X = 60 + T.", ("time",)),
        ("p(X) :- at(T), at(U), X = T - U.", ("int",)),
        ("p(X) :- at(T), X = T - 60.", ("time",)),
        ("p(X) :- size(N), X = N * 2 - 1.", ("int",)),
        ("p(X) :- size(N), at(T), q(X), T = X + N.\nq(5).", ("time",)),
        ("p(X) :- size(N), at(T), q(X), T - X = N.\nq(5).", ("time",)),
        ("p(X) :- at(T), 60 + T - 60 = X.", ("time",)),
        ("p(5).", ("int",)),
        ("p(2026-01-31T00:00:00Z).\np(5).", ("time",)),
        ('p("a").', ("string",)),
        ('p("user:a").\nq :- p(X), who(X).', ("principal",)),
        ('p("a/*").\nq :- p(X), subsumes(X, "a").', ("pattern",)),
        ('p("a/*").\nq :- p(X), matches(X, "a").', ("pattern",)),
        ("p(a, true, 1).", ("symbol", "bool", "int")),
        ("p(X) :- p(X).", ("string",)),
        ('p(X) :- word(X), X < "b".', ("string",)),
        ("p(X) :- q(X), count{Y : q(Y)} >= X.\nq(1).", ("int",)),
        ("p(X) :- X = high.", ("symbol",)),
    ],
)  # fmt: skip
def test_a_column_has_the_type_that_its_rules_need(text: str, columns: tuple[str, ...]) -> None:
    """Types flow through variables, predicates and sums; literals take what their column is."""
    assert _columns(text, "p") == columns


@pytest.mark.parametrize(
    "body",
    [
        "at(T), size(T)",
        "at(T), T = 1 * T",
        "at(T), at(U), T + U = 3",
        "at(T), T = X + X, X = 5",
        "at(T), size(N), N = T - 60",
        "at(T), at(U), T - U > 2026-01-31T00:00:00Z",
        "at(T), size(N), N - T = 3",
        "at(T), size(N), T < N",
        "word(W), W + 1 = 2",
        "kind(K), K < small",
        "on(B), B <= true",
        'who(W), W < "user:a"',
        'word(W), matches(W, "a")',
        "shape(P), subsumes(P, W), word(W)",
        "shape(P), matches(P, Q), shape(Q)",
        'kind(K), matches("a", K)',
        "word(W), W = 1",
        "word(W), W = kind",
        'on(B), B = "true"',
        'size(N), N != "1"',
        "at(T), count{X : size(X)} > T",
        "word(X), count{Y : size(Y), X = Y} > 1",
        "word(W), who(W)",
        'size(1), size("1")',
    ],
)  # fmt: skip
def test_types_that_do_not_meet_are_a_conflict(body: str) -> None:
    """Kinds of constants never equal, times do not mix with ints, only some types have an order."""
    assert "HL005" in codes(f"{_GIVEN}p :- {body}.")


def test_a_conflict_shows_both_places() -> None:
    """Two facts far apart that disagree are both shown."""
    (found,) = [each for each in findings("p(1).\nq(X) :- p(X).\nq(one).") if each.code == "HL005"]

    assert render(found).splitlines()[:5] == [
        "main.dl:3:3: error HL005: `1` is a number, `one` is symbol",
        "    q(one).",
        "      ^^^",
        "main.dl:1:3: note: `1` is a number here",
        "    p(1).",
    ]


def test_one_conflict_is_one_report() -> None:
    """What follows from a conflict is not reported again."""
    text = "p(1).\np(one).\np(two).\nq(X) :- p(X), X > 2.\nr(X) :- q(X), p(X).\n"

    assert codes(text).count("HL005") == 1


@pytest.mark.parametrize(
    ("literal", "fits"),
    [
        ('shape("a/*/b")', True), ('shape("a/**")', True), ('shape("**/a")', False),
        ('shape("a//b")', False), ('shape("")', False), ('who("user:ann")', True),
        ('who("ann")', False), ('who(":ann")', False), ('who("user:")', False),
        ('word("a//b")', True), ('shape(P), P = "a//b"', False), ('matches("a//b", "a")', False),
        ('subsumes("a", "**/b")', False), ('matches("a", "b//c")', True),
    ],
)  # fmt: skip
def test_a_literal_has_the_form_of_its_column(literal: str, *, fits: bool) -> None:
    """Malformed patterns and principals are found by the type of the column that they stand in."""
    assert ("HL012" not in codes(f"{_GIVEN}p :- {literal}.")) is fits


def test_a_variable_of_a_count_is_its_own() -> None:
    """The same name inside two counts may have two types, and clashes with neither."""
    text = _GIVEN + "p :- count{X : size(X)} > 1, count{X : word(X), word(X)} > 1."

    assert "HL005" not in codes(text)


def test_the_prelude_is_typed_as_it_says() -> None:
    """What the verdict join infers agrees with what the files declare."""
    columns = {
        each.name: each.columns for each in rule_set("p.", prelude=PRELUDE).program.predicates
    }

    assert columns["verdict"] == columns["deny"] == ("symbol",)
    assert columns["approved"] == ("string",)
