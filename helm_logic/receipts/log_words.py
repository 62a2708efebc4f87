# SPDX-License-Identifier: Apache-2.0
"""What one entry of the log says, read for people and for the graph: never for a decision.

Nothing is verified here but the shape: the log's own checks, and those of receipts, are elsewhere.
An entry that cannot be read is described as that, because a log must be readable around it. Words
come partly from requests, so a caller shows them as text from outside.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helm_logic.errors import HelmError, InputError
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.log_config import CONFIG_TYPE
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.ledger.store_protocol import Entry
from helm_logic.receipts.changes import (
    KEYS_TYPE,
    POLICY_TYPE,
    ROOT_TYPE,
    KeyChange,
    PolicyChange,
    RootChange,
)
from helm_logic.receipts.statement import PAYLOAD_TYPE, Statement
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root_chain import SignedRoot
from helm_logic.receipts.verdict import Verdict

UNREADABLE = "unreadable"
_KINDS = {
    PAYLOAD_TYPE: Kind.RECEIPT,
    "application/vnd.helm-logic.approval+json": Kind.APPROVAL,
    "application/vnd.helm-logic.revocation+json": Kind.REVOCATION,
    CONFIG_TYPE: Kind.CONFIG,
    POLICY_TYPE: Kind.POLICY,
    KEYS_TYPE: Kind.KEYS,
    ROOT_TYPE: Kind.ROOT,
}
_MAX_PAYLOAD = 1 << 16
_SHORT = 19  # `sha256:` and twelve digits


ANSWERS, APPROVES, USES, COUNTS = "answers", "approves", "uses up", "counts"
HEEDS, REFUSES, REPLACES = "heeds", "refuses", "replaces"


@attrs.frozen
class Named:
    """An entry that *relation* the one with *digest*; *code* says why it refuses it."""

    relation: str
    digest: str
    code: str = ""


@attrs.frozen
class Said:
    """What an entry says: a *label* of a word or two, *words*, and the moment that it claims.

    *names* are the entries that it names; *request* is the digest of the request that it is about;
    *policy* and *engine* (a key id) are those of a receipt, or what a change puts in force;
    *engines* are those of a trust root.
    """

    label: str
    words: str
    now: int | None = None
    until: int | None = None
    request: str | None = None
    names: tuple[Named, ...] = ()
    policy: str | None = None
    engine: str | None = None
    engines: tuple[str, ...] = ()


def read_entry(entry: Entry) -> Said:
    """Return what *entry* says."""
    try:
        return _READERS[entry.kind](entry)
    except HelmError as error:
        return Said(UNREADABLE, f"a {entry.kind.words} that cannot be read: {error}")


def kind_of(envelope: Envelope) -> Kind:
    """Return the kind of entry that *envelope* is, by its payload type; raise InputError."""
    kind = _KINDS.get(envelope.payload_type)
    if kind is None:
        raise InputError("wrong_type", f"`{envelope.payload_type}` is no type of log entries")
    return kind


def short(digest: str) -> str:
    """Return the beginning of *digest*, enough to find the entry by."""
    return digest[:_SHORT]


def request_words(value: object) -> str:
    """Return who asks for what in the request *value*; raise InputError if it is none."""
    parts = require_object(value, "request")
    subject, action, resource = (
        require_object(parts.get(name), name) for name in ("subject", "action", "resource")
    )
    who = ":".join(require_text(subject.get(name), name) for name in ("type", "id"))
    what = "/".join(require_text(resource.get(name), name) for name in ("type", "id"))
    return f"{who} asks to {require_text(action.get('name'), 'action')} {what}"


def _receipt(entry: Entry) -> Said:
    statement = Statement.parse(entry.envelope.payload)
    codes = ", ".join(dict.fromkeys(reason.code for reason in statement.reasons))
    asked = "a request that could not be read"
    if statement.request is not None:
        asked = request_words(statement.request)
    approvals = [require_object(each, "approval") for each in _list(statement.approvals)]
    answered = {require_text(each.get("receipt"), "receipt") for each in approvals}
    use = USES if statement.verdict is Verdict.ALLOW else COUNTS
    names = [
        *(Named(ANSWERS, name) for name in sorted(answered)),
        *(Named(use, require_text(each.get("digest"), "digest")) for each in approvals),
        *(Named(HEEDS, _digest(each)) for each in _list(statement.revocations)),
        *_refused(statement.facts),
    ]
    return Said(
        statement.verdict.value,
        f"{asked}: {codes}",
        now=statement.now,
        request=statement.request_digest,
        names=tuple(names),
        policy=statement.policy,
        engine=entry.envelope.signatures[0].keyid,
    )


def _refused(facts: object) -> list[Named]:
    rows = require_object(facts, "facts").get("rejected_approval", [])
    pairs = [require_list(row, "rejected_approval", 2) for row in require_list(rows, "rows")]
    texts = [[require_text(one, "refused")[2:] for one in pair] for pair in pairs]
    return [Named(REFUSES, name, code) for name, code in texts]


def _approval(entry: Entry) -> Said:
    parts = _members(entry)
    approver, role = (require_text(parts.get(name), name) for name in ("approver", "role"))
    return Said(
        "approval",
        f"{approver} approves as {role}",
        now=require_integer(parts.get("issued"), "issued"),
        until=require_integer(parts.get("expires"), "expires"),
        request=require_text(parts.get("request"), "request"),
        names=(Named(APPROVES, require_text(parts.get("receipt"), "receipt")),),
    )


def _revocation(entry: Entry) -> Said:
    parts = _members(entry)
    link = require_text(parts.get("link"), "link")
    since = require_integer(parts.get("effective"), "effective")
    return Said("revocation", f"the link {link} is withdrawn", now=since)


def _config(entry: Entry) -> Said:
    origin = require_text(_members(entry).get("origin"), "origin")
    return Said("config", f"the log {origin} begins")


def _policy(entry: Entry) -> Said:
    change = PolicyChange.read(entry.envelope)
    words = f"the policy {short(change.bundle)} decides from here on"
    names = _previous(change.previous)
    return Said("policy change", words, now=change.now, names=names, policy=change.bundle)


def _keys(entry: Entry) -> Said:
    change = KeyChange.read(entry.envelope)
    others = len(set(change.trusted) - {change.engine})
    words = f"the engine key {change.engine.keyid[:12]} signs from here on"
    if others:
        words += f"; {others} more may"
    names, engine = _previous(change.previous), change.engine.keyid
    return Said("key change", words, now=change.now, names=names, engine=engine)


def _root(entry: Entry) -> Said:
    change = RootChange.read(entry.envelope)
    root = SignedRoot.read(change.root).root
    engines = tuple(key.keyid for key in root.public_keys(Role.ENGINE))
    words = f"version {root.version} says whose keys count from here on"
    names = _previous(change.previous)
    return Said("trust root", words, now=change.now, names=names, engines=engines)


_READERS = {
    Kind.RECEIPT: _receipt,
    Kind.APPROVAL: _approval,
    Kind.REVOCATION: _revocation,
    Kind.CONFIG: _config,
    Kind.POLICY: _policy,
    Kind.KEYS: _keys,
    Kind.ROOT: _root,
}


def _previous(name: str | None) -> tuple[Named, ...]:
    return () if name is None else (Named(REPLACES, name),)


def _members(entry: Entry) -> Mapping[str, JsonValue]:
    return require_object(parse_json(entry.envelope.payload, max_bytes=_MAX_PAYLOAD), "statement")


def _list(value: object) -> list[JsonValue]:
    return require_list(value, "list")


def _digest(value: JsonValue) -> str:
    return require_text(require_object(value, "named").get("digest"), "digest")
