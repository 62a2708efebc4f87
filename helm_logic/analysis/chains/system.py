# SPDX-License-Identifier: Apache-2.0
"""Recursive authority as a system of steps: from root grants, link by link, to whoever acts.

A *node* is a fact of a chain predicate. Its *state* is what the proof knows of it: its columns and,
for a column that names a link, what the functional relations state about that link; *ghosts* carry
the root grant along unchanged, which rules cannot see. A *step* is a rule, as formulas over the
state it concludes and those it starts from.

Chain predicates are the recursive ones that bound authority by their columns (`columns.py`), or
whose column names a link and on which, positively, `authorized`, an `allow` or a bounded one rests.
Where a rule reads several, the first as written is the one that hands on; the others must hold.

What is proved is proved family by family: `families.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import attrs

from helm_logic.analysis.chains.assumed import Assumed, assumed_of, reader
from helm_logic.analysis.chains.bodies import (
    MATCHES,
    SORTS,
    TEXT,
    Bodies,
    Environment,
    recursive,
)
from helm_logic.analysis.chains.columns import (
    APPROVAL,
    APPROVAL_NAMES,
    BOUNDS,
    LINK,
    SCOPE,
    Column,
    Columns,
    columns_of,
    places,
)
from helm_logic.analysis.chains.naming import named_alike, named_links
from helm_logic.analysis.chains.powers import powers
from helm_logic.analysis.chains.rewrite import conjuncts, eliminate, substitute
from helm_logic.analysis.smt import BOOL, Apply, Eq, Formula, Var
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Atom, Literal, Positive, is_variable
from helm_logic.lang import RuleSet

# Predicates whose facts are what authority is for.
_GOALS = ("authorized", "allow")


@attrs.frozen
class Component:
    """One part of a state: *name*, its *sort* in formulas, its *role* and *type*.

    *column* is the column of the predicate that it is, or that names the link it is told of; then
    *relation* tells it, in *place*. The type is that of the column, or `matches` for whether a
    pattern matches an arbitrary text, or the kind of a power.
    """

    name: str
    sort: str
    role: str
    type: str
    column: int
    relation: str = ""
    place: int = -1


@attrs.frozen
class Shape:
    """What the state of a node of *predicate* consists of."""

    predicate: str
    columns: tuple[Column, ...]
    components: tuple[Component, ...]

    @property
    def links(self) -> tuple[int, ...]:
        """The columns that name links."""
        return places(self.columns, LINK)

    def having(self, role: str) -> tuple[Component, ...]:
        """Return the components with *role*."""
        return tuple(each for each in self.components if each.role == role)


@attrs.frozen
class Node:
    """A fact of a chain predicate in a step, by the terms in its columns."""

    predicate: str
    terms: tuple[Formula, ...]


@attrs.frozen
class Step:
    """A rule: *condition* leads from *premises*, the first of them the parent, to *head*.

    *free* names what has a free meaning in the condition. Without premises it is a root grant.
    """

    rule: Rule
    head: Node
    premises: tuple[Node, ...]
    condition: Formula
    free: tuple[str, ...]


@attrs.frozen(slots=False)
class System:
    """A family of chain predicates with their shapes, and all their steps in rule order."""

    rule_set: RuleSet
    columns: Columns
    assumed: Assumed
    shapes: Mapping[str, Shape]
    steps: tuple[Step, ...]

    @property
    def program(self) -> Program:
        """The program of the rules."""
        return self.rule_set.program

    @cached_property
    def axioms(self) -> tuple[Formula, ...]:
        """What is assumed of the relations that the program has, and of what is wanted."""
        given = [each.name for each in self.program.predicates if each.given]
        wanted = [each.name for each in reader().program.predicates if each.name[:7] == "wanted_"]
        return self.assumed.axioms((*given, *wanted))

    def value(self, component: Component, node: Node) -> Formula:
        """Return the term for *component* of *node*."""
        term = node.terms[component.column]
        if component.type == MATCHES:
            return Apply(MATCHES, (term, Apply(f"wanted.{component.name}", (), TEXT)))
        if not component.relation:
            return term
        function = self.assumed.functions.get(component.relation)
        if function is None:
            return Apply(component.relation, (term,))
        return function.value(component.place, component.sort, (term,))


def whole_system(rule_set: RuleSet) -> System:
    """Return the chain predicates of *rule_set* and their steps: all families as if one."""
    declared = columns_of(rule_set)
    assumed = assumed_of(rule_set, declared)
    columns = named_links(rule_set.program, declared)
    predicates = _chain_predicates(rule_set.program, columns)
    columns |= named_alike(rule_set.program, columns, predicates)
    shapes = {name: _shape(name, columns, assumed, rule_set.program) for name in predicates}
    steps = tuple(
        _step(rule, rule_set, assumed, predicates)
        for rule in rule_set.program.rules
        if rule.head.predicate in predicates
    )
    return System(rule_set, columns, assumed, shapes, steps)


def _chain_predicates(program: Program, columns: Columns) -> tuple[str, ...]:
    inner = recursive(program)
    bounded = {name for name in inner if any(each.role in BOUNDS for each in columns[name])}
    reached = positively_below((*_GOALS, *bounded), program)
    chosen = bounded | {name for name in inner & reached if places(columns[name], LINK)}
    for names in program.strata:
        if chosen & set(names):
            chosen |= inner & reached & set(names)
    return tuple(each.name for each in program.predicates if each.name in chosen)


def positively_below(goals: Iterable[str], program: Program) -> frozenset[str]:
    """Return what facts of *goals* rest on, other than through `not` and counts."""
    reached = set(goals)
    waiting = list(reached)
    while waiting:
        goal = waiting.pop()
        for rule in program.rules:
            if rule.head.predicate == goal:
                new = {atom.predicate for atom in rule.premises} - reached
                reached |= new
                waiting += sorted(new)
    return frozenset(reached)


def _shape(
    name: str,
    columns: Columns,
    assumed: Assumed,
    program: Program,
) -> Shape:
    own = columns[name]
    found = []
    for n, each in enumerate(own):
        title = each.name or f"column{n}"
        found.append(Component(title, SORTS[each.type], each.role, each.type, n))
        if each.role == SCOPE and each.type == "pattern":
            found.append(Component(f"{title}.{MATCHES}", BOOL, SCOPE, MATCHES, n))
    for number in places(own, LINK):
        suffix = "" if len(places(own, LINK)) == 1 else f".{number}"
        found += _attributes(number, suffix, columns, assumed, program)
    return Shape(name, own, tuple(found))


def _attributes(
    number: int,
    suffix: str,
    columns: Columns,
    assumed: Assumed,
    program: Program,
) -> Iterator[Component]:
    for predicate in program.predicates:
        relation, names = predicate.name, columns[predicate.name]
        function = assumed.functions.get(relation)
        if not predicate.given or not names or names[0].role != LINK:
            continue
        if len(names) == 1 and relation in APPROVAL_NAMES:
            yield Component(relation + suffix, BOOL, APPROVAL, "bool", number, relation, 0)
        elif function is not None and function.keys == (0,):
            for place in function.values:
                column = names[place]
                title = f"{relation}.{column.name or place}{suffix}"
                kind = SORTS[column.type]
                yield Component(title, kind, column.role, column.type, number, relation, place)
    for power in powers(program, columns, assumed):
        yield Component(power.name + suffix, BOOL, power.role, power.kind, number, power.name)


def _step(rule: Rule, rule_set: RuleSet, assumed: Assumed, predicates: Sequence[str]) -> Step:
    bodies = Bodies(rule_set.program, assumed.functions, predicates)
    environment: Environment = {}
    chain, rest = _parted(rule, rule_set, predicates)
    premises = tuple(_node(atom, bodies, environment) for atom in chain)
    local: list[Var] = []
    parts = bodies.body(rest, environment, local)
    head = Node(
        rule.head.predicate, tuple(bodies.value(term, environment) for term in rule.head.terms)
    )
    named = {each for node in (*premises, head) for each in node.terms}
    mapped = {
        value: variable
        for part in parts
        for variable, value in _definitions(part)
        if variable in named
    }
    known = [each for each in parts if any(value in mapped for _, value in _definitions(each))]
    rewritten = [substitute(each, mapped) for each in parts if each not in known]
    unnamed = (each for each in local if each not in named)
    _, condition = eliminate(unnamed, (*known, *rewritten))
    return Step(rule, head, premises, condition, tuple(bodies.free))


def _parted(
    rule: Rule, rule_set: RuleSet, predicates: Sequence[str]
) -> tuple[list[Atom], list[Literal]]:
    """Return the atoms of chain predicates as they are written, and the other literals."""
    chain: list[tuple[int, Atom]] = []
    rest: list[Literal] = []
    for literal, origin in zip(rule.body, rule_set.origins[rule.id], strict=True):
        if isinstance(literal, Positive) and literal.atom.predicate in predicates:
            chain.append((origin, literal.atom))
        else:
            rest.append(literal)
    return [atom for _, atom in sorted(chain, key=lambda each: each[0])], rest


def parent_of(rule: Rule, system: System) -> Positive:
    """Return the literal of *rule* that the node before its conclusion comes from."""
    chain, _ = _parted(rule, system.rule_set, tuple(system.shapes))
    return Positive(chain[0])


def _node(atom: Atom, bodies: Bodies, environment: Environment) -> Node:
    columns = bodies.program.by_name[atom.predicate].columns
    for term, column in zip(atom.terms, columns, strict=True):
        if is_variable(term) and term not in environment:
            environment[term] = bodies.variable(str(term), SORTS[column])
    return Node(atom.predicate, tuple(bodies.value(term, environment) for term in atom.terms))


def _definitions(part: Formula) -> Iterator[tuple[Var, Formula]]:
    """Yield the variable and the value of a function that *part* says are equal."""
    for each in conjuncts(part):
        if isinstance(each, Eq):
            for one, other in ((each.left, each.right), (each.right, each.left)):
                if isinstance(one, Var) and isinstance(other, Apply) and other.terms:
                    yield one, other
