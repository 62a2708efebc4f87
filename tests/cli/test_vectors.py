# SPDX-License-Identifier: Apache-2.0
"""`helm-logic vectors run`: what it prints of a case that comes out otherwise, and its codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from helm_logic.cli.main import main
from helm_logic.guard.vector_file import FORMAT
from tests.vectors.fault import ORDER
from tests.vectors.generate import FOLDER, RULES
from tests.vectors.plan import good_plan

NAME = "native/good/plain"


def invoke(*words: object) -> Result:
    """Return the result of `helm-logic vectors run` with *words*."""
    return CliRunner().invoke(main, ["vectors", "run", *map(str, words)])


@pytest.fixture
def case() -> dict[str, Any]:
    """Return a good case."""
    expected = {
        "verdict": "ALLOW", "reason": "chain_covers", "reasons": ["chain_covers"],
        "rules": ["chain-covers"],
    }  # fmt: skip
    return {"name": NAME, "says": "All is well.", **good_plan().value(), "expect": expected}


def write(folder: Path, *cases: Any, **manifest: Any) -> Path:
    """Return *folder*, made one of vectors with *cases*."""
    whole = {"format": FORMAT, "rules": RULES, "order": ORDER, "files": ["a.json"], **manifest}
    (folder / "manifest.json").write_text(json.dumps(whole), "utf-8")
    (folder / "a.json").write_text(json.dumps({"format": FORMAT, "cases": cases}), "utf-8")
    (folder / RULES).write_bytes((FOLDER / RULES).read_bytes())
    return folder


def test_a_case_that_comes_out_right_is_counted(tmp_path: Path, case: dict[str, Any]) -> None:
    """Code 0, one line; with --all, a line for the case too."""
    folder = write(tmp_path, case)

    result = invoke(folder)
    whole = invoke(folder, "--all")

    assert result.exit_code == whole.exit_code == 0
    assert result.output == "1 of 1 vectors passed\n"
    assert whole.output.splitlines() == [
        f"  ok   {NAME}  ALLOW    chain_covers",
        "1 of 1 vectors passed",
    ]


def test_a_case_that_comes_out_otherwise_says_got_and_want(
    tmp_path: Path, case: dict[str, Any]
) -> None:
    """Code 1; each difference has its line: verdict, reason, reasons, rules, derivation."""
    case["expect"] = {
        "verdict": "DENY", "reason": "link_expired", "reasons": ["link_expired", "bad_signature"],
        "rules": ["link-expired"], "derivation": "sha256:" + "0" * 64,
    }  # fmt: skip

    result = invoke(write(tmp_path, case))
    lines = [line.strip() for line in result.output.splitlines()]

    assert result.exit_code == 1
    assert lines[:6] == [
        f"FAIL {NAME}  ALLOW    chain_covers",
        "All is well.",
        "verdict: got ALLOW, want DENY",
        "reason: got chain_covers, want link_expired",
        "reasons: got chain_covers, want bad_signature, link_expired",
        "rules: got chain-covers, want link-expired",
    ]
    assert lines[6].startswith("derivation: got sha256:")
    assert lines[-1] == "0 of 1 vectors passed, 1 failed"


def test_json_has_every_case_with_what_came_out(tmp_path: Path, case: dict[str, Any]) -> None:
    """For programs: the same, case by case, and the sums."""
    wrong = {**case, "name": "wrong", "expect": {**case["expect"], "verdict": "DENY"}}

    result = invoke(write(tmp_path, case, wrong), "--json")
    found = json.loads(result.output)

    assert result.exit_code == 1
    assert (found["passed"], found["failed"]) == (1, 1)
    good, bad = found["cases"]
    assert good["passed"]
    assert not bad["passed"]
    assert good["derivation"] == bad["derivation"]
    assert bad["faults"] == ["verdict: got ALLOW, want DENY"]
    assert (good["verdict"], good["reason"], good["rules"]) == (
        "ALLOW", "chain_covers", ["chain-covers"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"verdict": "ALLOW"}, "the member `verdict` is not known"),
        ({"now": "today"}, 'now: got `"today"`, want an integer'),
        ({"anchors": {"founder": []}}, "want `type:id`"),
        ({"anchors": {"user:founder": ["ed25519:?"]}}, "canonical base64"),
        ({"revocations": [{}]}, "the member `payload` is missing"),
        ({"expect": {}}, "the member `verdict` is missing"),
    ],
)
def test_a_case_that_cannot_be_read_is_named(
    tmp_path: Path, case: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    """Code 2, and nothing runs: a vector that is misread could pass."""
    result = invoke(write(tmp_path, {**case, **changes}))

    assert result.exit_code == 2
    assert f"`{NAME}`" in result.stderr
    assert told in result.stderr


def test_expectations_and_requests_are_held_to_their_form(
    tmp_path: Path, case: dict[str, Any]
) -> None:
    """A verdict that is none, a reason without place in the order, approvals: code 2."""
    for changes in (
        {"expect": {**case["expect"], "verdict": "MAYBE"}},
        {"expect": {**case["expect"], "reason": "whim"}},
        {"request": {**case["request"], "approvals": []}},
    ):
        assert invoke(write(tmp_path, {**case, **changes})).exit_code == 2


def test_a_folder_that_is_none_is_told(tmp_path: Path, case: dict[str, Any]) -> None:
    """Code 2: no manifest, another format, a file elsewhere, no case, one name twice."""
    assert "manifest.json" in invoke(tmp_path).stderr
    for told, cases, manifest in (
        ("got the format", (case,), {"format": "x"}),
        ("want the name of a file", (case,), {"files": ["../a.json"]}),
        ("no case", (), {}),
        (f"two cases have the name `{NAME}`", (case, case), {}),
        ("order", (case,), {"order": [1]}),
        ("nothing.json", (case,), {"files": ["nothing.json"]}),
    ):
        result = invoke(write(tmp_path, *cases, **manifest))
        assert result.exit_code == 2
        assert told in result.stderr
