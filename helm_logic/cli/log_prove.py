# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log prove`: proofs from the log as files, and their verification without it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.log_source import LogSource, entry_place, log_source, source_options
from helm_logic.cli.options import FILE, NEW_FILE, json_option, read_file, shown
from helm_logic.cli.palette import bad, good, plain
from helm_logic.errors import (
    CheckpointError,
    EnvelopeError,
    HelmError,
    InputError,
    ProofError,
    SignatureError,
    StoreError,
)
from helm_logic.ledger.checkpoint import Checkpoint, parse_checkpoint
from helm_logic.ledger.consistency_file import ConsistencyFile, parse_consistency
from helm_logic.ledger.durable import create_file
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.envelope import parse as parse_envelope
from helm_logic.ledger.leaf import envelope_leaf
from helm_logic.ledger.merkle import HASH_BYTES, leaf_hash
from helm_logic.ledger.note import MAX_NOTE_BYTES
from helm_logic.ledger.tile_reader import TileReader
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from helm_logic.receipts.log_words import kind_of
from helm_logic.receipts.receipt import MAX_RECEIPT, Receipt

_MAX_PROOF = MAX_NOTE_BYTES + 8192
_NEW_FILE = click.option(
    "-o", "--output", type=NEW_FILE, metavar="FILE", help="Write here.  [default: stdout]"
)
_TILES = click.option(
    "--tiles", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="Prove from tiles that `log export` wrote, without the log.",
)  # fmt: skip


@click.group("prove")
def command() -> None:
    """Prove that an entry is in the log, or that the log has only grown.

    A proof is a small text file. Whoever verifies it needs the log's origin and public key, and no
    log: they come from the policy folder, or from --log-origin and --log-key.

    \b
      helm-logic log prove inclusion 3 -o 3.tlog-proof
      helm-logic log prove inclusion --verify 3.tlog-proof --of receipts/0123456789abcdef.json
      helm-logic log prove consistency 4 -o grown.proof
      helm-logic log prove consistency --verify grown.proof --old monday.checkpoint
    """


@command.command()
@click.argument("entry", required=False, metavar="[ENTRY]")
@_NEW_FILE
@_TILES
@click.option("--verify", type=FILE, metavar="FILE", help="Verify this proof instead.")
@click.option("--of", type=FILE, metavar="FILE", help="The receipt or envelope that it is about.")
@click.option("--leaf", metavar="HEX", help="Or the hash of its leaf.")
@json_option
@source_options
def inclusion(  # noqa: PLR0913 - one for each option
    *,
    entry: str | None,
    output: Path | None,
    tiles: Path | None,
    verify: Path | None,
    of: Path | None,
    leaf: str | None,
    as_json: bool,
    **named: Any,
) -> int:
    """Prove that the last tree head includes ENTRY (a place, a digest or its beginning).

    The file is a c2sp.org/tlog-proof@v1. With --verify such a file is verified for the entry that
    --of or --leaf names. From --tiles, ENTRY is a place.

    \b
    Examples:
      helm-logic log prove inclusion 3 -o 3.tlog-proof
      helm-logic log prove inclusion --verify 3.tlog-proof --of receipts/0123456789abcdef.json

    Exit code: 0; 1 if the proof does not hold; 2 if something cannot be read.
    """
    source = log_source(**named, elsewhere=bool(verify or tiles))
    if verify is not None:
        if entry is not None or (of is None) == (leaf is None):
            raise click.UsageError("with --verify, name the entry by --of FILE or by --leaf HEX")
        proof = parse_tlog_proof(read_file(verify, _MAX_PROOF + 1))
        wanted = _leaf_in(of) if of is not None else _leaf_from(leaf)
        check = lambda: proof.verify(wanted, source.origin, source.key)  # noqa: E731 - run there
        return _verified(check, f"entry {proof.index} is in", verify, as_json=as_json)
    if entry is None:
        raise click.UsageError("name the ENTRY to prove, or a proof to --verify")
    found, hashed = _prove_inclusion(source, entry, tiles)
    click.echo(f"entry {found.index}, leaf hash {hashed.hex()}", err=True)
    _write(output, found.to_bytes())
    return OK


@command.command()
@click.argument("old_size", type=click.IntRange(1), required=False, metavar="[OLD]")
@click.argument("new_size", type=click.IntRange(1), required=False, metavar="[NEW]")
@_NEW_FILE
@_TILES
@click.option("--verify", type=FILE, metavar="FILE", help="Verify this proof instead.")
@click.option("--old", type=FILE, metavar="FILE", help="The checkpoint that you kept.")
@json_option
@source_options
def consistency(  # noqa: PLR0913 - one for each option
    *,
    old_size: int | None,
    new_size: int | None,
    output: Path | None,
    tiles: Path | None,
    verify: Path | None,
    old: Path | None,
    as_json: bool,
    **named: Any,
) -> int:
    """Prove that the tree of NEW entries (the last one) extends that of OLD entries.

    The file has the proof of RFC 6962 and the newer checkpoint, as a witness is sent them
    (c2sp.org/tlog-witness). NEW must be a size at which the log signed its tree head. With --verify
    such a file is verified against the older checkpoint: what was in the log then still is.

    \b
    Examples:
      helm-logic log checkpoint -o monday.checkpoint
      helm-logic log prove consistency 4 -o grown.proof
      helm-logic log prove consistency --verify grown.proof --old monday.checkpoint

    Exit code: 0; 1 if the proof does not hold; 2 if something cannot be read.
    """
    source = log_source(**named, elsewhere=bool(verify or tiles))
    if verify is not None:
        if old_size is not None or old is None:
            raise click.UsageError("with --verify, name the checkpoint that you kept by --old FILE")
        proof = parse_consistency(read_file(verify, _MAX_PROOF + 1))
        kept = read_file(old, MAX_NOTE_BYTES + 1)
        check = lambda: proof.verify(kept, source.origin, source.key)[1]  # noqa: E731 - run there
        words = f"the {proof.old_size} entries that were there are still in"
        return _verified(check, words, verify, as_json=as_json)
    if old_size is None:
        raise click.UsageError("name the OLD size to prove from, or a proof to --verify")
    _write(output, _prove_consistency(source, old_size, new_size, tiles).to_bytes())
    return OK


def _prove_inclusion(source: LogSource, entry: str, tiles: Path | None) -> tuple[TlogProof, bytes]:
    if tiles is not None:
        reader = TileReader(tiles, origin=source.origin, key=source.key)
        if not entry.isdigit():
            raise click.UsageError(f"from tiles an ENTRY is a place (a number), not `{entry}`")
        proof = reader.inclusion(int(entry[:19]))
        return proof, leaf_hash(reader.leaf(proof.index))
    with source.open() as log:
        index = entry_place(log, entry)
        return log.inclusion(index), log.entry(index).leaf_hash


def _prove_consistency(
    source: LogSource, old_size: int, new_size: int | None, tiles: Path | None
) -> ConsistencyFile:
    if tiles is not None:
        reader = TileReader(tiles, origin=source.origin, key=source.key)
        if new_size not in (None, reader.size):
            raise StoreError(f"the tiles have the tree head of size {reader.size} alone")
        return ConsistencyFile(old_size, reader.consistency(old_size), reader.checkpoint())
    with source.open() as log:
        size = log.size if new_size is None else new_size
        note = log.checkpoint() if size == log.size else next(log.checkpoints(size), None)
        if note is None or (signed := parse_checkpoint(note).size) != size:
            after = "" if note is None else f"; the next one is of size {signed}"
            raise StoreError(f"the log signed no tree head of size {size}{after}")
        return ConsistencyFile(old_size, log.consistency(old_size, size), note)


def _leaf_in(path: Path) -> bytes:
    data = read_file(path, MAX_RECEIPT + 1)
    envelope = _envelope(data)
    return leaf_hash(envelope_leaf(kind_of(envelope), envelope))


def _envelope(data: bytes) -> Envelope:
    try:
        return Receipt.parse(data).envelope
    except (InputError, EnvelopeError):
        return parse_envelope(data)


def _leaf_from(text: str | None) -> bytes:
    try:
        data = bytes.fromhex(text or "")
    except ValueError:
        data = b""
    if len(data) != HASH_BYTES:
        raise click.UsageError(f"--leaf: want {2 * HASH_BYTES} hexadecimal digits")
    return data


def _verified(check: Callable[[], Checkpoint], words: str, path: Path, *, as_json: bool) -> int:
    try:
        head = check()
    except (ProofError, CheckpointError, SignatureError) as error:
        return _failed(error, path, as_json=as_json)
    if as_json:
        members = {"file": str(path), "origin": head.origin, "size": head.size, "verified": True}
        click.echo(json.dumps(members, ensure_ascii=False, sort_keys=True))
    else:
        log = f"the log {plain(head.origin)} of {head.size} entries"
        click.echo(f"{good('verified')}: {words} {log}")
    return OK


def _failed(error: HelmError, path: Path, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"file": str(path), "message": str(error), "verified": False}))
    else:
        click.echo(f"{bad('not verified')}: {plain(error)}")
    return FINDINGS


def _write(path: Path | None, data: bytes) -> None:
    if path is None:
        click.echo(data, nl=False)
        sys.stdout.flush()
        return
    try:
        create_file(path, data, 0o644)
    except FileExistsError:
        raise click.UsageError(f"`{path}` exists and is not replaced; name another") from None
    click.echo(f"wrote {shown(path)}", err=True)
