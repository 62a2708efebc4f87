# SPDX-License-Identifier: Apache-2.0
"""securesystemslib, OpenSSL and @sigstore/verify accept our envelopes, and none with a bit off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helm_logic.errors import SignatureError
from helm_logic.ledger.envelope import verify
from tests.foreign.samples import Samples
from tests.foreign.verifiers import Signed, by_openssl, by_securesystemslib, by_sigstore

SAMPLES = Samples(2026)
SIGNED = SAMPLES.signed(SAMPLES.packs(4), 8)
CHANGED = [other for each in SIGNED for other in SAMPLES.changed(*each)]


def by_us(asked: list[Signed]) -> list[bool]:
    """Say of each envelope whether we find it signed by its key."""
    return [_by_us(each) for each in asked]


def _by_us(each: Signed) -> bool:
    envelope, key = each
    try:
        return verify(envelope, (key,)) == (key,)
    except SignatureError:
        return False


@pytest.mark.parametrize("ask", [by_us, by_securesystemslib, by_openssl, by_sigstore])
def test_ours_are_accepted_and_with_one_bit_changed_refused(
    ask: Callable[[list[Signed]], list[bool]],
) -> None:
    """Receipts, links, approvals and arbitrary payloads; a bit of type, payload, signature, key."""
    some = SIGNED if ask is not by_openssl else SIGNED[::3]
    other = CHANGED if ask is not by_openssl else CHANGED[::6]
    assert ask(some) == [True] * len(some)
    assert ask(other) == [False] * len(other)
