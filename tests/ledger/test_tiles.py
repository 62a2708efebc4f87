# SPDX-License-Identifier: Apache-2.0
"""The log as tiles: the layout of the specification, grown step by step, and read without trust."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest

from helm_logic.errors import ForkRefused, ProofError, StoreCorrupt, StoreError
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.merkle import Tree, leaf_hash, verify_consistency, verify_inclusion
from helm_logic.ledger.store_protocol import Log
from helm_logic.ledger.tile_reader import TileReader
from helm_logic.ledger.tiles import Export, Tile, export_tiles, tiles
from tests.ledger import rfc6962, vectors
from tests.ledger.keyring import ENGINE, LOG, ORIGIN
from tests.ledger.logs import log_folder, receipts

KEY = LOG.public_key


class Leaves:
    """As much of a log as exporting needs, over any leaves."""

    origin = ORIGIN
    key: PublicKey = KEY

    def __init__(self, leaves: list[bytes]) -> None:
        self._leaves = leaves
        self._tree = Tree(map(leaf_hash, leaves))
        self.size = len(leaves)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree."""
        return self._tree.node(level, index)

    def checkpoint(self) -> bytes:
        """Return the signed tree head."""
        return sign_checkpoint(Checkpoint(ORIGIN, self.size, self._tree.root()), LOG)

    def leaves(self, start: int = 0) -> Iterator[bytes]:
        """Yield the leaves from *start* on."""
        return islice(self._leaves, start, None)


def leaf(number: int) -> bytes:
    """Return a leaf; some are empty, some longer than a byte counts."""
    return b"%d" % number * (number % 97)


@cache
def log(size: int) -> Log:
    """Return a log of *size* leaves."""
    return cast("Log", Leaves([leaf(number) for number in range(size)]))


def read(folder: Path) -> TileReader:
    """Open the export in *folder*."""
    return TileReader(folder, origin=ORIGIN, key=KEY)


def files(folder: Path) -> set[str]:
    """Return the names of all files below *folder*."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(1, 7, 9), "tile/1/007.p/9"),
        (Tile(2, 1234067, 256), "tile/2/x001/x234/067"),
        (Tile("entries", 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    """Groups of three digits, all but the last after an x; the width of a partial tile."""
    assert tile.path() == path


def test_the_tiles_of_the_specifications_example() -> None:
    """A tree of 70,000, and one of exactly a full tile."""
    found = list(tiles(70_000))
    partial = [(each.level, each.index, each.width) for each in found if each.width < 256]

    assert len(found) == 273 + 1 + 1 + 1 + 1
    assert partial == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert [each.path() for each in tiles(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tiles(0)) == []
    assert {each.level for each in islice(tiles(2**63), 5)} == {0}


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_what_is_exported_is_the_log(tmp_path: Path, size: int) -> None:
    """Leaves, head and proofs are the same, by an independent tree."""
    done = export_tiles(log(size), tmp_path)
    reader = read(tmp_path)
    entries = tuple(leaf(number) for number in range(size))

    assert done.size == reader.size == size
    assert len(files(tmp_path)) == reader.verify() == done.written + 1
    assert reader.checkpoint() == log(size).checkpoint()
    assert list(reader.leaves()) == list(entries)
    for index in {0, size // 2, size - 1}:
        assert reader.leaf(index) == entries[index]
        assert list(reader.inclusion(index).path) == rfc6962.path(index, entries)
        assert reader.inclusion(index).verify(leaf_hash(entries[index]), ORIGIN, KEY) == reader.head
        assert list(reader.leaves(index)) == list(entries[index:])
    for old in {1, (size + 1) // 2, size}:
        assert list(reader.consistency(old)) == rfc6962.proof(old, entries)


def test_third_party_roots_and_proofs(tmp_path: Path) -> None:
    """The eight leaves that another implementation froze, exported as they grow."""
    golden = vectors.load("helm/translog/rfc6962_golden.json")
    leaves = [bytes.fromhex(each) for each in golden["leaves"]]
    readers = {}
    for size in range(1, 9):
        folder = tmp_path / str(size)
        for smaller in range(1, size + 1):
            export_tiles(cast("Log", Leaves(leaves[:smaller])), folder)
        readers[size] = read(folder)
        readers[size].verify()
    assert [readers[size].head.root.hex() for size in range(1, 9)] == golden["roots"]
    for each in golden["inclusion_proofs"]:
        reader = readers[each["tree_size"]]
        found = reader.inclusion(each["leaf_index"])
        assert [one.hex() for one in found.path] == each["audit_path"]
        assert leaf_hash(reader.leaf(each["leaf_index"])).hex() == each["leaf_hash"]
    for each in golden["consistency_proofs"]:
        path = readers[8].consistency(each["old_size"], each["new_size"])
        assert [one.hex() for one in path] == each["consistency_path"]


def test_exporting_again_writes_only_what_is_new(tmp_path: Path) -> None:
    """Full tiles are never written twice; partial ones go when the full one is there."""
    sizes = (1, 200, 200, 256, 300, 700)
    written = [export_tiles(log(size), tmp_path) for size in sizes]

    assert [each.written for each in written] == [2, 2, 0, 3, 2, 5]
    assert written[2] == Export(200, 0)
    assert files(tmp_path) == {
        "checkpoint",
        *(f"tile/{level}/{number}" for level in (0, "entries") for number in ("000", "001")),
        *(f"tile/{level}/002.p/188" for level in (0, "entries")),
        *(f"tile/1/000.p/{width}" for width in (1, 2)),
    }
    assert read(tmp_path).verify() == 1 + 7


def test_a_reader_of_the_older_checkpoint_still_finds_its_tiles(tmp_path: Path) -> None:
    """Where its partial tiles have gone the full ones begin alike."""
    export_tiles(log(300), tmp_path)
    old = read(tmp_path)
    export_tiles(log(600), tmp_path)

    assert old.size == 300
    assert [old.leaf(index) for index in (0, 299)] == [leaf(0), leaf(299)]
    verify_inclusion(leaf_hash(leaf(299)), 299, 300, old.inclusion(299).path, old.head.root)
    old.verify()
    new = read(tmp_path)
    verify_consistency(300, 600, old.head.root, new.head.root, new.consistency(300))


def test_an_export_that_broke_off_is_completed(tmp_path: Path) -> None:
    """Until the checkpoint is there nothing counts; afterwards a lost file is written again."""
    export_tiles(log(300), tmp_path)
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "tile" / "0" / "000").unlink()
    (tmp_path / "tile" / "0" / "001.p" / "44").write_bytes(b"torn")
    (tmp_path / "tile" / "0" / "001.p" / "44.tmp").write_bytes(b"torn")
    with pytest.raises(StoreError, match="export the log there first"):
        read(tmp_path)

    assert export_tiles(log(300), tmp_path).written == 2
    read(tmp_path).verify()


def test_another_log_or_a_fork_is_not_exported_over(tmp_path: Path) -> None:
    """Nor an older state over a newer one, nor anything into a folder of other files."""
    export_tiles(log(300), tmp_path / "tiles")
    before = {name: (tmp_path / "tiles" / name).read_bytes() for name in files(tmp_path / "tiles")}
    forked = Leaves([leaf(number) for number in range(299)] + [b"another", b"more"])
    stranger = Leaves([leaf(number) for number in range(400)])
    stranger.key = ENGINE.public_key
    for other, message in (
        (log(200), "does not extend"),
        (forked, "does not extend"),
        (stranger, "another log"),
    ):
        with pytest.raises(ForkRefused, match=message):
            export_tiles(cast("Log", other), tmp_path / "tiles")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="holds other files"):
        export_tiles(log(3), tmp_path / "other")

    assert before == {name: (tmp_path / "tiles" / name).read_bytes() for name in before}
    assert files(tmp_path / "other") == {"letter.txt"}


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    """No byte of any file may change, and none may be added or be missing."""
    export_tiles(log(5), tmp_path)
    for name in files(tmp_path):
        path = tmp_path / name
        good = path.read_bytes()
        flips = (
            good[:place] + bytes([good[place] ^ 0x20]) + good[place + 1 :]
            for place in range(len(good))
        )
        for each in (good[:-1], good + b"\0", b"", good * 60_000, *flips):
            path.write_bytes(each)
            with pytest.raises((StoreCorrupt, StoreError)):
                read(tmp_path).verify()
        path.unlink()
        with pytest.raises(StoreError, match=r"missing|there is no"):
            read(tmp_path).verify()
        path.write_bytes(good)
    read(tmp_path).verify()


def test_a_changed_tile_gives_no_proof(tmp_path: Path) -> None:
    """What does not lead to the tree head is not handed out."""
    export_tiles(log(300), tmp_path)
    for name, index in (("tile/0/000", 0), ("tile/0/001.p/44", 256), ("tile/1/000.p/1", 256)):
        path = tmp_path / name
        good = path.read_bytes()
        path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
        reader = read(tmp_path)
        with pytest.raises((ProofError, StoreCorrupt)):
            reader.verify()
        with pytest.raises(ProofError):
            reader.inclusion(index)
        with pytest.raises(ProofError):
            reader.leaf(index + 1)
        with pytest.raises(ProofError):
            reader.consistency(256 if "/1/" in name else 130)
        path.write_bytes(good)


def test_what_is_not_there_is_asked_for_in_vain(tmp_path: Path) -> None:
    """Leaves and sizes beyond the tree, and before it."""
    export_tiles(log(300), tmp_path)
    reader = read(tmp_path)
    for ask in (
        lambda: reader.leaf(300),
        lambda: reader.leaf(-1),
        lambda: reader.inclusion(300),
        lambda: reader.consistency(0),
        lambda: reader.consistency(1, 301),
    ):
        with pytest.raises(ProofError):
            ask()
    for level, index in ((0, 300), (8, 1), (9, 0), (0, -1), (70, 0)):
        with pytest.raises(StoreCorrupt):
            reader.node(level, index)


def test_a_store_is_exported(tmp_path: Path) -> None:
    """The log in SQLite, from the first entry to beyond a tile, with progress told."""
    told: list[tuple[int, int]] = []
    source = log_folder(tmp_path)
    with source.create() as store:
        export_tiles(store, tmp_path / "tiles")
        for start in range(0, 300, 100):
            store.append(receipts(start, 100))
    with source.read() as store:
        export_tiles(store, tmp_path / "tiles", lambda done, total: told.append((done, total)))
        reader = read(tmp_path / "tiles")
        reader.verify()

        assert list(reader.leaves()) == [entry.leaf for entry in store.entries()]
        assert reader.inclusion(17) == store.inclusion(17)
        assert told == [(1, 3), (2, 3), (3, 3)]


def test_what_cannot_be_written_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk and a file in the way are StoreError, and the old checkpoint stays."""
    export_tiles(log(3), tmp_path / "tiles")
    before = (tmp_path / "tiles" / "checkpoint").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr("helm_logic.ledger.durable.os.fsync", full)
        with pytest.raises(StoreError, match="no space is left"):
            export_tiles(log(4), tmp_path / "tiles")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        export_tiles(log(4), tmp_path / "file")
    shutil.rmtree(tmp_path / "tiles" / "tile" / "0")
    (tmp_path / "tiles" / "tile" / "0").mkdir()
    (tmp_path / "tiles" / "tile" / "0" / "000.p").write_text("")
    with pytest.raises(StoreError):
        export_tiles(log(4), tmp_path / "tiles")
    assert (tmp_path / "tiles" / "checkpoint").read_bytes() == before
