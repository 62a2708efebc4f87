# SPDX-License-Identifier: Apache-2.0
"""Further questions that rules raise: whose rules give authority."""

from __future__ import annotations

import pytest

from helm_logic.analysis.report.hints import hints, own_authority
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, read_source, stock_rules

STOCK = read_source(stock_rules() / "authority.dl").text


def rules(text: str, authority: str = STOCK) -> RuleSet:
    """Return the rule set in *text*; an include of the authority rules gives *authority*."""
    beside = IncludeResolver(stock_rules())

    def resolve(name: str) -> Source | None:
        return Source("authority.dl", authority) if name == "authority" else beside(name)

    return load(Source("main.dl", text), resolve, prelude=prelude())


INCLUDE = '#include "authority".\n'
ALLOW = "allow(deploy) :- authorized.\n"


def test_stock_authority_raises_no_question() -> None:
    """It is proved to narrow; rules that only ask for `authorized` change nothing of that."""
    assert own_authority(rules(INCLUDE + ALLOW)) == ()
    assert own_authority(rules(ALLOW)) == ()
    assert list(hints(rules(INCLUDE + ALLOW), "main.dl")) == []


@pytest.mark.parametrize(
    ("text", "authority", "found"),
    [
        (INCLUDE + '@id("mine")\nsound(L) :- last(L).\n', STOCK, ("mine",)),
        ('@id("mine")\nauthorized :- subject("user:root").\n', STOCK, ("mine",)),
        (INCLUDE, STOCK.replace("    not widened(L),\n", ""), ()),
    ],
)
def test_rules_of_ones_own_that_give_authority_do(
    text: str, authority: str, found: tuple[str, ...]
) -> None:
    """A rule about what `authorized` rests on, and an edited copy of the stock file."""
    rule_set = rules(text + ALLOW, authority)

    assert set(found) <= set(own_authority(rule_set))
    (hint,) = hints(rule_set, "rules/main.dl")
    assert "`helm-logic prove attenuation rules/main.dl`" in hint
