# SPDX-License-Identifier: Apache-2.0
"""The hooks for pre-commit: each is a command that exists, and runs in a policy folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_logic.cli.main import main

TEXT = (Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8")
HOOKS = [
    dict(re.findall(r"^[- ] (\w+): (.+)$", hook, re.MULTILINE))
    for hook in TEXT.split("\n\n")
    if hook.startswith("- id:")
]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_runs_and_passes_on_a_new_policy_folder(hook: dict[str, str], policy: Path) -> None:
    """What the hook enters is our command; with the files that it is for, it exits with 0."""
    assert set(hook) >= {"id", "name", "description", "entry", "language", "files"}
    found = [path.relative_to(policy).as_posix() for path in policy.rglob("*") if path.is_file()]
    matched = sorted(name for name in found if re.search(hook["files"], name))
    program, *arguments = hook["entry"].split()
    if hook.get("pass_filenames") != "false":
        arguments += matched

    assert program == "helm-logic"
    assert matched
    assert CliRunner().invoke(main, arguments).exit_code == 0


def test_there_is_a_hook_for_each_of_the_three_checks() -> None:
    """Lint, style and tests."""
    assert [hook["id"] for hook in HOOKS] == [
        "helm-logic-lint",
        "helm-logic-fmt",
        "helm-logic-test",
    ]
