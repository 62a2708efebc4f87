# SPDX-License-Identifier: Apache-2.0
"""Growing a log in an SQLite file, where it differs from others; the rest is in `conformance`."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.errors import (
    AlreadyLogged,
    StoreCorrupt,
    StoreError,
)
from helm_logic.kernel.encoding import digest
from helm_logic.ledger import store as store_module
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.merkle import Tree, verify_consistency
from helm_logic.ledger.store import Record
from helm_logic.ledger.store_fsck import fsck
from tests.ledger.keyring import LOG, ORIGIN, envelope
from tests.ledger.logs import log_folder, receipt, receipts


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
