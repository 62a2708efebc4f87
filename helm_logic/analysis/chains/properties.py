# SPDX-License-Identifier: Apache-2.0
"""What is asked of authority along a chain, and whether root grants give a measure for it.

What no root predicate names (`columns.py`) is not checked. What root predicates name differently
cannot be: a grant must lie within the one that its chain began with, and there is no one measure
for grants that began as either. The formulas are `plan.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from helm_logic.analysis.chains.columns import (
    APPROVAL,
    BUDGET,
    DEPTH,
    HOLDER,
    ROLES,
    SCOPE,
    SINCE,
    UNTIL,
)
from helm_logic.analysis.chains.powers import DEMAND, POWER
from helm_logic.analysis.chains.system import Component, Shape

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


def bounds(shape: Shape, role: str) -> tuple[Component, ...]:
    """Return the components of *shape* that bound authority in *role*."""
    those = shape.having(role)
    if role != SCOPE:
        # A second column of the same role would make the question another one.
        values = [each for each in those if each.type not in (POWER, DEMAND)]
        return tuple(values[:1] or those)
    return tuple(each for each in those if each.type != "pattern")


def names(wanted: Property, shape: Shape) -> bool:
    """Say whether *shape* has a column that *wanted* is about."""
    if wanted.name == "window":
        return bool(bounds(shape, UNTIL) or bounds(shape, SINCE))
    if wanted.name in ("depth", "length") and wanted.role == DEPTH:
        return any(each.type not in (POWER, DEMAND) for each in bounds(shape, DEPTH)) or (
            wanted.name == "depth" and bool(bounds(shape, DEPTH))
        )
    return bool(bounds(shape, wanted.role))


def differ(wanted: Property, roots: Sequence[Shape], shapes: Sequence[Shape]) -> str:
    """Return why what the root grants name of *wanted* is no measure for all *shapes*, if so.

    A measure must be named by every root grant alike. Of scope, a shape may name more in columns,
    which only narrows; a power that no root grant names would be measured by nothing.
    """
    if wanted.name == CONTINUATION:
        return "" if all(names(wanted, root) for root in roots) else _unlike(wanted, roots)
    roles = (SINCE, UNTIL) if wanted.name == "window" else (wanted.role,)
    measures = {frozenset(_measures(root, roles)) for root in roots}
    if len(measures) > 1 or not all(names(wanted, root) for root in roots):
        return _unlike(wanted, roots)
    known = {name for each in measures for name in each}
    for shape in shapes:
        for each in bounds(shape, wanted.role):
            if each.type in (POWER, DEMAND) and slot_of(each) not in known:
                return f"`{shape.predicate}` names a {wanted.role} that no root grant names"
    return ""


def _measures(shape: Shape, roles: Iterable[str]) -> Iterator[str]:
    return (slot_of(each) for role in roles for each in bounds(shape, role))


def _unlike(wanted: Property, roots: Sequence[Shape]) -> str:
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(each.predicate for each in roots))
    return f"root grants of {names} do not name the same columns about {wanted.name}"


def missing(wanted: Property) -> str:
    """Return what is missing where no root grant names what *wanted* is about."""
    return f"no root grant has a column such as `{ROLES[wanted.role][0][0]}`"


def slot_of(component: Component) -> str:
    """Return the name under which the root grant's value is carried along."""
    return component.name if component.role == SCOPE else component.role
