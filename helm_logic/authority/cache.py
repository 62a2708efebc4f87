# SPDX-License-Identifier: Apache-2.0
"""Verified links kept between requests, so that a signature is verified once and not every time.

Invariants:
- an entry is found by its whole wire form, payload and signature alike: the same statement under
  any other signature is another entry, and has to be verified;
- a link is not served once it has expired (`now >= expires`) or a known revocation names it;
- there are at most `max_entries` entries; the one unused for longest makes room.

What is kept is only that bytes were rightly signed. Whether the link counts today is asked of the
rules at every request. One cache may serve several threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Container
from typing import TypeAlias

from helm_logic.authority.link import VerifiedLink
from helm_logic.kernel.encoding import JsonValue

MAX_ENTRIES = 4096

Key: TypeAlias = tuple[str, str]


class LinkCache:
    """At most *max_entries* verified links; none whose digest *revoked* contains."""

    def __init__(
        self, max_entries: int = MAX_ENTRIES, revoked: Container[str] = frozenset()
    ) -> None:
        if max_entries < 1:
            raise ValueError(f"got a cache of {max_entries} entries, want at least 1")
        self._max_entries = max_entries
        self._revoked = revoked
        self._entries: OrderedDict[Key, tuple[JsonValue, VerifiedLink]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, envelope: JsonValue, now: int) -> VerifiedLink | None:
        """Return the link whose envelope has the JSON form *envelope*, if it may be served now."""
        key = _key(envelope)
        if key is None:
            return None
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != envelope:
                return None
            link = entry[1]
            if self._may_serve(link, now):
                self._entries.move_to_end(key)
                return link
            del self._entries[key]
            return None

    def put(self, link: VerifiedLink, now: int) -> None:
        """Keep *link*, unless it has expired at *now* or is revoked."""
        wire = link.envelope.to_value()
        key = _key(wire)
        if key is None or not self._may_serve(link, now):
            return
        with self._lock:
            self._entries[key] = (wire, link)
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)

    def revoke(self, revoked: Container[str]) -> None:
        """From now on serve no link whose digest *revoked* contains; forget those kept so far."""
        with self._lock:
            self._revoked = revoked
            for key in [key for key, (_, one) in self._entries.items() if one.digest in revoked]:
                del self._entries[key]

    def _may_serve(self, link: VerifiedLink, now: int) -> bool:
        return now < link.link.expires and link.digest not in self._revoked


def _key(envelope: JsonValue) -> Key | None:
    """Return the texts of payload and signature: which entry it can only be, if it is one."""
    # Written out rather than as a `match`, which takes three times as long, at every request.
    if not isinstance(envelope, dict):
        return None
    payload, signatures = envelope.get("payload"), envelope.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1:
        return None
    (first,) = signatures
    signature = first.get("sig") if isinstance(first, dict) else None
    return (payload, signature) if type(payload) is type(signature) is str else None
