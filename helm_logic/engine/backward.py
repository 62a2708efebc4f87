# SPDX-License-Identifier: Apache-2.0
"""A rule as one Python function from a row of its head to the instances that derive the row.

It is asked only when somebody wants to know why, so it keeps no record of the evaluation: with the
head's variables known, the few instances are found again by the same joins. Premises of the head's
own stratum must be of smaller height, which makes every derivation well-founded.
"""

from __future__ import annotations

from helm_logic.engine.plan import Planned, plan
from helm_logic.engine.scope import Scope, row
from helm_logic.engine.source import Access, Body
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, is_variable

FEW_ROWS = 16  # looking through this many rows costs less than making an index for them


class Backward:
    """Prints `why` for one rule."""

    def __init__(self, scope: Scope, rule: Rule) -> None:
        self._scope, self._rule = scope, rule
        program = scope.program
        self._own = program.strata[program.stratum[rule.head.predicate]]
        self._used: dict[str, None] = {}

    def source(self) -> str:
        """Return the source of `why(row, high, relations, find)`.

        It returns pairs of premise rows and substitution, for every instance that concludes *row*
        from premises whose codes, where they are of the head's stratum, are below *high*.
        """
        rule, scope = self._rule, self._scope
        access = [self._access(atom) for atom in rule.premises]
        body = Body(rule, scope, access, self._tally, rowed=True)
        body.once()
        # As the kernel has it: a rule that lacks rows for a premise computes nothing either.
        needed = [*dict.fromkeys(each.rows for each in access)]
        body.line(f"if not ({' and '.join(needed) or 'True'}): continue")
        known = self._head(body)
        for step in plan(rule, scope.estimate, known=known):
            self._use(step)
            body.step(step)
        premises = row([f"p{number}" for number in range(len(rule.premises))])
        body.line(f"found.append(({premises}, {body.row(rule.variables)}))")
        return "\n".join(
            [
                "def why(row, high, relations, find):",
                *(f" {name} = relations[{name[1:]}]" for name in self._used),
                " work, fired, soft, found = 0, 0, SOFT, []",
                *(" " + line for line in body.lines),
                " return found",
                "",
            ]
        )

    def _head(self, body: Body) -> list[int | str]:
        """Read the head's variables out of the row; return them."""
        known: list[int | str] = []
        for column, term in enumerate(self._rule.head.terms):
            if is_variable(term) and term not in known:
                body.line(f"{body.term(term)} = row[{column}]")
                body.live[body.term(term)] = None
                known.append(term)
            else:
                body.line(f"if row[{column}] != {body.term(term)}: continue")
        return known

    def _use(self, step: Planned) -> None:
        for atom in (getattr(step, "atom", None), getattr(step, "count", None)):
            if isinstance(atom, Atom):
                self._rows(atom.predicate)

    def _rows(self, predicate: str) -> str:
        name = self._scope.rows(predicate)
        if predicate not in self._scope.kept:
            self._used[name] = None
        return name

    def _access(self, atom: Atom) -> Access:
        scope, rows = self._scope, self._rows(atom.predicate)
        kept = atom.predicate in scope.kept

        def index(keys: tuple[int, ...], key: str, _loops: int) -> str:
            name = scope.index(atom.predicate, keys)
            if kept:
                return f"{name}.get({key}, ())"
            made = f"find('{name}', {scope.group(keys)}, {rows})"
            return f"{rows} if len({rows}) <= {FEW_ROWS} else {made}.get({key}, ())"

        skip = f"{rows}[{{row}}] >= high" if atom.predicate in self._own else ""
        return Access(rows, index, keyed=kept, skip=skip)

    def _tally(self, name: str, keys: tuple[int, ...], counted: tuple[int, ...]) -> str:
        tally = self._scope.tally(name, keys, counted)
        if name in self._scope.kept:
            return tally
        return f"find('{tally}', {self._scope.count(keys, counted)}, {self._rows(name)})"
