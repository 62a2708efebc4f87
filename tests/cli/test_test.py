# SPDX-License-Identifier: Apache-2.0
"""`helm-logic test`: which files it runs, what it prints of a failure, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from helm_logic.cli.main import main


def invoke(*words: str) -> Result:
    """Return the result of `helm-logic test` with *words*."""
    return CliRunner().invoke(main, ["test", *words])


def break_a_case(policy: Path) -> None:
    """Make the first case of the folder's tests want a DENY."""
    path = policy / "rules" / "main_test.toml"
    path.write_text(path.read_text("utf-8").replace('verdict = "ALLOW"', 'verdict = "DENY"', 1))


def test_a_failed_case_says_got_and_want_and_why(policy: Path) -> None:
    """One case of many fails: exit code 1, its line is marked, the fault is told below it."""
    break_a_case(policy)

    result = invoke()

    assert result.exit_code == 1
    assert "  FAIL staging runs by itself" in result.output
    assert "verdict: got ALLOW, want DENY" in result.output
    assert "28 of 29 cases passed, 1 failed" in result.output


def test_json_has_every_case_with_its_outcome(policy: Path) -> None:
    """For programs: file, name, verdict, reasons and faults of each case."""
    break_a_case(policy)

    result = invoke("--json", "rules/main_test.toml")
    (file,) = json.loads(result.output)
    failed = [case for case in file["cases"] if not case["passed"]]

    assert result.exit_code == 1
    assert file["file"] == "rules/main_test.toml"
    assert len(file["cases"]) == 29
    assert [(case["name"], case["verdict"]) for case in failed] == [
        ("staging runs by itself", "ALLOW")
    ]
    assert failed[0]["faults"] == ["verdict: got ALLOW, want DENY"]
    assert failed[0]["reasons"][0]["code"] == "chain_covers_deploy"


def test_the_folder_is_found_from_below_and_by_name(policy: Path, tmp_path: Path) -> None:
    """Without files, every test file of the nearest policy folder, or of the one named, runs."""
    (policy / "more").mkdir()
    for name in ("main.dl", "main_test.toml"):
        text = (policy / "rules" / name).read_text("utf-8")
        (policy / "more" / name).write_text(text, "utf-8")

    named = invoke("--policy", str(policy))

    assert named.exit_code == 0
    assert "rules/main_test.toml" in named.output
    assert "more/main_test.toml" in named.output
    assert "58 of 58 cases passed" in named.output
    assert tmp_path in policy.parents


def test_a_folder_without_tests_is_an_error_and_not_a_success(policy: Path) -> None:
    """Nothing tested is exit code 2: a moved file must not turn a build green."""
    (policy / "rules" / "main_test.toml").unlink()

    result = invoke()

    assert result.exit_code == 2
    assert "no *_test.toml in" in result.output


def test_rules_that_do_not_load_are_shown_with_their_place(policy: Path) -> None:
    """An error in the rules is a load error, exit code 2, with line and caret."""
    main_file = policy / "rules" / "main.dl"
    main_file.write_text(main_file.read_text("utf-8") + "allow(x) :- nothing(X).\n", "utf-8")

    result = invoke()

    assert result.exit_code == 2
    assert "main.dl:" in result.output


def test_other_rules_can_be_tested(policy: Path) -> None:
    """By option, tests run on a draft; without test files the option would say nothing."""
    draft = policy / "draft.dl"
    text = (policy / "rules" / "main.dl").read_text("utf-8")
    draft.write_text(text.replace("deny(ci_failed) :- action", "deny(build) :- action"), "utf-8")

    result = invoke("--rules", "draft.dl", "rules/main_test.toml")

    assert result.exit_code == 1
    assert "  FAIL a failed ci run is not deployed" in result.output
    assert invoke("rules/main_test.toml").exit_code == 0
    assert "name the files too" in invoke("--rules", "draft.dl").output
