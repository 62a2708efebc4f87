# SPDX-License-Identifier: Apache-2.0
"""Anchors of tokens in their JSON form, as bundles of policies have them.

    {"format", "issuer", "keys": [{"algorithm", "jwk"}], "options"}

Whoever has this needs no file of the policy folder, so receipts can be replayed from it. Key ids
are computed again, never read.
"""

from __future__ import annotations

from helm_logic.authority.adapters.jwks import read_key
from helm_logic.authority.adapters.protocol import Anchor
from helm_logic.authority.principal import require_principal
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_list, require_object, require_text


def anchor_value(anchor: Anchor) -> dict[str, JsonValue]:
    """Return the JSON form of *anchor*."""
    return {
        "format": anchor.format,
        "issuer": anchor.issuer,
        "keys": [{"algorithm": each.algorithm, "jwk": dict(each.jwk)} for each in anchor.keys],
        "options": dict(anchor.options),
    }


def read_anchor(value: JsonValue) -> Anchor:
    """Return the anchor that *value* is the JSON form of; raise InputError."""
    parts = require_object(value, "token anchor", ("format", "issuer", "keys", "options"))
    issuer = require_principal(parts["issuer"], "token anchor issuer")
    keys = []
    for each in require_list(parts["keys"], "token anchor keys"):
        key = require_object(each, "token anchor key", ("algorithm", "jwk"))
        algorithm = require_text(key["algorithm"], "token anchor algorithm")
        jwk = require_object(key["jwk"], "token anchor jwk")
        keys.append(read_key(jwk, (algorithm,), "token anchor key"))
    return Anchor(
        issuer,
        require_text(parts["format"], "token anchor format"),
        tuple(keys),
        require_object(parts["options"], "token anchor options"),
    )
