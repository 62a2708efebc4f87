# SPDX-License-Identifier: Apache-2.0
"""Names: what exists, with how many columns, and which names nobody may take."""

from __future__ import annotations

import pytest

from helm_logic.lang import Source, diagnose
from tests.lang.texts import PRELUDE, codes, findings, rule_set


@pytest.mark.parametrize(
    "rule",
    [
        "p :- absent(1).",
        "p :- not absent(1).",
        "p :- count{X : absent(X)} > 1.",
        "absent(X) :- q(X).",
    ],
)
def test_a_predicate_that_nothing_defines_is_undefined(rule: str) -> None:
    """Asked positively, negated or counted; a declaration is enough to make it empty."""
    undefined = [each for each in findings(f"{rule}\n") if each.code == "HL007"]

    assert len(undefined) == 1
    assert "HL007" not in codes(f"#predicate absent(a: int).\n#relation q(a: int).\n{rule}\n")


def test_a_declared_predicate_without_rules_is_empty() -> None:
    """It is derived, has its columns and a stratum, and no rule."""
    program = rule_set("#predicate q(a: int).\np :- not q(1).\n").program

    assert program.by_name["q"].columns == ("int",)
    assert not program.by_name["q"].given
    assert ("q",) in program.strata


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("#relation p(a: int).", "p(1)."),
        ("#input p : int from context.p.", "p(1)."),
        ("#relation p(a: int).", "#relation p(a: int)."),
        ("#input p : int from context.p.", "#input p : int from context.q."),
        ("#relation p(a: int).", "#predicate p(a: int)."),
        ("#predicate p(a: int).", "#input p : int from context.p."),
        ("#predicate p(a: int).", "#predicate p(a: string)."),
        ("#predicate p(a: int).", "#predicate p(a: int, b: int)."),
    ],
)
def test_a_predicate_is_declared_once_and_given_or_derived(first: str, second: str) -> None:
    """Both places are shown."""
    found = [each for each in findings(f"{first}\n{second}\n") if each.code == "HL008"]

    assert len(found) == 1
    assert found[0].span.line == 2
    assert found[0].notes[0].span.line == 1


def test_the_same_predicate_line_may_stand_twice() -> None:
    """Files that state what they build on need not agree who says so first."""
    assert "HL008" not in codes("#predicate p(a: int).\n#predicate p(b: int).\np(1).\nq :- p(_).\n")


@pytest.mark.parametrize("name", ["verdict", "denied", "escalated", "granted", "relevant"])
def test_the_verdict_join_is_closed(name: str) -> None:
    """No policy concludes or reads what makes the verdict; without the prelude it may."""
    columns = "(x)" if name in ("verdict", "relevant") else ""
    head, body = f"{name}{columns} :- action(_).", f"allow(x) :- {name}{columns}."

    assert "HL018" in codes(head, prelude=PRELUDE)
    assert "HL018" in codes(body, prelude=PRELUDE)
    assert "HL018" in codes(body.replace(":- ", ":- not "), prelude=PRELUDE)
    assert "HL018" not in codes(f"{name}{columns}.")


@pytest.mark.parametrize(
    "text", ["matches(1).", "#predicate subsumes(a: int).", "#relation not(int)."]
)
def test_words_of_the_language_are_no_predicates(text: str) -> None:
    """They could be concluded or declared, but never asked."""
    assert "HL018" in codes(text)


@pytest.mark.parametrize("atom", ["q(1)", "q(1, 2, 3)", "q", "not q(1)", "count{X : q(X)} > 1"])
def test_a_wrong_number_of_columns_shows_the_other_use(atom: str) -> None:
    """However the atom is asked."""
    text = atom if "count" in atom else atom.replace("X", "1")

    assert "HL004" in codes(f"q(1, 2).\np :- {text}.")


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ('missing("env")', False),
        ('not missing("env")', False),
        ('missing("evn")', True),
        ('missing("side")', True),
        ('missing("mode")', True),
        ("missing(_)", False),
        ('missing(X), X != "env"', False),
    ],
)
def test_only_a_required_input_can_be_missing(asked: str, *, refused: bool) -> None:
    """An unknown, optional or defaulted input in `missing` is a rule that never applies."""
    text = (
        "#input env : int from context.a.\n#input side : int from context.b optional.\n"
        f"#input mode : int from context.c default 1.\ndeny(x) :- {asked}."
    )

    assert ("HL010" in codes(text, prelude=PRELUDE)) is refused


def test_a_policy_may_state_known_actions_and_approvals_of_its_own() -> None:
    """What request.dl declares for others to conclude is open."""
    text = 'known_action("a").\napproved("night") :- action("a").\nallow(x) :- approved(_).\n'

    assert diagnose(Source("main.dl", text), lambda _: None, prelude=PRELUDE) == ()
