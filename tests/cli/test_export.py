# SPDX-License-Identifier: Apache-2.0
"""Printing programs for other engines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helm_logic.cli.main import main


def helm(*arguments: str) -> Result:
    """Run the command with *arguments* in the current directory."""
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("name", "claim"),
    [("allow", "y:allow"), ("deny", "y:deny"), ("escalate", "y:escalate")],
)
def test_clingo_finds_the_verdict_of_a_receipt(policy: Path, name: str, claim: str) -> None:
    """What is exported of a receipt needs nothing else: another engine derives its verdict."""
    clingo = pytest.importorskip("clingo")
    helm("decide", f"requests/{name}.json")
    (receipt,) = (policy / "receipts").iterdir()
    control = clingo.Control(["--warn=none"])
    control.add("base", [], helm("export", "--to", "clingo", "--receipt", str(receipt)).output)
    control.ground([("base", [])])
    models: list[list[str]] = []
    control.solve(on_model=lambda model: models.append(list(map(str, model.symbols(shown=True)))))

    assert len(models) == 1
    assert [fact for fact in models[0] if fact.startswith("verdict(")] == [f'verdict("{claim}")']


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("target", ["clingo", "pydatalog"])
def test_a_rule_file_is_exported_with_what_it_includes(target: str) -> None:
    """Every predicate of the program is in the text, the stock ones included."""
    result = helm("export", "--to", target, "rules/main.dl")

    assert result.exit_code == 0
    assert re.search(r'"?known_action"?', result.stdout)
    assert re.search(r'"?ancestor_revoked|"?revoked', result.stdout)


@pytest.mark.usefixtures("policy")
def test_what_cannot_be_exported_is_an_error() -> None:
    """Nothing named, both named, no such engine, a request that no rule was asked about."""
    Path("broken.json").write_text("{")
    helm("decide", "broken.json")
    for arguments in (
        ("--to", "clingo"),
        ("--to", "clingo", "--receipt", "1", "rules/main.dl"),
        ("--to", "prolog", "rules/main.dl"),
        ("--to", "clingo", "--receipt", "1"),
        ("--to", "clingo", "--receipt", "7"),
    ):
        result = helm("export", *arguments)

        assert result.exit_code == 2
        assert result.stdout == ""
