# SPDX-License-Identifier: Apache-2.0
"""Invariants: formulas that hold of every root grant and that every step keeps.

First the plain ones: what the properties say themselves, and simple companions of them, are tried
all together, and those that some step does not keep are dropped until all that is left is kept
(Flanagan and Leino 2001, "Houdini"). What that does not prove is asked of Spacer (`spacer.py`).
Whoever found it, an invariant counts because its *verification conditions* hold: one for each
clause, and one for each predicate that what is to be proved follows. Any solver can be asked them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.chains.clauses import Clause, Clauses, State
from helm_logic.analysis.chains.columns import BUDGET, DEPTH
from helm_logic.analysis.chains.plan import LENGTH, Plan, variable
from helm_logic.analysis.chains.properties import CONTINUATION, bounds
from helm_logic.analysis.chains.rewrite import conjuncts, substitute, total
from helm_logic.analysis.chains.system import Shape, System
from helm_logic.analysis.smt import TRUE, Formula, Le, Number, conj, disj, neg
from helm_logic.analysis.smt_text import smtlib
from helm_logic.analysis.solver import TIMEOUT_MS, consequences

Invariant = Mapping[str, Formula]


@attrs.frozen
class Condition:
    """A verification condition: the SMT-LIB *script* of *name* must be unsatisfiable."""

    name: str
    script: str


def instance(formula: Formula, state: State, values: Sequence[Formula]) -> Formula:
    """Return *formula* about *state*, said of *values*."""
    return substitute(formula, dict(zip(state.arguments, values, strict=True)))


def candidates(system: System, plan: Plan) -> dict[str, list[Formula]]:
    """Return what may be invariant, by predicate."""
    found: dict[str, list[Formula]] = {}
    for name, shape in system.shapes.items():
        said = [by_predicate[name] for by_predicate in plan.inside.values() if name in by_predicate]
        parts = [part for formula in said for part in conjuncts(formula)]
        found[name] = list(dict.fromkeys((*parts, *_companions(shape, plan))))
    return found


def _companions(shape: Shape, plan: Plan) -> Iterator[Formula]:
    ghosts = {each.component: each.variable for each in plan.ghosts}
    zero = Number(0)
    for role in (DEPTH, BUDGET):
        yield from (Le(zero, variable(each)) for each in bounds(shape, role) if each.sort == "Int")
    if LENGTH in ghosts:
        length = ghosts[LENGTH]
        yield Le(zero, length)
        for each in bounds(shape, DEPTH):
            yield disj((Le(length, zero), Le(zero, variable(each))))
            yield Le(total((length, variable(each))), ghosts[DEPTH])


def houdini(
    clauses: Clauses, asked: Mapping[str, Sequence[Formula]], timeout_ms: int = TIMEOUT_MS
) -> dict[str, Formula]:
    """Return for each predicate all of *asked* that is invariant together."""
    left = {name: list(formulas) for name, formulas in asked.items()}
    waiting = list(clauses.clauses)
    while waiting:
        known = {name: conj(formulas) for name, formulas in left.items()}
        answers = consequences(
            (
                (_assumed(each.premises, each.condition, clauses, known),
                 _instances(left[each.head], each, clauses))
                for each in waiting
            ),
            timeout_ms,
        )  # fmt: skip
        dropped: dict[str, set[Formula]] = {}
        for clause, kept in zip(waiting, answers, strict=True):
            failed = [f for f, stays in zip(left[clause.head], kept, strict=True) if not stays]
            if failed:
                dropped.setdefault(clause.head, set()).update(failed)
        for name, those in dropped.items():
            left[name] = [each for each in left[name] if each not in those]
        # A clause that starts from nothing that changed is as it was.
        waiting = [each for each in clauses.clauses
                   if any(name in dropped for name, _ in each.premises)]  # fmt: skip
    return {name: conj(formulas) for name, formulas in left.items()}


@attrs.frozen
class Query:
    """At *place*, a predicate or a rule, *goal* must follow from *premises* and *condition*."""

    place: str
    premises: tuple[tuple[str, tuple[Formula, ...]], ...]
    condition: Formula
    goal: Formula


def queries(prop: str, clauses: Clauses, plan: Plan) -> Iterator[Query]:
    """Yield what must follow from an invariant for the property to hold."""
    if prop == CONTINUATION:
        for clause in clauses.clauses:
            if clause.continues is not None:
                yield Query(clause.rule, clause.premises, clause.condition, clause.continues)
    else:
        for name, goal in plan.inside[prop].items():
            yield Query(name, ((name, clauses.states[name].arguments),), TRUE, goal)


def step_queries(
    prop: str, clauses: Clauses, plan: Plan, before: Mapping[str, Formula]
) -> Iterator[Query]:
    """Yield, for each rule that continues chains, that it keeps the property if *before* held."""
    if prop == CONTINUATION:
        yield from queries(prop, clauses, plan)
        return
    inside = plan.inside[prop]
    for clause in clauses.clauses:
        if clause.premises and clause.head in inside:
            goal = instance(inside[clause.head], clauses.states[clause.head], clause.values)
            held = [
                instance(before.get(name, TRUE), clauses.states[name], values)
                for name, values in clause.premises[:1]
            ]
            yield Query(clause.rule, clause.premises, conj((clause.condition, *held)), goal)


def parent_queries(prop: str, system: System, clauses: Clauses, plan: Plan) -> Iterator[Query]:
    """Yield, for each rule, that its head lies within the node before it, not only the root grant.

    The question is that of the property, with the parent's values in place of the root's.
    """
    inside = plan.inside.get(prop, {})
    for clause in clauses.clauses:
        if clause.premises and clause.head in inside:
            name, values = clause.premises[0]
            shape = system.shapes[name]
            known = dict(zip(clauses.states[name].arguments, values, strict=True))
            state = clauses.states[clause.head].arguments
            mapped: dict[Formula, Formula] = dict(zip(state, clause.values, strict=True))
            for ghost in plan.ghosts:
                named = [each for each in shape.components if each.name == ghost.component]
                for each in (*named, *bounds(shape, ghost.component))[:1]:
                    mapped[ghost.variable] = known[variable(each)]
            goal = substitute(inside[clause.head], mapped)
            yield Query(clause.rule, clause.premises, clause.condition, goal)


def proved(
    asked: Iterable[Query], invariant: Invariant, clauses: Clauses, timeout_ms: int = TIMEOUT_MS
) -> tuple[bool, ...]:
    """Return for each query whether it follows from *invariant*.

    Those of one rule are one question to the solver.
    """
    grouped: dict[tuple[Formula, ...], list[int]] = {}
    goals = []
    for number, query in enumerate(asked):
        known = _assumed(query.premises, query.condition, clauses, invariant)
        grouped.setdefault(known, []).append(number)
        goals.append(query.goal)
    questions = [(known, [goals[n] for n in those]) for known, those in grouped.items()]
    answers = consequences(questions, timeout_ms)
    found = {
        number: fine
        for those, judged in zip(grouped.values(), answers, strict=True)
        for number, fine in zip(those, judged, strict=True)
    }
    return tuple(found[number] for number in range(len(goals)))


def is_inductive(invariant: Invariant, clauses: Clauses, timeout_ms: int = TIMEOUT_MS) -> bool:
    """Say whether *invariant* holds of every root grant and is kept by every step."""
    asked = [
        Query(each.rule, each.premises, each.condition,
              instance(invariant[each.head], clauses.states[each.head], each.values))
        for each in clauses.clauses
    ]  # fmt: skip
    return all(proved(asked, invariant, clauses, timeout_ms))


def conditions(
    number: int, props: Sequence[str], invariant: Invariant, clauses: Clauses, plan: Plan
) -> Iterator[Condition]:
    """Yield the verification conditions of *invariant* and of *props*, which it proves.

    Their names begin with the *number* of the proof.
    """
    for clause in clauses.clauses:
        goal = instance(invariant[clause.head], clauses.states[clause.head], clause.values)
        before = _assumed(clause.premises, clause.condition, clauses, invariant)
        word = "step" if clause.premises else "init"
        said = f"the invariant holds after the rule `{clause.rule}`"
        if CONTINUATION in props and clause.continues is not None:
            goal = conj((goal, clause.continues))
            said += f", and `{CONTINUATION}` with it"
        yield Condition(f"{number} {word} {clause.rule}", smtlib((*before, neg(goal)), said))
    for prop in props:
        for query in queries(prop, clauses, plan) if prop != CONTINUATION else ():
            before = _assumed(query.premises, query.condition, clauses, invariant)
            said = f"`{prop}` follows from the invariant, at `{query.place}`"
            name = f"{number} query {prop} {query.place}"
            yield Condition(name, smtlib((*before, neg(query.goal)), said))


def _assumed(
    premises: Sequence[tuple[str, tuple[Formula, ...]]],
    condition: Formula,
    clauses: Clauses,
    invariant: Invariant,
) -> tuple[Formula, ...]:
    """Return what may be assumed where *premises* and *condition* hold."""
    before = [
        instance(invariant.get(name, TRUE), clauses.states[name], values)
        for name, values in premises
    ]
    return (*before, condition)


def _instances(
    formulas: Sequence[Formula], clause: Clause, clauses: Clauses
) -> tuple[Formula, ...]:
    state = clauses.states[clause.head]
    return tuple(instance(each, state, clause.values) for each in formulas)
