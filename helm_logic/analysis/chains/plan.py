# SPDX-License-Identifier: Apache-2.0
"""What is proved of authority along a chain, as formulas over the state of one node and its ghosts.

A ghost is an argument that rules cannot see: `root-*` is what the root grant gave,
`approval-needed` whether an approval was required anywhere before, and `chain-length` how often
authority was handed on. What is *inside* must hold of every node, whatever the chain before it.

    scope          gives nothing that the root grant did not give
    window         begins no earlier and ends no later than the root grant
    depth          may be handed on no more often than the root grant
    length         was handed on no more often than the root grant allows
    budget         has no larger budget than the root grant
    approval       requires every approval that was required before
    continuation   was handed on by whom the node before names (a formula over one step)

What no root predicate names (`columns.py`) is not checked: `Plan.unnamed` says so. What they name
differently cannot be: `Plan.unlike`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.chains.bodies import MATCHES
from helm_logic.analysis.chains.columns import (
    APPROVAL,
    BUDGET,
    DEPTH,
    ISSUER,
    NO_APPROVAL,
    SCOPE,
    SINCE,
    UNTIL,
)
from helm_logic.analysis.chains.powers import DEMAND, POWER
from helm_logic.analysis.chains.properties import (
    CONTINUATION,
    PROPERTIES,
    bounds,
    differ,
    missing,
    names,
    slot_of,
)
from helm_logic.analysis.chains.rewrite import total
from helm_logic.analysis.chains.system import Component, Shape, System
from helm_logic.analysis.smt import BOOL, INT, Eq, Formula, Le, Number, Var, conj, disj, implies

# No name of the rule language has a `-`, so none of rules can be one of these.
LENGTH, NEEDED = "chain-length", "approval-needed"


@attrs.frozen
class Ghost:
    """An argument of every state; `root-*` has the value of *component* in the root grant."""

    name: str
    sort: str
    component: str

    @property
    def variable(self) -> Var:
        """The ghost as a variable of formulas about states."""
        return Var(self.name, self.sort)


@attrs.frozen
class Plan:
    """What to prove of a system: *inside* gives formulas by property and predicate.

    A rule is to blame if *before* held of the nodes before it and it leads outside: the same
    formulas, but for those that are kept only together with others. *unnamed* gives, for each
    property that is not checked, what is missing; *unlike*, for each that cannot be, in what root
    grants differ.
    """

    ghosts: tuple[Ghost, ...]
    inside: Mapping[str, Mapping[str, Formula]]
    before: Mapping[str, Mapping[str, Formula]]
    unnamed: Mapping[str, str]
    unlike: Mapping[str, str]


def sort_in_state(component: Component) -> str:
    """Return the sort of *component* where texts are numbers."""
    return component.sort if component.sort in (INT, BOOL) else INT


def variable(component: Component) -> Var:
    """Return *component* as a variable of formulas about states."""
    return Var(component.name, sort_in_state(component))


def make_plan(system: System, codes: Mapping[str, int]) -> Plan:
    """Return what can be proved of *system*; *codes* numbers its text and symbol constants."""
    roots = [system.shapes[each.head.predicate] for each in system.steps if not each.premises]
    some = {each.name for each in PROPERTIES if any(names(each, root) for root in roots)}
    if not _issuers(system):
        some.discard(CONTINUATION)
    unlike = {
        each.name: said
        for each in PROPERTIES
        if each.name in some and (said := differ(each, roots, tuple(system.shapes.values())))
    }
    named = some - unlike.keys()
    unnamed = {
        each.name: "no root grant" if not roots else missing(each)
        for each in PROPERTIES
        if each.name not in some
    }
    ghosts = tuple(_ghosts(roots, named))
    root = {ghost.component: ghost.variable for ghost in ghosts}
    inside = {
        each.name: {
            name: formula
            for name, shape in system.shapes.items()
            if (formula := _inside(each.name, shape, root, codes)) is not None
        }
        for each in PROPERTIES
        if each.name in named and each.name != CONTINUATION
    }
    before = {**inside}
    if "length" in inside:
        before["length"] = {name: _spent(shape, root) for name, shape in system.shapes.items()}
    return Plan(ghosts, inside, before, unnamed, unlike)


def _issuers(system: System) -> bool:
    """Say whether some given relation names who hands on."""
    return any(
        each.role == ISSUER and predicate.given
        for predicate in system.program.predicates
        for each in system.columns[predicate.name]
    )


def _ghosts(roots: Sequence[Shape], named: set[str]) -> Iterator[Ghost]:
    roles = {
        "scope": (SCOPE,), "window": (SINCE, UNTIL), "depth": (DEPTH,), "length": (DEPTH,),
        "budget": (BUDGET,),
    }  # fmt: skip
    wanted = {role for name in named for role in roles.get(name, ())}
    for role in (SCOPE, SINCE, UNTIL, DEPTH, BUDGET):
        if role in wanted:
            for each in bounds(roots[0], role):  # those of all roots, or it would not be named
                yield Ghost(f"root-{slot_of(each)}", sort_in_state(each), slot_of(each))
    if "approval" in named:
        sorts = {sort_in_state(each) for root in roots for each in bounds(root, APPROVAL)}
        yield Ghost(NEEDED, BOOL if sorts == {BOOL} else INT, APPROVAL)
    if "length" in named:
        yield Ghost(LENGTH, INT, LENGTH)


def _inside(
    name: str, shape: Shape, root: Mapping[str, Var], codes: Mapping[str, int]
) -> Formula | None:
    match name:
        case "scope":
            return _scope(shape, root)
        case "window":
            parts = [*_ordered(shape, SINCE, root), *_ordered(shape, UNTIL, root)]
        case "depth":
            parts = [*_ordered(shape, DEPTH, root)]
        case "budget":
            parts = [*_ordered(shape, BUDGET, root)]
        case "length":
            length, most = root[LENGTH], root[DEPTH]
            parts = [disj((Le(length, Number(0)), Le(length, most)))]
        case _:
            parts = [_kept(each, root[APPROVAL], codes) for each in bounds(shape, APPROVAL)]
    return conj(parts) if parts else None


def _spent(shape: Shape, root: Mapping[str, Var]) -> Formula:
    """Return that each time authority was handed on was taken off its depth."""
    length, most = root[LENGTH], root[DEPTH]
    left = [variable(each) for each in bounds(shape, DEPTH) if sort_in_state(each) == INT]
    parts = [
        part for each in left for part in (Le(Number(0), each), Le(total((length, each)), most))
    ]
    return disj((Le(length, Number(0)), conj((*parts, Le(length, most)))))


def _scope(shape: Shape, root: Mapping[str, Var]) -> Formula | None:
    """Return that the node gives an arbitrary request only if the root grant gives it.

    A text column gives the one request whose text it is. So what the node gives lies within what
    the root gives iff its patterns do not match, or the root's match and the texts are the same.
    """
    those = [each for each in bounds(shape, SCOPE) if each.name in root]
    if not those:
        return None
    own = [each for each in those if each.type not in (POWER, DEMAND)]
    matched = [each for each in own if each.type == MATCHES]
    same = [Eq(variable(each), root[each.name]) for each in own if each.type != MATCHES]
    within = conj((*same, *(root[each.name] for each in matched)))
    joint = implies(conj(variable(each) for each in matched), within)
    powers = [implies(variable(each), root[each.name]) for each in those if each not in own]
    return conj((joint, *powers))


def _ordered(shape: Shape, role: str, root: Mapping[str, Var]) -> Iterator[Formula]:
    for each in bounds(shape, role):
        if role in root:
            own, top = variable(each), root[role]
            if each.type == POWER:
                yield implies(own, top)
            else:
                yield Le(top, own) if role == SINCE else Le(own, top)


def _kept(component: Component, needed: Var, codes: Mapping[str, int]) -> Formula:
    own = variable(component)
    if own.sort == BOOL:
        return implies(needed, own)
    return disj((is_none(needed, component, codes), Eq(own, needed)))


def is_none(term: Formula, component: Component, codes: Mapping[str, int]) -> Formula:
    """Return that *term*, an approval that is named by a text, says that none is needed."""
    tag = "y:" if component.type == "symbol" else "s:"
    return disj(Eq(term, Number(codes[tag + each])) for each in NO_APPROVAL)
