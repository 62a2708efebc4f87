# SPDX-License-Identifier: Apache-2.0
"""The config entry: what entry 0 of every log says about the log itself.

    {"durability":"strict","format":"helm-logic-log/1","origin":"example.com/log"}

`strict` means that no entry is acknowledged before it is on the disk and its tree head is in the
head guard. It is an entry, signed and under every later tree head, so that a log cannot change its
promise afterwards; no other durability is offered yet.
"""

from __future__ import annotations

from helm_logic.errors import SignatureError, StoreCorrupt
from helm_logic.kernel.encoding import canonical_json
from helm_logic.ledger.envelope import Envelope, sign, verify
from helm_logic.ledger.keys import PublicKey, Signer

CONFIG_TYPE = "application/vnd.helm-logic.log-config+json"


def config_envelope(origin: str, signer: Signer) -> Envelope:
    """Return entry 0 of the log *origin*, signed by the log's own key."""
    return sign(CONFIG_TYPE, _payload(origin), signer)


def verify_config(envelope: Envelope, origin: str, key: PublicKey) -> None:
    """Return if *envelope* is entry 0 of the log *origin*; raise StoreCorrupt otherwise."""
    try:
        verify(envelope, (key,))
    except SignatureError as error:
        raise StoreCorrupt(f"entry 0 is not signed by the log: {error}") from error
    if envelope.payload_type != CONFIG_TYPE or envelope.payload != _payload(origin):
        raise StoreCorrupt(f"entry 0 is not the config of a strict log, version 1, of `{origin}`")


def _payload(origin: str) -> bytes:
    return canonical_json({"durability": "strict", "format": "helm-logic-log/1", "origin": origin})
