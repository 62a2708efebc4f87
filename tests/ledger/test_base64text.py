# SPDX-License-Identifier: Apache-2.0
"""One spelling per byte string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.ledger.base64text import parse_base64, print_base64


@given(st.binary(max_size=100))
def test_parse_after_print_is_identity(data: bytes) -> None:
    """Whatever is printed is read back."""
    assert parse_base64(print_base64(data)) == data


@given(st.text("AQgw+/-_= \n\u00e9", max_size=12))
def test_what_is_read_prints_as_it_was(text: str) -> None:
    """No text but the printed one is accepted for any bytes."""
    try:
        data = parse_base64(text)
    except ValueError:
        return

    assert print_base64(data) == text


@pytest.mark.parametrize("text", ["QR==", "QQ", "QQ=", "QQ==\n", " QQ==", "Q-==", "QQ==QQ==", "é"])
def test_other_spellings_are_refused(text: str) -> None:
    """Loose tail bits, missing padding, white space, url-safe letters and trailing text."""
    with pytest.raises(ValueError, match="base64"):
        parse_base64(text)
