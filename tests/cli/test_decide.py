# SPDX-License-Identifier: Apache-2.0
"""Deciding from files: limits of size, receipts that cannot be written, a log that is not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helm_logic.cli.main import main
from helm_logic.guard import Guard
from tests.cli import process
from tests.ledger.logs import unprivileged

NOBODY = 65534
REQUEST = "requests/allow.json"


def decide(*arguments: str) -> Result:
    """Run `decide` with *arguments* in the current directory."""
    return CliRunner().invoke(main, ["decide", *arguments])


def test_a_request_may_be_as_large_as_the_policy_says_and_no_larger(policy: Path) -> None:
    """One byte beyond the limit is a DENY, however much follows it."""
    whole = (policy / REQUEST).read_bytes().rstrip()
    toml = policy / "helm.toml"
    toml.write_text(
        toml.read_text().replace("[anchors]", f"[limits]\nrequest_bytes = {len(whole)}\n[anchors]")
    )
    for padding, code, reason in (
        (0, 0, "chain_covers"),
        (1, 3, "too_large"),
        (99, 3, "too_large"),
    ):
        (policy / "padded.json").write_bytes(whole + b" " * padding)
        result = decide("padded.json")

        assert result.exit_code == code
        assert reason in result.output


def test_depth_is_bounded(policy: Path) -> None:
    """JSON that nests too deep is a DENY, however deep."""
    for depth in (65, 100_000):
        (policy / "deep.json").write_text("[" * depth + "]" * depth)
        result = decide("deep.json")

        assert result.exit_code == 3
        assert "too_deep" in result.output


def test_a_chain_may_be_absurd(policy: Path) -> None:
    """Ten thousand links are a DENY and a receipt, not a wait."""
    request = json.loads((policy / REQUEST).read_bytes())
    request["chain"] *= 5_000
    (policy / "long.json").write_text(json.dumps(request))
    toml = policy / "helm.toml"
    toml.write_text(
        toml.read_text().replace("[anchors]", "[limits]\nrequest_bytes = 50_000_000\n[anchors]")
    )

    result = decide("long.json")

    assert result.exit_code == 3
    assert "depth_exceeded" in result.output


def test_a_receipt_file_that_cannot_be_written_changes_no_verdict(policy: Path) -> None:
    """The receipt is in the log; that its file could not be written is a warning."""
    (policy / "receipts").write_text("not a folder")
    result = decide(REQUEST)

    assert result.exit_code == 0
    assert "warning: the receipt file was not written" in result.stderr
    assert "helm-logic explain sha256:" in result.stdout


def test_the_same_request_in_the_same_second_has_one_receipt(policy: Path) -> None:
    """Asked twice at one moment it is one decision; its file is there already."""
    now = str(int(time.time()))  # noqa: TID251 - the links of the folder hold from now on
    first, second = (decide("--now", now, REQUEST) for _ in range(2))

    assert first.exit_code == second.exit_code == 0
    assert first.output == second.output
    assert len(list((policy / "receipts").iterdir())) == 1


def test_a_name_that_is_taken_is_not_overwritten(policy: Path) -> None:
    """A file that stands where the receipt should go stays as it is, and the reader is told."""
    now = str(int(time.time()))  # noqa: TID251
    decide("--now", now, REQUEST)
    (receipt,) = (policy / "receipts").iterdir()
    receipt.write_text("something else")

    result = decide("--now", now, REQUEST)

    assert result.exit_code == 0
    assert "exists and is not the receipt" in result.stderr
    assert receipt.read_text() == "something else"


@pytest.mark.usefixtures("policy")
def test_many_requests_share_groups_and_keep_their_order() -> None:
    """More requests than fit into one commit are answered one for one, in order."""
    names = [f"requests/{name}.json" for name in ("allow", "deny", "escalate")] * 50
    result = decide("--json", "--no-receipts", *names)

    answers = [json.loads(line)["context"]["verdict"] for line in result.stdout.splitlines()]
    assert answers == ["ALLOW", "DENY", "ESCALATE"] * 50
    assert result.exit_code == 3


def test_the_folder_is_found_from_below(policy: Path) -> None:
    """Inside a policy folder no command has to name it; outside, the next step does."""
    done = process.run("decide", "escalate.json", folder=policy / "requests")
    assert done.returncode == 4
    assert b"--policy" not in done.stdout

    done = process.run(
        "decide", "--policy", "policy", "policy/requests/escalate.json", folder=policy.parent
    )
    assert done.returncode == 4
    assert b"--policy policy \\\n" in done.stdout

    done = process.run("decide", "policy/requests/allow.json", folder=policy.parent)
    assert done.returncode == 2
    assert b"error: no helm.toml in" in done.stderr


def test_a_log_that_another_process_holds_is_an_error_not_a_verdict(policy: Path) -> None:
    """While a guard has the log open nobody else decides; reading waits for it too."""
    with Guard.open(policy, clock=lambda: 0):
        for command in (("decide", REQUEST), ("verify", "0")):
            done = process.run(*command, folder=policy)

            assert done.returncode == 2
            assert done.stdout == b""
            assert b"error: store " in done.stderr
            assert b"another process" in done.stderr


def test_a_revocation_that_cannot_be_logged_is_heeded_all_the_same(policy: Path) -> None:
    """The file is written first: whoever opens the folder next heeds it."""
    with Guard.open(policy, clock=lambda: 0):
        done = process.run(
            "revoke", "links/founder-ops.json", "--key", "keys/founder.key", folder=policy
        )
    assert done.returncode == 2
    assert b"but it is not in the log" in done.stderr

    result = decide(REQUEST)
    assert result.exit_code == 3
    assert "ancestor_revoked" in result.output


def test_a_log_that_may_not_be_written_is_an_error_and_can_still_be_verified(
    pristine: Path,
) -> None:
    """On a read-only log nothing is decided, and what was decided is still there."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "policy"
        shutil.copytree(pristine, folder)
        asked = str(folder / REQUEST)
        assert decide("--policy", str(folder), "--no-receipts", asked).exit_code == 0
        _give(Path(parent))
        (folder / "ledger").chmod(0o555)
        try:
            with unprivileged():
                refused = decide("--policy", str(folder), asked)
                verified = CliRunner().invoke(main, ["verify", "--policy", str(folder), "3"])
        finally:
            (folder / "ledger").chmod(0o755)

    assert refused.exit_code == 2
    assert "may not be written" in refused.stderr
    assert verified.exit_code == 0


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize("blocks", [8, 64])
def test_a_full_disk_is_never_an_allow(policy: Path, blocks: int) -> None:
    """With no room for its receipt an ALLOW becomes a DENY that says so."""
    limited = ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *process.COMMAND]
    # A tool that measures this process would run out of room as well.
    unmeasured = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [*limited, "decide", REQUEST],
        cwd=policy,
        env=unmeasured,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 3
    assert done.stdout.startswith(b"DENY  requests/allow.json\n  ledger_unavailable: ")
    assert b"not in the log, which could not take it: nothing was allowed" in done.stdout
    assert not (policy / "receipts").exists()
