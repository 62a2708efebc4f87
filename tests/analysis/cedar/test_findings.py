# SPDX-License-Identifier: Apache-2.0
"""Cedar's published reports come out of our analysis, as does what its inputs say of themselves.

The reports tell of pairs of policies of one set. How policies of different sets lie to each other,
for which no answer is published, is compared with random worlds: what is said to hold in all of
them must hold in each, and what is said not to hold must fail in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import combinations
from random import Random
from typing import Final

import attrs
import pytest

from helm_logic.analysis.finding import Report
from helm_logic.analysis.lint import lint
from helm_logic.analysis.scope import study_of
from tests.analysis.cedar.evaluate import policy_matches
from tests.analysis.cedar.findings import findings, rules_of
from tests.analysis.cedar.schema import Environment, Schema
from tests.analysis.cedar.syntax import Policy
from tests.analysis.cedar.translation import translate
from tests.analysis.cedar.vectors import (
    INPUTS,
    need_vectors,
    policy_names,
    read_policies,
    read_schema,
    read_snapshot,
    schema_of,
    snapshot_names,
)
from tests.analysis.cedar.worlds import pool, random_world

ONLINE_DOCS: Final = "integration_tests__analyze_policies_tabular_online_docs"
# A finding of ours that says at least what Cedar's says; HL107 and HL104 go before HL103.
AS_GRAVE: Final = {
    "redundant": {"HL103", "HL104", "HL107"},
    "shadowed": {"HL103", "HL104", "HL107"},
    "overridden": {"HL104", "HL107"},
}


def test_the_reports_are_read_whole() -> None:
    """Ten reports with 31 findings: 26 of environments, 5 of vacuous policies."""
    need_vectors()
    found = [read_snapshot(name).findings for name in snapshot_names()]

    assert len(found) == 10
    assert sum(map(len, found)) == 31
    assert sum(1 for each in found for place, _, _ in each if place is None) == 5


@pytest.mark.parametrize("name", snapshot_names())
def test_every_published_finding_comes_out_and_no_other(name: str) -> None:
    """Vacuous, redundant, shadowed and overridden policies, in every request environment."""
    snapshot = read_snapshot(name)

    found = findings(read_policies(snapshot.policies), read_schema(snapshot.schema))
    assert found == snapshot.findings


@cache
def _report(name: str, environment: Environment) -> Report:
    """Return what lint says of the policies of report *name* in one environment."""
    snapshot = read_snapshot(name)
    schema = read_schema(snapshot.schema)
    translation = translate(read_policies(snapshot.policies), schema, environment)
    return lint(rules_of(translation, chains=True))


def _environments(name: str) -> Mapping[tuple[str, str, str], Environment]:
    schema = read_schema(read_snapshot(name).schema)
    return {each.shown: each for each in schema.environments()}


@pytest.mark.parametrize("name", snapshot_names())
def test_lint_finds_as_much_by_itself(name: str) -> None:
    """Each published finding is one of lint's, as grave or graver; every witness is replayed."""
    environments = _environments(name)
    for place, kind, ids in read_snapshot(name).findings:
        if place is None:
            continue
        report = _report(name, environments[place])
        for policy in ids if kind == "redundant" else ids[:1]:
            about = [f for f in report.findings if policy in f.rules]
            first = [f for f in about if f.rules[0] == policy or kind == "redundant"]
            assert AS_GRAVE[kind] & {f.code for f in first}, (place, kind, policy)
        assert not [f for f in report.findings if f.code.startswith("HL9")]


def test_lint_finds_what_the_comments_of_an_input_say_besides() -> None:
    """Overrides that Cedar's report leaves out, and the nine environments that deny everything."""
    need_vectors()
    environments = _environments(ONLINE_DOCS)
    overridden = {
        ("A", "create", "E"): {"policy14": "policy2"},
        ("C", "delete", "D"): {"policy13": "policy8"},
        ("C", "comment", "D"): {"policy12": "policy8"},
    }
    denying = {
        *(("A", "create", "D"), ("A", "create", "E"), ("C", "comment", "D"), ("C", "delete", "D")),
        *(("B", "create", "D"), ("C", "create", "D")),
        *(("A", "share", "D"), ("B", "share", "D"), ("C", "share", "D")),
    }
    mixed = {("A", "comment", "D"), ("A", "view", "D"), ("B", "delete", "D"), ("C", "comment", "E")}

    for place in sorted(denying | mixed):
        found = _report(ONLINE_DOCS, environments[place]).findings
        said = {f.rules[0]: f.rules[1:] for f in found if f.code == "HL104"}
        wanted = overridden.get(place, {})
        assert said.keys() == wanted.keys(), place
        assert all(wanted[policy] in said[policy] for policy in said)
        assert ("HL110" in {f.code for f in found}) is (place in denying)


def _folder(name: str) -> tuple[Schema, tuple[Policy, ...]]:
    """Return the schema and all policies of a folder of inputs, their ids after their files."""
    sets = [each for each in policy_names() if each.startswith(f"{name}/")]
    policies = [
        attrs.evolve(policy, id=f"{each.partition('/')[2]}.{policy.id}")
        for each in sets
        for policy in read_policies(INPUTS / f"{each}.cedar")
    ]
    return read_schema(schema_of(sets[0])), tuple(policies)


def _seen(
    policies: tuple[Policy, ...], schema: Schema, environment: Environment, number: int
) -> dict[str, frozenset[int]]:
    """Return which of a *number* of random worlds each policy matches."""
    values, chance = pool(schema, policies), Random(1)  # noqa: S311  the same in every run
    worlds = [random_world(schema, environment, values, chance) for _ in range(number)]
    return {
        policy.id: frozenset(n for n, each in enumerate(worlds) if policy_matches(policy, each))
        for policy in policies
    }


def _lie(one: frozenset[int], other: frozenset[int]) -> str:
    if not one & other:
        return "disjoint"
    if one <= other:
        return "equal" if one == other else "inside"
    return "contains" if one > other else "overlap"


@pytest.mark.parametrize(
    ("folder", "worlds"),  # as many as show whatever can be
    [("arithmetic", 1_500), ("globs", 500), ("misc", 250), ("sets", 4_000), ("view_box", 1_000)],
)
def test_policies_lie_to_each_other_as_random_worlds_show(folder: str, worlds: int) -> None:
    """Every pair of a folder, in every environment: sums that overflow, patterns, sets, parents."""
    need_vectors()
    schema, policies = _folder(folder)
    for environment in schema.environments():
        seen = _seen(policies, schema, environment, worlds)
        study = study_of(rules_of(translate(policies, schema, environment)))
        for one, other in combinations(seen, 2):
            assert study.relation(one, other) == _lie(seen[one], seen[other]), (one, other)
        for policy, matching in seen.items():
            extent = "all" if len(matching) == worlds else "some" if matching else "none"
            assert study.extent(policy) == extent, policy
