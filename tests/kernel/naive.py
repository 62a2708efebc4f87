# SPDX-License-Identifier: Apache-2.0
"""A naive engine: perfect model, heights and a derivation by nested loops, for tests to start from.

A substitution is a dict from variable to constant; a body is solved literal by literal, row by row,
with no index; strata run in order, each in synchronous rounds until one adds nothing. Slow, plain,
and written without the kernel's joins. Fast enough for a program of the size of a real one, which
`reference.py` is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from helm_logic.kernel.certificate import Apply, Certificate, Given, Step
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    Test,
)
from tests.kernel.reference import Substitution, calculate, compare, value

Rows = Mapping[str, Iterable[Row]]
Heights = dict[str, dict[Row, int]]


def certify(program: Program, facts: Rows, claim: Atom | None = None) -> Certificate:
    """Return the certificate of *claim*, or one whose steps prove every fact of the model."""
    heights = model_of(program, facts)
    steps: list[Step] = []
    done: dict[Atom, int] = {}
    if claim is None:
        claims = [Atom(name, row) for name, rows in heights.items() for row in rows]
    else:
        claims = [claim]
    for each in claims:
        _prove(program, heights, each, steps, done)
    derived = {name for names in program.strata for name in names}
    model = {name: rows for name, rows in heights.items() if name in derived}
    return Certificate(model, tuple(steps))


def model_of(program: Program, facts: Rows) -> Heights:
    """Return every fact that holds with its height: 0 if given, then from 1 in each stratum."""
    rows: Heights = {predicate.name: {} for predicate in program.predicates}
    rows.update({name: dict.fromkeys(given, 0) for name, given in facts.items()})
    for names in program.strata:
        rules = [rule for rule in program.rules if rule.head.predicate in names]
        height, new = 0, [Atom("", ())]
        while new:
            height += 1
            found = [conclusion(rule, s) for rule in rules for s in solutions(rule, rows)]
            new = [fact for fact in found if fact.terms not in rows[fact.predicate]]
            for fact in new:
                rows[fact.predicate][fact.terms] = height
    return rows


def solutions(rule: Rule, rows: Rows) -> Iterator[Substitution]:
    """Yield every substitution under which the body of *rule* holds in *rows*."""
    found: list[Substitution] = [{}]
    for literal in rule.body:
        found = [wider for narrow in found for wider in _solve(literal, narrow, rows)]
    yield from found


def conclusion(rule: Rule, substitution: Substitution) -> Atom:
    """Return the head of *rule* under *substitution*."""
    return ground(rule.head, substitution)


def ground(atom: Atom, substitution: Substitution) -> Atom:
    """Return *atom* under *substitution*."""
    return Atom(atom.predicate, tuple(value(term, substitution) for term in atom.terms))


def unify(terms: Row, row: Row, substitution: Substitution) -> Substitution | None:
    """Return *substitution* made wide enough that *terms* become *row*, or None."""
    wider = dict(substitution)
    for term, constant in zip(terms, row, strict=True):
        if isinstance(term, str) and term[:2] == "v:":
            if wider.setdefault(term, constant) != constant:
                return None
        elif term != constant:
            return None
    return wider


def _solve(literal: Literal, bound: Substitution, rows: Rows) -> Iterator[Substitution]:
    if isinstance(literal, Positive):
        for row in rows[literal.atom.predicate]:
            if (wider := unify(literal.atom.terms, row, bound)) is not None:
                yield wider
    elif isinstance(literal, Compute):
        left, right = value(literal.left, bound), value(literal.right, bound)
        yield {**bound, str(literal.target): calculate(literal.operator, left, right)}
    elif holds(literal, bound, rows):
        yield bound


def holds(literal: Negative | Test | Count, bound: Substitution, rows: Rows) -> bool:
    """Say whether a literal that binds nothing holds."""
    match literal:
        case Negative(atom):
            return ground(atom, bound).terms not in set(rows[atom.predicate])
        case Test(relation, left, right):
            return compare(relation, value(left, bound), value(right, bound))
        case Count(counted, atom, relation, limit):
            found = [unify(atom.terms, row, bound) for row in rows[atom.predicate]]
            values = {tuple(s[str(x)] for x in counted) for s in found if s is not None}
            return compare(relation, len(values), value(limit, bound))


def _prove(
    program: Program, heights: Heights, fact: Atom, steps: list[Step], done: dict[Atom, int]
) -> int:
    """Add the steps that prove *fact*, and return the number of the last one."""
    if fact in done:
        return done[fact]
    if heights[fact.predicate][fact.terms] == 0:
        steps.append(Given(fact.predicate, fact.terms))
    else:
        number, substitution = _reason(program, heights, fact)
        rule = program.rules[number]
        atoms = [ground(x.atom, substitution) for x in rule.body if isinstance(x, Positive)]
        premises = tuple(_prove(program, heights, atom, steps, done) for atom in atoms)
        steps.append(Apply(number, tuple(substitution.values()), premises))
    done[fact] = len(steps) - 1
    return done[fact]


def _reason(program: Program, heights: Heights, fact: Atom) -> tuple[int, Substitution]:
    """Return the first rule, and its first substitution, that supports *fact*."""
    own = next(names for names in program.strata if fact.predicate in names)
    height = heights[fact.predicate][fact.terms]
    return next(
        (number, substitution)
        for number, rule in enumerate(program.rules)
        if rule.head.predicate == fact.predicate
        for substitution in solutions(rule, heights)
        if conclusion(rule, substitution) == fact
        and all(
            heights[atom.predicate][ground(atom, substitution).terms] < height
            for atom in (x.atom for x in rule.body if isinstance(x, Positive))
            if atom.predicate in own
        )
    )
