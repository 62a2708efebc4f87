# SPDX-License-Identifier: Apache-2.0
"""The one table of exit codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.cli import exit_codes
from helm_logic.receipts.verdict import Verdict

KNOWN = st.sampled_from(sorted(exit_codes.MEANINGS))


def test_the_table_has_the_codes_that_users_rely_on() -> None:
    """The numbers are an interface."""
    assert sorted(exit_codes.MEANINGS) == [0, 1, 2, 3, 4, 70]


def test_every_verdict_has_its_own_code() -> None:
    """Three verdicts, three codes, and only ALLOW is 0."""
    codes = {verdict.value: exit_codes.of_verdict(verdict.value) for verdict in Verdict}

    assert codes == {"ALLOW": 0, "DENY": 3, "ESCALATE": 4}


@pytest.mark.parametrize("word", ["", "allow", "PERMIT"])
def test_a_word_that_is_no_verdict_is_never_allow(word: str) -> None:
    """What is not known ends as an internal error."""
    assert exit_codes.of_verdict(word) == 70


@given(st.lists(KNOWN, min_size=1))
def test_the_gravest_code_wins(codes: list[int]) -> None:
    """0 comes out only if nothing else went in, and 70 always comes out."""
    gravest = exit_codes.gravest(codes)

    assert gravest in codes
    assert (gravest == 0) == (set(codes) == {0})
    assert (gravest == 70) == (70 in codes)


def test_deny_is_graver_than_escalate() -> None:
    """A DENY among ESCALATEs is what a caller must see."""
    assert exit_codes.gravest([4, 0, 3, 4]) == 3
    assert exit_codes.gravest([]) == 0
