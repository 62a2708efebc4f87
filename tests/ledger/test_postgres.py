# SPDX-License-Identifier: Apache-2.0
"""One log in PostgreSQL, several who append to it, and a server that comes and goes."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import attrs
import psycopg
import pytest
from psycopg import sql

from helm_logic.errors import (
    AlreadyLogged,
    ApprovalConsumed,
    ForkRefused,
    StoreCorrupt,
    StoreError,
    StoreLocked,
    StoreUnreachable,
)
from helm_logic.kernel.encoding import digest
from helm_logic.ledger import postgres as postgres_module
from helm_logic.ledger import postgres_session
from helm_logic.ledger.checkpoint import verify_checkpoint
from helm_logic.ledger.keys import Signer
from helm_logic.ledger.leaf import envelope_leaf
from helm_logic.ledger.merkle import leaf_hash
from helm_logic.ledger.postgres import PostgresStore
from helm_logic.ledger.postgres_reader import PostgresReader, open_postgres_reader
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_protocol import Appended, Record
from tests.ledger.conformance.places import PostgresPlace
from tests.ledger.keyring import LOG, ORIGIN
from tests.ledger.logs import receipt, receipts
from tests.ledger.postgres_faults import FAULTS, Judgement
from tests.postgres import Cluster, cluster


@attrs.frozen
class Shared:
    """A log at *url*, and hosts that have a head guard each in *folder*."""

    place: PostgresPlace

    @property
    def url(self) -> str:
        """The URL of its database."""
        return self.place.ledger

    def head(self, host: str) -> Path:
        """Return the head guard of *host*, which joins with that of host `a` if it is new."""
        path = self.place.folder / f"{host}.note"
        first = self.place.folder / "a.note"
        if not path.exists() and first.exists():
            shutil.copy(first, path)
        return path

    def open(self, host: str, signer: Signer = LOG, wait: float = 0.0) -> PostgresStore:
        """Open the log for appending on *host*."""
        head = self.head(host)
        return PostgresStore.open(self.url, head, origin=ORIGIN, signer=signer, wait=wait)

    def read(self, host: str = "a") -> PostgresReader:
        """Open the log for reading on *host*."""
        head = self.head(host)
        return open_postgres_reader(self.url, head, origin=ORIGIN, key=LOG.public_key)


@pytest.fixture
def shared(postgres: Cluster, tmp_path: Path) -> Shared:
    """Return a log that has its config alone."""
    made = Shared(PostgresPlace(tmp_path, postgres, postgres.fresh()))
    PostgresStore.create(made.url, made.head("a"), origin=ORIGIN, signer=LOG).close()
    return made


@pytest.fixture
def pair(shared: Shared) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Yield two hosts' stores of one log."""
    with shared.open("a") as one, shared.open("b") as other:
        yield one, other


def proved(entries: tuple[Appended, ...], batch: list[Record]) -> None:
    """Raise unless the proofs of *entries* show *batch*."""
    for entry, record in zip(entries, batch, strict=True):
        leaf = leaf_hash(envelope_leaf(record.kind, record.envelope))
        entry.proof.verify(leaf, ORIGIN, LOG.public_key)


def test_hosts_append_in_turn(shared: Shared, pair: tuple[PostgresStore, PostgresStore]) -> None:
    """Each takes up what the other appended before it signs the next tree head."""
    one, other = pair
    for turn in range(4):
        for store, start in ((one, 0), (other, 500)):
            batch = receipts(start + turn * 10, 1 + turn)
            entries = store.append(batch)
            proved(entries, batch)
            assert entries[0].index == store.size - len(batch)
    assert (one.size, one.refresh(), other.size) == (17, 21, 21)
    assert one.checkpoint() == other.checkpoint() == shared.head("a").read_bytes()
    with shared.read("b") as log:
        assert fsck(log).entries == 21


def test_proofs_of_what_others_appended(pair: tuple[PostgresStore, PostgresStore]) -> None:
    """Asked for an entry or a size that it does not know yet, a store looks again."""
    one, other = pair
    entry = other.append(receipts(0, 5))[3]

    assert one.find(receipts(3, 1)[0].envelope.digest) is not None
    assert one.inclusion(entry.index) == entry.proof
    other.append(receipts(5, 5))
    assert len(one.consistency(6, 11)) > 0
    assert one.size == 11


def test_a_reader_stays_where_it_is(shared: Shared) -> None:
    """One moment until it is refreshed, while the log grows."""
    with shared.open("a") as store, shared.read() as log:
        store.append(receipts(0, 9))
        assert (log.size, len(list(log.entries())), fsck(log).entries) == (1, 1, 1)
        assert log.refresh() == 10
        assert fsck(log).entries == 10


def test_an_approval_is_used_once_across_hosts(shared: Shared) -> None:
    """Four hosts want the same approvals at the same time: each is used by exactly one."""
    approvals = [digest(b"approval %d" % number) for number in range(12)]
    won: list[tuple[str, str]] = []
    lost: list[tuple[int, str, bool]] = []
    heads: list[bytes] = []
    failures: list[BaseException] = []
    barrier = threading.Barrier(4)

    def work(host: str) -> None:
        try:
            with shared.open(host) as store:
                barrier.wait()
                for approval in approvals:
                    text = f"{host} uses {approval}"
                    batch = [receipt(f"{text}, at first"), receipt(text, approval)]
                    try:
                        proved(store.append(batch), batch)
                    except ApprovalConsumed as error:
                        lost.append((error.position, error.approval, store.is_consumed(approval)))
                    else:
                        won.append((approval, text))
                    heads.append(store.checkpoint())
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)

    for host in "abcd":
        shared.head(host)
    threads = [threading.Thread(target=work, args=(host,)) for host in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sorted(approval for approval, _ in won) == sorted(approvals)
    assert sorted(lost) == sorted((1, approval, True) for approval in approvals * 3)
    with shared.read() as log:
        report = fsck(log)
        assert (report.entries, report.consumed) == (25, 12)
        roots = {head.size: head.root for head in map(_head, log.checkpoints())}
        assert all(roots[head.size] == head.root for head in map(_head, heads))
        for approval, text in won:
            index = log.consumed_by(approval)
            assert index is not None
            assert log.entry(index).envelope.payload.decode() == text


def _head(note: bytes) -> Any:
    return verify_checkpoint(note, ORIGIN, LOG.public_key)


def test_what_another_host_logged_is_logged(pair: tuple[PostgresStore, PostgresStore]) -> None:
    """The same envelope from two hosts is one entry; the second is told its place."""
    one, other = pair
    other.append(receipts(0, 3))
    with pytest.raises(AlreadyLogged) as caught:
        one.append([*receipts(7, 1), *receipts(1, 1)])

    assert caught.value.position == 1
    assert one.read(receipts(1, 1)[0].envelope.digest).index == 2
    one.append(receipts(7, 1))
    assert one.size == 5


@pytest.mark.parametrize("moment", ["before", "after", "overtaken"])
def test_a_lost_answer_is_looked_for(
    shared: Shared,
    pair: tuple[PostgresStore, PostgresStore],
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    """The connection breaks before or after the commit: the batch is in the log exactly once."""
    one, other = pair
    commit: Callable[..., bytes] = PostgresStore._commit
    broken: list[bytes] = []

    def break_once(store: PostgresStore, connection: Any, rows: Any) -> bytes:
        if store is not one or broken:
            return commit(store, connection, rows)
        broken.append(b"")
        if moment != "before":
            broken.append(commit(store, connection, rows))
        connection.close()
        if moment == "overtaken":
            other.append(receipts(100, 6))
        raise psycopg.OperationalError("the answer is lost")

    monkeypatch.setattr(PostgresStore, "_commit", break_once)
    batch = [receipt("a", digest(b"approval")), *receipts(0, 4)]
    entries = one.append(batch)

    proved(entries, batch)
    assert [entry.index for entry in entries] == [1, 2, 3, 4, 5]
    assert all(entry.proof.checkpoint == broken[-1] for entry in entries) == (moment != "before")
    one.append(receipts(50, 1))
    with shared.read() as log:
        assert fsck(log).entries == one.size == (13 if moment == "overtaken" else 7)


def test_a_server_that_goes_away_again_and_again(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it does within the time it has, the batch is appended, once."""
    commit: Callable[..., bytes] = PostgresStore._commit
    failures = iter(range(20))

    def break_often(store: PostgresStore, connection: Any, rows: Any) -> bytes:
        if (number := next(failures, None)) is not None:
            if number == 10:
                commit(store, connection, rows)
            connection.close()
            raise psycopg.OperationalError("the answer is lost")
        return commit(store, connection, rows)

    with shared.open("a") as store:
        monkeypatch.setattr(PostgresStore, "_commit", break_often)
        proved(store.append(receipts(0, 3)), receipts(0, 3))
        assert next(failures) == 11  # found in the log, and not sent again
        assert fsck(store).entries == 4


def test_a_server_that_stays_away(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is acknowledged; once it is back the same store goes on, and knows what is there."""
    monkeypatch.setattr(postgres_module, "PATIENCE", 0.2)
    server = shared.place.cluster
    with shared.open("a") as store:
        store.append(receipts(0, 3))
        server.stop("immediate")
        try:
            with pytest.raises(StoreUnreachable, match="does not answer"):
                store.append(receipts(3, 3))
            with pytest.raises(StoreUnreachable):
                store.refresh()
            with pytest.raises(StoreUnreachable):
                store.entry(1)
            with pytest.raises(StoreUnreachable):
                shared.read()
        finally:
            server.start()
        assert store.entry(3).envelope == receipts(2, 1)[0].envelope
        store.append(receipts(3, 3))
        assert fsck(store).entries == 7


@pytest.mark.parametrize(
    ("fault", "times"),
    list(zip(FAULTS, (5, 2, 2), strict=True)),
    ids=[each.__name__ for each in FAULTS],
)
def test_nothing_acknowledged_is_lost(
    postgres: Cluster,
    tmp_path: Path,
    fault: Callable[[Cluster, Path, int, Random], Judgement],
    times: int,
) -> None:
    """Writers killed, server processes killed, the server crashed, at random moments."""
    result = fault(postgres, tmp_path, times, Random(4))  # noqa: S311 - moments, not secrets

    assert result.lost == 0
    assert result.acknowledged >= times


@pytest.mark.parametrize("grown", [0, 3, 30])
def test_a_server_with_another_past_is_refused_while_it_runs(shared: Shared, grown: int) -> None:
    """A copy from before is put in place under an open store, and perhaps grown elsewhere."""
    elsewhere = shared.place.folder / "elsewhere.note"
    with shared.open("a") as store, shared.open("b") as other:
        store.append(receipts(0, 2))
        other.refresh()
        other.close()
        store._drop()
        shared.place.back_up()
        store.append(receipts(2, 3))
        note = shared.head("a").read_bytes()
        store._drop()
        shared.place.restore()
        if grown:
            shutil.copy(shared.head("b"), elsewhere)
            with PostgresStore.open(shared.url, elsewhere, origin=ORIGIN, signer=LOG) as fork:
                fork.append(receipts(100, grown))
        for use in (lambda: store.append(receipts(5, 1)), store.refresh):
            with pytest.raises((ForkRefused, StoreError), match=r"tail|another past|was closed"):
                use()
        assert store._closed
        assert shared.head("a").read_bytes() == note


def test_a_tree_head_over_other_entries_is_refused(
    shared: Shared, pair: tuple[PostgresStore, PostgresStore]
) -> None:
    """Missing entries, a head row that disagrees and rows beyond it stop whoever appends."""
    one, other = pair
    other.append(receipts(0, 3))
    shared.place.execute("UPDATE head SET size = 9")
    with pytest.raises(StoreCorrupt, match="FROM head is not 4"):
        one.append(receipts(3, 1))
    with pytest.raises(StoreError, match="was closed"):
        one.append(receipts(3, 1))
    with pytest.raises(StoreCorrupt, match="FROM head is not 4"):
        other.check_storage()
    with pytest.raises(StoreCorrupt, match="do not match"):
        shared.open("a")


def test_rows_beyond_the_head_are_not_grown_over(shared: Shared) -> None:
    """A row where the next one belongs is no conflict of the batch."""
    with shared.open("a") as store:
        store.append(receipts(0, 2))
        shared.place.execute("INSERT INTO node VALUES (2, 0, decode(repeat('00', 32), 'hex'))")
        with pytest.raises(StoreCorrupt, match="holds rows beyond its 3 entries"):
            store.append(receipts(2, 1))


def test_a_writer_that_hangs_is_named(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the head row too long is told, and may ask again."""
    monkeypatch.setattr(postgres_session, "LOCK_SECONDS", 0)
    with shared.open("a", wait=0.2) as store:
        with psycopg.connect(shared.url) as other:
            other.execute("SELECT size FROM helm_logic.head FOR UPDATE")
            with pytest.raises(StoreLocked, match="another writer holds the log"):
                store.append(receipts(0, 1))
        store.append(receipts(0, 1))
        assert fsck(store).entries == 2


@attrs.define
class SlowSigner:
    """A signer that once takes its time."""

    seconds: float
    scheme: str = LOG.scheme

    @property
    def public_key(self) -> Any:
        """The log's key."""
        return LOG.public_key

    def sign(self, message: bytes) -> bytes:
        """Sign, later."""
        time.sleep(self.seconds)
        self.seconds = 0.0
        return LOG.sign(message)


def test_a_signer_that_hangs_lets_others_go_on(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes the head row from an idle transaction; its batch is appended afterwards."""
    monkeypatch.setattr(postgres_session, "IDLE_SECONDS", 0.3)
    with shared.open("a", SlowSigner(1.0)) as slow:
        monkeypatch.undo()
        with shared.open("b") as quick:
            thread = threading.Thread(target=lambda: quick.append(receipts(10, 2)))
            thread.start()
            try:
                slow.append(receipts(0, 2))
            except StoreError:
                slow.append(receipts(0, 2))
            thread.join()
        with shared.read() as log:
            assert fsck(log).entries == 5


def test_a_failed_over_server_that_lost_the_tail_is_refused(tmp_path: Path) -> None:
    """A standby that missed the last entries and was promoted is no longer this host's log."""
    with cluster() as postgres, postgres.standby() as standby:
        url = postgres.fresh_both(standby)
        head = tmp_path / "head.note"
        with PostgresStore.create(url, head, origin=ORIGIN, signer=LOG) as store:
            store.append(receipts(0, 5))
            standby.caught_up_with(postgres)
            standby.stop("fast")
            store.append(receipts(5, 5))
            note = head.read_bytes()
            postgres.stop("immediate")
            standby.start()
            standby.promote()
            with pytest.raises(ForkRefused, match="lost its tail"):
                store.append(receipts(10, 1))
            with pytest.raises(ForkRefused, match="lost its tail"):
                PostgresStore.open(url, head, origin=ORIGIN, signer=LOG)
            assert head.read_bytes() == note


def test_a_promoted_standby_that_has_it_all_goes_on(tmp_path: Path) -> None:
    """With a synchronous standby nothing acknowledged is lost, and the open store finds it."""
    with cluster() as postgres, postgres.standby() as standby:
        url = postgres.fresh_both(standby)
        head = tmp_path / "head.note"
        with PostgresStore.create(url, head, origin=ORIGIN, signer=LOG) as store:
            postgres.run(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = '*'"))
            postgres.run(sql.SQL("SELECT pg_reload_conf()"))
            store.append(receipts(0, 5))
            store.append(receipts(5, 5))
            postgres.stop("immediate")
            standby.promote()
            store.append(receipts(10, 1))
            assert fsck(store).entries == 12
