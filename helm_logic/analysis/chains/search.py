# SPDX-License-Identifier: Apache-2.0
"""The shortest chains that could break a property: which rules, in which order.

One root grant and 1, 2, ... steps, each by any rule, are one question to the solver; sequences that
turned out to be nothing are excluded and the next is asked for. The clauses allow more than the
rules (`clauses.py`), so that a sequence is a candidate. Premises beside the parent are states that
may hold: whether they do is seen when the chain is made of facts (`tables.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.chains.clauses import Clause, Clauses
from helm_logic.analysis.chains.induction import Invariant, instance
from helm_logic.analysis.chains.plan import Plan
from helm_logic.analysis.chains.properties import CONTINUATION
from helm_logic.analysis.chains.rewrite import substitute
from helm_logic.analysis.smt import (
    BOOL,
    TRUE,
    Formula,
    Var,
    conj,
    disj,
    implies,
    neg,
    same,
    subterms,
)
from helm_logic.analysis.solver import Model, solve

MOST_CANDIDATES = 6


@attrs.frozen
class Known:
    """The clauses, what is to be proved of them, an invariant, and how long a question may take."""

    clauses: Clauses
    plan: Plan
    invariant: Invariant
    timeout_ms: int


class Search:
    """Candidates for chains that *rule* takes outside a property, shortest first.

    *before* says by predicate what holds of the nodes before.

    *exhausted* says whether, when no more come, there are none of the lengths asked for.
    """

    def __init__(self, prop: str, rule: str, known: Known, before: Mapping[str, Formula]) -> None:
        self._prop, self._rule, self._before = prop, rule, before
        self._clauses, self._plan = known.clauses, known.plan
        self._invariant, self._timeout_ms = known.invariant, known.timeout_ms
        self.exhausted = True

    def candidates(self, first: int, last: int) -> Iterator[tuple[str, ...]]:
        """Yield the ids of rules, root grant first, of chains with *first* to *last* steps."""
        for length in range(first, last + 1):
            yield from self._of_length(length)

    def _of_length(self, length: int) -> Iterator[tuple[str, ...]]:
        layers = [self._layer(number, length) for number in range(length + 1)]
        rules = {chooser: clause.rule for choosers, _ in layers for chooser, clause in choosers}
        asked = [formula for _, formulas in layers for formula in formulas]
        for number in range(length):
            asked += [implies(Var(f"{number}={name}", BOOL), inside)
                      for name, inside in self._said(number, self._before)]  # fmt: skip
        asked.append(self._broken(length))
        for _ in range(MOST_CANDIDATES):
            answer = solve(asked, self._timeout_ms)
            if not isinstance(answer, Model):
                self.exhausted &= answer is None
                return
            chosen = [
                next(chooser for chooser, _ in choosers if answer.truth(chooser))
                for choosers, _ in layers
            ]
            yield tuple(rules[each] for each in chosen)
            asked.append(disj(neg(each) for each in chosen))
        self.exhausted = False

    def _layer(self, number: int, last: int) -> tuple[list[tuple[Var, Clause]], list[Formula]]:
        """Return a choice for each clause that may be step *number*, and what it says."""
        those = [
            each
            for each in self._clauses.clauses
            if bool(each.premises) is bool(number) and (number < last or each.rule == self._rule)
        ]
        choosers = [(Var(f"{number}:{each.rule}", BOOL), each) for each in those]
        formulas: list[Formula] = [disj(chooser for chooser, _ in choosers)]
        formulas += [implies(chooser, self._step(clause, number)) for chooser, clause in choosers]
        return choosers, formulas

    def _step(self, clause: Clause, number: int) -> Formula:
        own = _renamed(clause, number)
        parts = [substitute(clause.condition, own)]
        for place, (name, values) in enumerate(clause.premises):
            there = [substitute(each, own) for each in values]
            known = self._invariant.get(name, TRUE)
            parts.append(instance(known, self._clauses.states[name], there))
            if place == 0:
                parts += self._joined(name, number - 1, there)
        there = [substitute(each, own) for each in clause.values]
        parts += self._joined(clause.head, number, there)
        if self._prop == CONTINUATION:
            broken = Var(f"{number}:broken", BOOL)
            goal = TRUE if clause.continues is None else substitute(clause.continues, own)
            parts.append(same(broken, neg(goal)))
        return conj(parts)

    def _joined(self, name: str, number: int, values: Sequence[Formula]) -> Iterator[Formula]:
        """Yield that node *number* is of predicate *name* and has these *values*."""
        yield Var(f"{number}={name}", BOOL)
        others = [other for other in self._clauses.states if other != name]
        yield from (neg(Var(f"{number}={other}", BOOL)) for other in others)
        state = self._clauses.states[name]
        for variable, value in zip(state.arguments, values, strict=True):
            yield same(Var(f"{number}.{name}.{variable.name}", variable.sort), value)

    def _broken(self, number: int) -> Formula:
        """Return that node *number* breaks the property."""
        if self._prop == CONTINUATION:
            return Var(f"{number}:broken", BOOL)
        return disj(
            conj((Var(f"{number}={name}", BOOL), neg(inside)))
            for name, inside in self._said(number, self._plan.inside[self._prop])
        )

    def _said(self, number: int, formulas: Mapping[str, Formula]) -> Iterator[tuple[str, Formula]]:
        """Yield for each predicate what *formulas* say of node *number*, if it is of it."""
        for name, formula in formulas.items():
            state = self._clauses.states[name]
            values = [Var(f"{number}.{name}.{each.name}", each.sort) for each in state.arguments]
            yield name, instance(formula, state, values)


def _renamed(clause: Clause, number: int) -> Mapping[Formula, Formula]:
    terms = [*clause.values, clause.condition]
    terms += [each for _, values in clause.premises for each in values]
    if clause.continues is not None:
        terms.append(clause.continues)
    return {
        each: Var(f"{number}/{each.name}/{each.sort}", each.sort)
        for each in subterms(terms)
        if isinstance(each, Var)
    }
