# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.reasons`: every code says what to do about it."""

from __future__ import annotations

from helm_logic.authority.reasons import ASK, FACT, FINALITY, STOP, finality


def test_every_code_has_one_of_three_finalities() -> None:
    """There is no fourth thing to do."""
    assert set(FINALITY.values()) == {STOP, ASK, FACT}


def test_a_code_that_is_not_known_is_final() -> None:
    """A policy's own code is `stop`, unless the caller knows better."""
    assert finality("link_expired") == ASK
    assert finality("change_freeze") == STOP
    assert finality("needs_release_manager", ASK) == ASK
