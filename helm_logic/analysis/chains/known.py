# SPDX-License-Identifier: Apache-2.0
"""What is known of the links and patterns that a step names, besides what its rule says.

Of each link, what `assumed.py` says of every link; of patterns, that they match no more than what
covers them, and that equal ones match alike; of powers, the lemmas of the rule. What is assumed
and can be made true without touching anything else says nothing, and is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from helm_logic.analysis.chains.bodies import MATCHES, SUBSUMES, TEXT, constant_text
from helm_logic.analysis.chains.powers import POWER
from helm_logic.analysis.chains.rewrite import conjuncts, substitute
from helm_logic.analysis.chains.system import Step, System
from helm_logic.analysis.smt import (
    Apply,
    Eq,
    Exists,
    ForAll,
    Formula,
    Not,
    Or,
    conj,
    implies,
    same,
    subterms,
)
from helm_logic.kernel.pattern import subsumes

_EVERYTHING = "s:**"  # the pattern that every text matches


def terms_of(step: Step) -> tuple[Formula, ...]:
    """Return every term that *step* names."""
    nodes = [term for node in (step.head, *step.premises) for term in node.terms]
    return tuple(subterms((*nodes, step.condition)))


def of_links(step: Step, system: System) -> list[Formula]:
    """Return what is assumed of each link that *step* names."""
    links = {
        node.terms[column]: None
        for node in (step.head, *step.premises)
        for column in system.shapes[node.predicate].links
    }
    mapped = defined(step)
    said: list[Formula] = []
    for axiom in system.axioms if links else ():
        if not isinstance(axiom, ForAll):
            said.append(substitute(axiom, mapped))
        elif _is_about_a_link(axiom):
            variable = axiom.variables[0]
            said += [substitute(substitute(axiom.body, {variable: link}), mapped) for link in links]
    own = [system.value(each, node) for node in (step.head, *step.premises)
           for each in system.shapes[node.predicate].components]  # fmt: skip
    return _needed(said, {*terms_of(step), *own})


def _needed(said: Sequence[Formula], used: set[Formula]) -> list[Formula]:
    """Return *said* without what can be made true by an atom that nothing contradicts."""
    left = list(dict.fromkeys(each for one in said for each in conjuncts(one)))
    while True:
        ways = Counter(literal for each in left for literal in _literals(each))
        free = {
            literal
            for literal in ways
            if isinstance(_atom(literal), Apply)
            and _atom(literal) not in used
            and _contrary(literal) not in ways
        }
        kept = [each for each in left if not free & set(_literals(each))]
        if len(kept) == len(left):
            return left
        left = kept


def _literals(formula: Formula) -> tuple[Formula, ...]:
    return formula.parts if isinstance(formula, Or) else (formula,)


def _atom(literal: Formula) -> Formula:
    return literal.part if isinstance(literal, Not) else literal


def _contrary(literal: Formula) -> Formula:
    return literal.part if isinstance(literal, Not) else Not(literal)


def of_patterns(step: Step, system: System, named: Iterable[Apply]) -> Iterator[Formula]:
    """Yield the laws of patterns for the patterns of *step* and the arbitrary texts."""
    pairs = dict.fromkeys((*named, *_matched(step, system)))
    for wanted in dict.fromkeys(each.terms[1] for each in pairs):
        for term in terms_of(step):
            if isinstance(term, Apply) and term.name == SUBSUMES:
                wide, narrow = (Apply(MATCHES, (each, wanted)) for each in term.terms)
                yield implies(term, implies(narrow, wide))
    yield from (each for each in pairs if constant_text(each.terms[0]) == _EVERYTHING)
    for one, other in combinations(pairs, 2):
        (first, wanted), (second, other_wanted) = one.terms, other.terms
        if wanted == other_wanted:
            yield from _agree(first, second, one, other)


def narrowed(step: Step, system: System, names: Sequence[str]) -> Iterator[Formula]:
    """Yield that the head has no power that its parent has not, for the powers in *names*."""
    head, parent = step.head, step.premises[0]
    above = {each.name: each for each in system.shapes[parent.predicate].components}
    for each in system.shapes[head.predicate].components:
        if each.name in names and each.name in above:
            own = system.value(each, head)
            before = system.value(above[each.name], parent)
            yield implies(own, before) if each.type == POWER else implies(before, own)


def named_matches(system: System) -> Iterator[Apply]:
    """Yield whether a pattern that rules name matches an arbitrary text: the same in all steps."""
    patterns: dict[Formula, None] = {}
    wanted: dict[Formula, None] = {}
    for step in system.steps:
        for each in terms_of(step):
            if isinstance(each, Apply) and each.name in (MATCHES, SUBSUMES):
                patterns |= dict.fromkeys(each.terms)
            elif isinstance(each, Eq):
                patterns |= dict.fromkeys((each.left, each.right))
        for match in _matched(step, system):
            patterns.setdefault(match.terms[0])
            wanted.setdefault(match.terms[1])
    for text in wanted:
        for pattern in patterns:
            if (constant_text(pattern) or "").startswith("s:"):
                yield Apply(MATCHES, (pattern, text))


def defined(step: Step) -> dict[Formula, Formula]:
    """Return the functions of links that are equal to a term of a node, with that term."""
    nodes = {term for node in (step.head, *step.premises) for term in node.terms}
    pairs = [
        (one, other)
        for part in conjuncts(step.condition)
        if isinstance(part, Eq)
        for one, other in ((part.left, part.right), (part.right, part.left))
    ]
    return {
        other: one
        for one, other in pairs
        if one in nodes and isinstance(other, Apply) and other.terms
    }


def _matched(step: Step, system: System) -> Iterator[Apply]:
    for node in (step.head, *step.premises):
        for each in system.shapes[node.predicate].components:
            value = system.value(each, node)
            if each.type == MATCHES and isinstance(value, Apply):
                yield value


def _is_about_a_link(axiom: ForAll) -> bool:
    inner = any(isinstance(each, (ForAll, Exists)) for each in subterms((axiom.body,)))
    return len(axiom.variables) == 1 and axiom.variables[0].sort == TEXT and not inner


def _agree(first: Formula, second: Formula, one: Apply, other: Apply) -> Iterator[Formula]:
    """Yield what two patterns have to do with each other: equal ones match alike."""
    left, right = constant_text(first), constant_text(second)
    if left is None or right is None:
        yield implies(same(first, second), conj((implies(one, other), implies(other, one))))
        return
    if subsumes(left, right):
        yield implies(other, one)
    if subsumes(right, left):
        yield implies(one, other)
