# SPDX-License-Identifier: Apache-2.0
"""Invariants that no plain formula is: asked of Spacer, the Horn clause engine of z3.

What is known already (the plain invariants) is given with every premise. The answer is text; it is
read as formulas over the states, and refused if it has anything else in it. That it is right is for
the verification conditions to show: Spacer has been wrong before (z3 issue 7554).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helm_logic.analysis.chains.clauses import Clauses
from helm_logic.analysis.chains.induction import Invariant, Query, instance
from helm_logic.analysis.smt import TRUE, Formula, conj, neg
from helm_logic.analysis.smt_reader import Expression, inlined, read_expressions, read_formula
from helm_logic.analysis.smt_text import symbol
from helm_logic.analysis.solver import HornRule, Separated, Unknown, separate
from helm_logic.errors import InputError


def spacer_invariant(
    asked: Iterable[Query], known: Invariant, clauses: Clauses, timeout_ms: int
) -> dict[str, Formula] | Unknown | None:
    """Return an invariant from which all that is *asked* follows, None if a chain breaks it."""
    states = clauses.states
    signatures = {name: [each.sort for each in state.arguments] for name, state in states.items()}
    rules = [
        HornRule(
            (clause.head, clause.values),
            clause.premises,
            conj((clause.condition, *_known(known, clauses, clause.premises))),
        )
        for clause in clauses.clauses
    ]
    bad = []
    for query in asked:
        extra = _known(known, clauses, query.premises)
        bad.append((query.premises, conj((query.condition, *extra, neg(query.goal)))))
    answer = separate(signatures, rules, bad, timeout_ms)
    if not isinstance(answer, Separated):
        return answer
    try:
        found = dict(_definitions(answer.answer, clauses))
    except InputError as error:
        return Unknown(f"an answer that is no formula: {error}")
    return {name: conj((known.get(name, TRUE), found.get(name, TRUE))) for name in states}


def _known(
    known: Invariant, clauses: Clauses, premises: tuple[tuple[str, tuple[Formula, ...]], ...]
) -> Iterator[Formula]:
    for name, values in premises:
        yield instance(known.get(name, TRUE), clauses.states[name], values)


def _definitions(answer: str, clauses: Clauses) -> Iterator[tuple[str, Formula]]:
    """Yield the predicates and formulas that the conjunction *answer* says are the same."""
    for expression in read_expressions(answer):
        yield from _defined(expression, clauses)


def _defined(expression: Expression, clauses: Clauses) -> Iterator[tuple[str, Formula]]:
    names = {symbol(name): name for name in clauses.states}
    match _opened(expression):
        case ["and", *parts]:
            for part in parts:
                yield from _defined(part, clauses)
        case ["forall", list(bound), inner]:
            match _opened(inner):
                case ["=", [str(head), *arguments], body] if head in names:
                    if len({*map(str, arguments)}) != len(bound):
                        raise InputError("wrong_shape", f"`{head}` is not told for all arguments")
                    state = clauses.states[names[head]].arguments
                    known = dict(zip(map(str, arguments), state, strict=True))
                    yield names[head], read_formula(body, known)
        case ["=", str(head), body] if head in names:
            yield names[head], read_formula(body, {})


def _opened(expression: Expression) -> Expression:
    """Return *expression* without the `let` and the attributes around it."""
    while True:
        match expression:
            case ["let", list(bindings), body]:
                values = {str(each[0]): each[1] for each in bindings}
                expression = inlined(body, values)
            case ["!", body, *_]:
                expression = body
            case _:
                return expression
