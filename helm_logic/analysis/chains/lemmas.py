# SPDX-License-Identifier: Apache-2.0
"""Lemmas about single rules: a link that passes a step has no power that the link before has not.

The formula of the rule, with all its quantifiers, what is assumed of facts, and the contrary of the
lemma must not hold together. What speaks of none of the relations that the lemma is about is left
out. A lemma that is not proved may be true all the same: it is not used, and nothing else follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from helm_logic.analysis.chains.assumed import reader_columns
from helm_logic.analysis.chains.bodies import laws
from helm_logic.analysis.chains.induction import Condition
from helm_logic.analysis.chains.powers import DEMAND, Power, definition, powers
from helm_logic.analysis.chains.rewrite import conjuncts, negation_inward
from helm_logic.analysis.chains.system import Step, System
from helm_logic.analysis.smt import Apply, Exists, ForAll, Formula, neg, subterms
from helm_logic.analysis.smt_text import smtlib
from helm_logic.analysis.solver import is_unsatisfiable

# What is true is proved in hundredths of a second; what is false would be tried for ever.
TIMEOUT_MS = 10_000


def proved_lemmas(system: System) -> dict[str, tuple[str, ...]]:
    """Return, by rule, the powers that its steps do not add."""
    found = {}
    for step in system.steps:
        names = [
            power.name
            for power in _powers(step, system)
            if is_unsatisfiable(lemma(step, power, system).script, TIMEOUT_MS) is True
        ]
        if names:
            found[step.rule.id] = tuple(names)
    return found


def lemma(step: Step, power: Power, system: System) -> Condition:
    """Return the lemma that *step* does not add *power*, as a verification condition."""
    below = step.head.terms[system.shapes[step.head.predicate].links[0]]
    parent = step.premises[0]
    above = parent.terms[system.shapes[parent.predicate].links[0]]
    if power.kind == DEMAND:
        below, above = above, below
    own = definition(power, below, system.columns, system.assumed, "own.")
    before = definition(power, above, system.columns, system.assumed, "before.")
    about = [negation_inward(each) for each in (own, neg(before))]
    names = _relations(about, system)
    parts = [
        negation_inward(each)
        for each in conjuncts(step.condition)
        if _is_ground(each) or _relations((each,), system) & names
    ]
    asked = [*parts, *about]
    axioms = system.assumed.axioms(names | _relations(parts, system))
    said = f"`{step.rule.id}` adds no `{power.name}`"
    name = f"lemma {step.rule.id} {power.name}"
    return Condition(name, smtlib((*asked, *axioms, *laws((*asked, *axioms))), said))


def lemmas(proved: Mapping[str, tuple[str, ...]], system: System) -> Iterator[Condition]:
    """Yield the lemmas that *proved* names, by rule."""
    for step in system.steps:
        for power in _powers(step, system):
            if power.name in proved.get(step.rule.id, ()):
                yield lemma(step, power, system)


def _powers(step: Step, system: System) -> Iterator[Power]:
    """Yield the powers that the lemma can be asked of: not where the link stays the same."""
    if step.premises:
        nodes = (step.head, step.premises[0])
        links = [system.shapes[node.predicate].links for node in nodes]
        if all(links) and nodes[0].terms[links[0][0]] != nodes[1].terms[links[1][0]]:
            yield from powers(system.program, system.columns, system.assumed)


def _is_ground(formula: Formula) -> bool:
    return not any(isinstance(each, (ForAll, Exists)) for each in subterms((formula,)))


def _relations(formulas: Iterable[Formula], system: System) -> frozenset[str]:
    """Return the relations that *formulas* speak of: as themselves or as functions."""
    names = {each.name for each in subterms(formulas) if isinstance(each, Apply)}
    relations = {name.partition(".")[0] for name in names}
    known = {*system.columns, *system.assumed.functions, *reader_columns()}
    return frozenset(relations & known)
