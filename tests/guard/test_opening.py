# SPDX-License-Identifier: Apache-2.0
"""Opening a policy folder whose keys are encrypted or elsewhere, and deciding when they fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helm_logic.errors import KeyFileError, PolicyError, ReceiptRefused, SignerError
from helm_logic.guard import Guard
from helm_logic.ledger.key_file import replace_key_file
from helm_logic.ledger.passphrase import FILE_VARIABLE
from helm_logic.ledger.sealed_seed import Cost
from helm_logic.policy.trust import read_log_settings
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import Trust, verify
from tests.authority.world import NOW
from tests.guard.town import ENGINE, LOG, ask, open_guard
from tests.ledger.openssl import OPENSSL, make_key, public_key

CHEAP = Cost(1, 8192)
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command here")


def configure(folder: Path, **names: str) -> None:
    """Let helm.toml of *folder* call its signers by *names*."""
    path = folder / "helm.toml"
    text = path.read_text("utf-8")
    for which, name in names.items():
        text = re.sub(f'^{which} = ".*', f'{which} = "{name}"', text, count=1, flags=re.MULTILINE)
    path.write_text(text, "utf-8")


def script(folder: Path, text: str) -> str:
    """Write the shell script *text* into *folder*; return what a command of it is called."""
    path = folder / "sign"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return "./sign"


def test_encrypted_keys_are_opened_by_what_is_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the environment's file or by the caller's source, each key by its own; else not at all."""
    replace_key_file(folder / "keys" / "engine.key", ENGINE, b"one", CHEAP)
    replace_key_file(folder / "keys" / "log.key", LOG, b"two", CHEAP)
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    with pytest.raises(KeyFileError, match=r"engine\.key` is encrypted and no passphrase"):
        open_guard(folder)
    with pytest.raises(KeyFileError, match=r"log\.key` is encrypted, and no passphrase fits"):
        Guard.open(folder, lambda: NOW, lambda _: [b"one"])
    asked = []

    def typed(what: str) -> list[bytes]:
        asked.append(Path(what).name)
        return [b"one" if "engine" in what else b"two"]

    with Guard.open(folder, lambda: NOW, typed) as guard:
        assert guard.decide(ask()).verdict is Verdict.ALLOW
    assert asked == ["engine.key", "log.key"]
    secret = folder / "secret"
    secret.touch(0o600)
    secret.write_text("one\ntwo\n")
    monkeypatch.setenv(FILE_VARIABLE, str(secret))
    with open_guard(folder) as guard:
        assert guard.decide(ask()).verdict is Verdict.ALLOW


@needs_openssl
def test_an_engine_may_sign_as_key_services_do(folder: Path) -> None:
    """ECDSA by a command: the receipts verify, and the old engine's still do beside them."""
    old = _decided(folder, "staging")
    key = public_key(make_key(folder / "keys" / "k.pem", "EC"))
    configure(folder, engine=f"command:{key} openssl dgst -sha256 -sign keys/k.pem")
    with pytest.raises(PolicyError, match=r"is not one of \[trust\] engine"):
        open_guard(folder)
    path = folder / "helm.toml"
    path.write_text(path.read_text("utf-8").replace("engine = [", f'engine = ["{key}", '), "utf-8")
    new = _decided(folder, "dev")
    trust = read_log_settings(folder).trust

    for data, signed_by in ((old, ENGINE.public_key), (new, key)):
        verified = verify(data, trust).receipt
        assert [one.keyid for one in verified.envelope.signatures] == [signed_by.keyid]
    with pytest.raises(ReceiptRefused, match="signature"):
        verify(new, Trust((ENGINE.public_key,), trust.log_origin, trust.log_key))


@needs_openssl
def test_without_the_log_s_signature_it_is_a_deny(folder: Path) -> None:
    """The log's signer goes away: no ALLOW leaves, and the log holds what it held."""
    seed = bytes.fromhex("302e020100300506032b657004220420") + b"l" * 32  # RFC 8410 section 7
    (folder / "log.der").write_bytes(seed)
    signing = "cat > m; openssl pkeyutl -sign -rawin -keyform DER -inkey log.der -in m"
    command = script(folder, f"test -e away && exit 1; {signing}")
    configure(folder, log=f"command:{LOG.public_key} {command}")
    with open_guard(folder) as guard:
        assert guard.decide(ask()).verdict is Verdict.ALLOW
        (folder / "away").touch()
        decision = guard.decide(ask(env="dev"))

    assert (decision.verdict, decision.index) == (Verdict.DENY, None)
    assert decision.codes == ("ledger_unavailable",)
    assert "failed with exit code 1" in decision.reasons[0].text
    (folder / "away").unlink()
    assert _size(folder) == 5  # config, policy, keys, the receipt of the ALLOW, and this one


def test_without_the_engine_s_signature_there_is_no_decision(folder: Path) -> None:
    """What nobody signed is no receipt, so nothing is answered and nothing is logged."""
    configure(folder, engine=f"command:{ENGINE.public_key} {script(folder, 'cat')}")
    with open_guard(folder) as guard, pytest.raises(SignerError, match="did not sign as"):
        guard.decide(ask())

    configure(folder, engine="keys/engine.key")
    assert _size(folder) == 4  # config, policy, keys, and the receipt of the question


def _decided(folder: Path, env: str) -> bytes:
    """Return the receipt of a decision by *folder* about *env*."""
    with open_guard(folder) as guard:
        decision = guard.decide(ask(env=env))
        assert decision.verdict is Verdict.ALLOW
        return guard.receipt(decision.receipt_id).to_bytes()


def _size(folder: Path) -> int:
    """Return how many entries the log of *folder* has after one more decision."""
    with open_guard(folder) as guard:
        index = guard.decide(ask(env="prod")).index
    assert index is not None
    return index + 1
