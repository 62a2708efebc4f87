# SPDX-License-Identifier: Apache-2.0
"""Growing, reading, closing and losing a log: the promises of `store_protocol`, on every store."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import attrs
import pytest

from helm_logic.errors import (
    AlreadyLogged,
    ApprovalConsumed,
    CheckpointError,
    EnvelopeError,
    ForkRefused,
    ProofError,
    StoreCorrupt,
    StoreError,
)
from helm_logic.kernel.encoding import digest
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.envelope import EnvelopeSignature
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.log_config import CONFIG_TYPE
from helm_logic.ledger.merkle import Tree, leaf_hash, verify_consistency
from helm_logic.ledger.store_fsck import FsckReport, fsck
from helm_logic.ledger.store_protocol import Counts, Log, Record
from tests.ledger.conformance.places import Place, Refused, grow, make, read
from tests.ledger.keyring import ENGINE, LOG, ORIGIN, envelope
from tests.ledger.logs import receipt, receipts


def texts(log: Log) -> list[str]:
    """Return what the receipts of *log* say, in order."""
    return [entry.envelope.payload.decode() for entry in log.entries(kind=Kind.RECEIPT)]


def head_of(note: bytes) -> Checkpoint:
    """Return what the log's signed *note* says."""
    return verify_checkpoint(note, ORIGIN, LOG.public_key)


def test_a_new_log_states_its_promise(place: Place) -> None:
    """Entry 0 is the config, signed by the log, and the head guard remembers it."""
    with make(place) as store:
        (config,) = store.entries()

        assert (store.size, store.origin, store.key) == (1, ORIGIN, LOG.public_key)
        assert (config.index, config.kind) == (0, Kind.CONFIG)
        assert config.envelope.payload_type == CONFIG_TYPE
        assert config.envelope.payload == (
            b'{"durability":"strict","format":"helm-logic-log/1","origin":"example.com/log"}'
        )
        assert (place.folder / "head.note").read_bytes() == store.checkpoint()


def test_what_is_appended_is_proved_at_once(place: Place) -> None:
    """Index, leaf hash, inclusion proof and checkpoint of every entry of a batch."""
    with make(place) as store:
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
        with pytest.raises(ProofError):
            store.inclusion(70)


def test_a_log_is_the_same_after_it_was_closed(place: Place) -> None:
    """Entries, blobs, used approvals and tree head; and it grows on from there."""
    blobs = {digest(data): data for data in (b"policy", b"facts")}
    with make(place) as store:
        first = attrs.evolve(receipt("first", digest(b"approval")), blobs=blobs)
        store.append([first, *receipts(0, 9)])
        entries, note = list(store.entries()), store.checkpoint()
    with grow(place) as store:
        assert (list(store.entries()), store.checkpoint()) == (entries, note)
        assert [store.blob(name) for name in blobs] == list(blobs.values())
        assert store.consumed_by(digest(b"approval")) == 1
        store.append(receipts(9, 3))

        old, new = head_of(note), head_of(store.checkpoint())
        path = store.consistency(old.size)
        verify_consistency(old.size, new.size, old.root, new.root, path)
        assert fsck(store) == FsckReport(entries=14, checkpoints=3, blobs=2, consumed=1)


def test_any_two_tree_heads_agree(place: Place) -> None:
    """However records are grouped and the log reopened: the naive tree's roots, and all pairs."""
    store = make(place)
    tree, notes = Tree(entry.leaf_hash for entry in store.entries()), [store.checkpoint()]
    for size, reopened in ((1, False), (7, False), (2, True), (20, False), (1, True), (3, False)):
        if reopened:
            store.close()
            store = grow(place)
        for entry in store.append(receipts(tree.size, size)):
            tree.append(entry.leaf_hash)
        notes.append(store.checkpoint())
    with store:
        heads = [head_of(note) for note in notes]
        assert list(store.checkpoints()) == notes
        assert list(store.checkpoints(heads[2].size)) == notes[2:]
        assert heads[-1] == Checkpoint(ORIGIN, tree.size, tree.root())
        for old, new in itertools.combinations_with_replacement(heads, 2):
            path = store.consistency(old.size, new.size)
            verify_consistency(old.size, new.size, old.root, new.root, path)
        for one in store.entries():
            store.inclusion(one.index).verify(one.leaf_hash, ORIGIN, LOG.public_key)
        with pytest.raises(ProofError, match="got the size 99"):
            store.consistency(1, 99)
        fsck(store)


def test_a_reader_sees_what_was_appended(place: Place) -> None:
    """Every question that `Log` answers, with the store closed."""
    blobs = {digest(b"facts"): b"facts"}
    with make(place) as store:
        store.append([attrs.evolve(receipt("first", digest(b"a"), digest(b"b")), blobs=blobs)])
        store.append([Record(Kind.APPROVAL, envelope("approval")), *receipts(0, 600)])
        entries, note = list(store.entries()), store.checkpoint()
    for head in ("head.note", None):
        with read(place, head) as log:
            assert (log.size, log.origin, log.key) == (603, ORIGIN, LOG.public_key)
            assert (log.checkpoint(), list(log.entries())) == (note, entries)
            assert list(log.entries(600)) == entries[600:]
            assert [entry.index for entry in log.entries(kind=Kind.APPROVAL)] == [2]
            assert [entry.index for entry in log.entries(1, Kind.RECEIPT)] == [1, *range(3, 603)]
            assert list(log.leaves(2)) == [entry.leaf for entry in entries[2:]]
            assert log.entry(5) == log.find(entries[5].digest) == entries[5]
            hexadecimal = entries[5].digest.removeprefix("sha256:")
            assert log.named(hexadecimal) == log.named(hexadecimal[:20]) == (5,)
            assert len(log.named("", 7)) == 7
            assert list(log.blobs()) == list(blobs)
            assert sorted(log.consumed()) == sorted((digest(each), 1) for each in (b"a", b"b"))
            assert log.is_consumed(digest(b"a"))
            assert log.counts() == Counts(603, 597, 3, 1, 2)
            log.check_storage()
            assert fsck(log) == FsckReport(entries=603, checkpoints=3, blobs=1, consumed=2)


def test_what_a_log_does_not_have_is_an_error_or_none(place: Place) -> None:
    """No such entry, digest, blob, use."""
    with make(place) as store:
        assert store.find(digest(b"nothing")) is None
        assert store.consumed_by(digest(b"nothing")) is None
        for use in (
            lambda: store.entry(1),
            lambda: store.read(digest(b"nothing")),
            lambda: store.blob(digest(b"nothing")),
        ):
            with pytest.raises(StoreError, match="the log has no"):
                use()
        with pytest.raises(StoreCorrupt, match="has lost node 0 of level 3"):
            store.node(3, 0)


def test_nothing_appended_is_nothing_signed(place: Place) -> None:
    """An empty batch leaves the tree head as it was."""
    with make(place) as store:
        note = store.checkpoint()

        assert store.append([]) == ()
        assert (store.size, store.refresh(), store.checkpoint()) == (1, 1, note)


def test_an_approval_is_used_once(place: Place) -> None:
    """A second use is named, nothing of the batch is appended, and the store goes on."""
    cases: tuple[tuple[list[tuple[str, ...]], int], ...] = (
        ([("b", "used")], 0),
        ([("b",), ("c", "fresh", "used")], 1),
        ([("b", "fresh"), ("c",), ("d", "fresh")], 2),
        ([("b", "fresh", "fresh")], 0),
    )
    with make(place) as store:
        store.append([receipt("a", digest(b"used"))])
        note = store.checkpoint()
        for batch, position in cases:
            records = [
                receipt(text, *(digest(one.encode()) for one in use)) for text, *use in batch
            ]
            with pytest.raises(ApprovalConsumed, match=f"record {position} of the") as caught:
                store.append(records)

            assert caught.value.position == position
            assert caught.value.approval in {digest(b"used"), digest(b"fresh")}
            assert (texts(store), store.checkpoint()) == (["a"], note)
            assert not store.is_consumed(digest(b"fresh"))
        store.append([receipt("z", digest(b"fresh"))])
        assert texts(store) == ["a", "z"]
        fsck(store)


def test_an_envelope_is_logged_once(place: Place) -> None:
    """The same signed bytes again, in a later batch or the same one, are refused by position."""
    with make(place) as store:
        store.append(receipts(0, 3))
        for batch, position in ((receipts(2, 2), 0), ([*receipts(7, 2), receipt("receipt 7")], 2)):
            with pytest.raises(AlreadyLogged) as caught:
                store.append(batch)

            assert caught.value.position == position
        assert store.size == 4


def test_a_record_that_does_not_fit_is_named(place: Place) -> None:
    """Two signatures, a blob under another digest, an approval that is no digest."""
    one = envelope("signed by two")
    second = EnvelopeSignature("00" * 32, one.signatures[0].signature)
    two = attrs.evolve(one, signatures=(*one.signatures, second))
    with make(place) as store:
        for bad in (
            Record(Kind.RECEIPT, two),
            Record(Kind.RECEIPT, one, blobs={digest(b"a"): b"b"}),
            receipt("text", "no digest"),
        ):
            with pytest.raises(EnvelopeError, match="record 1 of the batch"):
                store.append([*receipts(0, 1), bad])
        store.append(receipts(0, 1))
        assert texts(store) == ["receipt 0"]


def test_a_blob_is_stored_once(place: Place) -> None:
    """Whether the store remembers it or was opened since."""
    store = make(place)
    for number, names in enumerate(("a", "a", "b", "ab", "c", "abc")):
        blobs = {digest(name.encode()): name.encode() for name in names}
        if number == 4:
            store.close()
            store = grow(place)
        store.append([Record(Kind.RECEIPT, envelope(str(number)), blobs)])
    with store:
        assert fsck(store).blobs == 3
        assert store.blob(digest(b"b")) == b"b"


def test_a_log_is_not_made_twice(place: Place) -> None:
    """Neither over a log, nor where a head guard remembers one; nor under a name that is none."""
    head = place.folder / "head.note"
    make(place).close()
    note = head.read_bytes()
    with pytest.raises(ForkRefused, match="remembers a log"):
        make(place)
    head.unlink()
    with pytest.raises(StoreError, match=r"holds a log or .* already"):
        make(place)
    place.empty()
    head.write_bytes(note)
    with pytest.raises(ForkRefused, match="remembers a log"):
        make(place)
    with pytest.raises(CheckpointError, match="got the name"):
        make(place, origin="two words")
    head.unlink()
    for opened in (grow, read):
        with pytest.raises(StoreError):
            opened(place)


def test_only_the_expected_log_is_opened(place: Place) -> None:
    """Another origin or another key is refused, and the log is left alone."""
    make(place).close()
    for origin, signer in (("example.com/other", LOG), (ORIGIN, ENGINE)):
        with pytest.raises(StoreCorrupt, match="is not the expected log"):
            grow(place, origin=origin, signer=signer)
    grow(place).close()


def test_a_closed_store_says_so(place: Place) -> None:
    """Every use after closing is an error; closing twice is none."""
    store = make(place)
    store.close()
    store.close()

    for use in (
        lambda: store.append(receipts(0, 1)),
        lambda: store.entry(0),
        lambda: list(store.entries()),
        store.check_storage,
    ):
        with pytest.raises(StoreError, match="was closed"):
            use()
    log = read(place)
    log.close()
    with pytest.raises(StoreError, match="was closed"):
        log.entry(0)


@attrs.define
class FailingSigner:
    """A log signer that stops answering after *good* signatures."""

    good: int

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


def test_without_a_signature_nothing_is_appended(place: Place) -> None:
    """If the tree head cannot be signed, the log holds what it held and grows on when opened."""
    store = make(place, signer=FailingSigner(3))
    store.append(receipts(0, 2))
    with pytest.raises(ConnectionError, match="key service"):
        store.append(receipts(2, 2))
    store.close()

    with grow(place) as again:
        assert texts(again) == ["receipt 0", "receipt 1"]
        again.append(receipts(2, 2))
        fsck(again)


def test_threads_may_share_a_store(place: Place) -> None:
    """Batches of several threads come one after the other, each whole, while others read."""
    with make(place) as store:
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


def test_rows_are_only_added(place: Place) -> None:
    """The database itself refuses to change or remove one, whoever asks."""
    with make(place) as store:
        blobs = {digest(b"facts"): b"facts"}
        store.append([attrs.evolve(receipt("first", digest(b"a")), blobs=blobs), *receipts(0, 4)])
    for table, column in (
        ("entry", "kind"),
        ("blob", "content"),
        ("node", "hash"),
        ("checkpoint", "note"),
        ("consumed", "receipt_idx"),
        ("head", "size"),
    ):
        for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(Refused, match=r"append-only|only grows|one row"):
                place.execute(change)
    with grow(place) as store:
        assert fsck(store).entries == 6


@pytest.mark.parametrize("grown", [False, True])
def test_an_old_copy_of_a_log_is_refused(place: Place, *, grown: bool) -> None:
    """A restored backup lost its tail; if it was grown elsewhere since, it is a fork."""
    head = place.folder / "head.note"
    with make(place) as store:
        store.append(receipts(0, 5))
    place.back_up()
    with grow(place) as store:
        store.append(receipts(5, 5))
    note = head.read_bytes()
    place.restore()
    if grown:
        head.unlink()
        with read(place, None) as log:
            head.write_bytes(log.checkpoint())
        with grow(place) as store:
            store.append(receipts(100, 9))
        head.write_bytes(note)

    for opened in (grow, read):
        with pytest.raises(ForkRefused, match="do not extend" if grown else "lost its tail"):
            opened(place)
    assert head.read_bytes() == note


def test_a_log_without_its_head_guard_is_refused(place: Place, tmp_path: Path) -> None:
    """Nobody can tell its age; with the guard back, or a tree head of another host, it opens."""
    head = place.folder / "head.note"
    with make(place) as store:
        store.append(receipts(0, 5))
    head.rename(tmp_path / "elsewhere")
    for opened in (grow, read):
        with pytest.raises(ForkRefused, match="there is no head guard"):
            opened(place)
    head.write_bytes(b"nonsense")
    with pytest.raises(ForkRefused, match="is no tree head"):
        grow(place)
    head.write_bytes((tmp_path / "elsewhere").read_bytes())
    grow(place).close()
