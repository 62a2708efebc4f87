# SPDX-License-Identifier: Apache-2.0
"""The decision that engines are compared on: 47 facts, 23 rules, 14 strata, one verdict.

A chain of `LINKS` delegations, each granting `SCOPES` scopes for a time; one link of somebody else
is revoked; the action is risky, the environment is production, and a release manager who is not in
the chain has approved. The verdict is ALLOW, through every stratum. `facts` and `rules` grow it.
"""

from __future__ import annotations

from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Atom, Literal, Negative, Positive, Row, Term, Test

LINKS, SCOPES = 4, 6
NOW = 1_800_000_000
VERDICT = ("verdict", ("y:allow",))

_GIVEN = {
    "link": ("string", "principal", "principal"),
    "scope": ("string", "string"),
    "not_before": ("string", "time"),
    "expires": ("string", "time"),
    "revoked": ("string",),
    "anchor": ("principal",),
    "suspended": ("principal",),
    "subject": ("principal",),
    "action": ("string",),
    "now": ("time",),
    "risk": ("string", "symbol"),
    "env": ("symbol",),
    "role": ("principal", "symbol"),
    "approval": ("string", "principal"),
}
_DERIVED = {
    "live": ("string",),
    "valid": ("string",),
    "holds": ("principal", "string"),
    "covered": ("string",),
    "chain": ("principal",),
    "fault": ("symbol",),
    "risky": ("string",),
    "approved": ("string",),
    "deny": ("symbol",),
    "denied": (),
    "escalate": ("symbol",),
    "escalated": (),
    "allow": ("symbol",),
    "verdict": ("symbol",),
}

A, B, D, E, L, P, R, S, T, U = (f"v:{letter}" for letter in "ABDELPRSTU")


def _is(name: str, *terms: Term) -> Positive:
    return Positive(Atom(name, terms))


def _not(name: str, *terms: Term) -> Negative:
    return Negative(Atom(name, terms))


_RULES: list[tuple[str, Atom, list[Literal]]] = [
    (
        "live",
        Atom("live", (L,)),
        [
            _is("not_before", L, B),
            _is("expires", L, E),
            _is("now", T),
            Test("<=", B, T),
            Test("<", T, E),
        ],
    ),
    ("valid", Atom("valid", (L,)), [_is("live", L), _not("revoked", L)]),
    ("root", Atom("holds", (P, S)), [_is("anchor", P), _is("link", L, P, D), _is("scope", L, S)]),
    (
        "delegated",
        Atom("holds", (D, S)),
        [
            _is("link", L, P, D),
            _is("holds", P, S),
            _is("scope", L, S),
            _is("valid", L),
            _not("suspended", D),
        ],
    ),
    ("covered", Atom("covered", (A,)), [_is("action", A), _is("subject", P), _is("holds", P, A)]),
    ("chain", Atom("chain", (D,)), [_is("link", L, P, D)]),
    (
        "expired",
        Atom("fault", ("y:expired",)),
        [_is("expires", L, E), _is("now", T), Test("<=", E, T)],
    ),
    (
        "early",
        Atom("fault", ("y:early",)),
        [_is("not_before", L, B), _is("now", T), Test("<", T, B)],
    ),
    ("revoked", Atom("fault", ("y:revoked",)), [_is("link", L, P, D), _is("revoked", L)]),
    ("suspended", Atom("fault", ("y:suspended",)), [_is("chain", P), _is("suspended", P)]),
    ("high", Atom("risky", (A,)), [_is("action", A), _is("risk", A, "y:high")]),
    ("critical", Atom("risky", (A,)), [_is("action", A), _is("risk", A, "y:critical")]),
    (
        "approved",
        Atom("approved", (A,)),
        [
            _is("action", A),
            _is("approval", A, U),
            _is("role", U, "y:release_manager"),
            _not("chain", U),
        ],
    ),
    ("deny_fault", Atom("deny", (R,)), [_is("fault", R)]),
    ("deny_scope", Atom("deny", ("y:not_covered",)), [_is("action", A), _not("covered", A)]),
    ("denied", Atom("denied", ()), [_is("deny", R)]),
    (
        "escalate",
        Atom("escalate", ("y:needs_approval",)),
        [_is("risky", A), _is("env", "y:prod"), _not("approved", A)],
    ),
    ("escalated", Atom("escalated", ()), [_is("escalate", R)]),
    ("allow_safe", Atom("allow", ("y:safe",)), [_is("covered", A), _not("risky", A)]),
    ("allow_approved", Atom("allow", ("y:approved",)), [_is("covered", A), _is("approved", A)]),
    ("verdict_deny", Atom("verdict", ("y:deny",)), [_is("deny", R)]),
    ("verdict_escalate", Atom("verdict", ("y:escalate",)), [_is("escalate", R), _not("denied")]),
    (
        "verdict_allow",
        Atom("verdict", ("y:allow",)),
        [_is("allow", R), _not("escalated"), _not("denied")],
    ),
]


def program(copies: int = 1) -> Program:
    """Return the 23 rules; with more *copies*, everything but the given predicates that often."""
    given = [Predicate(name, columns, given=True) for name, columns in _GIVEN.items()]
    derived: list[Predicate] = []
    rules: list[Rule] = []
    for copy in range(copies):
        names = {name: name + (f"_{copy}" if copy else "") for name in _DERIVED}
        derived += [Predicate(names[name], _DERIVED[name], given=False) for name in _DERIVED]
        rules += [
            Rule(f"{name}_{copy}", _renamed(head, names), tuple(_literal(x, names) for x in body))
            for name, head, body in _RULES
        ]
    strata = tuple((each.name,) for each in derived)
    return Program((*given, *derived), tuple(rules), strata)


def facts(links: int = LINKS, scopes: int = SCOPES) -> dict[str, list[Row]]:
    """Return the facts for a chain of *links* links with *scopes* scopes each."""
    names = [f"s:link-{n}" for n in range(links)]
    people = ["s:user:founder", *(f"s:agent:{n}" for n in range(links))]
    return {
        "link": [(names[n], people[n], people[n + 1]) for n in range(links)],
        "scope": [(name, f"s:scope-{n}") for name in names for n in range(scopes)],
        "not_before": [(name, NOW - 60) for name in names],
        "expires": [(name, NOW + 60) for name in names],
        "revoked": [("s:link-of-another",)],
        "anchor": [("s:user:founder",)],
        "suspended": [("s:agent:another",)],
        "subject": [(people[-1],)],
        "action": [("s:scope-0",)],
        "now": [(NOW,)],
        "risk": [("s:scope-0", "y:high"), ("s:scope-1", "y:low")],
        "env": [("y:prod",)],
        "role": [("s:user:manager", "y:release_manager")],
        "approval": [("s:scope-0", "s:user:manager")],
    }


def _renamed(atom: Atom, names: dict[str, str]) -> Atom:
    return Atom(names.get(atom.predicate, atom.predicate), atom.terms)


def _literal(literal: Literal, names: dict[str, str]) -> Literal:
    match literal:
        case Positive(atom):
            return Positive(_renamed(atom, names))
        case Negative(atom):
            return Negative(_renamed(atom, names))
    return literal
