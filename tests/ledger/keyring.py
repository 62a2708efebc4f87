# SPDX-License-Identifier: Apache-2.0
"""The keys and envelopes the tests of this room share, the same bytes in every run."""

from __future__ import annotations

from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.keys import SeedSigner

ORIGIN = "example.com/log"
LOG = SeedSigner(b"log key of the tests, 32 bytes..")
ENGINE = SeedSigner(b"engine key of the tests, 32 byte")
OTHER = SeedSigner(b"another key of the tests, 32 byt")

TYPE = "application/vnd.in-toto+json"


def envelope(text: str) -> Envelope:
    """Return an envelope over *text*, signed by the engine key."""
    return sign(TYPE, text.encode(), ENGINE)
