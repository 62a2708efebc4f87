# SPDX-License-Identifier: Apache-2.0
"""Reading a log from its tiles, and proving from them, without trusting any of the files.

Invariants:
- only the checkpoint is believed, once the log's key has signed it; a proof is handed out after it
  was seen to lead to that checkpoint's root;
- `verify` computes everything again from the leaves: every tile and the root.

Source: c2sp.org/tlog-tiles; the layout is in `tiles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from helm_logic.errors import CheckpointError, ProofError, SignatureError, StoreCorrupt, StoreError
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.merkle import (
    HASH_BYTES,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from helm_logic.ledger.note import MAX_NOTE_BYTES
from helm_logic.ledger.store_schema import failure
from helm_logic.ledger.tiles import (
    CHECKPOINT,
    ENTRIES,
    LENGTH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    tiles,
)
from helm_logic.ledger.tlog_proof import TlogProof

_MAX_BUNDLE = TILE_WIDTH * (LENGTH_BYTES + (1 << 16))


class TileReader:
    """The log *origin*, signed by *key*, exported to *folder*.

    Raises StoreError if *folder* has no checkpoint or cannot be read, StoreCorrupt if it is not the
    expected log or a file does not fit.
    """

    def __init__(self, folder: Path, *, origin: str, key: PublicKey) -> None:
        self._folder = folder
        self._origin = origin
        self._key = key
        self._note = self._read(CHECKPOINT, MAX_NOTE_BYTES)
        try:
            self._head = verify_checkpoint(self._note, origin, key)
        except (CheckpointError, SignatureError) as error:
            raise StoreCorrupt(f"`{folder}` does not hold the expected log: {error}") from error

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self._origin

    @property
    def key(self) -> PublicKey:
        """The key that signs its checkpoints."""
        return self._key

    @property
    def size(self) -> int:
        """The number of entries of the tree that was exported."""
        return self._head.size

    @property
    def head(self) -> Checkpoint:
        """The tree head, verified."""
        return self._head

    def checkpoint(self) -> bytes:
        """Return the signed tree head, a signed note."""
        return self._note

    def leaf(self, index: int) -> bytes:
        """Return the leaf *index*, once it was seen to be in the tree; ProofError otherwise."""
        if not 0 <= index < self.size:
            raise ProofError(f"got leaf {index} of a tree of {self.size} leaves")
        found = self._bundle(index // TILE_WIDTH)[index % TILE_WIDTH]
        path = inclusion_proof(self.node, index, self.size)
        verify_inclusion(leaf_hash(found), index, self.size, path, self._head.root)
        return found

    def leaves(self, start: int = 0) -> Iterator[bytes]:
        """Yield the leaves from *start* in order, as they were exported: nothing is verified."""
        for number in range(start // TILE_WIDTH, -(-self.size // TILE_WIDTH)):
            yield from self._bundle(number)[max(0, start - number * TILE_WIDTH) :]

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree, as the tiles have it: nothing is verified."""
        tile_level, up = divmod(level, TILE_HEIGHT)
        first = index << up
        hashes = self._tile(tile_level, first // TILE_WIDTH)
        found = hashes[first % TILE_WIDTH : first % TILE_WIDTH + (1 << up)]
        if len(found) != 1 << up:
            raise StoreCorrupt(f"`{self._folder}` has no node {index} of level {level}")
        while len(found) > 1:
            found = [node_hash(*found[place : place + 2]) for place in range(0, len(found), 2)]
        return found[0]

    def inclusion(self, index: int) -> TlogProof:
        """Return the proof that the tree head includes leaf *index*; raise ProofError."""
        path = inclusion_proof(self.node, index, self.size)
        verify_inclusion(self.node(0, index), index, self.size, path, self._head.root)
        return TlogProof(index, path, self._note)

    def consistency(self, old_size: int, new_size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of *new_size* (all, if absent) extends *old_size*'s."""
        new_size = self.size if new_size is None else new_size
        if new_size > self.size:
            raise ProofError(f"got the size {new_size}, the log has {self.size} entries")
        path = consistency_proof(self.node, old_size, new_size)
        old, new = root_at(self.node, old_size), root_at(self.node, new_size)
        verify_consistency(old_size, new_size, old, new, path)
        if root_at(self.node, self.size) != self._head.root:
            raise ProofError(f"the tiles in `{self._folder}` do not lead to their tree head")
        return path

    def verify(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
        """Compute every tile and the root again from the leaves; return how many files were read.

        Raises StoreCorrupt naming the first file that is not what the leaves give.
        """
        frontier, files = Frontier(), 1
        above: dict[int, list[bytes]] = {}  # hashes by tile level, from 1
        for tile in tiles(self.size):
            level = int(tile.level)
            if level == 0:
                hashes = [leaf_hash(leaf) for leaf in self._bundle(tile.index)]
                for node in (node for one in hashes for node in frontier.append(one)):
                    if node.level and node.level % TILE_HEIGHT == 0:
                        above.setdefault(node.level // TILE_HEIGHT, []).append(node.hash)
                progress(frontier.size, self.size)
                files += 1
            else:
                first = tile.index * TILE_WIDTH
                hashes = above[level][first : first + tile.width]
            if self._tile(level, tile.index) != hashes:
                raise StoreCorrupt(f"`{self._folder / tile.path()}` is not what the leaves give")
            files += 1
        if frontier.root() != self._head.root:
            raise StoreCorrupt(f"the leaves in `{self._folder}` are not those of its tree head")
        return files

    def _tile(self, level: int, index: int) -> list[bytes]:
        width = self._width(level, index)
        data = self._file(Tile(level, index, width), TILE_WIDTH * HASH_BYTES)
        hashes = [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]
        if len(data) % HASH_BYTES or len(hashes) not in (width, TILE_WIDTH):
            raise StoreCorrupt(
                f"tile {index} of level {level} in `{self._folder}` has {len(data)} bytes,"
                f" want {width * HASH_BYTES}"
            )
        return hashes[:width]

    def _bundle(self, index: int) -> list[bytes]:
        width = self._width(0, index)
        data = self._file(Tile(ENTRIES, index, width), _MAX_BUNDLE)
        leaves, place = [], 0
        while place < len(data):
            end = place + LENGTH_BYTES + int.from_bytes(data[place : place + LENGTH_BYTES], "big")
            leaves.append(data[place + LENGTH_BYTES : end])
            place = end
        if place != len(data) or len(leaves) not in (width, TILE_WIDTH):
            raise StoreCorrupt(
                f"bundle {index} in `{self._folder}` is not one of {width} length-prefixed leaves"
            )
        return leaves[:width]

    def _width(self, level: int, index: int) -> int:
        hashes = self.size >> (TILE_HEIGHT * level)
        width = min(hashes - index * TILE_WIDTH, TILE_WIDTH)
        if index < 0 or width <= 0:
            raise StoreCorrupt(f"`{self._folder}` has no tile {index} of level {level}")
        return width

    def _file(self, tile: Tile, most: int) -> bytes:
        # A partial tile goes once the full one is there, and a reader may come in between.
        for each in (tile, tile.full()):
            if (self._folder / each.path()).is_file():
                return self._read(each.path(), most)
        raise StoreCorrupt(f"`{self._folder / tile.path()}` is missing")

    def _read(self, name: str, most: int) -> bytes:
        path = self._folder / name
        try:
            with path.open("rb") as file:
                data = file.read(most + 1)
        except FileNotFoundError:
            raise StoreError(f"there is no `{path}`; export the log there first") from None
        except OSError as error:
            raise failure(error, f"`{path}`") from error
        if len(data) > most:
            raise StoreCorrupt(f"`{path}` has more than {most} bytes")
        return data
