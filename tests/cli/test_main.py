# SPDX-License-Identifier: Apache-2.0
"""The group: commands loaded when called, errors turned into messages and exit codes."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from helm_logic.cli.exit_codes import MEANINGS
from helm_logic.cli.main import COMMANDS, main
from helm_logic.errors import CertificateRefused, HelmError, ReceiptRefused, RuleError
from helm_logic.guard import Guard
from tests.cli import process

NAMES = [name for section in COMMANDS.values() for name in section]
QUIET = {"demo", "init"}  # they end with 0 or an error, and say so nowhere
REQUEST = "requests/allow.json"


def test_help_loads_no_command_and_no_room(tmp_path: Path) -> None:
    """`helm-logic --help` costs click and the table of commands."""
    loaded = process.modules_after("--help", folder=tmp_path)

    ours = {name for name in loaded if name.startswith("helm_logic")}
    assert ours == {
        "helm_logic",
        "helm_logic.cli",
        "helm_logic.cli.exit_codes",
        "helm_logic.cli.main",
        "helm_logic.errors",
    }


def test_deciding_loads_no_solver_and_no_reference_engine(policy: Path) -> None:
    """`decide` starts without z3 and pyDatalog, and without the commands beside it."""
    loaded = process.modules_after("decide", REQUEST, folder=policy)

    assert "helm_logic.guard.guard" in loaded
    assert not {name for name in loaded if name.split(".")[0] in {"z3", "pyDatalog", "clingo"}}
    assert not {"helm_logic.cli.verify", "helm_logic.cli.demo", "click.testing"} & loaded


def test_verifying_loads_no_engine_no_parser_and_no_guard(policy: Path) -> None:
    """`verify` has what a stranger needs: receipts, ledger, kernel, and the trust in helm.toml."""
    process.run("decide", REQUEST, folder=policy)
    (receipt,) = (policy / "receipts").iterdir()
    loaded = process.modules_after("verify", str(receipt), folder=policy)

    rooms = {name.split(".")[1] for name in loaded if name.startswith("helm_logic.")}
    assert rooms == {"cli", "errors", "kernel", "ledger", "policy", "receipts"}
    assert {name for name in loaded if name.startswith("helm_logic.policy.")} == {
        "helm_logic.policy.trust"
    }
    assert not {"z3", "pyDatalog"} & loaded


@pytest.mark.parametrize("name", NAMES)
def test_every_command_teaches(name: str) -> None:
    """The help of a command says what it does, shows an example and, if they matter, exit codes."""
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0
    assert f"Usage: helm-logic {name}" in result.output
    assert f"  helm-logic {name}" in result.output
    assert "Exit code" in result.output or name in QUIET | {"keys", "trust"}


@pytest.mark.parametrize("name", ["new", "show"])
def test_the_commands_of_keys_teach(name: str) -> None:
    """So does the help of the commands below `keys`."""
    result = CliRunner().invoke(main, ["keys", name, "--help"])

    assert result.exit_code == 0
    assert f"  helm-logic keys {name}" in result.output
    assert "Exit code" in result.output


def test_the_group_lists_every_command_and_the_exit_codes() -> None:
    """One page shows what there is."""
    output = " ".join(CliRunner().invoke(main, ["--help"]).output.split())

    assert all(f"{name} " in output for name in NAMES)
    assert all(f" {code} {text}" in output for code, text in MEANINGS.items())


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (HelmError("something is missing"), 2, "error: something is missing"),
        (ReceiptRefused(2, "signature", "not his"), 1, "error: step 2 (signature): not his"),
        (RuleError("no rules at all"), 2, "error: no rules at all"),
        (CertificateRefused("step 3", 1, 2), 70, "error: step 3: got 1, want 2"),
        (OSError(28, "No space left on device"), 2, "error: output could not be written: no space"),
        (FileNotFoundError(2, "No such file", "x.json"), 2, "error: `x.json`: no such file"),
        (BrokenPipeError(32, "Broken pipe"), 2, ""),
        (
            RuntimeError("impossible"),
            70,
            "error: internal error, nothing was allowed: RuntimeError",
        ),
        (AssertionError(), 70, "error: internal error, nothing was allowed: AssertionError"),
        (RecursionError("deep"), 70, "error: internal error, nothing was allowed: RecursionError"),
        (MemoryError(), 70, "error: internal error, nothing was allowed: MemoryError"),
        (sqlite3.Error("odd"), 70, "error: internal error, nothing was allowed: Error"),
        (click.Abort(), 130, "interrupted"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_error_has_its_code_and_its_message(
    policy: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    """Whatever is raised on the way to a verdict ends in one message and a code that is not 0."""

    def fail(*_: object) -> Guard:
        raise error

    monkeypatch.setattr(Guard, "open", fail)
    result = CliRunner().invoke(main, ["decide", str(policy / REQUEST)])

    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.strip().startswith(message)
    assert "Traceback" not in result.stderr


def test_a_traceback_is_shown_to_those_who_ask(
    policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`helm-logic --traceback` shows where an error comes from; the exit code stays."""

    def fail(*_: object) -> Guard:
        raise RuntimeError("impossible")

    monkeypatch.setattr(Guard, "open", fail)
    result = CliRunner().invoke(main, ["--traceback", "decide", str(policy / REQUEST)])

    assert result.exit_code == 70
    assert "Traceback" in result.stderr
    assert "impossible" in result.stderr


@pytest.mark.parametrize(
    ("variable", "coloured"), [("FORCE_COLOR", True), ("NO_COLOR", False), ("UNRELATED", False)]
)
def test_colour_is_decoration(
    policy: Path, monkeypatch: pytest.MonkeyPatch, *, variable: str, coloured: bool
) -> None:
    """A pipe gets none unless FORCE_COLOR asks for it, and the words are the same either way."""
    monkeypatch.setenv(variable, "1")
    output = CliRunner().invoke(main, ["decide", "--no-receipts", str(policy / REQUEST)]).output

    assert ("\x1b[" in output) == coloured
    assert click.unstyle(output).startswith("ALLOW  requests/allow.json\n  chain_covers_deploy\n")


def test_a_verdict_that_cannot_be_written_is_not_allow(policy: Path) -> None:
    """With nobody left to read it, or no room for it, ALLOW does not end in 0."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*process.COMMAND, "decide", REQUEST],
            cwd=policy,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == b"error: output could not be written: no space left on device\n"

    with process.started("decide", REQUEST, folder=policy) as deserted:
        assert deserted.stdout is not None
        deserted.stdout.close()
        assert deserted.wait() == 2
        assert deserted.stderr is not None
        assert deserted.stderr.read() == b""
