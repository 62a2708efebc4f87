# SPDX-License-Identifier: Apache-2.0
"""The trust roots in a pack: what the log says of whose keys count, version by version.

    roots/HEX.json    a root change with the digest `sha256:HEX`, as the log has it, signed by it

They are for whoever reads the pack: to see whose keys counted, and that there is a newer version
than one's own. A verifier goes by their own trust and by nothing in here; so a pack may come with
all of them, or without. Nothing else gets in: each is signed by the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from helm_logic.errors import InputError, TrustRefused
from helm_logic.ledger import envelope as dsse
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Log
from helm_logic.receipts.changes import RootChange
from helm_logic.receipts.trust_root_chain import SignedRoot

MAX_ROOTS = 64  # with more, none: what has to be in a pack comes first


def logged_roots(log: Log) -> dict[str, bytes]:
    """Return the root changes of *log* by digest, none if they are too many."""
    found = {each.digest: each.envelope.to_bytes() for each in log.entries(0, Kind.ROOT)}
    return found if len(found) <= MAX_ROOTS else {}


def check_roots(roots: Mapping[str, bytes]) -> int:
    """Return the highest version in *roots*, 0 without any; raise InputError or EnvelopeError."""
    newest = 0
    for name, data in roots.items():
        envelope = parse(data)
        if envelope.digest != name or len(envelope.signatures) != 1:
            raise InputError("pack", f"roots: `{name}` is another envelope than the log has")
        change = RootChange.read(envelope)
        with suppress(TrustRefused):  # what it says counts for nothing, so it may be odd
            newest = max(newest, SignedRoot.read(change.root).root.version)
    return newest


def check_root_signatures(roots: Mapping[str, bytes], log_keys: Iterable[PublicKey]) -> int:
    """Return how many *roots* there are, each signed by one of *log_keys*; else SignatureError."""
    keys = tuple(log_keys)
    for data in roots.values():
        dsse.verify(parse(data), keys)
    return len(roots)
