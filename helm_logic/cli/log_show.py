# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log show`: entries of the log, one by one or a page of them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

import attrs
import click

from helm_logic.cli.log_source import entry_place, log_source, source_options
from helm_logic.cli.log_table import (
    KINDS,
    entry_value,
    json_lines,
    kind_of,
    label,
    payload_value,
    table,
)
from helm_logic.cli.moments import moment_text
from helm_logic.cli.options import json_option
from helm_logic.cli.palette import dim, plain
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Entry, Log
from helm_logic.receipts.log_words import Named, read_entry

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@click.command("show")
@click.argument("entries", nargs=-1, metavar="[ENTRY]...")
@click.option("--from", "start", type=click.IntRange(0), metavar="N", help="The first of the page.")
@click.option(
    "--count",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    metavar="N",
    help="How many on a page.",
)
@click.option("--kind", type=click.Choice(KINDS), help="Only entries of this kind.")
@json_option
@source_options
def command(
    *,
    entries: tuple[str, ...],
    start: int | None,
    count: int,
    kind: str | None,
    as_json: bool,
    **named: Any,
) -> None:
    """Show each ENTRY: its place in the log, its digest, or the beginning of one.

    Without ENTRY, a page of the log as a table: the last entries, or those from --from on.

    \b
    Examples:
      helm-logic log show
      helm-logic log show --from 0 --kind receipt
      helm-logic log show 5 sha256:81c2
      helm-logic log show --json 5

    Exit code: 0, or 2 if the log cannot be opened or has no such entry.
    """
    source = log_source(**named)
    with source.open() as log:
        size = log.size
        if entries:
            found = [_Found.read(log, entry_place(log, each)) for each in entries]
        else:
            page = _page(log, start, count, None if kind is None else kind_of(kind))
    if entries:
        lines = json_lines(map(_json, found)) if as_json else _texts(found, source.origin)
    elif as_json:
        lines = json_lines(map(entry_value, page))
    else:
        lines = _with_foot(page, size, source.origin)
    for line in lines:
        click.echo(line)


@attrs.frozen
class _Found:
    """An entry with what only the open log tells: its proof, and where what it names is."""

    entry: Entry
    size: int
    path: int
    names: tuple[tuple[Named, int | None], ...]
    used_by: int | None

    @classmethod
    def read(cls, log: Log, index: int) -> _Found:
        entry = log.entry(index)
        names = []
        for named in read_entry(entry).names:
            found = log.find(named.digest) if _DIGEST.fullmatch(named.digest) else None
            names.append((named, None if found is None else found.index))
        used = log.consumed_by(entry.digest) if entry.kind is Kind.APPROVAL else None
        return cls(entry, log.size, len(log.inclusion(index).path), tuple(names), used)


def _page(log: Log, start: int | None, count: int, kind: Kind | None) -> list[Entry]:
    if start is None and kind is not None:
        return list(deque(log.entries(0, kind), maxlen=count))
    first = max(0, log.size - count) if start is None else start
    return list(islice(log.entries(first, kind), count))


def _with_foot(page: list[Entry], size: int, origin: str) -> Iterator[str]:
    yield from table(page)
    yield dim(f"{len(page)} of {size} entries in the log {plain(origin)}")


def _json(found: _Found) -> dict[str, object]:
    names = [
        {"code": named.code, "digest": named.digest, "index": index, "relation": named.relation}
        for named, index in found.names
    ]
    return {
        **entry_value(found.entry),
        "envelope": found.entry.envelope.to_value(),
        "names": names,
        "payload": payload_value(found.entry),
        "proofHashes": found.path,
        "treeSize": found.size,
        "usedBy": found.used_by,
    }


def _texts(several: list[_Found], origin: str) -> Iterator[str]:
    for found in several:
        yield from _text(found, origin)


def _text(found: _Found, origin: str) -> Iterator[str]:
    entry, said = found.entry, read_entry(found.entry)
    yield f"entry {entry.index} of {found.size} in the log {plain(origin)}"
    yield f"  what     {label(said)}: {plain(said.words)}"
    if said.now is not None:
        yield f"  when     {moment_text(said.now)}"
    if said.until is not None:
        yield f"  until    {moment_text(said.until)}"
    yield f"  digest   {entry.digest}"
    yield f"  kind     {entry.kind.words}, {len(entry.envelope.payload)} bytes of payload"
    yield f"  signed   by the key {entry.envelope.signatures[0].keyid}"
    yield f"  leaf     {entry.leaf_hash.hex()}"
    for named, index in found.names:
        place = "what is not in the log" if index is None else f"entry {index}"
        why = f", {plain(named.code)}" if named.code else ""
        yield f"  {named.relation:<8} {place}: {plain(named.digest)}{why}"
    if found.used_by is not None:
        yield f"  used up  by entry {found.used_by}"
    yield f"  proof    {found.path} hashes lead to the root of {found.size} entries"
