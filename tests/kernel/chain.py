# SPDX-License-Identifier: Apache-2.0
"""A delegation chain of the size of one real decision: 23 rules in 14 strata, 47 facts.

Four links of six scopes each, with expiry, revocation, risk and an approval: what the speed of a
check is measured on, and a certificate that is larger than the random ones.
"""

from __future__ import annotations

from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from tests.kernel import notation

RULES = """
given anchor(principal)
given link(string, principal, principal)
given grant(string, pattern)
given not_before(string, time)
given expires(string, time)
given revoked(string)
given suspended(principal)
given subject(principal)
given action(string)
given now(time)
given risk(string, int)
given limit(int)
given approved(string)

derived live(string)
derived dead(principal)
derived usable(string)
derived covers(string)
derived holds(principal, pattern)
derived reach(principal, int)
derived authorized()
derived risky(string)
derived needs(symbol)
derived met(symbol)
derived deny(symbol)
derived escalate(symbol)
derived allow(symbol)
derived verdict(symbol)

live(L) :- not_before(L, B), expires(L, E), now(T), B <= T, T < E.
dead(P) :- suspended(P).
usable(L) :- live(L), link(L, P, D), not revoked(L), not dead(P), not dead(D).
covers(L) :- grant(L, A), action(X), A matches X.
holds(P, A) :- anchor(P), grant(L, A).
holds(D, A) :- link(L, P, D), usable(L), holds(P, A), grant(L, A).
reach(P, 0) :- anchor(P).
reach(D, N) :- link(L, P, D), usable(L), covers(L), reach(P, M), M < 8, N := M + 1.
authorized() :- subject(S), reach(S, N), holds(S, A), action(X), A matches X.
risky(X) :- action(X), risk(X, R), limit(M), R > M.
needs(release_manager) :- action(X), risky(X).
needs(quorum) :- action(X), risk(X, R), R >= 9.
met(release_manager) :- needs(release_manager), approved("release-manager").
met(quorum) :- needs(quorum), count{A : approved(A)} >= 2.
deny(not_authorized) :- action(X), not authorized().
deny(suspended) :- subject(S), dead(S).
deny(revoked) :- link(L, P, D), revoked(L), subject(D).
escalate(needs_release_manager) :- needs(release_manager), not met(release_manager).
escalate(needs_quorum) :- needs(quorum), not met(quorum).
allow(chain_covers) :- authorized().
verdict(deny) :- deny(R).
verdict(escalate) :- escalate(R), count{D : deny(D)} = 0.
verdict(allow) :- allow(R), count{D : deny(D)} = 0, count{E : escalate(E)} = 0.
"""

SCOPES = ("deploy/staging", "deploy/*", "deploy/prod", "read/**", "logs/*", "metrics/**")


def program() -> Program:
    """Return the rules."""
    return notation.program(RULES)


def facts(links: int = 4) -> dict[str, list[Row]]:
    """Return the facts of a chain of *links* links whose last principal deploys to production."""
    numbers = range(links)
    people = ("s:user:founder", *(f"s:agent:{number}" for number in numbers))
    names = [f"s:link-{number}" for number in numbers]
    return {
        "anchor": [(people[0],)],
        "link": [(names[n], people[n], people[n + 1]) for n in numbers],
        "grant": [(name, f"s:{scope}") for name in names for scope in SCOPES],
        "not_before": [(name, 1_700_000_000) for name in names],
        "expires": [(name, 1_900_000_000) for name in names],
        "revoked": [("s:link-of-another",)],
        "suspended": [("s:agent:other",)],
        "subject": [(people[-1],)],
        "action": [("s:deploy/prod",)],
        "now": [(1_800_000_000,)],
        "risk": [("s:deploy/prod", 7), ("s:deploy/staging", 2)],
        "limit": [(5,)],
        "approved": [("s:auditor",), ("s:release-manager",)],
    }
