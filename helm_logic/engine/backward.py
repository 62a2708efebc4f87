# SPDX-License-Identifier: Apache-2.0
"""A rule as one Python function that tells whether it has an instance with a given head.

It is asked for rows of a finished model only, when somebody wants all rules that support a fact and
not just the one of its derivation. The body is joined again with the head's variables known.
"""

from __future__ import annotations

from helm_logic.engine.plan import plan
from helm_logic.engine.scope import Scope
from helm_logic.engine.source import Access, Body
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, Term, is_variable

FEW_ROWS = 16  # looking through this many rows costs less than making an index for them


class Backward:
    """Prints `supports` for one rule."""

    def __init__(self, scope: Scope, rule: Rule) -> None:
        self._scope, self._rule = scope, rule
        self._used: dict[str, None] = {}

    def source(self) -> str:
        """Return the source of `supports(row, relations, find)`, which says yes or no.

        `find(name, make, rows)` is to return `make(rows)`, remembered under that name.
        """
        rule, scope = self._rule, self._scope
        known = list(dict.fromkeys(filter(is_variable, rule.head.terms)))
        access = [self._access(atom) for atom in rule.premises]
        body = Body(rule, scope, access, self._tally, known)
        body.once()
        # As the kernel has it: a rule that lacks rows for a premise computes nothing either.
        needed = [*dict.fromkeys(each.rows for each in access)]
        body.line(f"if not ({' and '.join(needed) or 'True'}): continue")
        self._head(body, known)
        for step in plan(rule, scope.estimate, known=known):
            body.step(step)
        body.line("return True")
        for literal in rule.body:
            self._rows(getattr(literal, "atom", None))
        return "\n".join(
            [
                "def supports(row, relations, find):",
                *(f" {name} = relations[{name[1:]}]" for name in self._used),
                " work, fired, soft = 0, 0, SOFT",
                *(" " + line for line in body.lines),
                " return False",
                "",
            ]
        )

    def _head(self, body: Body, known: list[Term]) -> None:
        """Read the head's variables out of the row; compare what else the head says."""
        terms = self._rule.head.terms
        for term in known:
            body.line(f"{body.term(term)} = row[{terms.index(term)}]")
        for column, term in enumerate(terms):
            if not is_variable(term) or column != terms.index(term):
                body.line(f"if row[{column}] != {body.term(term)}: continue")

    def _rows(self, atom: Atom | None) -> str:
        if atom is None:
            return ""
        name = self._scope.rows(atom.predicate)
        if atom.predicate not in self._scope.kept:
            self._used[name] = None
        return name

    def _access(self, atom: Atom) -> Access:
        scope, rows = self._scope, self._rows(atom)
        kept = atom.predicate in scope.kept

        def index(keys: tuple[int, ...], key: str, _loops: int) -> str:
            name = scope.index(atom.predicate, keys)
            if kept:
                return f"{name}.get({key}, ())"
            made = f"find('{name}', {scope.group(keys)}, {rows})"
            return f"{rows} if len({rows}) <= {FEW_ROWS} else {made}.get({key}, ())"

        return Access(rows, index, keyed=kept)

    def _tally(self, name: str, keys: tuple[int, ...], counted: tuple[int, ...]) -> str:
        tally = self._scope.tally(name, keys, counted)
        if name in self._scope.kept:
            return tally
        return f"find('{tally}', {self._scope.count(keys, counted)}, {self._scope.rows(name)})"
