# SPDX-License-Identifier: Apache-2.0
"""Translations mean what Cedar means: every policy, in random worlds, by the production engine.

The three tables are exact: what is said by other means than Cedar's, by policy, and what random
worlds do not show both ways. No input has a construct that cannot be translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

import pytest

from helm_logic.engine import Engine
from helm_logic.lang import Source, load
from helm_logic.policy.folder import prelude
from tests.analysis.cedar.conditions import Unsupported
from tests.analysis.cedar.evaluate import World, policy_matches
from tests.analysis.cedar.policy_parser import parse_policies
from tests.analysis.cedar.schema import Environment, Schema, parse_schema
from tests.analysis.cedar.syntax import Policy
from tests.analysis.cedar.translation import Translation, translate
from tests.analysis.cedar.vectors import (
    INPUTS,
    need_vectors,
    policy_names,
    read_policies,
    read_schema,
    schema_of,
)
from tests.analysis.cedar.worlds import pool, random_world

FEW: Final = 8  # worlds that the engine sees in each environment, whatever happens in them
MANY: Final = 250  # worlds that are drawn for each policy, in all environments together
MOST: Final = 1_800  # worlds that are drawn for a policy set

# Cedar's `like` is no pattern of ours: an input says whether it matches, and which of these answers
# go together was decided by the translation, not by our analysis.
BY_AUTOMATA: Final = {
    "file_share_demo/policies1": {"*VP*", "*Security Engineer"},
    "file_share_demo/policies2": {"*Security Engineer"},
    "file_share_demo/policies3": {"*Security Engineer"},
    "file_share_demo/policies4": {"*Security Engineer"},
    "globs/star_a": {"*a"},
    "globs/star_b": {"*b"},
}
# Cedar's Long has 64 bits: what these add or multiply has an error beyond ±(2^53-1) instead.
NARROWER: Final = {f"arithmetic/policies{n}" for n in (5, 6, 7, 8, 9, 10)}
# What matches always or never, in every environment.
ONE_WAY: Final = {
    ("file_share_demo/policies1", "admin-delete"): {False},
    ("online_docs/policies", "policy3"): {False},
    ("online_docs/policies", "policy4"): {False},
    ("sets/src1", "policy0"): {True},
    ("sets/tgt1", "policy0"): {True},
    ("view_box/deny_all", "policy0"): {True},
    ("view_box/permit_all", "policy0"): {True},
    ("view_box/policies5", "policy1"): {True},
    ("view_box/policies5", "policy2"): {False},
}


def _engine_text(translation: Translation) -> str:
    """Return the rules with one about `broken` for each assumption."""
    numbered = enumerate(translation.bodies)
    return translation.rules + "".join(f"broken({n}) :- {body}.\n" for n, body in numbered)


def _telling_worlds(
    policies: Sequence[Policy], schema: Schema, environment: Environment, chance: Random
) -> Iterator[tuple[World, dict[str, bool]]]:
    """Yield FEW random worlds, then of many more those in which matches what did not so far."""
    values = pool(schema, policies)
    told = set()
    for number in range(max(FEW, min(MOST, MANY * len(policies)) // len(schema.environments()))):
        world = random_world(schema, environment, values, chance)
        matching = {policy.id: policy_matches(policy, world) for policy in policies}
        news = tuple(matching.values())
        if number < FEW or news not in told:
            told.add(news)
            yield world, matching


@pytest.mark.parametrize("name", policy_names())
def test_a_translation_means_the_policy(name: str) -> None:
    """The engine concludes exactly the policies that match, and what is assumed holds."""
    schema, policies = read_schema(schema_of(name)), read_policies(INPUTS / f"{name}.cedar")
    seen: dict[str, set[bool]] = {policy.id: set() for policy in policies}
    for environment in schema.environments():
        translation = translate(policies, schema, environment)
        source = Source("policies.dl", _engine_text(translation))
        rule_set = load(source, lambda _: None, prelude=prelude(), relevance=False)
        engine = Engine(rule_set.program)
        chance = Random(name)  # noqa: S311  the same in every run
        for world, matching in _telling_worlds(policies, schema, environment, chance):
            model = engine.evaluate(translation.facts(world, rule_set)).model
            assert not model.get("broken"), translation.bodies
            for policy, (head, symbol) in translation.heads.items():
                assert ((f"y:{symbol}",) in model.get(head, ())) is matching[policy], world
                seen[policy].add(matching[policy])

    one_way = {(name, policy): said for policy, said in seen.items() if len(said) == 1}
    assert one_way == {key: said for key, said in ONE_WAY.items() if key[0] == name}


def test_what_is_said_by_other_means_is_named() -> None:
    """Which policy sets need automata and which a narrower Long: these and no others."""
    need_vectors()
    automata: dict[str, set[str]] = {}
    narrower = set()
    for name in policy_names():
        schema, policies = read_schema(schema_of(name)), read_policies(INPUTS / f"{name}.cedar")
        for environment in schema.environments():
            translation = translate(policies, schema, environment)
            for pattern in translation.by_automata:
                automata.setdefault(name, set()).add(pattern)
            if translation.computes:
                narrower.add(name)

    assert automata == BY_AUTOMATA
    assert narrower == NARROWER


def test_a_translation_reads_like_the_policy() -> None:
    """Types, ids, hierarchy, alternatives; and what is assumed of each."""
    schema = parse_schema(
        "entity User; entity Box in Box { owner: User, n: Long };"
        "action view appliesTo { principal: [User], resource: [Box] };"
    )
    policies = parse_policies(
        'permit(principal, action == Action::"view", resource in Box::"b") when {'
        "resource.owner == principal && resource.n + 1 > 3 };"
    )
    translation = translate(policies, schema, schema.environments()[0])

    assert translation.rules.splitlines() == [
        '#input principal_type : {"User", "Box"} from subject.properties.entity.type.',
        'known_action("view").',
        "#input resource_id : string from resource.properties.entity.id.",
        "#input resource_owner : string from resource.properties.owner.",
        "#input principal_id : string from subject.properties.entity.id.",
        "#input resource_n : int from resource.properties.n.",
        "#relation box_in_box(child: string, ancestor: string).",
        "",
        'policy0_either_1 :- resource_type("Box"), resource_id("b").',
        'policy0_either_1 :- resource_id(Resource_id), box_in_box(Resource_id, "b").',
        "computable_2(L1l) :- resource_n(L1l), 1 >= 0, L1l <= 9007199254740991 - 1.",
        "computable_2(L1l) :- resource_n(L1l), 1 < 0, L1l >= -9007199254740991 - 1.",
        (
            'policy0_matches :- action("view"), policy0_either_1, resource_owner(Resource_owner), '
            "principal_id(Principal_id), Resource_owner = Principal_id, computable_2(L1l), "
            "(L1l + 1) > 3."
        ),
        '@id("policy0")  allow(policy0) :- policy0_matches.',
    ]
    assert translation.bodies == (
        'not action("view")',
        'not principal_type("User")',
        'not resource_type("Box")',
        'resource_id(Resource_id), box_in_box(Resource_id, "b"), resource_id("b")',
    )


@pytest.mark.parametrize(
    ("condition", "construct"),
    [
        ("context.n * context.n > 1", "the product of two values of the request"),
        ("1 + 2 > context.n", "arithmetic of constants alone"),
        ("resource.owner.n > 1", "Attribute as a value"),
        ("resource.owner == resource", "values of different types compared"),
        ("resource.id == context.s", "Attribute as a value"),
        ('"a" == "b"', "two constants compared"),
        ('context.s like "a*" && context.s == context.t', "`like` on strings that are compared"),
        ('context.s like "a*" && context.ss.contains(context.s)', "that are elements of sets"),
        ("context.b && [context.s] == [context.t]", "SetOf as a value"),
        ("context.s", "a condition that is no boolean"),
        ("context.users == []", ""),
        ('context.s like "*" && resource.owner in [principal, User::"u"]', ""),
        ("principal == resource.owner && context.b != context.c", "booleans compared"),
        ("principal.ss == context.ss || principal.ss.containsAny(context.ss)", ""),
    ],
)
def test_what_cannot_be_said_is_named(condition: str, construct: str) -> None:
    """The message names the construct; what can be said raises nothing."""
    schema = parse_schema(
        "entity User { n: Long, ss: Set<String> }; entity Box { owner: User, id: String };"
        "action view appliesTo { principal: [User], resource: [Box], context: { n: Long, b: Bool,"
        "c: Bool, s: String, t: String, ss: Set<String>, users: Set<User> } };"
    )
    policies = parse_policies(f"permit(principal, action, resource) when {{ {condition} }};")

    def load_translated() -> None:
        translation = translate(policies, schema, schema.environments()[0])
        load(Source("p.dl", _engine_text(translation)), lambda _: None, prelude=prelude())

    if construct:
        with pytest.raises(Unsupported, match=re.escape(construct)):
            load_translated()
    else:
        load_translated()
