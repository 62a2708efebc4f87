# SPDX-License-Identifier: Apache-2.0
"""Certificates with one thing wrong, or merely different.

Each mutation takes a case and a certificate for it, and returns facts and a certificate that
differ in one place. A few leave a certificate right (a larger height, say): which of them should be
accepted is for `reference.py` to say, never for the mutation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from helm_logic.errors import ProgramError
from helm_logic.kernel.certificate import Apply, Certificate, Given, Step
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, Compute, Row, Term
from tests.kernel import naive
from tests.kernel.programs import CONSTANTS, Case

ANY_CONSTANTS: tuple[Term, ...] = tuple(term for terms in CONSTANTS.values() for term in terms)
# Equal to a constant or to none of them, and never one themselves.
STRANGERS: tuple[Any, ...] = (True, False, 1.0, "v:int0", "v:X", "", "b:maybe", None)


@attrs.define
class Draft:
    """A case, and facts and a certificate for it that may be written to."""

    case: Case
    facts: dict[str, list[Row]]
    model: dict[str, dict[Row, int]]
    steps: list[Step]

    def certificate(self) -> Certificate:
        """Return what the draft has become."""
        return Certificate(self.model, tuple(self.steps))


Mutation = Callable[[DrawFn, Draft], None]


def draft(case: Case, claim: Atom | None = None) -> Draft:
    """Return the true certificate of *case*, as a draft."""
    true = naive.certify(case.program, case.facts, claim)
    model = {name: dict(rows) for name, rows in true.model.items()}
    facts = {name: list(rows) for name, rows in case.facts.items()}
    return Draft(case, facts, model, list(true.steps))


@st.composite
def mutated(draw: DrawFn, case: Case) -> Draft:
    """Draw a certificate for *case* with one or two things changed."""
    result = draft(case)
    for mutate in draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=2)):
        mutate(draw, result)
    return result


def drop_derived(draw: DrawFn, draft: Draft) -> None:
    """Leave one derived fact out of the model."""
    if facts := _derived(draft):
        name, row = draw(st.sampled_from(facts))
        del draft.model[name][row]


def add_derived(draw: DrawFn, draft: Draft) -> None:
    """Put one more derived fact into the model, whatever it follows from."""
    name = draw(st.sampled_from([name for names in draft.case.program.strata for name in names]))
    draft.model.setdefault(name, {})[draw(_row(draft, name))] = draw(st.integers(0, 4))


def add_given(draw: DrawFn, draft: Draft) -> None:
    """Give one more fact than the certificate was made for."""
    name = draw(
        st.sampled_from([each.name for each in draft.case.program.predicates if each.given])
    )
    draft.facts.setdefault(name, []).append(draw(_row(draft, name)))


def drop_given(draw: DrawFn, draft: Draft) -> None:
    """Give one fact less than the certificate was made for."""
    if given := [(name, row) for name, rows in draft.facts.items() for row in rows]:
        name, row = draw(st.sampled_from(given))
        draft.facts[name] = [each for each in draft.facts[name] if each != row]


def assume(draw: DrawFn, draft: Draft) -> None:
    """Close the model over one fact that does not hold: only its own support is missing.

    When the fact follows from what follows from it, only heights can tell: a self-supporting loop.
    """
    name = draw(st.sampled_from([name for names in draft.case.program.strata for name in names]))
    fact = Atom(name, draw(_fitting(draft, name)))
    program = attrs.evolve(
        draft.case.program, rules=(*draft.case.program.rules, Rule("assumed", fact, ()))
    )
    heights = naive.model_of(program, draft.case.facts)
    draft.model = {name: heights[name] for names in program.strata for name in names}
    height = draw(st.sampled_from([1, 1, 2, 3, 9]))
    draft.model[name][fact.terms] = height
    if draw(st.booleans()):
        draft.model = {name: dict.fromkeys(rows, height) for name, rows in draft.model.items()}


def other_rules(draw: DrawFn, draft: Draft) -> None:
    """Certify what follows when one rule has one condition less: perhaps the same, mostly more."""
    rules = draft.case.program.rules
    whole = [
        n for n, rule in enumerate(rules) if not any(isinstance(x, Compute) for x in rule.body)
    ]
    if not whole:
        return
    number = draw(st.sampled_from(whole))
    left_out = draw(st.integers(0, len(rules[number].body)))
    body = tuple(x for place, x in enumerate(rules[number].body) if place != left_out)
    try:
        weaker = attrs.evolve(rules[number], body=body)
    except ProgramError:
        return
    others = (*rules[:number], weaker, *rules[number + 1 :])
    program = attrs.evolve(draft.case.program, rules=others)
    true = naive.certify(program, draft.case.facts)
    draft.model = {name: dict(rows) for name, rows in true.model.items()}
    draft.steps = list(true.steps)


def change_height(draw: DrawFn, draft: Draft) -> None:
    """Give one derived fact another height."""
    if facts := _derived(draft):
        name, row = draw(st.sampled_from(facts))
        heights: list[Any] = [-1, 0, 1, 2, 3, 2**60, True, False, 1.5, float("nan")]
        draft.model[name][row] = draw(st.sampled_from(heights))


def level_heights(draw: DrawFn, draft: Draft) -> None:
    """Give all derived facts one height, or turn the order of heights round."""
    sign = draw(st.sampled_from([0, -1]))
    for name, rows in draft.model.items():
        draft.model[name] = {row: sign * height for row, height in rows.items()}


def change_constant(draw: DrawFn, draft: Draft) -> None:
    """Change one constant of one derived fact, perhaps to what only equals it."""
    if facts := [(name, row) for name, row in _derived(draft) if row]:
        name, row = draw(st.sampled_from(facts))
        height = draft.model[name].pop(row)
        draft.model[name][draw(_changed(row))] = height


def change_given(draw: DrawFn, draft: Draft) -> None:
    """Change one constant of one given fact, perhaps to none."""
    if facts := [(name, row) for name, rows in draft.facts.items() for row in rows if row]:
        name, row = draw(st.sampled_from(facts))
        draft.facts[name].remove(row)
        draft.facts[name].append(draw(_changed(row)))


def change_arity(draw: DrawFn, draft: Draft) -> None:
    """Make one row longer or shorter."""
    rows: list[Any] = [*draft.facts.values(), *draft.model.values()]
    if rows := [each for each in rows if each]:
        chosen = draw(st.sampled_from(rows))
        row = draw(st.sampled_from(sorted(chosen, key=repr)))
        other = row[:-1] if row and draw(st.booleans()) else (*row, draw(_constants()))
        if isinstance(chosen, dict):
            chosen[other] = chosen.pop(row)
        else:
            chosen[chosen.index(row)] = other


def misplace(draw: DrawFn, draft: Draft) -> None:
    """Put a predicate where it does not belong: given in the model, derived in the facts."""
    name = draw(st.sampled_from(["g0", "d0a", "unheard"]))
    row = draw(_row(draft, name)) if name != "unheard" else ()
    if draw(st.booleans()):
        draft.facts[name] = [row]
    else:
        draft.model[name] = {row: 1}


def drop_step(draw: DrawFn, draft: Draft) -> None:
    """Leave one step out; what referred to later ones now refers to others."""
    if draft.steps:
        del draft.steps[draw(st.integers(0, len(draft.steps) - 1))]


def drop_all_steps(_draw: DrawFn, draft: Draft) -> None:
    """Leave all steps out."""
    draft.steps = []


def cut_steps(draw: DrawFn, draft: Draft) -> None:
    """End the derivation early, which proves another claim."""
    draft.steps = draft.steps[: draw(st.integers(0, len(draft.steps)))]


def swap_steps(draw: DrawFn, draft: Draft) -> None:
    """Exchange two steps: premises come to stand behind what uses them."""
    if draft.steps:
        numbers = st.integers(0, len(draft.steps) - 1)
        one, two = draw(numbers), draw(numbers)
        draft.steps[one], draft.steps[two] = draft.steps[two], draft.steps[one]


def repeat_step(draw: DrawFn, draft: Draft) -> None:
    """Say one step again at the end."""
    if draft.steps:
        draft.steps.append(draw(st.sampled_from(draft.steps)))


def change_step(draw: DrawFn, draft: Draft) -> None:
    """Change one number or constant of one step."""
    if not draft.steps:
        return
    number = draw(st.integers(0, len(draft.steps) - 1))
    step = draft.steps[number]
    if isinstance(step, Given):
        draft.steps[number] = draw(_changed_given(step))
    else:
        draft.steps[number] = draw(_changed_application(step, len(draft.steps)))


MUTATIONS: list[Mutation] = [
    drop_derived,
    add_derived,
    add_given,
    drop_given,
    assume,
    other_rules,
    other_rules,
    change_height,
    level_heights,
    change_constant,
    change_given,
    change_arity,
    misplace,
    drop_step,
    drop_all_steps,
    cut_steps,
    swap_steps,
    repeat_step,
    change_step,
    change_step,
    change_step,
]


def _derived(draft: Draft) -> list[tuple[str, Row]]:
    facts = [(name, row) for name, rows in draft.model.items() for row in rows]
    return sorted(facts, key=repr)


def _constants() -> st.SearchStrategy[Any]:
    return st.sampled_from([*ANY_CONSTANTS, *STRANGERS])


def _row(draft: Draft, name: str) -> st.SearchStrategy[Row]:
    """Draw a row that mostly fits the columns of a predicate."""
    columns = draft.case.program.by_name[name].columns if name in draft.case.program.by_name else ()
    anything = st.lists(_constants(), max_size=2).map(tuple)
    return (
        st.one_of(_fitting(draft, name), _fitting(draft, name), anything) if columns else anything
    )


def _fitting(draft: Draft, name: str) -> st.SearchStrategy[Row]:
    columns = draft.case.program.by_name[name].columns
    return st.tuples(*(st.sampled_from(CONSTANTS[column]) for column in columns))


@st.composite
def _changed(draw: DrawFn, row: Row) -> Row:
    """Draw a row with one constant changed, if it has any."""
    if not row:
        return row
    place = draw(st.integers(0, len(row) - 1))
    constants: list[Any] = [*ANY_CONSTANTS, *STRANGERS]
    if row[place] in (0, 1):
        constants += [bool(row[place])] * len(constants)
    return (*row[:place], draw(st.sampled_from(constants)), *row[place + 1 :])


@st.composite
def _changed_given(draw: DrawFn, step: Given) -> Given:
    if draw(st.booleans()):
        return Given(draw(st.sampled_from(["g0", "g1", "d0a", "unheard"])), step.row)
    return Given(step.predicate, draw(_changed(step.row)))


@st.composite
def _changed_application(draw: DrawFn, step: Apply, steps: int) -> Apply:
    what = draw(st.sampled_from(["rule", "substitution", "arity", "premise", "order", "premises"]))
    if what == "rule":
        numbers: list[Any] = [-1, 0, 1, 2, 3, 4, 5, 99, bool(step.rule)]
        return step._replace(rule=draw(st.sampled_from(numbers)))
    if what == "substitution":
        return step._replace(substitution=draw(_changed(step.substitution)))
    if what == "arity":
        longer = (*step.substitution, draw(_constants()))
        return step._replace(substitution=draw(st.sampled_from([longer, step.substitution[:-1]])))
    if what == "order":
        return step._replace(premises=tuple(draw(st.permutations(step.premises))))
    others: list[Any] = [*range(-2, steps + 2), True, False]
    if what == "premise" and step.premises:
        place = draw(st.integers(0, len(step.premises) - 1))
        other = draw(st.sampled_from([bool(step.premises[place]), *others]))
        return step._replace(premises=(*step.premises[:place], other, *step.premises[place + 1 :]))
    longer = (*step.premises, draw(st.sampled_from(others)))
    return step._replace(premises=draw(st.sampled_from([longer, step.premises[:-1]])))
