# SPDX-License-Identifier: Apache-2.0
"""Reading Cedar: every published input, how operators bind, and what is refused by name."""

from __future__ import annotations

import pytest

from tests.analysis.cedar.policy_parser import parse_policies
from tests.analysis.cedar.schema import EntityKind, SetKind, parse_schema
from tests.analysis.cedar.syntax import (
    Attribute,
    Binary,
    Constant,
    Entity,
    Expression,
    Like,
    Unary,
    Variable,
)
from tests.analysis.cedar.vectors import (
    INPUTS,
    need_vectors,
    policy_names,
    read_policies,
    read_schema,
    schema_of,
)

N = Attribute(Variable("context"), "n")


def _condition(text: str) -> Expression:
    (policy,) = parse_policies(f"permit(principal, action, resource) when {{ {text} }};")
    return policy.condition


def test_every_published_input_is_read() -> None:
    """54 policy sets with 105 policies, 7 schemas with 57 request environments."""
    need_vectors()
    names = policy_names()
    schemas = {schema_of(name): read_schema(schema_of(name)) for name in names}

    assert len(names) == 54
    assert sum(len(read_policies(INPUTS / f"{name}.cedar")) for name in names) == 105
    assert sum(len(each.environments()) for each in schemas.values()) == 58


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("context.n", N),
        (
            "context.n - 1 - 2 < 3 * -4",
            Binary(
                "<",
                Binary("-", Binary("-", N, Constant(1)), Constant(2)),
                Binary("*", Constant(3), Constant(-4)),
            ),
        ),
        (
            "!true || context.n == 1 && false",
            Binary(
                "||",
                Unary("!", Constant(value=True)),
                Binary("&&", Binary("==", N, Constant(1)), Constant(value=False)),
            ),
        ),
        (
            'principal in A::B::"x"',
            Binary("in", Variable("principal"), Constant(Entity("A::B", "x"))),
        ),
        (r'"x\"y" like "*a\**"', Like(Constant('x"y'), ("", "a*", ""))),
        (
            "context.n.containsAll([])",
            Binary("containsAll", N, _condition("[]")),
        ),
    ],
)
def test_operators_bind_as_in_cedar(text: str, tree: Expression) -> None:
    """Products before sums before relations before `&&` before `||`, from left to right."""
    assert _condition(text) == tree


def test_scopes_and_conditions_are_one_condition() -> None:
    """What a scope leaves open says nothing; an `@id` names the policy, else its place."""
    policies = parse_policies(
        'permit(principal is U in G::"g", action, resource) when { context.n }  // so\n;'
        '@id("x") @note("y") forbid(principal, action in [A::"a"], resource) when { true };'
    )

    first = _condition('principal is U && principal in G::"g" && context.n')
    assert [(each.id, each.effect) for each in policies] == [("policy0", "permit"), ("x", "forbid")]
    assert policies[0].condition == first
    assert policies[1].condition == _condition('action in [A::"a"]')


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("allow(principal, action, resource);", "line 1: got `allow`, want `permit` or `forbid`"),
        ("permit(principal, action, resource)", "line 1: got ``, want ;"),
        ("permit(principal, action, resource)\nunless { true };", "line 2: got `unless`"),
        ("permit(principal, action, resource == ?resource);", "got `?`, want a name"),
        ("permit(principal, action, resource) when { context has n };", "got `has`"),
        ("permit(principal, action, resource) when { if true then 1 };", "the name `if`"),
        ("permit(principal, action, resource) when { context.n.isEmpty() };", "method `isEmpty`"),
        ("permit(principal, action, resource) when { 1 # 2 };", "got `#`, want a token"),
    ],
)
def test_what_is_not_read_is_refused_by_name(text: str, wrong: str) -> None:
    """No published input has it; nothing is skipped in silence."""
    with pytest.raises(SyntaxError) as caught:
        parse_policies(text)

    assert wrong in str(caught.value)


def test_a_schema_says_what_there_is() -> None:
    """Namespaces, several names at once, parents through parents, both ways to list attributes."""
    schema = parse_schema(
        "namespace N { entity G; entity F in [G]; entity U, V in F = {"
        '"n": Long, s: Set<U>, b: Bool, };'
        "action view, edit appliesTo { principal: [U], resource: [F, G], context: { t: String } };}"
    )

    first = schema.environments()[0]
    assert [each.shown for each in schema.environments()] == [
        ("U", "view", "F"),
        ("U", "view", "G"),
        ("U", "edit", "F"),
        ("U", "edit", "G"),
    ]
    assert schema.entities["N::V"].attributes == {
        "n": "Long",
        "s": SetKind(EntityKind("N::U")),
        "b": "Bool",
    }
    assert schema.actions[first.action].context == {"t": "String"}
    assert schema.can_be_in("N::U", "N::G")
    assert not schema.can_be_in("N::G", "N::U")
    assert not schema.can_be_in("N::U", "N::U")
