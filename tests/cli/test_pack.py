# SPDX-License-Identifier: Apache-2.0
"""Packs from the shell: made in a policy folder, verified and replayed in an empty one."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from helm_logic.cli.main import main
from helm_logic.ledger.base64text import parse_base64
from helm_logic.ledger.cosignature import cosign
from helm_logic.ledger.keys import SeedSigner
from helm_logic.receipts.archive import read_archive
from tests.cli.process import modules_after
from tests.receipts import second_verifier

APPROVE = ("--key", "keys/release-manager.key", "--as", "user:release-manager")


def helm(*arguments: str, code: int = 0) -> Result:
    """Run the command with *arguments* in the current directory; it must end with *code*."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, result.output
    return result


def trust(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of *folder*, and the trust in them as options."""
    read = tomllib.loads((folder / "helm.toml").read_text("utf-8"))
    options = ["--log-origin", read["ledger"]["origin"], "--log-key", read["trust"]["log"]]
    for key in read["trust"]["engine"]:
        options += ["--trust-engine", key]
    return read, options


@pytest.fixture
def packs(policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder with two packs, of an ESCALATE and of the ALLOW after its approval."""
    asked = json.loads(helm("decide", "--json", "requests/escalate.json", code=4).output)["context"]
    answer = ("approve", asked["receipt"], *APPROVE, "--role", "release-manager")
    helm(*answer, "-o", "approval.json")
    request = ("requests/escalate.json", "--approval", "approval.json")
    granted = json.loads(helm("decide", "--json", *request).output)["context"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    helm("pack", asked["receipt"], "-o", str(elsewhere / "escalate.tar"))
    made = helm("pack", granted["receipt"], "-o", str(elsewhere / "allow.tar"))
    assert "receipts that its approvals answer: 1" in made.stderr
    assert "rule texts" not in made.stderr
    monkeypatch.chdir(elsewhere)
    assert policy != elsewhere
    return elsewhere


def test_a_stranger_verifies_and_replays_them(packs: Path, policy: Path) -> None:
    """With two packs and the trust alone: every result holds, by the kernel and both engines."""
    read, options = trust(policy)
    shutil.rmtree(policy)
    for name, verdict in (("escalate.tar", "ESCALATE"), ("allow.tar", "ALLOW")):
        said = helm("verify", "--replay", name, *options).output
        for result in ("bytes", "signature", "trust", "inclusion", "derivation"):
            assert f"  {result:<16} ok: " in said
        assert "replay native    ok" in said
        assert "replay pydatalog ok" in said
        assert f"verified: {verdict} at " in said

        value = json.loads(helm("verify", "--json", name, *options).output)
        assert (value["verified"], value["verdict"]) == (True, verdict)
        assert value["results"][-1] == {
            "detail": "no engine was asked",
            "name": "replay",
            "state": "not asked",
        }
        raw = [parse_base64(key.partition(":")[2]) for key in read["trust"]["engine"]]
        log = parse_base64(read["trust"]["log"].partition(":")[2])
        other = second_verifier.Trust(tuple(raw), read["ledger"]["origin"], log)
        assert second_verifier.verify((packs / name).read_bytes(), other) == verdict


def test_the_page_says_in_words_what_happened(packs: Path) -> None:
    """ESCALATE, the approval, and ALLOW: who asked, who let them, who approved, in that order."""
    members = read_archive((packs / "allow.tar").read_bytes())
    page = members["story.txt"].decode("ascii")
    told = (
        '"tool" "deploy" asked for "deploy" on "service" "shop/web"',
        "The verdict was ESCALATE",
        '"needs_release_manager": "a production deploy needs a release manager"',
        '"user:founder" lets "agent:ops" act',
        '"agent:ops" lets "tool:deploy" act',
        "The verdict was ALLOW",
        '"user:release-manager" approved it as "release-manager"',
    )
    places = [page.index(each) for each in told]
    assert places == sorted(places)
    assert {name.partition("/")[0] for name in members} == {
        *("approvals", "manifest.json", "parents", "policies", "receipt.json", "rules"),
        *("roots", "story.txt"),
    }


def test_a_trust_root_judges_keys_by_their_places(packs: Path, policy: Path) -> None:
    """One's own copy and nothing else; a key that was revoked counts for entries before that."""
    (first, later) = (str(packs / name) for name in ("mine.json", "newer.json"))
    shutil.copy(policy / "trust-root.json", first)
    owner = ("--key", str(policy / "keys/root.key"), "--policy", str(policy))
    approver = str(policy / "keys/release-manager.key")
    # Entries: ESCALATE 3, the approval 4, ALLOW 5.
    for index, code in ((5, 0), (4, 1)):
        helm("trust", "revoke", approver, "--reason", "lost", "--at", str(index), *owner)
        shutil.copy(policy / "trust-root.json", later)
        helm("verify", "allow.tar", "escalate.tar", "--trust", first)
        helm("verify", "escalate.tar", "--trust", later)
        said = helm("verify", "allow.tar", "--trust", later, code=code).output
        assert ("key_revoked: the approver key" in said) == (code == 1)
    assert "version 1 of its trust root" in helm("verify", "allow.tar", "--trust", first).output


def test_witnesses_that_the_root_asks_for_have_to_cosign(policy: Path) -> None:
    """The tree head of now, cosigned, makes the pack good; any other is no copy of it."""
    witness = SeedSigner.generate()
    taken = ("--threshold", "1", "--key", "keys/root.key")
    name = "witness.example/w1"
    helm("decide", "requests/allow.json")
    helm("trust", "rotate", "witness", "--to", str(witness.public_key), "--name", name, *taken)
    missing = helm("pack", "3", "-o", "p.tar", code=1).stderr
    assert "witnesses_missing: got 0 cosignatures" in missing
    helm("log", "checkpoint", "-o", "head")
    (policy / "cosigned").write_bytes(cosign((policy / "head").read_bytes(), name, witness, 5))
    helm("pack", "3", "-o", "p.tar", "--checkpoint", "cosigned")
    helm("verify", "p.tar", "--trust", "trust-root.json")

    helm("decide", "requests/escalate.json", code=4)
    other = helm("pack", "3", "-o", "q.tar", "--checkpoint", "cosigned", code=2).stderr
    assert "want a copy of" in other


def test_a_changed_pack_or_another_trust_is_refused(packs: Path, policy: Path) -> None:
    """Exit code 1, and the result that fails is named; the others say what still holds."""
    _, options = trust(policy)
    data = bytearray((packs / "allow.tar").read_bytes())
    data[-1100] ^= 1
    (packs / "changed.tar").write_bytes(data)
    said = helm("verify", "changed.tar", *options, code=1).output
    assert "bytes            FAILED: " in said
    assert "trust            not checked: the bytes do not hold" in said
    assert "refused" in said

    stranger = [*options[:-1], "ed25519:" + "A" * 43 + "="]
    value = json.loads(helm("verify", "--json", "allow.tar", *stranger, code=1).output)
    found = {each["name"]: each["state"] for each in value["results"]}
    assert (found["signature"], found["trust"]) == ("not checked", "failed")
    assert (found["inclusion"], found["derivation"]) == ("ok", "ok")
    assert (value["verified"], "verdict" in value) == (False, False)
    assert "no helm.toml" in helm("verify", "allow.tar", code=2).stderr


def test_no_engine_is_loaded_unless_asked(packs: Path, policy: Path) -> None:
    """Verifying a pack takes ledger, receipts and kernel; `--replay` alone loads engines."""
    _, options = trust(policy)
    loaded = modules_after("verify", "allow.tar", *options, folder=packs)
    engines = ("helm_logic.engine", "helm_logic.lang", "pyDatalog", "z3")
    assert not [name for name in loaded if name.startswith(engines)]
    assert "helm_logic.engine" in modules_after(
        "verify", "--replay", "allow.tar", *options, folder=packs
    )


def test_what_cannot_be_packed_or_replayed_is_an_error(packs: Path, policy: Path) -> None:
    """A file that exists is kept; a receipt of another log is not found, and has no replay."""
    _, options = trust(policy)
    (receipt,) = sorted((policy / "receipts").glob("*.json"))[:1]
    told = helm("pack", str(receipt), "-o", "allow.tar", "--policy", str(policy), code=2)
    assert "exists and is not replaced" in told.stderr
    assert "no pack" in helm("verify", "--replay", str(receipt), *options, code=2).stderr
    other = packs / "other"
    helm("init", str(other))
    told = helm("pack", str(receipt), "-o", "x.tar", "--policy", str(other), *options, code=2)
    assert "does not hold the receipt" in told.stderr or "no log" in told.stderr


def test_without_a_folder_a_receipt_is_packed_alone(packs: Path, policy: Path) -> None:
    """A stranger may pack a receipt that answers nothing; one with approvals needs the log."""
    _, options = trust(policy)
    kinds: dict[bool, int] = {}
    for number, receipt in enumerate(sorted((policy / "receipts").glob("*.json"))):
        approved = b"approval+json" in receipt.read_bytes()
        code = 2 if approved else 0
        said = helm("pack", str(receipt), "-o", f"{number}.tar", *options, code=code).stderr
        assert ("helm.toml" if approved else "without the rule texts") in said
        if not approved:
            helm("verify", f"{number}.tar", *options)
        kinds[approved] = 1
    assert kinds == {True: 1, False: 1}
    assert not list(packs.glob("*.tmp"))


def test_values_can_be_left_out(packs: Path, policy: Path) -> None:
    """With the engine's key: what the rules do not read leaves the rest verified, exit code 0."""
    _, options = trust(policy)
    request = json.loads((policy / "requests/allow.json").read_bytes())
    request["context"] |= {"ticket": "T-471100", "freeze": False}
    (packs / "asked.json").write_text(json.dumps(request), encoding="utf-8")
    folder = ("--policy", str(policy))
    asked = json.loads(helm("decide", "--json", "asked.json", *folder).output)["context"]["receipt"]
    key = ("--key", str(policy / "keys/engine.key"))

    told = helm("pack", asked, "-o", "r.tar", "--redact", "context.ticket", *key, *folder).stderr
    assert "without the values of context.ticket" in told
    said = helm("verify", "--replay", "r.tar", *options).output
    assert "values withheld: 1" in said
    assert "by the word of its engine" in said
    assert json.loads(helm("verify", "--json", "r.tar", *options).output)["redacted"] is True

    told = helm("pack", asked, "-o", "f.tar", "--redact", "context.freeze", *key, *folder).stderr
    assert "warning: the derivation is withheld" in told
    assert "derivation       withheld" in helm("verify", "f.tar", *options, code=1).output

    told = helm("pack", asked, "-o", "x.tar", "--redact", "context.x", *key, *folder, code=2).stderr
    assert "has no `context.x`" in told
    told = helm("pack", asked, "-o", "x.tar", "--redact", "context.ticket", *folder, code=2).stderr
    assert "give --key" in told
    stranger = ("--key", str(policy / "keys/ops.key"))
    given = ("pack", asked, "-o", "x.tar", "--redact", "context.ticket", *stranger, *folder)
    assert "key is not known" in helm(*given, code=1).stderr
    assert not (packs / "x.tar").exists()


def test_the_policy_is_that_of_the_receipt(packs: Path, policy: Path) -> None:
    """When the folder's rules have changed, the pack has those that decided, from the log."""
    rules = policy / "rules" / "main.dl"
    before = rules.read_bytes()
    rules.write_bytes(before + b"% changed\n")
    made = helm("pack", "3", "-o", "again.tar", "--policy", str(policy))
    assert "rule texts" not in made.stderr
    assert before in read_archive((packs / "again.tar").read_bytes()).values()
