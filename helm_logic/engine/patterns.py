# SPDX-License-Identifier: Apache-2.0
"""Pattern tests as relations, for engines that have no segment patterns.

Rules compute integers and never strings, so the strings of program and facts are all there are and
`matches` and `subsumes` are finite relations over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.joins import RELATIONS
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Compute, Count, Literal, Negative, Positive, Row, Term, Test


def pattern_rows(program: Program, facts: Facts) -> dict[str, list[Row]]:
    """Return the rows of the pattern relations that *program* asks about."""
    used = {
        literal.relation
        for rule in program.rules
        for literal in rule.body
        if isinstance(literal, Test) and literal.relation in ("matches", "subsumes")
    }
    if not used:
        return {}
    terms = {*_constants(program), *(x for rows in facts.values() for row in rows for x in row)}
    strings = sorted(term for term in terms if isinstance(term, str) and term.startswith("s:"))
    return {
        relation: [pair for pair in product(strings, repeat=2) if RELATIONS[relation](*pair)]
        for relation in sorted(used)
    }


def _constants(program: Program) -> Iterator[Term]:
    for rule in program.rules:
        yield from rule.head.terms
        for literal in rule.body:
            yield from _terms(literal)


def _terms(literal: Literal) -> Row:
    match literal:
        case Positive(atom) | Negative(atom) | Count(_, atom):
            return atom.terms
        case Test(_, left, right) | Compute(_, _, left, right):
            return (left, right)
