# SPDX-License-Identifier: Apache-2.0
"""Steps as constrained Horn clauses: over integers and truths alone, without quantifiers.

A clause allows at least what its rule allows:
- a text is a number, a constant its code, and a term over links a variable of its own;
- what holds for some facts holds for variables that nothing else names; what is asked of all facts
  is left out, but for the powers of links, for which a lemma of the step says that it adds none;
- what `assumed.py` says of one link is said of every link that the clause names.

So what holds of every chain of clauses holds of every chain of facts. A chain of clauses that
breaks a property is only a candidate, until the engine has derived it from facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from helm_logic.analysis.chains.bodies import constant_text
from helm_logic.analysis.chains.columns import APPROVAL, NO_APPROVAL
from helm_logic.analysis.chains.handing import continues, stays
from helm_logic.analysis.chains.known import (
    defined,
    named_matches,
    narrowed,
    of_links,
    of_patterns,
    terms_of,
)
from helm_logic.analysis.chains.plan import LENGTH, Ghost, Plan, is_none, sort_in_state
from helm_logic.analysis.chains.properties import CONTINUATION, bounds
from helm_logic.analysis.chains.rewrite import negation_inward, substitute, total
from helm_logic.analysis.chains.system import Node, Shape, Step, System
from helm_logic.analysis.smt import (
    BOOL,
    INT,
    TRUE,
    And,
    Apply,
    Eq,
    Exists,
    ForAll,
    Formula,
    Not,
    Number,
    Or,
    Var,
    conj,
    disj,
    implies,
    neg,
    subterms,
)
from helm_logic.analysis.smt_text import text


@attrs.frozen
class State:
    """The arguments of *predicate* in clauses: its components, then the ghosts."""

    predicate: str
    arguments: tuple[Var, ...]


@attrs.frozen
class Clause:
    """*head* holds of *values* if *premises* hold of theirs and *condition* does.

    *continues* is the formula that the first premise names who handed on; None for a root grant, or
    if that is not asked. *length* is 1 if the step may hand on, 0 if it only renames.
    """

    rule: str
    head: str
    values: tuple[Formula, ...]
    premises: tuple[tuple[str, tuple[Formula, ...]], ...]
    condition: Formula
    continues: Formula | None
    free: tuple[str, ...]


@attrs.frozen
class Clauses:
    """The clauses of a system for one plan, with the *states* of its predicates."""

    states: Mapping[str, State]
    clauses: tuple[Clause, ...]


def codes_of(system: System) -> dict[str, int]:
    """Return the number of every text and symbol constant that the steps of *system* name."""
    names = {tag + each for tag in ("s:", "y:") for each in NO_APPROVAL}
    for step in system.steps:
        names |= {each for each in map(constant_text, terms_of(step)) if each is not None}
    return {name: number for number, name in enumerate(sorted(names), 1)}


def make_clauses(
    system: System, plan: Plan, codes: Mapping[str, int], proved: Mapping[str, Sequence[str]]
) -> Clauses:
    """Return the clauses of *system*; *proved* gives the powers that no step of a rule adds."""
    maker = _Maker(system, plan, codes)
    states = {name: maker.state(shape) for name, shape in system.shapes.items()}
    return Clauses(
        states, tuple(maker.clause(each, proved.get(each.rule.id, ())) for each in system.steps)
    )


class _Maker:
    def __init__(self, system: System, plan: Plan, codes: Mapping[str, int]) -> None:
        self._system, self._plan, self._codes = system, plan, codes
        self._named = tuple(named_matches(system))

    def state(self, shape: Shape) -> State:
        """Return the state of *shape*."""
        own = [Var(each.name, sort_in_state(each)) for each in shape.components]
        ghosts = [each.variable for each in self._plan.ghosts]
        shared = [self._pure(each) for each in self._named]
        return State(shape.predicate, (*own, *ghosts, *shared))  # type: ignore[arg-type]

    def clause(self, step: Step, names: Sequence[str]) -> Clause:
        """Return the clause of *step*; its lemmas are about the powers in *names*."""
        system = self._system
        parts = [step.condition, *of_links(step, system)]
        parts += of_patterns(step, system, self._named)
        if step.premises:
            parts += narrowed(step, system, names)
        mapped = defined(step)
        ghosts = [self._premise_ghosts(number) for number in range(len(step.premises))]
        ahead, carried = self._carried(step, ghosts[0] if ghosts else {})
        asked = step.premises and not {*self._plan.unnamed, *self._plan.unlike} & {CONTINUATION}
        handed = continues(step, system) if asked else None
        return Clause(
            step.rule.id,
            step.head.predicate,
            (*self._values(step.head), *ahead, *map(self._pure, self._named)),
            tuple(
                (
                    node.predicate,
                    (*self._values(node), *own.values(), *map(self._pure, self._named)),
                )
                for node, own in zip(step.premises, ghosts, strict=True)
            ),
            conj((*(self._plain(substitute(each, mapped)) for each in parts), *carried)),
            None if handed is None else self._plain(substitute(handed, mapped)),
            step.free,
        )

    def _values(self, node: Node) -> tuple[Formula, ...]:
        shape = self._system.shapes[node.predicate]
        return tuple(self._pure(self._system.value(each, node)) for each in shape.components)

    def _premise_ghosts(self, number: int) -> dict[str, Formula]:
        """Return the ghosts of a premise by component: each premise has its own root."""
        suffix = "" if number == 0 else f"@{number}"
        return {each.component: Var(each.name + suffix, each.sort) for each in self._plan.ghosts}

    def _carried(
        self, step: Step, before: Mapping[str, Formula]
    ) -> tuple[list[Formula], list[Formula]]:
        """Return the ghosts of the head, and what says how they follow from those *before*."""
        ahead: list[Formula] = []
        said: list[Formula] = []
        for ghost in self._plan.ghosts:
            if ghost.component == LENGTH:
                ahead.append(self._length(step, before.get(LENGTH)))
            elif ghost.component == APPROVAL:
                value, conditions = self._needed(step, ghost, before.get(APPROVAL))
                ahead.append(value)
                said += conditions
            elif step.premises:
                ahead.append(before[ghost.component])
            else:
                ahead.append(self._root(step, ghost))
        return ahead, said

    def _root(self, step: Step, ghost: Ghost) -> Formula:
        shape = self._system.shapes[step.head.predicate]
        for each in shape.components:
            if ghost.component == each.name or each in bounds(shape, ghost.component)[:1]:
                return self._pure(self._system.value(each, step.head))
        raise ValueError(f"`{shape.predicate}` has no `{ghost.component}`")

    def _length(self, step: Step, before: Formula | None) -> Formula:
        """Return one more than before, unless it is plain that nobody else gets authority."""
        if before is None:
            return Number(0)
        same_holder = stays(step, self._system) == TRUE
        return before if same_holder else total((before, Number(1)))

    def _needed(
        self, step: Step, ghost: Ghost, before: Formula | None
    ) -> tuple[Formula, list[Formula]]:
        """Return whether, or which, approval is needed after *step*, and what says so."""
        shape = self._system.shapes[step.head.predicate]
        own = [each for each in bounds(shape, APPROVAL) if sort_in_state(each) == ghost.sort]
        value = self._pure(self._system.value(own[0], step.head)) if own else None
        if ghost.sort == BOOL:
            return disj(each for each in (before, value) if each is not None), []
        if before is None or value is None:
            return value or before or Number(self._codes["s:" + NO_APPROVAL[0]]), []
        after = Var(f"{ghost.name}@after")
        none = is_none(before, own[0], self._codes)
        return after, [implies(none, Eq(after, value)), implies(neg(none), Eq(after, before))]

    def _plain(self, formula: Formula) -> Formula:
        return self._unquantified(negation_inward(formula))

    def _unquantified(self, formula: Formula) -> Formula:
        match formula:
            case ForAll():
                return TRUE
            case Exists(_, body):
                return self._unquantified(body)
            case And(parts):
                return conj(map(self._unquantified, parts))
            case Or(parts):
                return disj(map(self._unquantified, parts))
            case Not(part):
                return neg(self._pure(part))
        return self._pure(formula)

    def _pure(self, term: Formula) -> Formula:
        """Return *term* with texts as numbers and functions as variables."""
        mapped: dict[Formula, Formula] = {}
        for each in subterms((term,)):
            code = constant_text(each)
            if code is not None:
                mapped[each] = Number(self._codes[code])
            elif isinstance(each, Apply):
                mapped[each] = Var(_title(each), BOOL if each.sort == BOOL else INT)
            elif isinstance(each, Var) and each.sort not in (INT, BOOL):
                mapped[each] = Var(each.name)
        return substitute(term, mapped)


def _title(term: Formula) -> str:
    """Return a name that no other term has."""
    match term:
        case Var(name, _):
            return name
        case Number(value):
            return f"<{value}>"
        case Apply(name, terms, _):
            inner = [_title(each) for each in terms]
            return "@".join(f"<{each}>" if "@" in each else each for each in (name, *inner))
    return f"<{text(term)}>"
