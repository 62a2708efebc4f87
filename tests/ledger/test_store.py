# SPDX-License-Identifier: Apache-2.0
"""Growing a log: what is acknowledged is there, is proved, and follows from nothing else."""

from __future__ import annotations

import itertools
import tempfile
import threading
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.errors import (
    AlreadyLogged,
    ApprovalConsumed,
    CheckpointError,
    EnvelopeError,
    ForkRefused,
    StoreCorrupt,
    StoreError,
)
from helm_logic.kernel.encoding import digest
from helm_logic.ledger import store as store_module
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.envelope import EnvelopeSignature
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.log_config import CONFIG_TYPE
from helm_logic.ledger.merkle import Tree, leaf_hash, verify_consistency
from helm_logic.ledger.store import Record, SqliteStore
from helm_logic.ledger.store_fsck import FsckReport, fsck
from tests.ledger.keyring import ENGINE, LOG, ORIGIN, envelope
from tests.ledger.logs import log_folder, receipt, receipts, texts


def test_a_new_log_states_its_promise(tmp_path: Path) -> None:
    """Entry 0 is the config, signed by the log, and the head guard remembers it."""
    log = log_folder(tmp_path)
    with log.create() as store:
        (config,) = store

        assert (store.size, store.origin, store.key) == (1, ORIGIN, LOG.public_key)
        assert (config.index, config.kind) == (0, Kind.CONFIG)
        assert config.envelope.payload_type == CONFIG_TYPE
        assert config.envelope.payload == (
            b'{"durability":"strict","format":"helm-logic-log/1","origin":"example.com/log"}'
        )
        assert log.head.read_bytes() == store.checkpoint()


def test_what_is_appended_is_proved_at_once(tmp_path: Path) -> None:
    """Index, leaf hash, inclusion proof and checkpoint of every entry of a batch."""
    with log_folder(tmp_path).create() as store:
        store.append(receipts(0, 5))
        batch = receipts(5, 64)
        appended = store.append(batch)

        for index, (record, entry) in enumerate(zip(batch, appended, strict=True), start=6):
            leaf = leaf_hash(envelope_leaf(Kind.RECEIPT, record.envelope))
            assert (entry.index, entry.proof.index, entry.leaf_hash) == (index, index, leaf)
            assert entry.proof.verify(leaf, ORIGIN, LOG.public_key).size == store.size == 70
            assert entry.proof.checkpoint == store.checkpoint()
            assert store.inclusion(index) == entry.proof
            assert store.read(record.envelope.digest).envelope == record.envelope


def test_a_log_is_the_same_after_it_was_closed(tmp_path: Path) -> None:
    """Entries, blobs, used approvals and tree head; and it grows on from there."""
    log = log_folder(tmp_path)
    blobs = {digest(data): data for data in (b"policy", b"facts")}
    with log.create() as store:
        first = attrs.evolve(receipt("first", digest(b"approval")), blobs=blobs)
        store.append([first, *receipts(0, 9)])
        entries, head = list(store), store.checkpoint()
    with log.open() as store:
        assert (list(store), store.checkpoint()) == (entries, head)
        assert [store.blob(name) for name in blobs] == list(blobs.values())
        assert store.consumed_by(digest(b"approval")) == 1
        store.append(receipts(9, 3))

        old, new = (
            verify_checkpoint(note, ORIGIN, LOG.public_key) for note in (head, store.checkpoint())
        )
        path = store.consistency(old.size)
        verify_consistency(old.size, new.size, old.root, new.root, path)
        assert fsck(store) == FsckReport(entries=14, checkpoints=3, blobs=2, consumed=1)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), max_size=6))
def test_any_batches_make_the_same_tree(batches: list[tuple[int, bool]]) -> None:
    """However records are grouped and the log reopened: same roots, proofs, and pairs of heads."""
    with tempfile.TemporaryDirectory() as folder:
        log = log_folder(Path(folder))
        store = log.create()
        tree, heads = Tree(entry.leaf_hash for entry in store), [store.checkpoint()]
        for size, reopened in batches:
            if reopened:
                store.close()
                store = log.open()
            for entry in store.append(receipts(tree.size, size)):
                tree.append(entry.leaf_hash)
            heads.append(store.checkpoint())
        checkpoints = [verify_checkpoint(note, ORIGIN, LOG.public_key) for note in heads]

        assert checkpoints[-1] == Checkpoint(ORIGIN, tree.size, tree.root())
        for old, new in itertools.combinations_with_replacement(checkpoints, 2):
            path = store.consistency(old.size, new.size)
            verify_consistency(old.size, new.size, old.root, new.root, path)
        for one in store:
            store.inclusion(one.index).verify(one.leaf_hash, ORIGIN, LOG.public_key)
        fsck(store)
        store.close()


def test_nothing_appended_is_nothing_signed(tmp_path: Path) -> None:
    """An empty batch leaves the tree head as it was."""
    with log_folder(tmp_path).create() as store:
        head = store.checkpoint()

        assert store.append([]) == ()
        assert (store.size, store.checkpoint()) == (1, head)


@pytest.mark.parametrize(
    ("batch", "position"),
    [
        ([("b", "used")], 0),
        ([("b",), ("c", "fresh", "used")], 1),
        ([("b", "fresh"), ("c",), ("d", "fresh")], 2),
        ([("b", "fresh", "fresh")], 0),
    ],
    ids=["before", "second of two", "in the batch", "in the record"],
)
def test_an_approval_is_used_once(
    tmp_path: Path, batch: list[tuple[str, ...]], position: int
) -> None:
    """A second use is named, nothing of the batch is appended, and the store goes on."""
    with log_folder(tmp_path).create() as store:
        store.append([receipt("a", digest(b"used"))])
        records = [receipt(text, *(digest(one.encode()) for one in uses)) for text, *uses in batch]
        head = store.checkpoint()

        with pytest.raises(ApprovalConsumed, match=f"record {position} of the batch") as caught:
            store.append(records)

        assert caught.value.position == position
        assert caught.value.approval in {digest(b"used"), digest(b"fresh")}
        assert (texts(store), store.checkpoint()) == (["a"], head)
        assert store.is_consumed(digest(b"used"))
        assert not store.is_consumed(digest(b"fresh"))
        del records[position]
        store.append([*records, receipt("z", digest(b"another"))])
        assert texts(store) == ["a", *(record.envelope.payload.decode() for record in records), "z"]


def test_an_approval_may_be_logged_and_used_in_one_batch(tmp_path: Path) -> None:
    """The approval is an entry, its use a mark; a conflict elsewhere is not blamed on it."""
    with log_folder(tmp_path).create() as store:
        approval = Record(Kind.APPROVAL, envelope("approval"))
        use = receipt("use", approval.envelope.digest)
        with pytest.raises(AlreadyLogged, match="record 3") as caught:
            store.append([approval, use, receipt("a"), receipt("a")])

        assert caught.value.position == 3
        store.append([approval, use])
        assert store.consumed_by(approval.envelope.digest) == 2


def test_an_envelope_is_logged_once(tmp_path: Path) -> None:
    """The same signed bytes again, in a later batch or the same one, are refused by position."""
    with log_folder(tmp_path).create() as store:
        store.append(receipts(0, 3))
        for batch, position in ((receipts(2, 2), 0), ([*receipts(7, 2), receipt("receipt 7")], 2)):
            with pytest.raises(AlreadyLogged) as caught:
                store.append(batch)

            assert caught.value.position == position
        assert store.size == 4


def test_a_record_that_does_not_fit_is_named(tmp_path: Path) -> None:
    """Two signatures, a blob under another digest, an approval that is no digest."""
    one = envelope("signed by two")
    second = EnvelopeSignature("00" * 32, one.signatures[0].signature)
    two = attrs.evolve(one, signatures=(*one.signatures, second))
    with log_folder(tmp_path).create() as store:
        for bad in (
            Record(Kind.RECEIPT, two),
            Record(Kind.RECEIPT, one, blobs={digest(b"a"): b"b"}),
            Record(Kind.RECEIPT, one, blobs={"a": b"b"}),
            receipt("text", "no digest"),
        ):
            with pytest.raises(EnvelopeError, match="record 1 of the batch"):
                store.append([*receipts(0, 1), bad])
        store.append(receipts(0, 1))
        assert texts(store) == ["receipt 0"]


def test_a_blob_is_stored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the store remembers it, has forgotten it, or was opened since."""
    monkeypatch.setattr(store_module, "_MAX_KNOWN_BLOBS", 1)
    log = log_folder(tmp_path)
    store = log.create()
    for number, names in enumerate(("a", "a", "b", "ab", "c", "abc")):
        blobs = {digest(name.encode()): name.encode() for name in names}
        if number == 4:
            store.close()
            store = log.open()
        store.append([Record(Kind.RECEIPT, envelope(str(number)), blobs)])

    assert fsck(store).blobs == 3
    assert store.blob(digest(b"b")) == b"b"
    with pytest.raises(StoreError, match="has no blob"):
        store.blob(digest(b"d"))
    store.close()


def test_a_log_is_not_made_twice(tmp_path: Path) -> None:
    """Neither over a log, nor over another database, nor where a head guard remembers one."""
    log = log_folder(tmp_path)
    log.create().close()
    guard = log.head.read_bytes()
    with pytest.raises(ForkRefused, match="remembers a log"):
        log.create()
    log.head.unlink()
    with pytest.raises(StoreError, match="holds a log or another database already"):
        log.create()
    log.store.unlink()
    log.head.write_bytes(guard)
    with pytest.raises(ForkRefused, match="remembers a log"):
        log.create()
    with pytest.raises(CheckpointError, match="got the name"):
        SqliteStore.create(log.store, log.head, origin="two words", signer=LOG)


def test_only_the_expected_log_is_opened(tmp_path: Path) -> None:
    """Another origin or another key is refused, and the file is left alone."""
    log = log_folder(tmp_path)
    log.create().close()
    for origin, signer in (("example.com/other", LOG), (ORIGIN, ENGINE)):
        with pytest.raises(StoreCorrupt, match="is not the expected log"):
            SqliteStore.open(log.store, log.head, origin=origin, signer=signer)
    log.open().close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Every use after closing is an error; closing twice is none."""
    store = log_folder(tmp_path).create()
    store.close()
    store.close()

    for use in (lambda: store.append(receipts(0, 1)), lambda: store.entry(0), lambda: list(store)):
        with pytest.raises(StoreError, match="was closed"):
            use()


class FailingSigner:
    """A log signer that stops answering after *good* signatures."""

    def __init__(self, good: int) -> None:
        self.good = good

    @property
    def scheme(self) -> str:
        """The scheme of the log's key."""
        return LOG.scheme

    @property
    def public_key(self) -> PublicKey:
        """The log's key."""
        return LOG.public_key

    def sign(self, message: bytes) -> bytes:
        """Sign, or fail as a key service does."""
        self.good -= 1
        if self.good < 0:
            raise ConnectionError("the key service is away")
        return LOG.sign(message)


def test_without_a_signature_nothing_is_appended(tmp_path: Path) -> None:
    """If the tree head cannot be signed the store closes, and holds what it held."""
    log = log_folder(tmp_path)
    store = SqliteStore.create(log.store, log.head, origin=ORIGIN, signer=FailingSigner(3))
    store.append(receipts(0, 2))
    with pytest.raises(ConnectionError, match="key service"):
        store.append(receipts(2, 2))
    with pytest.raises(StoreError, match="open it again"):
        store.append(receipts(2, 2))

    with log.open() as again:
        assert texts(again) == ["receipt 0", "receipt 1"]
        again.append(receipts(2, 2))
        fsck(again)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE head SET size = 5", "no longer has the 3 entries it had"),
        ("INSERT INTO node VALUES (2, 0, zeroblob(32))", "holds rows beyond its 3 entries"),
    ],
)
def test_a_log_grown_by_another_hand_is_not_grown_further(
    tmp_path: Path, statement: str, message: str
) -> None:
    """Rows that this store did not write stop it, before anything is signed over them."""
    log = log_folder(tmp_path)
    store = log.create()
    store.append(receipts(0, 2))
    assert store._connection is not None
    store._connection.execute(statement)
    guard = log.head.read_bytes()

    with pytest.raises(StoreCorrupt, match=message):
        store.append(receipts(2, 1))
    with pytest.raises(StoreError, match="was closed"):
        store.append(receipts(2, 1))
    assert log.head.read_bytes() == guard


def test_threads_may_share_a_store(tmp_path: Path) -> None:
    """Batches of several threads come one after the other, each whole, while others read."""
    with log_folder(tmp_path).create() as store:
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(5):
                    batch = receipts(number * 1000 + turn * 10, 3)
                    appended = store.append(batch)
                    assert [one.index - appended[0].index for one in appended] == [0, 1, 2]
                    assert store.entry(appended[2].index).envelope == batch[2].envelope
            except BaseException as error:  # noqa: BLE001 - told to the test's own thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert fsck(store).entries == 61
