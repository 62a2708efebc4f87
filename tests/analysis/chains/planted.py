# SPDX-License-Identifier: Apache-2.0
"""Rule sets with one planted fault each, and the same without it, in the two styles of authority.

In `COLUMNS` facts of authority carry their bounds as columns. In the other style they belong to
links, as in `rules/authority.dl`: `edited` gives that file with pieces of its text exchanged.
"""

from __future__ import annotations

from functools import cache

from helm_logic.analysis.chains.attenuation import Attenuation
from helm_logic.analysis.chains.prove import prove_attenuation
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, read_source, stock_rules

_COLUMNS = "agent: principal, scope: string, until: time, depth: int, budget: int, approval: bool"
DECLARED = f"""
#relation root_grant({_COLUMNS}).
#relation handed(from: principal, to: principal, {_COLUMNS.partition(", ")[2]}).
#relation admin(who: principal).
#predicate authority({_COLUMNS}).

kept(true, true).
kept(false, true).
kept(false, false).
"""
ROOT = '@id("root") authority(A, S, U, D, M, N) :- root_grant(A, S, U, D, M, N).\n'
STEP = """
@id("step")
authority(B, S, U, D, M, N) :-
    authority(A, S, V, E, O, P),
    handed(A, B, S, U, D, M, N),
    U <= V,
    0 <= D,
    D < E,
    M <= O,
    kept(P, N).
"""
COLUMNS = DECLARED + ROOT + STEP


def replaced(text: str, *pieces: tuple[str, str]) -> str:
    """Return *text* with pieces exchanged, each of which must stand in it exactly once."""
    for old, new in pieces:
        assert text.count(old) == 1, f"`{old}` stands {text.count(old)} times in the text"
        text = text.replace(old, new)
    return text


def columns(*pieces: tuple[str, str], more: str = "") -> RuleSet:
    """Return the rules with columns, with pieces of their text exchanged and *more* at the end."""
    return loaded(replaced(COLUMNS, *pieces) + more)


def another_step(*pieces: tuple[str, str]) -> str:
    """Return a second step, called `other`, with pieces of its text exchanged."""
    return replaced(STEP, ('@id("step")', '@id("other")'), *pieces)


def edited(*pieces: tuple[str, str], more: str = "") -> RuleSet:
    """Return `rules/authority.dl` with pieces exchanged and *more* at the end."""
    return loaded(replaced(_authority(), *pieces) + more)


def loaded(text: str) -> RuleSet:
    """Return the rule set that *text* defines with the prelude, and what it assumes."""
    resolve = IncludeResolver(stock_rules())
    return load(Source("main.dl", text), resolve, prelude=prelude(), claims=True)


@cache
def _authority() -> str:
    return read_source(stock_rules() / "authority.dl").text


def attenuation_of(rule_set: RuleSet) -> Attenuation:
    """Return what is known of the only family of chains of *rule_set*."""
    (known,) = prove_attenuation(rule_set)
    return known
