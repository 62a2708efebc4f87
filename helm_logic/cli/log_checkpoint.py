# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log checkpoint`: the signed tree head, from the log or from its head guard."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from helm_logic.cli.log_source import LogSource, log_source, source_options
from helm_logic.cli.options import NEW_FILE, json_option, shown
from helm_logic.cli.palette import good, plain
from helm_logic.errors import StoreError, StoreLocked
from helm_logic.ledger.base64text import print_base64
from helm_logic.ledger.checkpoint import parse_checkpoint, verify_checkpoint
from helm_logic.ledger.durable import create_file
from helm_logic.ledger.note import verifier_key


@click.command("checkpoint")
@click.option("--size", type=click.IntRange(1), metavar="N", help="That of an earlier size.")
@click.option("--note", "as_note", is_flag=True, help="Print the signed note itself.")
@click.option("-o", "--output", type=NEW_FILE, metavar="FILE", help="Write the note here.")
@json_option
@source_options
def command(
    *, size: int | None, as_note: bool, output: Path | None, as_json: bool, **named: Any
) -> None:
    """Show the last tree head of the log, once its signature was verified.

    Keep it where the log's owner cannot reach it: later `log prove consistency` shows that the log
    has only grown since. If another process holds the log, the head guard is read, which has the
    last tree head too.

    \b
    Examples:
      helm-logic log checkpoint
      helm-logic log checkpoint -o monday.checkpoint
      helm-logic log checkpoint --note --size 3

    Exit code: 0, or 2 if the log cannot be opened or has no tree head of that size.
    """
    source = log_source(**named)
    note, place = _note(source, size)
    head = verify_checkpoint(note, source.origin, source.key)
    if output is not None:
        _write(output, note)
    elif as_note:
        click.echo(note, nl=False)
        sys.stdout.flush()
    elif as_json:
        members = {
            "from": place,
            "key": source.key.text,
            "note": note.decode("utf-8"),
            "origin": head.origin,
            "root": print_base64(head.root),
            "size": head.size,
        }
        click.echo(json.dumps(members, ensure_ascii=False, sort_keys=True))
    else:
        click.echo(f"origin  {plain(head.origin)}")
        click.echo(f"size    {head.size}")
        click.echo(f"root    {print_base64(head.root)}")
        click.echo(f"key     {verifier_key(source.origin, source.key)}")
        click.echo(f"{good('signed')} by the log's key; read from the {place}")


def _write(path: Path, note: bytes) -> None:
    try:
        create_file(path, note, 0o644)
    except FileExistsError:
        raise click.UsageError(f"`{path}` exists and is not replaced; name another") from None
    click.echo(f"wrote {shown(path)}", err=True)


def _note(source: LogSource, size: int | None) -> tuple[bytes, str]:
    try:
        with source.open() as log:
            if size is None or size == log.size:
                return log.checkpoint(), "log"
            note = next(log.checkpoints(size), None)
    except StoreLocked:
        if source.head is None or size is not None:
            raise
        return (source.folder / source.head).read_bytes(), "head guard, as a process has the log"
    nearest = 0 if note is None else parse_checkpoint(note).size
    if note is None or nearest != size:
        after = f"; the next one is of size {nearest}" if nearest else ""
        raise StoreError(f"the log signed no tree head of size {size}{after}")
    return note, "log"
