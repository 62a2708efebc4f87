# SPDX-License-Identifier: Apache-2.0
"""verify, explain and approve on receipts that somebody forged, and decisions without a receipt."""

from __future__ import annotations

from pathlib import Path

import attrs
import click
import pytest
from click.testing import CliRunner, Result

from helm_logic.cli.decision_text import Setting, decision_text
from helm_logic.cli.main import main
from helm_logic.cli.options import progress
from helm_logic.guard import Guard
from helm_logic.kernel.certificate import certificate_value
from helm_logic.ledger.key_file import write_key_file
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement
from tests.receipts import sample

TRUST = (
    *("--trust-engine", str(sample.ENGINE.public_key)),
    *("--log-key", str(sample.LOG.public_key), "--log-origin", sample.ORIGIN),
)


def helm(*arguments: str) -> Result:
    """Run the command with *arguments* in the current directory."""
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file of a sound receipt, in a folder that is no policy folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "r.json"
    path.write_bytes(sample.receipt().to_bytes())
    return path


def test_a_stranger_needs_no_folder(receipt: Path) -> None:
    """With trust given on the command line, a receipt is verified and explained anywhere."""
    assert helm("verify", str(receipt), *TRUST).exit_code == 0
    explained = helm("explain", str(receipt), *TRUST)
    assert explained.exit_code == 0
    assert 'not frozen("deploy"): no such fact is given' in explained.output


def test_without_folder_and_without_trust_nothing_is_verified(receipt: Path) -> None:
    """A receipt never supplies the trust it is verified with."""
    write_key_file(Path("x.key"), sample.STRANGER)
    approve = ("approve", "--key", "x.key", "--as", "user:x", "--role", "owner")
    for command in (("verify",), ("explain",), approve):
        result = helm(*command, str(receipt))

        assert result.exit_code == 2
        assert "no helm.toml" in result.stderr


def test_no_flipped_byte_is_verified_or_explained(receipt: Path) -> None:
    """Bytes all over the file, one at a time: the step that fails is named, and nothing is told."""
    data = receipt.read_bytes()
    for place in range(0, len(data), 499):
        flipped = bytearray(data)
        flipped[place] ^= 1
        receipt.write_bytes(bytes(flipped))
        for command in ("verify", "explain"):
            result = helm(command, str(receipt), *TRUST)

            assert result.exit_code == 1, (command, place)
            assert "step" in result.output


def test_a_derivation_that_does_not_hold_is_not_explained_even_unverified(receipt: Path) -> None:
    """Signatures may be left out of account; the kernel may not."""
    certificate = certificate_value(sample.CERTIFICATE)
    steps = list(sample.CERTIFICATE.steps)
    for broken in ([steps[1], steps[0], steps[2]], [steps[0], steps[2]], steps[:1], []):
        forged = sample.forged(certificate={**certificate, "steps": broken})
        receipt.write_bytes(forged)
        result = helm("explain", "--unverified", str(receipt))

        assert (result.exit_code, "step" in result.output) in {(1, True), (0, False)}
        assert result.exit_code == 1 or broken == steps[:1]


def test_a_program_that_poses_as_the_folders_is_shown_as_it_is(policy: Path) -> None:
    """Unverified, a receipt may name one program and carry another: its own is what is shown."""
    helm("decide", "requests/allow.json")
    (path,) = (policy / "receipts").iterdir()
    real = Receipt.parse(path.read_bytes())
    other = sample.receipt(attrs.evolve(sample.statement(), program=_program_of(real)))
    path.write_bytes(other.to_bytes())

    result = helm("explain", "--unverified", str(path))

    assert result.exit_code == 0
    assert "main.dl" not in result.output
    assert "allow(covered) :- action(A), not frozen(A)." in result.output


def _program_of(receipt: Receipt) -> str:
    return Statement.parse(receipt.envelope.payload).program


def test_a_decision_that_no_log_took_says_so(policy: Path) -> None:
    """Without an entry in the log there is nothing to verify or to explain."""
    with Guard.open(policy, clock=lambda: 0) as guard:
        decision = attrs.evolve(guard.decide(b"{}"), index=None)
    lines = [
        click.unstyle(line)
        for line in decision_text(Path("r.json"), decision, None, Setting(policy, {}))
    ]

    assert lines[-1].endswith("not in the log, which could not take it: nothing was allowed")
    assert not any("explain" in line for line in lines)


@pytest.mark.parametrize("count", [3, 500])
def test_progress_is_shown_only_to_a_person_and_only_for_long_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A bar goes to stderr when that alone is a terminal; what is worked on is the same."""
    assert list(progress(range(count), "working")) == list(range(count))
    assert capsys.readouterr() == ("", "")

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(progress(range(count), "working")) == list(range(count))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert ("working" in printed.err) == (count == 500)
