# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log tail`: the last entries, and those that follow.

Following costs the writer as little as can be: the head guard tells, without any lock, whether the
log has grown, and only then it is opened, read and closed again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import click

from helm_logic.cli.log_source import LogSource, log_source, source_options
from helm_logic.cli.log_table import entry_value, json_lines, table
from helm_logic.cli.options import json_option
from helm_logic.errors import StoreLocked
from helm_logic.ledger.head import read_head
from helm_logic.ledger.store_protocol import URL_SCHEMES, Entry


@click.command("tail")
@click.option(
    "-n",
    "--count",
    type=click.IntRange(0, 100_000),
    default=10,
    show_default=True,
    metavar="N",
    help="How many entries to begin with.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with new entries until interrupted.")
@click.option(
    "--every",
    type=click.FloatRange(0.05, 3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@json_option
@source_options
def command(*, count: int, follow: bool, every: float, as_json: bool, **named: Any) -> None:
    """Show the last entries of the log; with -f, also those that are appended from now on.

    A guard that holds an SQLite log keeps its entries to itself until it lets go of it; -f then
    says so once and waits.

    \b
    Examples:
      helm-logic log tail -n 3
      helm-logic log tail -f --json

    Exit code: 0, 130 when interrupted, or 2 if the log cannot be opened.
    """
    source = log_source(**named)
    with source.open() as log:
        size = log.size
        entries = list(log.entries(max(0, size - count))) if count else []
    _print(entries, head=True, as_json=as_json)
    if follow:
        for new in _followed(source, size, every):
            _print(new, head=False, as_json=as_json)


def _followed(source: LogSource, size: int, every: float) -> Iterator[list[Entry]]:
    held = False
    while True:
        time.sleep(every)
        if not _has_grown(source, size):
            continue
        try:
            with source.open() as log:
                new = list(islice(log.entries(size), 100_000))
        except StoreLocked:
            if not held:
                click.echo("the log has grown, but another process holds it; waiting", err=True)
            held = True
            continue
        held = False
        size += len(new)
        yield new


def _has_grown(source: LogSource, size: int) -> bool:
    if source.head is None or source.ledger.startswith(URL_SCHEMES):
        return True
    head = read_head(source.folder / source.head, source.origin, source.key)
    return head is not None and head.size > size


def _print(entries: list[Entry], *, head: bool, as_json: bool) -> None:
    lines = json_lines(map(entry_value, entries)) if as_json else table(entries, head=head)
    for line in lines:
        click.echo(line)
