# SPDX-License-Identifier: Apache-2.0
"""Formulas rewritten into equivalent ones that a solver without quantifiers can use.

`exists` eliminates a variable that an equation defines, `negation_inward` leaves `not` before atoms
only. Names of bound variables are never reused in one formula (`bodies.py` sees to that), so that
quantifiers may be moved outwards and terms put in place of variables without renaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from helm_logic.analysis.smt import (
    BOOL,
    FALSE,
    TRUE,
    And,
    Apply,
    Eq,
    Exists,
    ForAll,
    Formula,
    Le,
    Lt,
    Not,
    Number,
    Or,
    Product,
    Sum,
    Truth,
    Var,
    conj,
    disj,
    neg,
    same,
    subterms,
)

Mapped: TypeAlias = Mapping[Formula, Formula]


def substitute(term: Formula, mapped: Mapped) -> Formula:
    """Return *term* with every term that is in *mapped* replaced, outermost first."""
    return _substitute(term, mapped) if mapped else term


def _substitute(term: Formula, mapped: Mapped) -> Formula:  # noqa: PLR0911  one for each kind
    if (found := mapped.get(term)) is not None:
        return found
    match term:
        case Var() | Number() | Truth():
            return term
        case Apply(name, terms, sort):
            return Apply(name, tuple(_substitute(each, mapped) for each in terms), sort)
        case And(parts):
            return conj(_substitute(each, mapped) for each in parts)
        case Or(parts):
            return disj(_substitute(each, mapped) for each in parts)
        case Not(part):
            return neg(_substitute(part, mapped))
        case Eq(left, right):
            return same(_substitute(left, mapped), _substitute(right, mapped))
        case ForAll(variables, body) | Exists(variables, body):
            return type(term)(variables, _substitute(body, mapped))
    return _arithmetic(term, mapped)


def _arithmetic(term: Formula, mapped: Mapped) -> Formula:
    match term:
        case Sum(terms):
            return total(_substitute(each, mapped) for each in terms)
        case Product(factor, part):
            return times(factor, _substitute(part, mapped))
        case Le(left, right):
            return at_most(_substitute(left, mapped), _substitute(right, mapped))
        case Lt(left, right):
            return below(_substitute(left, mapped), _substitute(right, mapped))
    raise TypeError(f"got the term {term!r}, which is of no known kind")


def total(terms: Iterable[Formula]) -> Formula:
    """Return the sum of *terms*, constants added up."""
    constant = 0
    rest: list[Formula] = []
    for term in terms:
        for each in term.terms if isinstance(term, Sum) else (term,):
            if isinstance(each, Number):
                constant += each.value
            else:
                rest.append(each)
    if constant or not rest:
        rest.append(Number(constant))
    return rest[0] if len(rest) == 1 else Sum(tuple(rest))


def times(factor: int, term: Formula) -> Formula:
    """Return *factor* times *term*."""
    if isinstance(term, Number):
        return Number(factor * term.value)
    return term if factor == 1 else Product(factor, term)


def at_most(left: Formula, right: Formula) -> Formula:
    """Return the formula that *left* is *right* or less; decided at once for numbers."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Truth(left.value <= right.value)
    return TRUE if left == right else Le(left, right)


def below(left: Formula, right: Formula) -> Formula:
    """Return the formula that *left* is less than *right*; decided at once for numbers."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Truth(left.value < right.value)
    return FALSE if left == right else Lt(left, right)


def conjuncts(formula: Formula) -> tuple[Formula, ...]:
    """Return the parts that *formula* says all of."""
    if formula == TRUE:
        return ()
    return formula.parts if isinstance(formula, And) else (formula,)


def exists(variables: Iterable[Var], parts: Iterable[Formula]) -> Formula:
    """Return the formula that some *variables* make all *parts* true, with as few as possible.

    A variable that only one part has is quantified there: solvers then see which parts have nothing
    to do with each other.
    """
    left, body = eliminate(variables, parts)
    names = {each: {*subterms((each,))} & {*left} for each in conjuncts(body)}
    shared = [each for each in left if sum(each in used for used in names.values()) > 1]
    inner = [
        Exists(own, part)
        if (own := tuple(v for v in left if v in used and v not in shared))
        else part
        for part, used in names.items()
    ]
    return Exists(tuple(shared), conj(inner)) if shared else conj(inner)


def eliminate(
    variables: Iterable[Var], parts: Iterable[Formula]
) -> tuple[tuple[Var, ...], Formula]:
    """Return which *variables* are left, and all *parts*, when equations have defined the others.

    Quantifiers that stand in *parts* join *variables*.
    """
    asked, waiting = dict.fromkeys(variables), list(parts)
    known: list[Formula] = []
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, And):
            waiting[:0] = part.parts
        elif isinstance(part, Exists):
            asked.update(dict.fromkeys(part.variables))
            waiting[:0] = conjuncts(part.body)
        elif (definition := _definition(part, asked)) is not None:
            variable, value = definition
            del asked[variable]
            mapped: Mapped = {variable: value}
            before = [substitute(each, mapped) for each in known]
            after = [substitute(each, mapped) for each in waiting]
            known, waiting = [], [each for one in (*before, *after) for each in conjuncts(one)]
        else:
            known.append(part)
    body = conj(known)
    used = set(subterms((body,)))
    return tuple(each for each in asked if each in used), body


def _definition(part: Formula, asked: Mapping[Var, None]) -> tuple[Var, Formula] | None:
    """Return the variable that *part* defines and its value, if it does so for one of *asked*."""
    match part:
        case Var(_, sort) if sort == BOOL and part in asked:
            return part, TRUE
        case Not(Var() as variable) if variable in asked:
            return variable, FALSE
        case Eq(left, right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, Var) and one in asked and one not in set(subterms((other,))):
                    return one, other
    return None


def negation_inward(formula: Formula, *, holds: bool = True) -> Formula:
    """Return *formula*, or its contrary if it is not to hold, with `not` before atoms only."""
    match formula:
        case Not(part):
            return negation_inward(part, holds=not holds)
        case And(parts) | Or(parts):
            inner = [negation_inward(each, holds=holds) for each in parts]
            return conj(inner) if isinstance(formula, And) is holds else disj(inner)
        case ForAll(variables, body) | Exists(variables, body):
            kind = ForAll if isinstance(formula, ForAll) is holds else Exists
            return kind(variables, negation_inward(body, holds=holds))
        case Le(left, right) if not holds:
            return Lt(right, left)
        case Lt(left, right) if not holds:
            return Le(right, left)
    return formula if holds else neg(formula)
