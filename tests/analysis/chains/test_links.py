# SPDX-License-Identifier: Apache-2.0
"""Authority of links: `rules/authority.dl` as it ships is proved, edited it is shown to break."""

from __future__ import annotations

import pytest

from helm_logic.analysis.chains.attenuation import BROKEN, findings
from helm_logic.analysis.finding import PROVED, REPLAYED
from tests.analysis.chains.planted import attenuation_of, edited

_NEEDS = """
#relation needs_approval(link: string).
#relation budget(link: string, amount: int).
"""
_GUARD = """
#relation admin(who: principal).
narrow(L) :- parent(L, _), not widened(L).
narrow(L) :- link(L, _, D), admin(D).
"""
_KEPT = """
drops(L) :- parent(L, K), needs_approval(K), not needs_approval(L).
dearer(L) :- budget(L, N), not affordable(L, N).
affordable(L, N) :- budget(L, N), parent(L, K), budget(K, M), N <= M.
"""
_THRIFTY = """
thrifty(L) :- parent(L, K), budget(L, N), budget(K, M), N <= M.
#assume never budget(L, N), budget(L, M), N < M.
"""
_LATE = """
@id("late")
sound(L) :- parent(L, K), sound(K), depth_left(K, 1), continues(L), shorter(L), shallower(L),
    live(L), covers(L), not revoked(L).
"""

# Pieces of authority.dl exchanged, what is added, and the property that then breaks, if any.
Edit = tuple[tuple[tuple[str, str], ...], str, str]
BUGS: dict[str, Edit] = {
    "a link may outlive the one before": ((("    shorter(L),\n", ""),), "", "window"),
    "only the beginning is compared": ((("A <= B, E <= F.", "A <= B."),), "", "window"),
    "an admin may widen": ((("    not widened(L),\n", "    narrow(L),\n"),), _GUARD, "scope"),
    "the last link may widen": ((), _LATE, "scope"),
    "resources are not compared": ((("    subsumes(S, R),\n", ""),), "", "scope"),
    "a cap may grow": ((("    N <= M.\nkept", "    N >= M.\nkept"),), "", "scope"),
    "strangers may continue": ((("    continues(L),\n", ""),), "", "continuation"),
    "anybody with the key may continue": (
        (("link(L, P, _), link(K, _, P), signed_by(L, Key)", "signed_by(L, Key)"),), "",
        "continuation",
    ),
    "depth need not shrink": ((("N < M.", "N <= M."),), "", "length"),
    "approvals are not kept": (
        (("    shorter(L),\n", "    shorter(L),\n    not dearer(L),\n"),), _NEEDS + _KEPT,
        "approval",
    ),
    "budgets are not kept": (
        (("    shorter(L),\n", "    shorter(L),\n    not drops(L),\n"),), _NEEDS + _KEPT, "budget",
    ),
}  # fmt: skip
NARROWING: dict[str, Edit] = {
    "as it ships": ((), "", ""),
    "approvals and budgets kept": (
        (("    shorter(L),\n", "    shorter(L),\n    not drops(L),\n    not dearer(L),\n"),),
        _NEEDS + _KEPT, "",
    ),
    "one budget for each link": (
        (("    shorter(L),\n", "    shorter(L),\n    not drops(L),\n    thrifty(L),\n"),),
        _NEEDS + _KEPT + _THRIFTY, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NARROWING)
def test_what_narrows_is_proved(name: str) -> None:
    """Whatever the links state, nothing grows along a chain of any length."""
    pieces, more, _ = NARROWING[name]
    known = attenuation_of(edited(*pieces, more=more))
    checked = {
        each.status for each in known.results if each.property.name not in known_unnamed(name)
    }
    assert checked == {PROVED}
    assert known.narrowed


def known_unnamed(name: str) -> tuple[str, ...]:
    """Return the properties that the relations of the shipped rules say nothing about."""
    return ("budget", "approval") if name == "as it ships" else ()


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_shown_as_a_chain_of_two_links(name: str) -> None:
    """The property that the edit touches breaks, with facts from which the engine derives it."""
    pieces, more, broken = BUGS[name]
    rule_set = edited(*pieces, more=more)
    known = attenuation_of(rule_set)
    assert [each.property.name for each in known.results if each.status == BROKEN] == [broken]
    (found,) = known.of(broken).breaks
    assert [hop.row for hop in found.chain.hops] == [("s:link-0",), ("s:link-1",)]
    (finding,) = findings(known, rule_set)
    assert finding.confidence == REPLAYED
    assert found.replay.said in finding.message
