# SPDX-License-Identifier: Apache-2.0
"""The one module that asks z3, which is loaded only when something is asked.

Invariants:
- questions are the SMT-LIB text of `smt.py`, so that another solver can be asked the same;
- every question has a timeout, a bound on memory, a fixed seed and a solver of its own, every call
  a context of its own: the same call gets the same answer, whatever was asked before it;
- a solver that gives up, runs out of time or raises has not answered: `Unknown`, never a guess.

An answer is not yet believed: models are replayed by the engine, and proofs are checked again by
`second_solver.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Timer
from typing import Any, TypeAlias

import attrs

from helm_logic.analysis.smt import BOOL, INT, TRUE, Formula, Or, Var, disj, neg, subterms
from helm_logic.analysis.smt_text import share, smtlib, symbol, text

TIMEOUT_MS = 10_000
# How much longer a question may take than it was told, before it is interrupted from outside.
_GRACE = 1.0
# A question that takes more memory than this is given up: z3 can fill any machine in seconds.
_MEMORY_MB = 4096


@attrs.frozen
class Model:
    """Values under which what was asked holds, for every free integer and boolean of it."""

    values: Mapping[str, int | bool]

    def number(self, variable: Var) -> int:
        """Return the value of the integer *variable*; one that does not matter is 0."""
        return int(self.values.get(variable.name, 0))

    def truth(self, variable: Var) -> bool:
        """Return the value of the boolean *variable*; one that does not matter is false."""
        return bool(self.values.get(variable.name, False))


@attrs.frozen
class Unknown:
    """The solver did not answer, for this *reason*."""

    reason: str


Answer: TypeAlias = Model | Unknown | None


def solve(constraints: Iterable[Formula], timeout_ms: int = TIMEOUT_MS) -> Answer:
    """Return a model in which all *constraints* hold, None if there is none, or Unknown.

    A model gives the variables of sort Int and Bool; what other names stand for is not told.
    """
    return solve_all([tuple(constraints)], timeout_ms)[0]


def solve_all(
    questions: Sequence[Sequence[Formula]], timeout_ms: int = TIMEOUT_MS
) -> tuple[Answer, ...]:
    """Return the answer to each of *questions*, as `solve` would, within *timeout_ms* for each.

    About five times as quick as one by one; which model is found may depend on what came before.
    """
    import z3  # noqa: PLC0415  loaded only when something is asked

    context = z3.Context()
    answers: list[Answer] = []
    for question in questions:
        solver = _solver(z3, context, timeout_ms)
        try:
            solver.from_string(smtlib(share(question)))
            with _Watch(context, timeout_ms):
                result = solver.check()
            answers.append(_answer(z3, solver, result, question))
        except z3.Z3Exception as error:
            answers.append(Unknown(_reason(error)))
    return tuple(answers)


def possible_each(
    facts: Iterable[Formula],
    questions: Iterable[Sequence[tuple[Var, bool]]],
    timeout_ms: int = TIMEOUT_MS,
) -> list[bool | Unknown]:
    """Say of each of *questions*, truth values for variables, whether *facts* allow them.

    One solver answers all: what it learns from one question helps with the next.
    """
    import z3  # noqa: PLC0415  loaded only when something is asked

    context = z3.Context()
    solver = _solver(z3, context, timeout_ms)
    solver.from_string(smtlib(facts))
    answers: list[bool | Unknown] = []
    for question in questions:
        known = [(z3.Bool(symbol(each.name), context), truth) for each, truth in question]
        try:
            with _Watch(context, timeout_ms):
                result = solver.check(*(each if truth else z3.Not(each) for each, truth in known))
        except z3.Z3Exception as error:
            answers.append(Unknown(_reason(error)))
            continue
        unknown = Unknown(str(solver.reason_unknown())) if result == z3.unknown else None
        answers.append(unknown or bool(result == z3.sat))
    return answers


def consequences(
    questions: Iterable[tuple[Sequence[Formula], Sequence[Formula]]], timeout_ms: int = TIMEOUT_MS
) -> tuple[tuple[bool, ...], ...]:
    """Return for each pair of premises and goals which goals follow; one in doubt does not."""
    import z3  # noqa: PLC0415  loaded only when something is asked

    context = z3.Context()
    found = []
    for premises, goals in questions:
        chosen = [Var(f"goal {number}", BOOL) for number in range(len(goals))]
        solver = _solver(z3, context, timeout_ms)
        doubts = [disj((neg(each), neg(goal))) for each, goal in zip(chosen, goals, strict=True)]
        try:
            solver.from_string(smtlib((*premises, *doubts, Or((TRUE, *chosen)))))
            asked = [z3.Bool(symbol(each.name), context) for each in chosen]
            with _Watch(context, timeout_ms * (1 + len(goals))):
                every = solver.check(z3.Or(*asked)) == z3.unsat if goals else True
                found.append(tuple(every or solver.check(each) == z3.unsat for each in asked))
        except z3.Z3Exception:
            found.append((False,) * len(goals))
    return tuple(found)


@attrs.frozen
class HornRule:
    """*head* holds if all *premises* do and *condition* does, whatever the variables are.

    Predicates are names with their arguments.
    """

    head: tuple[str, tuple[Formula, ...]]
    premises: tuple[tuple[str, tuple[Formula, ...]], ...]
    condition: Formula


@attrs.frozen
class Separated:
    """No bad state is reached: *answer* is the text of what z3 says the predicates may be."""

    answer: str


def separate(
    signatures: Mapping[str, Sequence[str]],
    rules: Sequence[HornRule],
    bad: Sequence[tuple[tuple[tuple[str, tuple[Formula, ...]], ...], Formula]],
    timeout_ms: int = TIMEOUT_MS,
) -> Separated | Unknown | None:
    """Ask Spacer whether *rules* lead to *bad*: premises and a condition; None if they do.

    *signatures* gives the sorts of the arguments of each predicate.
    """
    import z3  # noqa: PLC0415  loaded only when something is asked

    context = z3.Context()
    engine = z3.Fixedpoint(ctx=context)
    engine.set("engine", "spacer")
    # With these on, the answer has quantifiers and leaves out predicates.
    for option in ("xform.inline_eager", "xform.inline_linear", "xform.slice"):
        engine.set(option, False)  # noqa: FBT003  the interface of z3
    engine.set("timeout", timeout_ms)
    engine.set("spacer.random_seed", 0)
    goals = [HornRule((_BAD, ()), premises, condition) for premises, condition in bad]
    try:
        engine.parse_string(_horn_script(signatures, (*rules, *goals)))
        with _Watch(context, timeout_ms):
            result = engine.query(z3.Function(symbol(_BAD), z3.BoolSort(context))())
        if result == z3.unknown:
            return Unknown(str(engine.reason_unknown()))
        return None if result == z3.sat else Separated(str(engine.get_answer().sexpr()))
    except z3.Z3Exception as error:
        return Unknown(_reason(error))


_BAD = "a bad state"


def _horn_script(signatures: Mapping[str, Sequence[str]], rules: Sequence[HornRule]) -> str:
    lines = [f"(declare-rel {symbol(_BAD)} ())"]
    lines += [
        f"(declare-rel {symbol(name)} ({' '.join(sorts)}))" for name, sorts in signatures.items()
    ]
    for rule in rules:
        applied = [_applied(name, values) for name, values in rule.premises]
        body = " ".join((*applied, text(rule.condition)))
        head = _applied(*rule.head)
        terms = [
            *rule.head[1],
            rule.condition,
            *(each for _, many in rule.premises for each in many),
        ]
        bound = " ".join(
            f"({symbol(each.name)} {each.sort})"
            for each in sorted(
                (term for term in subterms(terms) if isinstance(term, Var)),
                key=lambda each: each.name,
            )
        )
        rule_text = f"(=> (and {body}) {head})"
        lines.append(f"(rule (forall ({bound}) {rule_text}))" if bound else f"(rule {rule_text})")
    return "\n".join(lines)


def _applied(name: str, values: Sequence[Formula]) -> str:
    return f"({' '.join((symbol(name), *map(text, values)))})" if values else symbol(name)


def is_unsatisfiable(script: str, timeout_ms: int = TIMEOUT_MS) -> bool | Unknown:
    """Say whether what the SMT-LIB *script* asserts cannot hold together."""
    import z3  # noqa: PLC0415  loaded only when something is asked

    context = z3.Context()
    solver = _solver(z3, context, timeout_ms)
    try:
        solver.from_string(script)
        with _Watch(context, timeout_ms):
            result = solver.check()
    except z3.Z3Exception as error:
        return Unknown(_reason(error))
    if result == z3.unknown:
        return Unknown(str(solver.reason_unknown()))
    return bool(result == z3.unsat)


def version() -> str:
    """Return the name and version of the solver."""
    import z3  # noqa: PLC0415  loaded only when something is asked

    return f"z3 {z3.get_version_string()}"


def _solver(z3: Any, context: Any, timeout_ms: int) -> Any:
    solver = z3.SimpleSolver(ctx=context)
    solver.set("timeout", timeout_ms)
    solver.set("max_memory", _MEMORY_MB)
    solver.set("random_seed", 0)
    return solver


def _answer(z3: Any, solver: Any, result: Any, question: Sequence[Formula]) -> Answer:
    if result == z3.unsat:
        return None
    if result == z3.unknown:
        return Unknown(str(solver.reason_unknown()))
    model = solver.model()
    found = {str(each.name()): model[each] for each in model.decls()}
    values: dict[str, int | bool] = {}
    for term in subterms(question):
        if isinstance(term, Var) and term.sort in (INT, BOOL):
            value = found.get(symbol(term.name))
            if term.sort == BOOL:
                values[term.name] = value is not None and z3.is_true(value)
            else:
                values[term.name] = 0 if value is None else value.as_long()
    return Model(values)


def _reason(error: Exception) -> str:
    return f"z3 raised: {error}"


class _Watch:
    """Interrupts a context that does not keep its timeout by itself."""

    def __init__(self, context: Any, timeout_ms: int) -> None:
        self._timer = Timer(timeout_ms / 1000 + _GRACE, context.interrupt)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
