# SPDX-License-Identifier: Apache-2.0
"""What a guard logs beside receipts: policy, keys and revocations, each when it changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from helm_logic.errors import InputError, LinkRefused, StoreCorrupt, StoreError
from helm_logic.guard import Guard
from helm_logic.guard.logbook import announce, append_once, logged_revocations
from helm_logic.guard.opening import _in_force
from helm_logic.kernel.encoding import digest, parse_json
from helm_logic.ledger.envelope import sign
from helm_logic.ledger.key_file import write_key_file
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_protocol import Entry, Record, Store
from helm_logic.receipts import Verdict
from helm_logic.receipts.changes import KEYS_TYPE, POLICY_TYPE, KeyChange, PolicyChange
from tests.authority.world import FOUNDER, NOW, STRANGER, make_chain, revocation
from tests.guard.town import ENGINE, LOG, Clock, ask, open_guard
from tests.ledger.keyring import envelope

CHAIN = make_chain()
OTHER = SeedSigner(b"o" * 32)


def kinds(guard: Guard) -> list[str]:
    """Return the kinds of all entries, in order."""
    return [entry.kind.name for entry in guard._store.entries()]


def only(guard: Guard, kind: Kind) -> list[Entry]:
    """Return the entries of *kind*."""
    return list(guard._store.entries(kind=kind))


def test_what_is_in_force_is_logged_once(folder: Path) -> None:
    """The first guard of a log says what it decides by; the next ones have nothing to add."""
    for _ in range(3):
        with open_guard(folder) as guard:
            guard.decide(ask())
            assert kinds(guard) == ["CONFIG", "POLICY", "KEYS", "RECEIPT"]
    with open_guard(folder) as guard:
        (policy,), (keys,) = only(guard, Kind.POLICY), only(guard, Kind.KEYS)
        bundle = guard._evaluator._bundle
        said = KeyChange.read(keys.envelope)

        assert PolicyChange.read(policy.envelope) == PolicyChange(
            bundle.digest, bundle.program_digest, NOW, None
        )
        assert (said.engine, said.log, said.trusted) == (
            ENGINE.public_key, LOG.public_key, (ENGINE.public_key,),
        )  # fmt: skip
        assert guard.decide(ask()).statement.policy == bundle.digest
        fsck(guard._store)


def test_the_log_holds_the_rules_that_decided(guard: Guard) -> None:
    """By its digest the bundle, and by theirs the texts of all its rule files, stock ones too."""
    guard.decide(ask())
    store = guard._store
    change = PolicyChange.read(only(guard, Kind.POLICY)[0].envelope)
    contents = parse_json(store.blob(change.bundle), max_bytes=1 << 20)
    assert isinstance(contents, dict)
    rules = contents["rules"]
    assert isinstance(rules, list)

    names = {name: store.blob(text) for name, text in rules}  # type: ignore[misc, str-unpack, arg-type]
    assert any("main.dl" in str(name) for name in names)
    assert any(b"Who may speak for whom" in text for text in names.values())
    assert contents["program"] == change.program


def test_another_policy_is_another_entry_and_so_is_going_back(folder: Path) -> None:
    """Each names the one before; the receipts between them name the policy that decided."""
    rules = folder / "rules" / "main.dl"
    first, clock = rules.read_text("utf-8"), Clock()
    policies = []
    for text in (first, first + "\n% changed\n", first):
        rules.write_text(text, "utf-8")
        clock.now += 1
        with open_guard(folder, clock) as guard:
            policies.append(guard.decide(ask()).statement.policy)
    with open_guard(folder, clock) as guard:
        entries = only(guard, Kind.POLICY)
        changes = [PolicyChange.read(entry.envelope) for entry in entries]

        assert policies[0] == policies[2] != policies[1]
        assert [each.bundle for each in changes] == policies
        assert [each.previous for each in changes] == [None, *(each.digest for each in entries[:2])]
        assert [each.now for each in changes] == [NOW + 1, NOW + 2, NOW + 3]
        assert len(only(guard, Kind.KEYS)) == 1


def test_another_engine_key_is_an_entry(folder: Path) -> None:
    """First it is trusted, then it signs: two changes, and the policy is none."""
    settings = folder / "helm.toml"
    text = settings.read_text("utf-8").replace(
        f'engine = ["{ENGINE.public_key}"]',
        f'engine = ["{ENGINE.public_key}", "{OTHER.public_key}"]',
    )
    with open_guard(folder) as guard:
        guard.decide(ask())
    settings.write_text(text, "utf-8")
    with open_guard(folder) as guard:
        guard.decide(ask())
    (folder / "keys" / "engine.key").unlink()
    write_key_file(folder / "keys" / "engine.key", OTHER)
    with open_guard(folder, Clock(NOW + 1)) as guard:
        decision = guard.decide(ask())
        changes = [KeyChange.read(entry.envelope) for entry in only(guard, Kind.KEYS)]

        both = (ENGINE.public_key, OTHER.public_key)
        assert [each.engine for each in changes] == [*both[:1] * 2, OTHER.public_key]
        assert [each.trusted for each in changes] == [both[:1], both, both]
        signature = guard._store.read(decision.receipt_id).envelope.signatures[0]
        assert signature.keyid == changes[-1].engine.keyid
        assert len(only(guard, Kind.POLICY)) == 1


def test_revocations_of_the_folder_are_logged_once(folder: Path) -> None:
    """A guard logs what it heeds before it decides by it."""
    found = revocation(CHAIN[1], FOUNDER)
    (folder / "revocations" / "one.json").write_bytes(found.envelope.to_bytes())
    for _ in range(2):
        with open_guard(folder) as guard:
            assert guard.decide(ask()).codes == ("link_revoked",)
            assert [entry.digest for entry in only(guard, Kind.REVOCATION)] == [found.digest]
            guard.revoke(found.envelope)
            assert kinds(guard) == ["CONFIG", "POLICY", "KEYS", "REVOCATION", "RECEIPT"]


def test_a_revocation_in_the_log_is_heeded_without_its_file(folder: Path) -> None:
    """What was withdrawn once stays withdrawn, also if the file is gone."""
    with open_guard(folder) as guard:
        guard.revoke(revocation(CHAIN[1], FOUNDER).envelope)
    with open_guard(folder) as guard:
        assert guard.decide(ask()).codes == ("link_revoked",)


def test_a_revocation_that_another_guard_logged_is_heeded_at_once(guard: Guard) -> None:
    """It comes by way of the log, between two decisions, and nobody opened anything again."""
    before = guard.decide(ask())
    found = revocation(CHAIN[1], FOUNDER)
    guard._store.append([Record(Kind.REVOCATION, found.envelope)])

    assert before.verdict is Verdict.ALLOW
    assert guard.decide(ask()).codes == ("link_revoked",)


def test_a_revocation_that_cannot_be_read_stops_everything(folder: Path) -> None:
    """It may be the one that matters: DENY at once, and no guard opens that log again."""
    with open_guard(folder) as guard:
        guard.decide(ask())
        guard._store.append([Record(Kind.REVOCATION, envelope("a later format"))])
        decision = guard.decide(ask())

        assert (decision.verdict, decision.index) == (Verdict.DENY, None)
        assert decision.codes == ("ledger_unavailable",)
    with pytest.raises(StoreCorrupt, match="entry 4 is no revocation"):
        open_guard(folder)


class Deaf:
    """A log whose other writers cannot be heard."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def refresh(self) -> int:
        """Fail."""
        raise StoreError("no answer")


def test_without_news_from_the_log_everything_is_denied(guard: Guard) -> None:
    """Another guard may have logged a revocation; not to know is not to allow."""
    guard._store = cast("Store", Deaf(guard._store))
    decisions = guard.decide_all([ask(), ask(env="prod")])

    assert {each.codes for each in decisions} == {("ledger_unavailable",)}
    assert all(each.verdict is Verdict.DENY and each.index is None for each in decisions)


def test_a_revocation_that_is_none_is_neither_logged_nor_heeded(guard: Guard) -> None:
    """LinkRefused, and the log stays as it was."""
    size = guard._store.size
    with pytest.raises(LinkRefused):
        guard.revoke(CHAIN[0])

    assert guard._store.size == size


def test_what_is_logged_already_keeps_its_place(guard: Guard) -> None:
    """Known before, known from the same batch, or found out when the store refuses."""
    store = guard._store
    mixed = [Record(Kind.RECEIPT, envelope(text)) for text in "abcab"]
    other = Record(Kind.REVOCATION, revocation(CHAIN[0], STRANGER).envelope)
    first = append_once(store, mixed[:2])
    places = append_once(store, [other, *mixed, other])

    assert {name: store.entry(index).digest for name, index in places.items()} == {
        name: name for name in places
    }
    assert [first[name] for name in first] == [places[name] for name in first]
    assert len(places) == 4
    assert append_once(store, []) == {}
    assert store.size == 1 + 4


@pytest.mark.parametrize("kind", [Kind.POLICY, Kind.KEYS])
def test_a_log_whose_last_change_cannot_be_read_is_not_opened(folder: Path, kind: Kind) -> None:
    """Nobody can say whether anything changed since."""
    with open_guard(folder) as guard:
        guard._store.append([Record(kind, envelope("another format"))])
        what = _in_force(guard._evaluator._bundle, ENGINE)
        with pytest.raises(StoreCorrupt, match="entry 1 is no"):
            announce(guard._store, LOG, what, NOW)
    with pytest.raises(StoreCorrupt, match="entry 1 is no"):
        open_guard(folder)
    with pytest.raises(StoreCorrupt, match="entry 1 is no"):
        open_guard(folder)  # and not StoreLocked: nothing was left open


def _damaged(good: PolicyChange | KeyChange) -> Iterator[tuple[str, bytes]]:
    signed = good.signed(LOG)
    yield "text/plain", signed.payload
    for old, new in (
        (b'"now":', b'"now" :'),
        (b"-change/v1", b"-change/v2"),
        (b'"now":5', b'"now":null'),
    ):
        yield signed.payload_type, signed.payload.replace(old, new)
    for cut in (b"", b"{}", b"[]", signed.payload[:-1]):
        yield signed.payload_type, cut


@pytest.mark.parametrize(
    "good",
    [
        PolicyChange(digest(b"b"), digest(b"p"), 5, digest(b"before")),
        KeyChange(ENGINE.public_key, LOG.public_key, (ENGINE.public_key, OTHER.public_key), 5),
    ],
    ids=["policy", "keys"],
)
def test_a_change_is_read_back_as_it_was_and_nothing_else_is(
    good: PolicyChange | KeyChange,
) -> None:
    """One form: another type, format, spelling, a missing member are refused."""
    read = type(good).read
    assert read(good.signed(LOG)) == good
    for payload_type, payload in _damaged(good):
        with pytest.raises(InputError):
            read(sign(payload_type, payload, LOG))
    with pytest.raises(InputError):
        KeyChange.read(sign(KEYS_TYPE, good.signed(LOG).payload.replace(b"ed25519", b"rot13"), LOG))
    assert POLICY_TYPE != KEYS_TYPE


def test_no_revocation_is_read_from_before_the_start(guard: Guard) -> None:
    """Only what is new is looked at."""
    guard.revoke(revocation(CHAIN[0], STRANGER).envelope)
    store = guard._store

    assert len(logged_revocations(store)) == len(logged_revocations(store, store.size - 1)) == 1
    assert logged_revocations(store, store.size) == []


def test_opening_writes_nothing(folder: Path) -> None:
    """A guard that decides nothing leaves the log as it was."""
    open_guard(folder).close()
    with open_guard(folder) as guard:
        assert kinds(guard) == ["CONFIG"]
