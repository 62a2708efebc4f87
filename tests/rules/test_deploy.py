# SPDX-License-Identifier: Apache-2.0
"""The founder example: its own cases pass, and they would notice the loss of any of its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from helm_logic.lang import format_tree, parse
from helm_logic.policy.case_file import Case, read_cases
from helm_logic.policy.cases import CaseRunner, Outcome, run_file
from helm_logic.policy.folder import read_rules, read_source, stock_rules
from helm_logic.receipts.verdict import Verdict

FOLDER = stock_rules() / "deploy"
MAIN, TESTS = FOLDER / "main.dl", FOLDER / "main_test.toml"


@cache
def outcomes() -> dict[str, Outcome]:
    """Return the outcome of each case by its name."""
    return {outcome.case.name: outcome for outcome in run_file(TESTS)}


@pytest.mark.parametrize("name", [case.name for case in read_cases(TESTS)])
def test_a_case_comes_out_as_it_says(name: str) -> None:
    """Verdict and reasons are those of the case."""
    assert outcomes()[name].faults == ()


def test_every_verdict_and_every_reason_of_the_rules_is_tested() -> None:
    """The cases reach each verdict, and each code that the rules of the policy can give."""
    codes = set(
        re.findall(r"^(?:allow|deny|escalate)\((\w+)\)", MAIN.read_text("utf-8"), re.MULTILINE)
    )
    reached = {code for outcome in outcomes().values() for code in outcome.codes}

    assert {outcome.verdict for outcome in outcomes().values()} == set(Verdict)
    assert len(codes) == 4
    assert codes <= reached


def test_the_rules_load_without_a_warning_and_in_the_one_style() -> None:
    """What ships is what `check` and `fmt` ask for."""
    source = read_source(MAIN)

    tree, diagnostics = parse(source)

    assert read_rules(MAIN).warnings == ()
    assert diagnostics == ()
    assert format_tree(tree) == source.text


def _mutants() -> Iterator[tuple[str, str]]:
    """Yield the rules with one condition or one whole rule taken out, each under a name."""
    text = MAIN.read_text("utf-8")
    rules = (
        "deny(change_freeze)", "deny(ci_failed)", "escalate(needs_release_manager)", "known_action",
    )  # fmt: skip
    for rule in rules:
        line = re.search(rf"^{re.escape(rule)}.*\n", text, re.MULTILINE)
        assert line is not None
        # A rule that can never apply, so that what it mentions is still mentioned.
        never = line[0].replace(".\n", ", 1 = 2.\n" if ":-" in line[0] else " :- 1 = 2.\n")
        yield f"without {rule}", text.replace(line[0], never)
    for condition in (
        ', not approved("release-manager")',
        ', env("prod")',
        "  default false",
    ):
        assert condition in text
        yield f"without {condition.strip(', ')}", text.replace(condition, "")
    # The deny rule for a failed run says the same as the condition of the allow rule: both must go.
    neither = text.replace(", ci_passed(true)", "").replace(
        "ci_passed(false)", "ci_passed(false), 1 = 2"
    )
    yield "neither look at the ci run", neither
    yield "any freeze", text.replace("freeze(true)", "freeze(_)")


@pytest.mark.parametrize(("name", "text"), list(_mutants()), ids=lambda value: str(value)[:40])
def test_a_change_of_the_rules_fails_a_case(name: str, text: str, tmp_path: Path) -> None:
    """Each rule and each condition is needed: without it some case comes out differently."""
    (tmp_path / "main.dl").write_text(text, "utf-8")
    runner = CaseRunner(read_rules(tmp_path / "main.dl"))

    assert any(runner.run(case).faults for case in read_cases(TESTS)), name


def test_the_example_in_the_guide_runs(tmp_path: Path) -> None:
    """The test file shown in rules/README.md passes on the founder example."""
    guide = (stock_rules() / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    (tmp_path / "main.dl").write_text(MAIN.read_text("utf-8"), "utf-8")
    (tmp_path / "main_test.toml").write_text(shown, "utf-8")

    ran = run_file(tmp_path / "main_test.toml")

    assert [outcome.faults for outcome in ran] == [()] * len(ran)
    assert len(ran) == 2


def test_the_guide_names_every_member_of_a_case() -> None:
    """The tables of rules/README.md and the reader of test files know the same members."""
    guide = (stock_rules() / "README.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", guide, re.MULTILINE))))
    members = {field.name for field in Case.__attrs_attrs__}

    assert members - named == set()
    assert {"without", "from", "to", "since", "until", "signed_by", "constraints"} <= named
