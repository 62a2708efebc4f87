# SPDX-License-Identifier: Apache-2.0
"""What the columns of declared predicates mean for authority that is handed on, by their names.

The convention is the table below; README.md tells it to authors of rules. A name counts only with
a type that fits it, so `from: principal` says who hands on and `from: time` when it begins. What a
predicate does not name is not checked, and the result says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from helm_logic.lang import RuleSet, parse
from helm_logic.lang.tree import Declaration

SCOPE, SINCE, UNTIL, DEPTH = "scope", "from", "until", "depth"
BUDGET, APPROVAL, HOLDER, ISSUER = "budget", "approval", "holder", "issuer"
# The column that names a link, so that other relations can tell about it.
LINK = "link"

_NUMBERS = ("int", "time")
_TEXTS = ("string", "symbol", "principal")

# Role: the names a column may have, and the types with which it has that role.
ROLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    SCOPE: (("scope", "action", "resource"), ("string", "symbol", "pattern")),
    SINCE: (("from", "since", "not_before"), _NUMBERS),
    UNTIL: (("until", "expires", "not_after"), _NUMBERS),
    DEPTH: (("depth", "may_delegate"), ("int",)),
    BUDGET: (("budget", "limit", "amount"), ("int",)),
    APPROVAL: (("approval", "needs", "needs_approval"), ("bool", "string", "symbol")),
    HOLDER: (("agent", "holder", "delegate", "to"), _TEXTS),
    ISSUER: (("issuer", "delegator", "from", "by"), _TEXTS),
    LINK: (("link",), ("string",)),
}
# A relation with no column but the link says of it what its name says.
APPROVAL_NAMES = ROLES[APPROVAL][0]
# What bounds authority: a recursive predicate with none of these columns hands on none.
BOUNDS = (SCOPE, SINCE, UNTIL, DEPTH, BUDGET, APPROVAL)
# The values of an approval column that say that none is needed.
NO_APPROVAL = ("", "none")


@attrs.frozen
class Column:
    """A column of a predicate; *name* is empty if it is not declared with one."""

    name: str
    type: str

    @property
    def role(self) -> str:
        """What it means, empty if nothing."""
        for role, (names, types) in ROLES.items():
            if self.name in names and self.type in types:
                return role
        return ""


Columns = Mapping[str, tuple[Column, ...]]


def columns_of(rule_set: RuleSet) -> dict[str, tuple[Column, ...]]:
    """Return the columns of every predicate of *rule_set*, with the names that are declared."""
    names: dict[str, Sequence[str]] = {}
    for source in rule_set.sources:
        for statement in parse(source)[0].statements:
            if isinstance(statement, Declaration):
                names[statement.name] = [each.name for each in statement.columns]
    return {
        each.name: tuple(
            Column(name, column)
            for name, column in zip(
                names.get(each.name, ("",) * len(each.columns)), each.columns, strict=True
            )
        )
        for each in rule_set.program.predicates
    }


def places(columns: Sequence[Column], role: str) -> tuple[int, ...]:
    """Return the positions of the columns that have *role*."""
    return tuple(number for number, each in enumerate(columns) if each.role == role)
