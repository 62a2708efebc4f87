# SPDX-License-Identifier: Apache-2.0
"""A policy folder that works at once: the founder example with fresh keys, links and a log.

    helm.toml       what decides: rules, anchors, approvers, keys, log
    trust-root.json whose keys count, version 1, signed with root.key
    rules/          main.dl and its tests, a copy to edit of the stock rule set `deploy`
    keys/           private keys, mode 0600; founder, ops, release manager and root are people's
                    keys, here only so that one folder can play every part
    links/          the chain: user:founder -> agent:ops -> tool:deploy
    requests/       one request for each verdict, with the chain in it
    ledger/         the log; log.head beside it is the head guard

Every file is written once, into an empty folder. The clock is the caller's.
"""

from __future__ import annotations

import json
from pathlib import Path

from helm_logic.authority.link import Grant, Link, sign_link
from helm_logic.errors import PolicyError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.durable import create_file
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.key_file import write_key_file
from helm_logic.ledger.keys import PublicKey, SeedSigner
from helm_logic.ledger.open_log import create_store
from helm_logic.policy.first_root import first_root
from helm_logic.policy.folder import stock_rules
from helm_logic.policy.settings import parse_settings
from helm_logic.policy.trust import SETTINGS
from helm_logic.receipts.trust_root_chain import sign_root

PEOPLE = ("founder", "ops", "release-manager", "root")
MACHINES = ("engine", "log")
LEDGER, HEAD, ROOT = "ledger/log.sqlite", "log.head", "trust-root.json"

_FOLDERS = ("rules", "keys", "links", "requests", "revocations", "ledger")
_RULES = ("main.dl", "main_test.toml")

# Named for its verdict: resource id and environment. All of them passed their tests.
REQUESTS = {
    "allow": ("shop/web", "staging"),
    "escalate": ("shop/web", "prod"),
    "deny": ("payments/api", "staging"),
}

_HELM_TOML = """\
# A helm_logic policy: what decides, whom it trusts, where it keeps its log.
# Paths are relative to this file. `helm-logic keys show FILE` prints a public key.

[policy]
rules = "rules/main.dl"
revocations = "revocations"       # signed revocations, heeded from the next start on

[keys]                            # never in version control; or signers: `helm-logic keys --help`
engine = "keys/engine.key"        # signs receipts
log = "keys/log.key"              # signs the log's tree heads

[ledger]
{place}
head = "{head}"                 # the last tree head; safest on another disk than the log
origin = "{origin}"

[trust]                           # what a verifier of this log's receipts believes
root = "{root}"          # whose keys count, and where in the log: `helm-logic trust`
engine = ["{engine}"]
log = "{log}"

[anchors]                         # where every delegation chain has to begin
"user:founder" = ["{founder}"]

[approvers."user:release-manager"]
roles = ["release-manager"]
keys = ["{manager}"]
"""

_GITIGNORE = """\
# Private keys, and what this machine alone has: its log and the receipts made from it.
/keys/
/ledger/
/log.head*
/receipts/
"""


def write_folder(folder: Path, now: int, valid: int, url: str | None = None) -> None:
    """Write a policy folder into *folder*, which is made or empty; links hold *valid* seconds.

    With *url* the log is made in that PostgreSQL database. Raises PolicyError if the folder holds
    anything, StoreError or OSError if it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PolicyError(
            f"`{folder}` is not empty, and init writes into an empty folder only; name a new one"
        )
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    keys = {name: SeedSigner.generate() for name in (*PEOPLE, *MACHINES)}
    for name, signer in keys.items():
        write_key_file(folder / "keys" / f"{name}.key", signer)
    origin = f"helm-logic/{keys['log'].public_key.keyid[:16]}"
    settings = _settings(keys, origin, url)
    _write(folder / SETTINGS, settings)
    owner = keys["root"]
    root = first_root(parse_settings(settings.encode("utf-8")), (owner.public_key,), now)
    create_file(folder / ROOT, sign_root(root, (owner,)).envelope.to_bytes(), 0o644)
    _write(folder / ".gitignore", _GITIGNORE)
    for name in _RULES:
        _write(folder / "rules" / name, (stock_rules() / "deploy" / name).read_text("utf-8"))
    chain = _chain(keys, now, now + valid)
    for name, envelope in chain.items():
        create_file(folder / "links" / f"{name}.json", envelope.to_bytes(), 0o644)
    for name, (resource, environment) in REQUESTS.items():
        _write(folder / "requests" / f"{name}.json", _request(resource, environment, chain))
    create_store(folder, url or LEDGER, HEAD, origin=origin, signer=keys["log"]).close()


def _write(path: Path, text: str) -> None:
    create_file(path, text.encode("utf-8"), 0o644)


def _settings(keys: dict[str, SeedSigner], origin: str, url: str | None) -> str:
    public: dict[str, PublicKey] = {name: signer.public_key for name, signer in keys.items()}
    return _HELM_TOML.format(
        place=f'path = "{LEDGER}"' if url is None else f"url = {json.dumps(url)}",
        head=HEAD,
        root=ROOT,
        origin=origin,
        engine=public["engine"],
        log=public["log"],
        founder=public["founder"],
        manager=public["release-manager"],
    )


def _chain(keys: dict[str, SeedSigner], since: int, until: int) -> dict[str, Envelope]:
    """Return the links by file name: what the founder gives, and what of it ops passes on."""
    founder, ops = keys["founder"], keys["ops"]
    given = Link(
        id="founder-ops",
        issuer="user:founder",
        issuer_key=founder.public_key,
        delegate="agent:ops",
        delegate_key=ops.public_key,
        grants=(Grant(("deploy", "restart"), "service/shop/**"),),
        not_before=since,
        expires=until,
        may_delegate=1,
    )
    first = sign_link(given, founder)
    passed_on = Link(
        id="ops-deploy",
        issuer="agent:ops",
        issuer_key=ops.public_key,
        delegate="tool:deploy",
        delegate_key=None,
        grants=(Grant(("deploy",), "service/shop/*"),),
        not_before=since,
        expires=until,
        parent=first.digest,
    )
    return {given.id: first, passed_on.id: sign_link(passed_on, ops)}


def _request(resource: str, environment: str, chain: dict[str, Envelope]) -> str:
    links: list[JsonValue] = [envelope.to_value() for envelope in chain.values()]
    request: dict[str, JsonValue] = {
        "subject": {"type": "tool", "id": "deploy"},
        "action": {"name": "deploy"},
        "resource": {"type": "service", "id": resource, "properties": {"env": environment}},
        "context": {"ci_passed": True},
        "chain": links,
    }
    return json.dumps(request, indent=2) + "\n"
