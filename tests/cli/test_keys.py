# SPDX-License-Identifier: Apache-2.0
"""`helm-logic keys`: files made, encrypted and replaced; passphrases typed and never echoed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helm_logic.cli import keys, signers
from helm_logic.cli.main import main
from helm_logic.ledger.key_file import open_key_file, read_key_file, write_key_file
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.passphrase import FD_VARIABLE, FILE_VARIABLE
from helm_logic.ledger.sealed_seed import Cost
from tests.cli.process import COMMAND, GIVE_UP
from tests.receipts.sample import ENGINE
from tests.ssh import running_agent

FILE = Path("engine.key")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with cheap passphrases and no variable that leads to one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keys, "COST", Cost(1, 8192))
    for name in (FILE_VARIABLE, FD_VARIABLE, "SSH_AUTH_SOCK"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be a terminal: what a test gives as input is typed at it."""
    monkeypatch.setattr(signers, "has_terminal", lambda: True)


def helm(*arguments: str, code: int = 0, typed: str = "") -> Result:
    """Run the command with *arguments*, at whose prompts *typed* is typed; it exits with *code*."""
    result = CliRunner().invoke(main, list(arguments), input=typed)
    assert result.exit_code == code, result.output
    return result


def test_a_key_is_shown_as_it_was_made() -> None:
    """The same lines, the same JSON, and the line for helm.toml; the file is never replaced."""
    made = helm("keys", "new", "rita.key", "--as", "user:rita").stdout
    shown = helm("keys", "show", "rita.key", "--as", "user:rita").stdout
    key = read_key_file(Path("rita.key")).public_key

    assert made == shown
    assert f'helm.toml   "user:rita" = ["{key}"]\n' in made
    assert json.loads(helm("keys", "show", "rita.key", "--json").stdout) == {
        "file": "rita.key", "keyId": key.keyid, "publicKey": key.text, "encrypted": False,
    }  # fmt: skip
    assert "never overwritten" in helm("keys", "new", "rita.key", code=2).stderr
    assert "rita.key signs as" in helm("keys", "check", "rita.key").stdout


@pytest.mark.usefixtures("typing")
def test_a_passphrase_is_typed_twice_and_then_each_time() -> None:
    """Wrong ones may be typed anew, three times in all; nothing typed is ever printed."""
    made = helm("keys", "new", "k", "--encrypt", typed="secret\nsecret\n")
    stated = open_key_file(Path("k"))

    assert stated.sealed
    assert "(encrypted)" in made.stdout
    assert "(encrypted)" in helm("keys", "show", "k").stdout
    checked = helm("keys", "check", "k", typed="guess\nsecret\n")
    assert "that passphrase does not open it" in checked.stderr
    refused = helm("keys", "check", "k", typed="one\ntwo\nthree\nsecret\n", code=2)
    assert "no passphrase fits" in refused.stderr
    for result in (made, checked, refused):
        assert "secret" not in result.output
    differing = helm("keys", "new", "other", "--encrypt", typed="secret\nsecrte\n", code=130)
    assert "do not match" in differing.stderr
    assert not Path("other").exists()


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stdin brings is data and never taken for a passphrase; the way out is named."""
    monkeypatch.setattr(signers, "has_terminal", lambda: False)
    write_key_file(FILE, ENGINE, b"secret", Cost(1, 8192))
    for arguments in (
        ("keys", "check", "engine.key"),
        ("keys", "new", "k", "--encrypt"),
        ("keys", "rotate", "engine.key"),
    ):
        refused = helm(*arguments, typed="secret\nsecret\n", code=2)
        assert f"set {FILE_VARIABLE} to a file that holds it" in refused.stderr
    assert [path.name for path in Path().iterdir()] == ["engine.key"]


def test_a_key_is_encrypted_and_then_by_another_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first line of the passphrase file; the old one may stand below it."""
    write_key_file(FILE, ENGINE)
    secret = Path("secret")
    secret.touch(0o600)
    monkeypatch.setenv(FILE_VARIABLE, "secret")
    for lines in ("old\n", "new\nold\n"):
        secret.write_text(lines)
        shown = helm("keys", "encrypt", "engine.key", "--json").stdout
        assert json.loads(shown)["encrypted"] is True

    assert read_key_file(FILE, lambda _: [b"new"]).public_key == ENGINE.public_key
    secret.write_text("old\n")
    assert "no passphrase fits" in helm("keys", "check", "engine.key", code=2).stderr
    secret.chmod(0o644)
    assert "passphrase file `secret` is open" in helm("keys", "check", "engine.key", code=2).stderr


def test_a_descriptor_serves_a_whole_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old and new passphrase come through one pipe, which is read once."""
    write_key_file(FILE, ENGINE, b"old", Cost(1, 8192))
    reader, writer = os.pipe()
    os.write(writer, b"new\nold\n")
    os.close(writer)
    monkeypatch.setenv(FD_VARIABLE, str(reader))
    helm("keys", "encrypt", "engine.key")
    os.close(reader)

    assert read_key_file(FILE, lambda _: [b"new"]).public_key == ENGINE.public_key


def test_a_rotation_keeps_the_old_key() -> None:
    """The name has a new key, the old one is beside it; a rotation cut short is taken up again."""
    write_key_file(FILE, ENGINE)
    kept = Path(f"engine.key.{ENGINE.public_key.keyid[:16]}")
    kept.hardlink_to(FILE)  # as far as an earlier rotation got
    shown = helm("keys", "rotate", "engine.key").stdout
    fresh = read_key_file(FILE).public_key

    assert fresh != ENGINE.public_key
    assert read_key_file(kept).public_key == ENGINE.public_key
    assert f"public key  {fresh}\n" in shown
    assert f"old key     {ENGINE.public_key}\nkept as     {kept}\n" in shown
    assert {path.stat().st_mode & 0o777 for path in (FILE, kept)} == {0o600}
    FILE.unlink()
    write_key_file(FILE, ENGINE)
    assert "move it away" in helm("keys", "rotate", "engine.key", code=2).stderr
    assert read_key_file(FILE).public_key == ENGINE.public_key


@pytest.mark.usefixtures("typing")
def test_an_encrypted_key_is_replaced_by_an_encrypted_one() -> None:
    """Its passphrase is a new one, and the old is not asked for."""
    write_key_file(FILE, ENGINE, b"old", Cost(1, 8192))
    helm("keys", "rotate", "engine.key", typed="new\nnew\n")

    assert read_key_file(FILE, lambda _: [b"new"]).public_key != ENGINE.public_key


def test_other_signers_are_shown_and_checked() -> None:
    """A command that signs something else shows its key, and is found out when it signs."""
    other = f"command:{ENGINE.public_key} cat"
    shown = json.loads(helm("keys", "show", other, "--json").stdout)

    assert (shown["signer"], shown["publicKey"]) == (other, str(ENGINE.public_key))
    assert "did not sign as" in helm("keys", "check", other, code=2).stderr
    assert "SSH_AUTH_SOCK is not set" in helm("keys", "agent", code=2).stderr


def test_an_approver_signs_by_an_ssh_agent(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`keys agent` names the signer; its approval turns the ESCALATE, and no key file is read."""
    with running_agent() as agent:
        agent.add("rita", "ed25519")
        monkeypatch.setenv("SSH_AUTH_SOCK", agent.socket)
        listed = json.loads(helm("keys", "agent", "--json").stdout)
        lines = helm("keys", "agent").stdout
        old = read_key_file(policy / "keys" / "release-manager.key").public_key
        settings = policy / "helm.toml"
        text = settings.read_text("utf-8").replace(str(old), listed["publicKey"])
        text = re.sub("^root = .*\n", "", text, flags=re.MULTILINE)  # it does not know this key
        settings.write_text(text, "utf-8")
        asked = helm("decide", "requests/escalate.json", "--json", code=4).stdout
        receipt = json.loads(asked)["context"]["receipt"]
        who = ("--as", "user:release-manager", "--role", "release-manager", "-o", "approval.json")
        helm("approve", receipt, "--key", listed["signer"], *who)

    assert f"signer      {listed['signer']}\n" in lines
    assert 'comment     "rita\'s key"\n' in lines
    helm("decide", "requests/escalate.json", "--approval", "approval.json")


def test_commands_sign_with_any_signer(policy: Path) -> None:
    """`delegate --key` takes a name of a signer where it took a file."""
    arguments = ("delegate", "--issuer", "user:a", "--to", "agent:b", "--action", "x")
    where = ("--resource", "y", "--for", "1d", "-o")
    key = policy / "keys" / "founder.key"

    helm(*arguments, *where, "one.json", "--key", f"file:{key}")
    assert "exit code 1" in helm(
        *arguments, *where, "two.json", "--key", f"command:{ENGINE.public_key} false", code=2
    ).stderr  # fmt: skip
    assert "was not read" in helm(*arguments, *where, "two.json", "--key", "absent", code=2).stderr
    assert (Path("one.json").exists(), Path("two.json").exists()) == (True, False)


def test_whoever_only_reads_runs_no_command(policy: Path) -> None:
    """A stranger's folder may name any command: verifying and looking around never start it."""
    said = re.search(r"receipt  (\d+) in the log", helm("decide", "requests/allow.json").stdout)
    assert said is not None
    receipt = said[1]
    settings = policy / "helm.toml"
    text = settings.read_text("utf-8")
    for which in ("engine", "log"):
        key = read_key_file(policy / "keys" / f"{which}.key").public_key
        text = text.replace(f'"keys/{which}.key"', f'"command:{key} touch started"')
    settings.write_text(text, "utf-8")
    for arguments in (
        ("verify", receipt),
        ("explain", receipt),
        ("log", "show"),
        ("log", "fsck"),
        ("log", "checkpoint"),
        ("pack", receipt, "-o", "pack.tar"),
        ("verify", "pack.tar"),
        ("check",),
    ):
        helm(*arguments)
        assert not Path("started").exists(), arguments
    helm("decide", "requests/allow.json", code=2)
    assert Path("started").exists()


def test_a_terminal_is_asked_without_echo(folder: Path) -> None:
    """A real terminal, with stdin elsewhere: the prompt is shown, what is typed is not."""
    write_key_file(FILE, SeedSigner(b"x" * 32), b"secret", Cost(1, 8192))
    command = " ".join([*COMMAND, "keys", "check", "engine.key", "</dev/null"])
    program = "import pty, sys; sys.exit(pty.spawn(['sh', '-c', sys.argv[1]]))"
    with subprocess.Popen(
        [sys.executable, "-c", program, command],
        cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        watch = threading.Timer(GIVE_UP, process.kill)
        watch.start()
        assert process.stdin is not None
        assert process.stdout is not None
        shown = b""
        while b"Passphrase for engine.key: " not in shown:
            shown += (read := os.read(process.stdout.fileno(), 1000))
            assert read
        process.stdin.write(b"secret\n")
        process.stdin.flush()
        while read := os.read(process.stdout.fileno(), 1000):
            shown += read
        watch.cancel()

    assert b"engine.key signs as ed25519:" in shown
    assert b"secret" not in shown
