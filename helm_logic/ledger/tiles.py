# SPDX-License-Identifier: Apache-2.0
"""The log as tiles: static files that anyone can serve, copy and prove from.

    checkpoint                      the signed tree head
    tile/<L>/<N>[.p/<W>]            level L, tile N: 256 (or W) hashes of 32 bytes; those of level L
                                    are the full subtrees of 256**L leaves
    tile/entries/<N>[.p/<W>]        256 (or W) leaves, each after its length in two bytes

N is written in groups of three digits, `x001/x234/067`. Full tiles never change; a partial one is
for tree sizes at which it is the last of its level, and goes once its full tile is there.
Source: c2sp.org/tlog-tiles. The reader, which trusts none of it, is `tile_reader`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import attrs

from helm_logic.errors import CheckpointError, ForkRefused, SignatureError, StoreError
from helm_logic.ledger.checkpoint import verify_checkpoint
from helm_logic.ledger.durable import replace_file
from helm_logic.ledger.merkle import HASH_BYTES, leaf_hash, root_at
from helm_logic.ledger.store_protocol import Log
from helm_logic.ledger.store_schema import failure

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
LENGTH_BYTES = 2
CHECKPOINT = "checkpoint"
ENTRIES = "entries"


@attrs.frozen
class Tile:
    """Tile *index* of *level* (`entries` for the leaves themselves), of *width* 1 to 256."""

    level: int | str
    index: int
    width: int

    def path(self) -> str:
        """Return where it lies."""
        digits = f"{self.index:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{name}{partial}"

    def full(self) -> Tile:
        """Return the full tile that takes its place one day."""
        return attrs.evolve(self, width=TILE_WIDTH)


@attrs.frozen
class Export:
    """The *size* of the tree that was exported, and how many tiles were *written* for it."""

    size: int
    written: int


def tiles(size: int) -> Iterator[Tile]:
    """Yield the tiles of a tree of *size* leaves, lowest first, without the bundles of entries."""
    for level in range(64 // TILE_HEIGHT):
        hashes = size >> (TILE_HEIGHT * level)
        for index in range(hashes // TILE_WIDTH):
            yield Tile(level, index, TILE_WIDTH)
        if hashes % TILE_WIDTH:
            yield Tile(level, hashes // TILE_WIDTH, hashes % TILE_WIDTH)


def export_tiles(
    log: Log,
    folder: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Export:
    """Write *log* as it is now into *folder*, which holds nothing yet or an earlier state of it.

    Each file is written in one step and the checkpoint last, so a reader at any moment finds all
    that the checkpoint it reads needs. Raises ForkRefused if *folder* holds anything that *log* is
    not an extension of, StoreError if it cannot be read or written.
    """
    size, note = log.size, log.checkpoint()
    wanted = list(tiles(size))
    try:
        _refuse_other(log, folder)
        written = 0
        for done, tile in enumerate(wanted, start=1):
            written += _write(log, folder, tile)
            progress(done, len(wanted))
        replace_file(folder / CHECKPOINT, note, 0o644)
        for tile in wanted:
            _drop_partial(folder, tile)
    except OSError as error:
        raise failure(error, f"export `{folder}`") from error
    return Export(size, written)


def _refuse_other(log: Log, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CHECKPOINT
    if not path.exists():
        if any(folder.iterdir()) and not (folder / "tile").is_dir():
            raise StoreError(f"`{folder}` holds other files; name an empty folder, or a new one")
        return
    try:
        before = verify_checkpoint(path.read_bytes(), log.origin, log.key)
    except (CheckpointError, SignatureError) as error:
        raise ForkRefused(f"`{folder}` holds the tiles of another log: {error}") from error
    if before.size > log.size or root_at(log.node, before.size) != before.root:
        raise ForkRefused(
            f"`{folder}` holds a tree of {before.size} entries that this log of {log.size} entries"
            " does not extend: one of the two is an old copy or was changed"
        )


def _write(log: Log, folder: Path, tile: Tile) -> int:
    missing = [
        each
        for each in (tile, attrs.evolve(tile, level=ENTRIES))
        if (each is tile or tile.level == 0) and not _is_there(folder, each)
    ]
    first = tile.index * TILE_WIDTH
    if tile.level == 0 and missing:
        leaves = list(islice(log.leaves(first), tile.width))
        hashes = [leaf_hash(leaf) for leaf in leaves]
    for each in missing:
        if each.level == ENTRIES:
            data = b"".join(len(leaf).to_bytes(LENGTH_BYTES, "big") + leaf for leaf in leaves)
        elif each.level == 0:
            data = b"".join(hashes)
        else:
            level = TILE_HEIGHT * int(each.level)
            data = b"".join(log.node(level, first + place) for place in range(each.width))
        path = folder / each.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data, 0o644)
    return len(missing)


def _is_there(folder: Path, tile: Tile) -> bool:
    path = folder / tile.path()
    if not path.is_file():
        return False
    return tile.level == ENTRIES or path.stat().st_size == tile.width * HASH_BYTES


def _drop_partial(folder: Path, tile: Tile) -> None:
    if tile.width < TILE_WIDTH:
        return
    for level in (tile.level, ENTRIES) if tile.level == 0 else (tile.level,):
        full = folder / attrs.evolve(tile, level=level).path()
        shutil.rmtree(full.with_name(f"{full.name}.p"), ignore_errors=True)
