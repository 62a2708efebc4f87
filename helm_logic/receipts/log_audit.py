# SPDX-License-Identifier: Apache-2.0
"""What the entries of a log must be to each other, checked one after the other.

`ledger.store_fsck` shows that the bytes are a log; this shows that its entries are what a guard
writes: each signed by whom it has to be, each naming only what the log holds, and every approval
used by exactly the receipt that says so. Certificates are not checked here: that is `verify`.

Give every entry to `look`, in order, then call `finish`. Nothing stops at the first fault.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from helm_logic.errors import (
    HelmError,
    InputError,
    SignatureError,
    StoreCorrupt,
    StoreError,
    TrustRefused,
)
from helm_logic.kernel.encoding import parse_json
from helm_logic.ledger.envelope import verify
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.shape import require_object, require_text
from helm_logic.ledger.store_protocol import Entry, Log
from helm_logic.receipts.changes import KeyChange, PolicyChange, RootChange
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.trust import Placed, Role
from helm_logic.receipts.trust_root_chain import SignedRoot, accept_first, accept_next
from helm_logic.receipts.trust_root_judge import root_trust
from helm_logic.receipts.verdict import Verdict

_MAX_PAYLOAD = 1 << 16


@attrs.frozen
class AuditFinding:
    """Entry *index* is not as it has to be: a stable *code* and what was found."""

    index: int
    code: str
    message: str


class LogAudit:
    """The audit of *log*; *engines* are keys whose receipts count beside those the log names."""

    def __init__(self, log: Log, engines: Iterable[PublicKey] = ()) -> None:
        self.findings: list[AuditFinding] = []
        self._log = log
        self._engines = {key.keyid: key for key in engines}
        self._places: dict[str, tuple[int, Kind]] = {}
        self._policies: set[str] = set()
        self._blobs: set[str] = set()
        self._used: dict[str, int] = {}
        self._root: SignedRoot | None = None

    def look(self, entry: Entry) -> None:
        """Check *entry*, which follows those that were given before."""
        try:
            match entry.kind:
                case Kind.RECEIPT:
                    self._receipt(entry)
                case Kind.APPROVAL | Kind.REVOCATION:
                    self._signed(entry, (_own_key(entry),))
                case Kind.CONFIG:
                    self._config(entry)
                case Kind.POLICY:
                    self._policy(entry)
                case Kind.KEYS:
                    self._keys(entry)
                case Kind.ROOT:
                    self._trust_root(entry)
        except TrustRefused as error:
            self._say(entry, error.code, str(error))
        except InputError as error:
            self._say(entry, "unreadable", f"a {entry.kind.words} that cannot be read: {error}")
        self._places[entry.digest] = (entry.index, entry.kind)

    def finish(self) -> None:
        """Compare the approvals that the store has as used with those that receipts used."""
        recorded = dict(self._log.consumed())
        for name, index in self._used.items():
            if recorded.get(name) != index:
                self._add(index, "use_not_recorded", f"approval `{name}` is not recorded as used")
        for name, index in recorded.items():
            if self._used.get(name) != index:
                self._add(index, "use_without_allow", f"approval `{name}` is not one of its own")

    def _receipt(self, entry: Entry) -> None:
        statement = Statement.parse(entry.envelope.payload)
        self._engine(entry)
        if self._policies and statement.policy not in self._policies:
            self._say(entry, "policy_not_logged", f"no policy change to `{statement.policy}`")
        self._parents(entry, statement)
        if self._policies:  # nor for the revocations of a folder, when they had none for policies
            for named in statement.revocations:  # type: ignore[attr-defined]
                self._named(entry, _text(named, "digest"), Kind.REVOCATION)
        files = [file for _, file in statement.named_envelopes()]
        program = [] if statement.certificate is None else [statement.program]
        for name in (*files, *program):
            self._stored(entry, name)

    def _engine(self, entry: Entry) -> None:
        if self._root is not None:  # the version in force then says more than any key change
            try:
                root_trust(self._root.root).check(Placed(entry.envelope, Role.ENGINE, entry.index))
            except TrustRefused as error:
                self._say(entry, error.code, str(error))
            return
        keyid = entry.envelope.signatures[0].keyid
        key = self._engines.get(keyid)
        if key is None:
            self._say(entry, "unknown_engine", f"signed by `{keyid[:16]}`, which is not trusted")
        else:
            self._signed(entry, (key,))

    def _parents(self, entry: Entry, statement: Statement) -> None:
        if statement.parents not in statement.expected_parents():
            self._say(entry, "wrong_parents", "its parents are not those its approvals give")
        # Logs had no entries for approvals at first; receipts from then do not name them here.
        logged = statement.parents == statement.expected_parents()[0]
        for named in statement.approvals:  # type: ignore[attr-defined]
            self._named(entry, _text(named, "receipt"), Kind.RECEIPT)
            name = _text(named, "digest")
            if logged:
                self._named(entry, name, Kind.APPROVAL)
            if statement.verdict is not Verdict.ALLOW:
                continue
            before = self._used.setdefault(name, entry.index)
            if before != entry.index:
                self._say(entry, "approval_used_twice", f"`{name}` was used by entry {before}")

    def _config(self, entry: Entry) -> None:
        if entry.index != 0:
            self._say(entry, "second_config", "only entry 0 says what the log is")
        self._signed(entry, (self._log.key,))

    def _policy(self, entry: Entry) -> None:
        change = PolicyChange.read(entry.envelope)
        self._signed(entry, (self._log.key,))
        self._follows(entry, change.previous)
        self._stored(entry, change.bundle)
        self._policies.add(change.bundle)

    def _keys(self, entry: Entry) -> None:
        change = KeyChange.read(entry.envelope)
        self._follows(entry, change.previous)
        if self._signed(entry, (self._log.key,)):
            self._engines.update({key.keyid: key for key in (change.engine, *change.trusted)})

    def _trust_root(self, entry: Entry) -> None:
        change = RootChange.read(entry.envelope)
        self._follows(entry, change.previous)
        if self._signed(entry, (self._log.key,)):
            new = SignedRoot.read(change.root)
            self._root = accept_first(new) if self._root is None else accept_next(self._root, new)

    def _follows(self, entry: Entry, previous: str | None) -> None:
        if previous is not None:
            self._named(entry, previous, entry.kind)

    def _named(self, entry: Entry, name: str, kind: Kind) -> None:
        found = self._places.get(name)
        if found is None:
            self._say(entry, "not_logged", f"names the {kind.words} `{name}`, none before it is")
        elif found[1] is not kind:
            index, other = found
            self._say(entry, "not_logged", f"names the {other.words} {index} as a {kind.words}")

    def _stored(self, entry: Entry, name: str) -> None:
        if name in self._blobs:
            return
        try:
            self._log.blob(name)
        except StoreCorrupt:
            raise
        except StoreError as error:
            self._say(entry, "blob_missing", str(error))
        else:
            self._blobs.add(name)

    def _signed(self, entry: Entry, keys: tuple[PublicKey, ...]) -> bool:
        try:
            verify(entry.envelope, keys)
        except SignatureError as error:
            self._say(entry, "bad_signature", str(error))
            return False
        return True

    def _say(self, entry: Entry, code: str, message: str) -> None:
        self._add(entry.index, code, message)

    def _add(self, index: int, code: str, message: str) -> None:
        self.findings.append(AuditFinding(index, code, message))


def _own_key(entry: Entry) -> PublicKey:
    parts = parse_json(entry.envelope.payload, max_bytes=_MAX_PAYLOAD)
    text = _text(parts, "key")
    try:
        return PublicKey.parse(text)
    except (ValueError, HelmError) as error:
        raise InputError("wrong_shape", f"key: {error}") from None


def _text(value: object, member: str) -> str:
    return require_text(require_object(value, "statement").get(member), member)
