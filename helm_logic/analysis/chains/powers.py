# SPDX-License-Identifier: Apache-2.0
"""What a link gives where it states any number of rows, as one truth: of an arbitrary request.

A link may have many grants, and there is no end of requests. A *power* says of a link whether it
gives one request, of which nothing is known: what is proved of that one holds of all. It is defined
over the given relations: for grants by `gives` in reader.dl, for a relation that the author of the
rules declares by its columns. A *demand* is the same for what is required instead of given.

That a step adds no power is a *lemma* about its rule alone, with quantifiers over all facts; with
it, the chain is a matter of truths and numbers, without quantifiers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.analysis.chains.assumed import Assumed, reader, reader_columns
from helm_logic.analysis.chains.bodies import MATCHES, SORTS, Bodies
from helm_logic.analysis.chains.columns import (
    APPROVAL,
    BUDGET,
    DEPTH,
    LINK,
    SCOPE,
    SINCE,
    UNTIL,
    Column,
    Columns,
    places,
)
from helm_logic.analysis.chains.rewrite import at_most, exists
from helm_logic.analysis.smt import Apply, Formula, Var, same
from helm_logic.kernel.program import Program

POWER, DEMAND = "power", "demand"
_GIVES = "gives"
_ROLES = (SCOPE, SINCE, UNTIL, DEPTH, BUDGET, APPROVAL)


@attrs.frozen
class Power:
    """What *relation* says of a link in its columns with *role*, of an arbitrary request.

    *relation* is `gives` for the grants that the chain reader makes.
    """

    relation: str
    role: str

    @property
    def name(self) -> str:
        """The name of the truth: a predicate of links."""
        return f"{self.relation}.{self.role}?"

    @property
    def kind(self) -> str:
        """Whether it is what a link gives, or what it demands."""
        return DEMAND if self.role == APPROVAL else POWER

    def of(self, link: Formula) -> Formula:
        """Return the formula that *link* has it."""
        return Apply(self.name, (link,))


def powers(program: Program, columns: Columns, assumed: Assumed) -> Iterator[Power]:
    """Yield the powers of links, given what the relations of *program* state of them."""
    known = reader_columns()
    granted = {name for name in known if not name.startswith("wanted_")}
    if all(known[name] == columns.get(name) for name in ("grant", "constraint")):
        yield Power(_GIVES, SCOPE)
    else:
        granted = set()
    for predicate in program.predicates:
        relation, names = predicate.name, columns[predicate.name]
        function = assumed.functions.get(relation)
        if (
            predicate.given
            and len(names) > 1
            and names[0].role == LINK
            and relation not in granted
            and (function is None or function.keys != (0,))
        ):
            roles = {each.role for each in names}
            yield from (Power(relation, role) for role in _ROLES if role in roles)


def definition(
    power: Power, link: Formula, columns: Columns, assumed: Assumed, prefix: str
) -> Formula:
    """Return what it means that *link* has *power*; *prefix* makes its variables new ones."""
    if power.relation == _GIVES:
        bodies = Bodies(reader().program, assumed.functions, prefix=prefix)
        return bodies.holds(_GIVES, (link,))
    names = columns[power.relation]
    row: list[Formula] = [link]
    row += [Var(f"{prefix}{number}", SORTS[each.type]) for number, each in enumerate(names[1:], 1)]
    parts = [
        _covers(power, names[place], row[place], f"wanted.{power.relation}.{place}")
        for place in places(names, power.role)
    ]
    return exists(_variables(row[1:]), (Apply(power.relation, tuple(row)), *parts))


def _variables(terms: Sequence[Formula]) -> Iterator[Var]:
    return (each for each in terms if isinstance(each, Var))


def _covers(power: Power, column: Column, value: Formula, wanted_name: str) -> Formula:
    """Return the formula that *value* in *column* gives what is wanted."""
    wanted = Apply(wanted_name, (), SORTS[column.type])
    if column.type == "pattern":
        return Apply(MATCHES, (value, wanted))
    return compared(power, value, wanted)


def compared(power: Power, value: Formula, wanted: Formula) -> Formula:
    """Return the formula that *value*, which is no pattern, gives or demands what is wanted."""
    if power.role in (UNTIL, DEPTH, BUDGET):
        return at_most(wanted, value)
    return at_most(value, wanted) if power.role == SINCE else same(value, wanted)
