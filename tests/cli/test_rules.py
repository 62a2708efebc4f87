# SPDX-License-Identifier: Apache-2.0
"""check and fmt, where a script cannot say it: stock rules, bytes, modes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helm_logic.cli.main import main
from helm_logic.policy.folder import stock_rules

STOCK = sorted(stock_rules().rglob("*.dl"))


def helm(*arguments: str) -> Result:
    """Run the command with *arguments* in the current directory."""
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("path", STOCK, ids=lambda path: path.stem)
def test_the_rules_that_ship_have_no_errors_and_are_in_the_style(path: Path) -> None:
    """What users copy is what the tools accept; a stock file may be checked by itself."""
    assert helm("check", str(path)).exit_code == 0
    assert helm("fmt", "--check", str(path)).exit_code == 0


def test_what_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    """Bytes that are no text are neither checked nor changed."""
    path = tmp_path / "latin.dl"
    path.write_bytes(b'a("caf\xe9").\n')
    for command in (["fmt"], ["fmt", "--check"], ["check"]):
        result = helm(*command, str(path))

        assert result.exit_code == 2
        assert "is not utf-8 at byte 6" in result.stderr
    assert path.read_bytes() == b'a("caf\xe9").\n'


def test_formatting_keeps_the_mode_of_the_file(tmp_path: Path) -> None:
    """A file that only its owner may read stays so."""
    path = tmp_path / "own.dl"
    path.write_text("a( 1 ).")
    path.chmod(0o600)

    assert helm("fmt", str(path)).exit_code == 0
    assert path.read_text() == "a(1).\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_findings_are_data_for_programs(tmp_path: Path) -> None:
    """`check --json` names the place, the code, and every other place that a finding is about."""
    path = tmp_path / "draft.dl"
    path.write_text("p(1).\np(one).\nallow(x) :- p(_).\n")
    (found,) = json.loads(helm("check", "--json", str(path)).stdout)

    assert (found["code"], found["severity"]) == ("HL005", "error")
    assert found["file"].endswith("draft.dl")
    assert {found["line"], *(note["line"] for note in found["notes"])} == {1, 2}
