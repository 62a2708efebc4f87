# SPDX-License-Identifier: Apache-2.0
"""Entries as lines for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from helm_logic.cli.moments import moment_text
from helm_logic.cli.palette import dim, plain, verdict_style
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Entry
from helm_logic.receipts.log_words import Said, read_entry, short
from helm_logic.receipts.statement import MAX_PAYLOAD

_LABEL, _MOMENT, _DIGEST = 13, 20, 19


def table(entries: Sequence[Entry], *, head: bool = True) -> Iterator[str]:
    """Yield *entries* as the lines of a table."""
    width = max(5, len(str(entries[-1].index if entries else 0)))
    if head:
        names = ("what", _LABEL), ("when", _MOMENT), ("digest", _DIGEST)
        cells = [f"{'entry':>{width}}", *(f"{name:<{wide}}" for name, wide in names), "words"]
        yield dim("  ".join(cells))
    for entry in entries:
        said = read_entry(entry)
        when = "" if said.now is None else moment_text(said.now)
        yield "  ".join(
            [
                f"{entry.index:>{width}}",
                label(said) + " " * (_LABEL - len(said.label)),
                f"{when:<{_MOMENT}}",
                short(entry.digest),
                plain(said.words),
            ]
        )


def label(said: Said) -> str:
    """Return the label of an entry, a verdict in its colour."""
    return verdict_style(said.label) if said.label.isupper() else said.label


def entry_value(entry: Entry) -> dict[str, object]:
    """Return what the log has of *entry*, without its envelope, as JSON."""
    said = read_entry(entry)
    return {
        "digest": entry.digest,
        "index": entry.index,
        "keyId": entry.envelope.signatures[0].keyid,
        "kind": entry.kind.name.lower(),
        "label": said.label,
        "leafHash": entry.leaf_hash.hex(),
        "now": said.now,
        "request": said.request,
        "until": said.until,
        "words": said.words,
    }


def payload_value(entry: Entry) -> JsonValue:
    """Return the payload of *entry* as JSON; None if it is not JSON."""
    try:
        return parse_json(entry.envelope.payload, max_bytes=MAX_PAYLOAD)
    except InputError:
        return None


def json_lines(values: Iterable[object]) -> Iterator[str]:
    """Yield each of *values* as a line of JSON."""
    for value in values:
        yield json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def kind_of(name: str) -> Kind:
    """Return the kind that is called *name* on the command line."""
    return Kind[name.upper()]


KINDS = [kind.name.lower() for kind in Kind]
