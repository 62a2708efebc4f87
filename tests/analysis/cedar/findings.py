# SPDX-License-Identifier: Apache-2.0
"""The findings of Cedar's `analyze policies`, by its rules, from what our analysis says of guards.

For each request environment: policies of one effect with the same requests are redundant, a policy
whose requests are some of another's is shadowed by it, and a `permit` is overridden by a `forbid`
that has all its requests, if neither has all requests there are. What no request matches is in none
of these. A policy that no environment's requests match, or all of every one's, is vacuous.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from helm_logic.analysis.scope import study_of
from helm_logic.analysis.study import Study
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, stock_rules
from tests.analysis.cedar.schema import Schema
from tests.analysis.cedar.syntax import Policy
from tests.analysis.cedar.translation import Translation, translate
from tests.analysis.cedar.vectors import Finding

_SHOWN = {"none": "no", "all": "all"}  # as reports say it, of vacuous policies


def rules_of(translation: Translation, *, chains: bool = False) -> RuleSet:
    """Return the rule set that *translation* is, for analysis: with its assumptions.

    Cedar has no delegation: the *chains* of stock rules are needed only to make a request allowed.
    """
    assumed = "".join(f"#assume never {body}.\n" for body in translation.bodies)
    include = '#include "authority".\n' if chains else ""
    source = Source("policies.dl", include + translation.rules + assumed)
    resolve = IncludeResolver(stock_rules())
    return load(source, resolve, prelude=prelude(), relevance=False, claims=True)


def findings(policies: Sequence[Policy], schema: Schema) -> frozenset[Finding]:
    """Return what Cedar would report about *policies*, by our analysis."""
    found: list[Finding] = []
    extents: dict[str, set[str]] = {policy.id: set() for policy in policies}
    for environment in schema.environments():
        translation = translate(policies, schema, environment)
        study = study_of(rules_of(translation))
        here = {policy.id: study.extent(policy.id) for policy in policies}
        for name, said in here.items():
            extents[name].add(said)
        effects = {policy.id: policy.effect for policy in policies if here[policy.id] != "none"}
        pairs = _of_one_effect(study, effects), _overridden(study, effects, here)
        found += [(environment.shown, *each) for each in (*pairs[0], *pairs[1])]
    for name, everywhere in extents.items():
        if len(everywhere) == 1 and (shown := _SHOWN.get(*everywhere)):
            found.append((None, f"applies to {shown}", (name,)))
    return frozenset(found)


def _of_one_effect(
    study: Study, effects: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    groups: dict[str, set[str]] = {name: {name} for name in effects}
    for one, other in combinations(effects, 2):
        if effects[one] != effects[other]:
            continue
        how = study.relation(one, other)
        if how == "equal":
            groups[one] |= {other}
            groups[other] |= {one}
        elif how in ("inside", "contains"):
            yield "shadowed", (one, other) if how == "inside" else (other, one)
    for group in {tuple(sorted(group)) for group in groups.values() if len(group) > 1}:
        yield "redundant", group


def _overridden(
    study: Study, effects: Mapping[str, str], extents: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    some = [name for name in effects if extents[name] == "some"]
    for one in some:
        for other in some:
            opposite = (effects[one], effects[other]) == ("permit", "forbid")
            if opposite and study.relation(one, other) in ("equal", "inside"):
                yield "overridden", (one, other)
