# SPDX-License-Identifier: Apache-2.0
"""Short ways to write programs in tests: `rule("p(X) <- q(X, Y), not r(Y)")` would be `lang`'s."""

from __future__ import annotations

from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Atom, Count, Literal, Negative, Positive, Term

X, Y, Z, W = "v:X", "v:Y", "v:Z", "v:W"


def yes(name: str, *terms: Term) -> Positive:
    """Write `name(terms)`."""
    return Positive(Atom(name, terms))


def no(name: str, *terms: Term) -> Negative:
    """Write `not name(terms)`."""
    return Negative(Atom(name, terms))


def count(counted: tuple[Term, ...], atom: Positive, relation: str, bound: Term) -> Count:
    """Write `count{counted : atom} relation bound`."""
    return Count(counted, atom.atom, relation, bound)


def given(name: str, *columns: str) -> Predicate:
    """Declare a predicate whose facts are given."""
    return Predicate(name, columns, given=True)


def derived(name: str, *columns: str) -> Predicate:
    """Declare a predicate whose facts are derived."""
    return Predicate(name, columns, given=False)


def program(
    predicates: list[Predicate],
    *rules: tuple[Positive, list[Literal]],
    strata: tuple[tuple[str, ...], ...] | None = None,
) -> Program:
    """Make a program; unless told, each derived predicate is a stratum, in the order declared."""
    names = tuple((each.name,) for each in predicates if not each.given)
    numbered = tuple(
        Rule(f"r{number}", head.atom, tuple(body)) for number, (head, body) in enumerate(rules)
    )
    return Program(tuple(predicates), numbered, strata or names)
