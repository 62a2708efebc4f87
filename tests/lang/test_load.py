# SPDX-License-Identifier: Apache-2.0
"""Loading as a whole: the example of the language, the stock files, the same result each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.kernel.certificate import program_digest
from helm_logic.lang import Source, diagnose, format_tree, has_errors, load, parse
from tests.kernel.naive import model_of
from tests.lang.texts import PRELUDE, RULES, rule_set, rules_of, stock
from tests.strategies import HEADER, rule_texts

EXAMPLE = """\
% An agent may deploy what its delegation chain covers. Staging runs by itself;
% production waits for a release manager; a change freeze stops everything.
#include "authority".

#input env       : {"dev", "staging", "prod"}  from resource.properties.env.
#input ci_passed : bool                        from context.ci_passed.
#input freeze    : bool                        from context.freeze  default false.

@reason("a change freeze is in force")
deny(change_freeze) :- freeze(true).

@reason("a production deploy needs a release manager")  @approver("release-manager")
escalate(needs_release_manager) :- action("deploy"), env("prod"), not approved("release-manager").

allow(chain_covers_deploy) :- action("deploy"), authorized, ci_passed(true).
"""


def test_the_example_of_the_language_loads_as_it_is_written() -> None:
    """With the stock authority rules, without a finding, and in the style of the formatter."""
    parsed, _ = parse(Source("main.dl", EXAMPLE))
    loaded = rule_set(EXAMPLE, prelude=PRELUDE)

    assert format_tree(parsed) == EXAMPLE
    assert loaded.warnings == ()
    assert [each.name for each in loaded.inputs if each.required] == ["env", "ci_passed"]
    assert rules_of(loaded.program, "relevant") == [
        'relevant("env") :- missing("env"), action("deploy"), not approved("release-manager").',
        'relevant("ci_passed") :- missing("ci_passed"), action("deploy"), authorized.',
    ]
    assert {"link", "grant", "anchor", "missing", "approval"} <= {*loaded.relations}
    assert not {"env", "deny", "authorized"} & {*loaded.relations}


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.dl")), ids=lambda path: path.name)
def test_the_rule_files_of_the_project_are_formatted(path: Path) -> None:
    """Formatting them changes nothing."""
    text = path.read_text(encoding="utf-8")
    parsed, _ = parse(Source(path.name, text))

    assert format_tree(parsed) == text


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ("", "deny"),
        ("allow(a).", "deny"),
        ("authorized.", "deny"),
        ("allow(a). authorized.", "allow"),
        ("escalate(a).", "escalate"),
        ("escalate(a). allow(a). authorized.", "escalate"),
        ("deny(a). escalate(a). allow(a). authorized.", "deny"),
        ("deny(a).", "deny"),
    ],
)
def test_the_verdict_is_a_join(facts: str, verdict: str) -> None:
    """DENY over ESCALATE over ALLOW; ALLOW needs authority; nothing derived is DENY; always one."""
    program = rule_set(facts, prelude=PRELUDE).program

    assert [*model_of(program, {})["verdict"]] == [(f"y:{verdict}",)]


def test_an_unknown_action_and_an_invalid_input_deny() -> None:
    """The stock rules of every request."""
    program = rule_set('known_action("deploy").', prelude=PRELUDE).program

    known = model_of(program, {"action": [("s:deploy",)], "invalid_input": [("s:env",)]})
    unknown = model_of(program, {"action": [("s:shout",)]})

    assert [*known["deny"]] == [("y:invalid_input",)]
    assert [*unknown["deny"]] == [("y:unknown_action",)]


def test_nobody_approves_their_own_request() -> None:
    """An approval counts unless its approver is the subject or takes part in the chain."""
    program = rule_set('chain_principal("user:boss").', prelude=PRELUDE).program
    rows = [
        ("s:1", f"s:user:{who}", f"s:{role}")
        for who, role in (("me", "a"), ("boss", "b"), ("x", "c"))
    ]

    model = model_of(program, {"subject": [("s:user:me",)], "approval": rows})

    assert [*model["approved"]] == [("s:c",)]


@given(rule_texts())
@settings(max_examples=30)
def test_formatting_a_program_does_not_change_it(text: str) -> None:
    """The formatted text has the digest of the program that was written."""
    parsed, _ = parse(Source("main.dl", text))

    assert program_digest(rule_set(format_tree(parsed)).program) == program_digest(
        rule_set(text).program
    )


@given(st.data())
@settings(max_examples=30)
def test_diagnose_and_load_agree(data: st.DataObject) -> None:
    """A text loads iff it has no errors, and then brings the warnings that `diagnose` tells."""
    lines = data.draw(rule_texts()).removeprefix(HEADER).splitlines(keepends=True)
    source = Source("main.dl", HEADER + "".join(data.draw(st.lists(st.sampled_from(lines)))))
    found = diagnose(source, stock)

    if not has_errors(found):
        assert load(source, stock).warnings == found


def test_the_example_of_the_language_page_loads_and_is_formatted() -> None:
    """LANGUAGE.md shows text that means something, in the one style."""
    page = RULES.parent / "helm_logic" / "lang" / "LANGUAGE.md"
    text = page.read_text(encoding="utf-8").split("```prolog\n")[1].split("```")[0]
    parsed, _ = parse(Source("main.dl", text))

    assert rule_set(text, prelude=PRELUDE).warnings == ()
    assert format_tree(parsed) == text
