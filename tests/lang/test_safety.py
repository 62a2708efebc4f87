# SPDX-License-Identifier: Apache-2.0
"""Safety: what has a value, what has none, and what a count shares with its rule."""

from __future__ import annotations

import pytest

from tests.lang.texts import codes, findings

_GIVEN = "#relation q(a: int).\n#relation r(a: int, b: int).\n"


@pytest.mark.parametrize(
    "rule",
    [
        "p(X) :- q(X).",
        "p(X) :- X = 1.",
        "p(X) :- q(Y), X = Y + 1.",
        "p(X) :- q(Y), Y + 1 = X.",
        "p(Z) :- Z = Y, Y = X, q(X).",
        "p(Z) :- Z = Y * 2, Y = X - 1, q(X).",
        "p(X) :- q(X), not r(X, _).",
        "p(X) :- q(X), not r(X, X).",
        "p(X) :- q(X), X = X + 0.",
        "p(X) :- q(X), count{Y : r(X, Y)} >= X.",
        "p(X) :- q(X), count{Y : r(Z, Y), Z < X} >= 1.",
        "p(X) :- q(X), count{Y, Z : r(Z, Y), not r(Y, X)} >= 1.",
        "p(X) :- q(X), count{Y : Y = X + 1} >= 1.",
        "p(X) :- q(X), count{Y : r(Y, _)} >= 1, count{Y : r(_, Y)} >= 1.",
        "p(X) :- count{Y : r(Y, _)} >= 1, X = 1.",
        "p :- not q(1).",
        "p :- not q(_).",
    ],
)
def test_a_safe_rule_is_accepted(rule: str) -> None:
    """Positive atoms, equations over bound variables and counts within their bounds are safe."""
    assert {"HL003", "HL019"}.isdisjoint(codes(_GIVEN + rule))


@pytest.mark.parametrize(
    ("rule", "variables"),
    [
        ("p(X).", "X"),
        ("p(X, Y) :- q(X).", "Y"),
        ("p(_) :- q(_).", "_"),
        ("p :- not q(X).", "X"),
        ("p :- q(X), X < Y.", "Y"),
        ("p :- q(X), _ < X.", "_"),
        ("p(X) :- X = X + 1.", "X"),
        ("p(X) :- X = Y + 1, Y = X - 1.", "XY"),
        ("p(X) :- X = Y, Y = X.", "XY"),
        ("p :- q(X), X + Y = 3 + Z.", "YZ"),
        ('p :- matches(P, "a").', "P"),
        ("p(X) :- count{Y : r(X, Y)} >= 1.", "X"),
        ("p :- count{Y : not q(Y)} >= 1.", "Y"),
        ("p :- q(X), count{Y : r(X, _)} >= 1.", "Y"),
        ("p :- q(X), count{Y : r(X, Y), Z < Y} >= 1.", "Z"),
        ("p :- count{Y : q(Y)} >= N.", "N"),
        ("p :- q(X), count{Y : r(Y, X)} >= Y.", "Y"),
    ],
)
def test_a_variable_without_a_value_is_named(rule: str, variables: str) -> None:
    """Each variable is reported once, where it first needs a value."""
    unsafe = [each for each in findings(_GIVEN + rule) if each.code in ("HL003", "HL019")]

    assert "".join(each.message.split("`")[1] for each in unsafe) == variables


@pytest.mark.parametrize(
    ("count", "message"),
    [
        ("count{_ : q(_)} > 1", "`_` is counted"),
        ("count{Y, Y : q(Y)} > 1", "`Y` is counted twice"),
        ("count{X : q(X)} > 1", "`X` is counted, and stands outside the count too"),
    ],
)
def test_what_is_counted_is_the_counts_own(count: str, message: str) -> None:
    """`_`, a variable twice, and a variable of the rule around it cannot be counted."""
    found = findings(f"{_GIVEN}p(X) :- q(X), {count}.")

    assert [each.message for each in found if each.code == "HL019"] == [message]


def test_a_count_cannot_read_what_only_recursion_gives() -> None:
    """What is compared inside the braces must come from below the rule: that cannot be lowered."""
    recursive = "p(X) :- q(X).\np(X) :- p(X), count{Y : r(Y, Z), Z < X} >= 1.\n"
    elsewhere = recursive.replace("p(X), count", "p(X), q(X), count")

    assert "HL019" in codes(_GIVEN + recursive)
    assert "HL019" not in codes(_GIVEN + elsewhere)


def test_the_fix_names_the_nearest_variable() -> None:
    """A misspelt variable is recognised; one in a negated atom may have been meant as `_`."""
    found = findings(_GIVEN + "p(Amount) :- q(Amont).\ns :- not q(Any).\n")

    assert [each.fix for each in found if each.code == "HL003"] == [
        "did you mean `Amont`?",
        "write `_` if any value will do",
    ]
