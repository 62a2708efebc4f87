# SPDX-License-Identifier: Apache-2.0
"""Authority whose bounds are columns: what narrows is proved, what does not is shown as a chain."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_logic.analysis.chains import attenuation
from helm_logic.analysis.chains.attenuation import (
    BROKEN,
    CANDIDATE,
    UNNAMED,
    UNSUPPORTED,
    Attenuation,
    chain_text,
    findings,
)
from helm_logic.analysis.chains.prove import prove_attenuation
from helm_logic.analysis.finding import PROVED, REPLAYED
from helm_logic.analysis.solver import is_unsatisfiable
from tests.analysis.chains.planted import COLUMNS, another_step, attenuation_of, columns, loaded

# What is exchanged in the step, and which properties then break, with how many hand-ons.
BUGS = {
    "a link may outlive its parent": (("    U <= V,\n", ""), {"window": 1}),
    "depth may grow": (("    D < E,\n", ""), {"depth": 1, "length": 1}),
    "depth need not shrink": (("D < E", "D <= E"), {"length": 1}),
    "depth may fall below zero": (("    0 <= D,\n", ""), {"length": 1}),
    "the budget is not compared": (("    M <= O,\n", ""), {"budget": 1}),
    "an approval may be dropped": (("M <= O,\n    kept(P, N)", "M <= O"), {"approval": 1}),
    "anybody may hand on": (("handed(A, B, S", "handed(_, B, S"), {"continuation": 1}),
    "anybody may receive": (("handed(A, B, S", "admin(B),\n    handed(A, _, S"),
                            {"continuation": 1}),
    "nobody hands on the scope": (("handed(A, B, S, U", "handed(A, B, _, U"), {}),
}  # fmt: skip


def _statuses(known: Attenuation) -> dict[str, str]:
    return {each.property.name: each.status for each in known.results}


def test_what_narrows_is_proved() -> None:
    """Every property that the columns name is proved, without any finding."""
    rule_set = columns()
    known = attenuation_of(rule_set)
    assert set(_statuses(known).values()) == {PROVED}
    assert findings(known, rule_set) == ()


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_in_the_step_is_shown(name: str) -> None:
    """What the step does not ask for breaks its property, in the fewest steps; the rest holds."""
    piece, broken = BUGS[name]
    rule_set = columns(piece)
    known = attenuation_of(rule_set)
    assert _statuses(known) == {
        each.property.name: BROKEN if each.property.name in broken else PROVED
        for each in known.results
    }
    for prop, hops in broken.items():
        (found,) = known.of(prop).breaks
        assert (found.rule, len(found.chain.hops) - 1) == ("step", hops)
    assert {each.confidence for each in findings(known, rule_set)} <= {REPLAYED}


WIDENING = (("B, S, U, D, M, N) :-", "B, T, U, D, M, N) :-"), ("handed(A, B, S", "handed(A, B, T"))
AT_THE_END = ("    M <= O,\n", "    O = 0,\n    M <= O,\n")
WITH_BUDGET = ("D, M, N) :- root_grant(A, S, U, D, M, N).",
               "D, M, N) :- root_grant(A, S, U, D, M, N), M > 0.")  # fmt: skip


@pytest.mark.parametrize(
    ("guard", "status"),
    [
        (("    M <= O,\n", "    admin(B),\n    M <= O,\n"), BROKEN),
        (AT_THE_END, BROKEN),
        (("    D < E,\n", "    D < E,\n    E < 0,\n"), PROVED),
    ],
)
def test_widening_under_a_condition(guard: tuple[str, str], status: str) -> None:
    """A second step that widens where a guard holds is guilty, unless the guard never holds."""
    result = attenuation_of(columns(more=another_step(*WIDENING, guard))).of("scope")
    assert result.status == status
    assert [each.rule for each in result.breaks] == (["other"] if status == BROKEN else [])


def test_widening_only_at_depth_two() -> None:
    """Where no root grant fits the guard, the shortest chain has a sound step before the other."""
    rule_set = columns(WITH_BUDGET, more=another_step(*WIDENING, AT_THE_END))
    (found,) = attenuation_of(rule_set).of("scope").breaks
    assert [hop.rule for hop in found.chain.hops] == ["root", "step", "other"]
    assert "root_grant" in chain_text(found.chain)


def test_what_needs_an_auxiliary_invariant_is_proved_by_spacer() -> None:
    """A widening step whose guard is never reached: that budgets stay positive has to be found."""
    stays_positive = ("    M <= O,\n", "    M <= O,\n    M > 0,\n")
    rule_set = columns(WITH_BUDGET, stays_positive, more=another_step(*WIDENING, AT_THE_END))
    known = attenuation_of(rule_set)
    assert known.of("scope").status == PROVED
    assert ("scope",) in [each.properties for each in known.proofs]
    assert all(is_unsatisfiable(each.script) is True for each in known.conditions)


def test_mutual_recursion_through_a_helper() -> None:
    """A helper in the recursion that nobody declared hides nothing: it means what fills it."""
    text = """
#relation root_grant(agent: principal, scope: string, until: time).
#relation handed(from: principal, to: principal, scope: string, until: time).
#predicate authority(agent: principal, scope: string, until: time).
authority(A, S, U) :- root_grant(A, S, U).
able(A, S, U) :- authority(A, S, U), U > 0.
@id("step") authority(B, S, U) :- able(A, S, V), handed(_, B, S, U), U <= V.
"""
    known = attenuation_of(loaded(text))
    assert _statuses(known)["window"] == PROVED
    assert _statuses(known)["depth"] == UNNAMED
    (found,) = known.of("continuation").breaks
    assert found.rule == "step"


@pytest.mark.parametrize(
    ("narrowing", "status"),
    [("subsumes(S, T)", PROVED), ("subsumes(T, S)", BROKEN), ('T = "deploy/*"', BROKEN),
     ('S = "**", subsumes("deploy/**", T)', PROVED)],
)  # fmt: skip
def test_scopes_that_are_patterns(narrowing: str, status: str) -> None:
    """A pattern column gives what it matches, so it narrows as `subsumes` says."""
    text = f"""
#relation root_grant(agent: principal, scope: pattern).
#relation handed(from: principal, to: principal, scope: pattern).
#predicate authority(agent: principal, scope: pattern).
authority(A, S) :- root_grant(A, S).
authority(B, T) :- authority(A, S), handed(A, B, T), {narrowing}.
"""
    known = attenuation_of(loaded(text))
    assert known.of("scope").status == status


@pytest.mark.parametrize(("keeps", "status"), [("P = N", PROVED), ("N != P", BROKEN)])
def test_approvals_that_are_named(keeps: str, status: str) -> None:
    """An approval column with texts keeps its text once it names one."""
    text = f"""
#relation root_grant(agent: principal, needs: string, until: time).
#relation handed(from: principal, to: principal, needs: string, until: time).
#predicate authority(agent: principal, needs: string, until: time).
authority(A, N, U) :- root_grant(A, N, U).
authority(B, N, U) :- authority(A, P, V), handed(A, B, N, U), U <= V, {keeps}.
"""
    assert attenuation_of(loaded(text)).of("approval").status == status


def test_what_no_formula_says_is_named() -> None:
    """Where only a count keeps the scope, nothing is proved, and nothing is passed over."""
    text = """
#relation root_grant(agent: principal, scope: string).
#relation handed(from: principal, to: principal, scope: string).
#predicate authority(agent: principal, scope: string).
authority(A, S) :- root_grant(A, S).
@id("step")
authority(B, T) :- authority(A, S), handed(A, B, T), count{X : handed(X, B, T)} >= 2,
    count{X : handed(X, B, T)} < 2.
"""
    rule_set = loaded(text)
    known = attenuation_of(rule_set)
    result = known.of("scope")
    assert (result.status, result.rules) == (UNSUPPORTED, ("step",))
    assert "count" in result.said
    (found,) = findings(known, rule_set)
    assert (found.code, found.severity) == ("HL901", "warning")


def test_contradicting_facts_are_a_candidate() -> None:
    """A chain of clauses that no facts make is not shown as a chain, and not passed over."""
    text = """
#relation root_grant(agent: principal, scope: string).
#relation handed(from: principal, to: principal, scope: string).
#relation trusted(who: principal).
#predicate authority(agent: principal, scope: string).
authority(A, S) :- root_grant(A, S), trusted("user:boss").
@id("step")
authority(B, T) :- authority(A, S), handed(A, B, T), not trusted("user:boss").
"""
    rule_set = loaded(text)
    known = attenuation_of(rule_set)
    assert known.of("scope").status == CANDIDATE
    assert [each.code for each in findings(known, rule_set)] == ["HL904"]


def test_rules_without_recursion_have_no_chains() -> None:
    """Nothing is claimed of rules that hand nothing on."""
    assert prove_attenuation(loaded('known_action("deploy").\n')) == ()


WIDE = """
#relation first_grant(agent: principal, scope: pattern).
#relation passed(from: principal, to: principal, scope: pattern).
#predicate rights(agent: principal, scope: pattern).
rights(A, S) :- first_grant(A, S).
@id("pass-on")
rights(B, S) :- rights(A, _), passed(A, B, S).
"""


@pytest.mark.parametrize("beside", ['#include "authority".\n', COLUMNS])
def test_families_are_measured_by_their_own_root_grants(beside: str) -> None:
    """Beside rules that narrow, in other columns, one that widens is found as if it were alone."""
    rule_set = loaded(beside + WIDE)
    known = {each.predicates: each for each in prove_attenuation(rule_set)}
    assert len(known) == 2
    widening = known.pop(("rights",))
    assert [each.rule for each in widening.of("scope").breaks] == ["pass-on"]
    (other,) = known.values()
    assert findings(other, rule_set) == ()
    assert other.of("window").status == PROVED


def test_root_grants_that_name_different_columns_are_no_measure() -> None:
    """Nothing is proved of a family in which one root grant bounds what another one does not."""
    text = """
    #relation root_grant(agent: principal, scope: pattern).
    #relation short_grant(agent: principal, until: time).
    #relation handed(from: principal, to: principal).
    #predicate authority(agent: principal, scope: pattern).
    #predicate access(agent: principal, until: time).
    authority(A, S) :- root_grant(A, S).
    authority(B, "**") :- access(A, _), handed(A, B).
    access(A, U) :- short_grant(A, U).
    access(B, 9) :- authority(A, _), handed(A, B).
    """
    rule_set = loaded(text)
    known = attenuation_of(rule_set)
    assert _statuses(known)["scope"] == _statuses(known)["window"] == UNSUPPORTED
    said = {each.message for each in findings(known, rule_set) if each.code == "HL901"}
    assert any("do not name the same columns about scope" in each for each in said)


@pytest.mark.parametrize(("most", "rules"), [("R", ("step",)), ("V", ())])
def test_the_root_grant_is_the_measure(most: str, rules: tuple[str, ...]) -> None:
    """A step that renews up to the root's end is proved; that it may outlive its parent is told."""
    text = f"""
#relation root_grant(agent: principal, until: time).
#relation handed(from: principal, to: principal, until: time).
#predicate authority(agent: principal, until: time, first: time).
authority(A, U, U) :- root_grant(A, U).
@id("step") authority(B, U, R) :- authority(A, V, R), handed(A, B, U), U <= {most}, U <= R.
"""
    result = attenuation_of(loaded(text)).of("window")
    assert (result.status, result.rules, bool(result.said)) == (PROVED, rules, bool(rules))


def test_the_example_of_the_readme() -> None:
    """The rules that README.md begins with are proved; without the bound below they are not."""
    readme = Path(attenuation.__file__).with_name("README.md").read_text("utf-8")
    text = readme.partition("```prolog\n")[2].partition("```")[0]
    known = attenuation_of(loaded(text))
    assert {each.status for each in known.results} == {PROVED, UNNAMED}
    unbound = attenuation_of(loaded(text.replace("    0 <= D,\n", "")))
    assert [each.property.code for each in unbound.results if each.breaks] == ["HL205"]
