# SPDX-License-Identifier: Apache-2.0
"""Standard base64 (RFC 4648 section 4) in exactly one spelling per byte string.

INVARIANT: `print_base64(parse_base64(text)) == text`. Python's decoder drops foreign characters and
reads `QR==` as `QQ==`; accepting either would let a stranger change signed files without changing
what they mean, so every text that does not re-encode to itself is refused.
"""

from __future__ import annotations

import binascii


def print_base64(data: bytes) -> str:
    """Return *data* as padded base64 without line breaks."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def parse_base64(text: str) -> bytes:
    """Return the bytes that print as *text*; raise ValueError if no bytes do."""
    try:
        data = binascii.a2b_base64(text)
    except ValueError:  # binascii.Error is one, and so is a character outside ASCII
        raise ValueError(f"`{text[:24]}` is not base64") from None
    if print_base64(data) != text:
        raise ValueError(f"`{text[:24]}` is not the canonical base64 of its bytes")
    return data
