# SPDX-License-Identifier: Apache-2.0
"""What is proved of authority along a chain: formulas over the state of one node and its ghosts.

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

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.chains.bodies import MATCHES
from helm_logic.analysis.chains.columns import (
    APPROVAL,
    BUDGET,
    DEPTH,
    HOLDER,
    ISSUER,
    NO_APPROVAL,
    ROLES,
    SCOPE,
    SINCE,
    UNTIL,
)
from helm_logic.analysis.chains.powers import DEMAND, POWER
from helm_logic.analysis.chains.rewrite import total
from helm_logic.analysis.chains.system import Component, Shape, System
from helm_logic.analysis.smt import BOOL, INT, Eq, Formula, Le, Number, Var, conj, disj, implies

# No name of the rule language has a `-`, so none of rules can be one of these.
LENGTH, NEEDED = "chain-length", "approval-needed"
CONTINUATION = "continuation"


@attrs.frozen
class Property:
    """*code* is that of the finding if it does not hold; *sentence* tells it of a chain."""

    name: str
    code: str
    role: str
    sentence: str
    fix: str


PROPERTIES = (
    Property("scope", "HL201", SCOPE, "authority never gives more than its root grant",
             "ask in the rule that what is handed on is within what the one before has"),
    Property("window", "HL202", UNTIL, "authority never outlives its root grant",
             "ask in the rule that it ends no later, and begins no earlier, than the one before"),
    Property("depth", "HL203", DEPTH, "authority never gains depth",
             "ask in the rule that its depth is less than that of the one before"),
    Property("budget", "HL204", BUDGET, "authority never exceeds the budget of its root grant",
             "ask in the rule that its budget is at most that of the one before"),
    Property("length", "HL205", DEPTH, "authority is handed on no more often than its root allows",
             "ask in the rule that its depth is less than that of the one before, and at least 0"),
    Property("approval", "HL206", APPROVAL, "no approval that was required is dropped",
             "ask in the rule that what requires an approval before requires it after"),
    Property(CONTINUATION, "HL207", HOLDER, "only whom the node before names hands authority on",
             "ask in the rule that whoever hands on is the holder of the one before"),
)  # fmt: skip


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
    some = {each.name for each in PROPERTIES if any(_names(each, root) for root in roots)}
    if not _issuers(system):
        some.discard(CONTINUATION)
    unlike = {
        each.name: said
        for each in PROPERTIES
        if each.name in some and (said := _differ(each, roots, tuple(system.shapes.values())))
    }
    named = some - unlike.keys()
    unnamed = {
        each.name: "no root grant" if not roots else _missing(each)
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


def bounds(shape: Shape, role: str) -> tuple[Component, ...]:
    """Return the components of *shape* that bound authority in *role*."""
    those = shape.having(role)
    if role != SCOPE:
        # A second column of the same role would make the question another one.
        values = [each for each in those if each.type not in (POWER, DEMAND)]
        return tuple(values[:1] or those)
    return tuple(each for each in those if each.type != "pattern")


def _names(wanted: Property, shape: Shape) -> bool:
    if wanted.name == "window":
        return bool(bounds(shape, UNTIL) or bounds(shape, SINCE))
    if wanted.name in ("depth", "length") and wanted.role == DEPTH:
        return any(each.type not in (POWER, DEMAND) for each in bounds(shape, DEPTH)) or (
            wanted.name == "depth" and bool(bounds(shape, DEPTH))
        )
    return bool(bounds(shape, wanted.role))


def _differ(wanted: Property, roots: Sequence[Shape], shapes: Sequence[Shape]) -> str:
    """Return why what the root grants name of *wanted* is no measure for all *shapes*, if so.

    A measure must be named by every root grant alike. Of scope, a shape may name more in columns,
    which only narrows; a power that no root grant names would be measured by nothing.
    """
    if wanted.name == CONTINUATION:
        return "" if all(_names(wanted, root) for root in roots) else _unlike(wanted, roots)
    roles = (SINCE, UNTIL) if wanted.name == "window" else (wanted.role,)
    measures = {frozenset(_measures(root, roles)) for root in roots}
    if len(measures) > 1 or not all(_names(wanted, root) for root in roots):
        return _unlike(wanted, roots)
    known = {name for each in measures for name in each}
    for shape in shapes:
        for each in bounds(shape, wanted.role):
            if each.type in (POWER, DEMAND) and _slot(each) not in known:
                return f"`{shape.predicate}` names a {wanted.role} that no root grant names"
    return ""


def _measures(shape: Shape, roles: Iterable[str]) -> Iterator[str]:
    return (_slot(each) for role in roles for each in bounds(shape, role))


def _unlike(wanted: Property, roots: Sequence[Shape]) -> str:
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(each.predicate for each in roots))
    return f"root grants of {names} do not name the same columns about {wanted.name}"


def _missing(wanted: Property) -> str:
    return f"no root grant has a column such as `{ROLES[wanted.role][0][0]}`"


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
            common = [{_slot(each) for each in bounds(root, role)} for root in roots]
            for each in bounds(roots[0], role):
                if all(_slot(each) in slots for slots in common):
                    yield Ghost(f"root-{_slot(each)}", sort_in_state(each), _slot(each))
    if "approval" in named:
        sorts = {sort_in_state(each) for root in roots for each in bounds(root, APPROVAL)}
        yield Ghost(NEEDED, BOOL if sorts == {BOOL} else INT, APPROVAL)
    if "length" in named:
        yield Ghost(LENGTH, INT, LENGTH)


def _slot(component: Component) -> str:
    """Return the name under which the root grant's value is carried along."""
    return component.name if component.role == SCOPE else component.role


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
