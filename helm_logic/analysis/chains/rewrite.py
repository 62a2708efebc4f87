# SPDX-License-Identifier: Apache-2.0
"""Formulas rewritten into equivalent ones that a solver without quantifiers can use.

`exists` eliminates a variable that an equation defines, `negation_inward` leaves `not` before atoms
only. Names of bound variables are never reused in one formula (`bodies.py` sees to that), so that
quantifiers may be moved outwards and terms put in place of variables without renaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from helm_logic.analysis import smt

Mapped: TypeAlias = Mapping[smt.Formula, smt.Formula]


def substitute(term: smt.Formula, mapped: Mapped) -> smt.Formula:
    """Return *term* with every term that is in *mapped* replaced, outermost first."""
    return _substitute(term, mapped) if mapped else term


def _substitute(term: smt.Formula, mapped: Mapped) -> smt.Formula:  # noqa: PLR0911  one for each kind
    if (found := mapped.get(term)) is not None:
        return found
    match term:
        case smt.Var() | smt.Number() | smt.Truth():
            return term
        case smt.Apply(name, terms, sort):
            return smt.Apply(name, tuple(_substitute(each, mapped) for each in terms), sort)
        case smt.And(parts):
            return smt.conj(_substitute(each, mapped) for each in parts)
        case smt.Or(parts):
            return smt.disj(_substitute(each, mapped) for each in parts)
        case smt.Not(part):
            return smt.neg(_substitute(part, mapped))
        case smt.Eq(left, right):
            return smt.same(_substitute(left, mapped), _substitute(right, mapped))
        case smt.ForAll(variables, body) | smt.Exists(variables, body):
            return type(term)(variables, _substitute(body, mapped))
    return _arithmetic(term, mapped)


def _arithmetic(term: smt.Formula, mapped: Mapped) -> smt.Formula:
    match term:
        case smt.Sum(terms):
            return total(_substitute(each, mapped) for each in terms)
        case smt.Product(factor, part):
            return times(factor, _substitute(part, mapped))
        case smt.Le(left, right):
            return at_most(_substitute(left, mapped), _substitute(right, mapped))
        case smt.Lt(left, right):
            return below(_substitute(left, mapped), _substitute(right, mapped))
    raise TypeError(f"got the term {term!r}, which is of no known kind")


def total(terms: Iterable[smt.Formula]) -> smt.Formula:
    """Return the sum of *terms*, constants added up."""
    constant = 0
    rest: list[smt.Formula] = []
    for term in terms:
        for each in term.terms if isinstance(term, smt.Sum) else (term,):
            if isinstance(each, smt.Number):
                constant += each.value
            else:
                rest.append(each)
    if constant or not rest:
        rest.append(smt.Number(constant))
    return rest[0] if len(rest) == 1 else smt.Sum(tuple(rest))


def times(factor: int, term: smt.Formula) -> smt.Formula:
    """Return *factor* times *term*."""
    if isinstance(term, smt.Number):
        return smt.Number(factor * term.value)
    return term if factor == 1 else smt.Product(factor, term)


def at_most(left: smt.Formula, right: smt.Formula) -> smt.Formula:
    """Return the formula that *left* is *right* or less; decided at once for numbers."""
    if isinstance(left, smt.Number) and isinstance(right, smt.Number):
        return smt.Truth(left.value <= right.value)
    return smt.TRUE if left == right else smt.Le(left, right)


def below(left: smt.Formula, right: smt.Formula) -> smt.Formula:
    """Return the formula that *left* is less than *right*; decided at once for numbers."""
    if isinstance(left, smt.Number) and isinstance(right, smt.Number):
        return smt.Truth(left.value < right.value)
    return smt.FALSE if left == right else smt.Lt(left, right)


def conjuncts(formula: smt.Formula) -> tuple[smt.Formula, ...]:
    """Return the parts that *formula* says all of."""
    if formula == smt.TRUE:
        return ()
    return formula.parts if isinstance(formula, smt.And) else (formula,)


def exists(variables: Iterable[smt.Var], parts: Iterable[smt.Formula]) -> smt.Formula:
    """Return the formula that some *variables* make all *parts* true, with as few as possible.

    A variable that only one part has is quantified there: solvers then see which parts have nothing
    to do with each other.
    """
    left, body = eliminate(variables, parts)
    names = {each: {*smt.subterms((each,))} & {*left} for each in conjuncts(body)}
    shared = [each for each in left if sum(each in used for used in names.values()) > 1]
    inner = [
        smt.Exists(own, part)
        if (own := tuple(v for v in left if v in used and v not in shared))
        else part
        for part, used in names.items()
    ]
    return smt.Exists(tuple(shared), smt.conj(inner)) if shared else smt.conj(inner)


def eliminate(
    variables: Iterable[smt.Var], parts: Iterable[smt.Formula]
) -> tuple[tuple[smt.Var, ...], smt.Formula]:
    """Return which *variables* are left, and all *parts*, when equations have defined the others.

    Quantifiers that stand in *parts* join *variables*.
    """
    asked, waiting = dict.fromkeys(variables), list(parts)
    known: list[smt.Formula] = []
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, smt.And):
            waiting[:0] = part.parts
        elif isinstance(part, smt.Exists):
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
    body = smt.conj(known)
    used = set(smt.subterms((body,)))
    return tuple(each for each in asked if each in used), body


def _definition(
    part: smt.Formula, asked: Mapping[smt.Var, None]
) -> tuple[smt.Var, smt.Formula] | None:
    """Return the variable that *part* defines and its value, if it does so for one of *asked*."""
    match part:
        case smt.Var(_, sort) if sort == smt.BOOL and part in asked:
            return part, smt.TRUE
        case smt.Not(smt.Var() as variable) if variable in asked:
            return variable, smt.FALSE
        case smt.Eq(left, right):
            for one, other in ((left, right), (right, left)):
                if (
                    isinstance(one, smt.Var)
                    and one in asked
                    and one not in set(smt.subterms((other,)))
                ):
                    return one, other
    return None


def negation_inward(formula: smt.Formula, *, holds: bool = True) -> smt.Formula:
    """Return *formula*, or its contrary if it is not to hold, with `not` before atoms only."""
    match formula:
        case smt.Not(part):
            return negation_inward(part, holds=not holds)
        case smt.And(parts) | smt.Or(parts):
            inner = [negation_inward(each, holds=holds) for each in parts]
            return smt.conj(inner) if isinstance(formula, smt.And) is holds else smt.disj(inner)
        case smt.ForAll(variables, body) | smt.Exists(variables, body):
            kind = smt.ForAll if isinstance(formula, smt.ForAll) is holds else smt.Exists
            return kind(variables, negation_inward(body, holds=holds))
        case smt.Le(left, right) if not holds:
            return smt.Lt(right, left)
        case smt.Lt(left, right) if not holds:
            return smt.Le(right, left)
    return formula if holds else smt.neg(formula)
