# SPDX-License-Identifier: Apache-2.0
"""Principals: the names of those who delegate, act and approve.

A principal is written `type:id` (`user:founder`, `agent:ops`). The type has no `:`, so the text has
one reading, and no `/`, so that no type runs over a segment of a pattern. Both parts are printable
and without space, and the whole is in Unicode normal form C, so that two principals that look alike
in a review by spaces or by composed letters are not both accepted. Who is behind a name is the
identity provider's to prove, not decided here.
"""

from __future__ import annotations

import unicodedata

from helm_logic.errors import InputError
from helm_logic.ledger.shape import require_text

MAX_PRINCIPAL = 512


def is_principal(text: str) -> bool:
    """Say whether *text* names a principal, `type:id`."""
    kind, colon, name = text.partition(":")
    return (
        bool(kind and colon and name)
        and "/" not in kind
        and len(text) <= MAX_PRINCIPAL
        and text.isprintable()
        and " " not in text
        and unicodedata.is_normalized("NFC", text)
    )


def require_principal(value: object, where: str) -> str:
    """Return *value* if it names a principal; raise InputError naming *where* otherwise."""
    text = require_text(value, where)
    if not is_principal(text):
        raise InputError(
            "invalid_principal",
            f"{where}: got `{text[:40]}`, want `type:id` of printable characters without space",
        )
    return text
