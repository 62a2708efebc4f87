# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log export`: the log as static tiles, written and verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.log_source import log_source, source_options
from helm_logic.cli.options import json_option, shown
from helm_logic.cli.palette import bad, good, plain
from helm_logic.cli.progress import Progress
from helm_logic.errors import StoreCorrupt
from helm_logic.ledger.tile_reader import TileReader
from helm_logic.ledger.tiles import export_tiles


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--verify", "only_verify", is_flag=True, help="Write nothing; verify what is there.")
@json_option
@source_options
def command(*, folder: Path, only_verify: bool, as_json: bool, **named: Any) -> int:
    """Write the log to DIR as tlog-tiles: a checkpoint, tiles of hashes, bundles of leaves.

    Any web server can serve them; whoever has the log's public key can prove from them that an
    entry is there and that the log only grew (`log prove --tiles DIR`). A second export adds what
    is new. Files are written one by one and the checkpoint last, so that a reader at any time finds
    a whole tree. Leaves hold digests and signatures, not what receipts say.

    With --verify everything in DIR is computed again from the leaves, without the log:
    the log's origin and key are all that is needed.

    \b
    Examples:
      helm-logic log export public/log
      helm-logic log export --verify public/log
      helm-logic log export --verify copy --log-origin example.com/log --log-key ed25519:...

    Exit code: 0; 1 if what is in DIR does not verify; 2 if it cannot be read or written.
    """
    source = log_source(**named, elsewhere=only_verify)
    if only_verify:
        return _verify(
            folder, TileReader(folder, origin=source.origin, key=source.key), as_json=as_json
        )
    with source.open() as log, Progress("exporting") as progress:
        done = export_tiles(log, folder, progress)
    if as_json:
        members = {"folder": str(folder), "origin": source.origin, "size": done.size}
        click.echo(json.dumps({**members, "written": done.written}, sort_keys=True))
    else:
        click.echo(
            f"exported {done.size} entries of {plain(source.origin)} to {shown(folder)}:"
            f" {done.written} tiles are new"
        )
    return OK


def _verify(folder: Path, reader: TileReader, *, as_json: bool) -> int:
    message, files = "", 0
    try:
        with Progress("verifying") as progress:
            files = reader.verify(progress)
    except StoreCorrupt as error:
        message = str(error)
    if as_json:
        members = {"files": files, "folder": str(folder), "message": message}
        click.echo(json.dumps({**members, "size": reader.size, "verified": not message}))
    elif message:
        click.echo(f"{bad('not verified')}: {plain(message)}")
    else:
        click.echo(
            f"{good('verified')}: {files} files in {shown(folder)} are the log"
            f" {plain(reader.origin)} with {reader.size} entries"
        )
    return FINDINGS if message else OK
