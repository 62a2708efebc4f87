# SPDX-License-Identifier: Apache-2.0
"""Requests made for a point: what the rules leave open is filled with what the inputs admit."""

from __future__ import annotations

import pytest

from helm_logic.analysis.finding import REPLAYED
from helm_logic.analysis.lint import lint
from tests.analysis.chains.planted import loaded

RULES = """
#include "authority".
#input labels: {"a", "b"}* from resource.properties.labels.
known_action("deploy").
allow(go) :- action("deploy"), authorized, labels(_).
"""


@pytest.mark.parametrize("asked", ['labels("b")', 'not labels("a")', 'labels("a"), labels("b")'])
def test_a_member_that_rules_leave_open_is_one_of_those_listed(asked: str) -> None:
    """A request with any label at all is shown with one that the declaration admits."""
    found = lint(loaded(f'{RULES}deny(no) :- action("deploy"), {asked}.\n')).findings
    (opposed,) = [each for each in found if {*each.rules} == {"allow/1", "deny/1"}]
    assert opposed.code != "HL904"
    assert opposed.confidence == REPLAYED


def test_what_is_left_open_has_no_name_in_words() -> None:
    """A variable that stands once is `_`; one that joins two facts keeps a name."""
    text = f"{RULES}#relation owns(who: principal, label: string).\n"
    text += 'deny(no) :- action("deploy"), owns(_, L), labels(L).\n'
    regions = " ".join(each.region for each in lint(loaded(text)).findings)
    assert "not labels(_)" in regions
    assert "owns(_, V" in regions
