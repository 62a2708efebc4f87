# SPDX-License-Identifier: Apache-2.0
"""A program as one Python function from given rows to its model: stratum by stratum, semi-naive.

Every derived row is stored with its *code*, `height * (number of rules) + rule`, where the rule is
the smallest that derives the row at that height, which is the rule of its canonical derivation.
This costs nothing: rules are printed last to first, so that the smallest rule is the last to store
its code; and in a round every instance found has a premise of the round before, because an instance
without one has fired already.

In a recursive stratum a rule is printed once for each premise of its own stratum: that premise
reads the newest rows, those before it all rows, those after it all but the newest. So each instance
is met in exactly one round and one variant, and `fired` is the number of instances.

Joins are counted before they run (`work`), so that a product that never fires stops as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from helm_logic.engine.plan import Planned, Visit, plan
from helm_logic.engine.scope import Scope
from helm_logic.engine.source import Access, Body
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, Compute


class Forward:
    """Prints the strata that *scope* does not keep."""

    def __init__(self, scope: Scope, strata: Iterable[Sequence[str]]) -> None:
        self._scope = scope
        self._program = scope.program
        self._rules: dict[str, list[int]] = {}
        for number, rule in enumerate(self._program.rules):
            self._rules.setdefault(rule.head.predicate, []).append(number)
        self._indexes: dict[str, str] = {}
        self._tallies: dict[str, str] = {}
        self._lazy: dict[str, str] = {}
        self._own: dict[str, str] = {}
        self._lines: list[str] = []
        for stratum in strata:
            self._stratum(stratum)

    def source(self, given: Sequence[str], wanted: Sequence[str]) -> str:
        """Return the source of `run`, which takes the rows of the predicates *given* in order.

        It returns those of the predicates *wanted* in order, then `work` and `fired`. Its namespace
        is that of the scope and what `machine.py` adds.
        """
        rows = self._scope.rows
        return "\n".join(
            [
                f"def run({', '.join(map(rows, given))}):",
                " work = fired = 0",
                " soft = SOFT",
                *(f" {name} = None" for name in self._lazy),
                *self._lines,
                f" return ({''.join(rows(name) + ', ' for name in wanted)}), work, fired",
                "",
            ]
        )

    def _stratum(self, stratum: Sequence[str]) -> None:
        own, rows = set(stratum), self._scope.rows
        numbers = sorted((n for name in stratum for n in self._rules.get(name, ())), reverse=True)
        numbers = [n for n in numbers if not self._is_dead(self._program.rules[n])]
        recursive = [n for n in numbers if _own_premises(self._program.rules[n], own)]
        self._lines += [f" {rows(name)} = {{}}" for name in stratum]
        for number in numbers:
            if number not in recursive:
                self._base(number)
        if recursive:
            self._rounds(stratum, recursive)
        self._lines.append(" if work > soft: soft = pace(work, fired)")

    def _is_dead(self, rule: Rule) -> bool:
        kept = self._scope.kept
        return any(a.predicate in kept and not kept[a.predicate] for a in rule.premises)

    def _base(self, number: int) -> None:
        rule = self._program.rules[number]
        steps = plan(rule, self._scope.estimate)
        head = self._scope.rows(rule.head.predicate)
        code = len(self._program.rules) + number
        self._lines += self._body(
            rule, steps, [self._all(atom) for atom in rule.premises], f"{head}[{{row}}] = {code}"
        )

    def _rounds(self, stratum: Sequence[str], recursive: Sequence[int]) -> None:
        """Print the loop over the rounds after the first."""
        n = [self._scope.number[name] for name in stratum]
        body: list[str] = []
        self._own = {}
        for number in recursive:
            rule = self._program.rules[number]
            for newest in _own_premises(rule, set(stratum)):
                body += self._variant(rule, number, newest, set(stratum))
        some = " or ".join(f"R{i}" for i in n)
        new = " or ".join(f"N{i}" for i in n)
        self._lines += [
            *(f" D{i} = R{i}" for i in n),
            *(f" {index} = {build}" for index, build in self._own.items()),
            f" code = {len(self._program.rules)}",
            f" while {some}:",
            f"  code += {len(self._program.rules)}",
            *(f"  N{i} = {{}}" for i in n),
            *body,
            f"  if not ({new}): break",
            "  if code > LAST: tired()",
            "  if work > soft: soft = pace(work, fired)",
            *(f"  R{i}.update(N{i}); D{i} = N{i}" for i in n),
            *(
                f"  join({index}, {build.replace('(R', '(N')})"
                for index, build in self._own.items()
            ),
        ]

    def _variant(self, rule: Rule, number: int, newest: int, own: set[str]) -> list[str]:
        access = []
        for premise, atom in enumerate(rule.premises):
            i = self._scope.number[atom.predicate]
            if premise == newest:
                access.append(Access(f"D{i}"))
            elif atom.predicate not in own:
                access.append(self._all(atom))
            elif premise < newest:
                access.append(self._grown(atom))
            else:
                access.append(self._grown(atom, skip=f"{{row}} in D{i}"))
        steps = plan(rule, self._scope.estimate, first=newest)
        i = self._scope.number[rule.head.predicate]
        store = f"row = {{row}}\nif row not in R{i}: N{i}[row] = code + {number}"
        return [" " + line for line in self._body(rule, steps, access, store)]

    def _all(self, atom: Atom) -> Access:
        """Read all rows of a relation that is complete."""
        scope, name = self._scope, atom.predicate

        def index(keys: tuple[int, ...], key: str, loops: int) -> str | None:
            if name not in scope.kept and not loops:
                return None  # one look through the rows costs less than an index of them
            made = scope.index(name, keys)
            if name not in scope.kept:
                self._indexes[made] = f"{scope.group(keys)}({scope.rows(name)})"
            return f"{made}.get({key}, ())"

        return Access(scope.rows(name), index)

    def _grown(self, atom: Atom, skip: str = "") -> Access:
        """Read the rows so far of a relation of the stratum at hand."""
        scope, name = self._scope, atom.predicate

        def index(keys: tuple[int, ...], key: str, _loops: int) -> str:
            made = scope.index(name, keys)
            self._own[made] = f"{scope.group(keys)}({scope.rows(name)})"
            return f"{made}.get({key}, ())"

        return Access(scope.rows(name), index, skip=skip)

    def _tally(self, name: str, keys: tuple[int, ...], counted: tuple[int, ...]) -> str:
        tally = self._scope.tally(name, keys, counted)
        if name not in self._scope.kept:
            made = f"{self._scope.count(keys, counted)}({self._scope.rows(name)})"
            self._tallies[tally] = made
        return tally

    def _body(
        self, rule: Rule, steps: Sequence[Planned], access: Sequence[Access], store: str
    ) -> list[str]:
        """Print the body: what decides before the first loop as one `if`, then the loops.

        *store* is what to do with `{row}`, the row derived.
        """
        self._indexes, self._tallies = {}, {}
        body = Body(rule, self._scope, access, self._tally, rowed=False)
        conditions = list(dict.fromkeys(a.rows for a in access if a.rows not in self._scope.names))
        loops = any(isinstance(step, Visit) and step.binds for step in steps)
        ahead = 0
        while ahead < len(steps) and (condition := body.condition(steps[ahead])) is not None:
            conditions.append(condition)
            ahead += 1
        if ahead < len(steps) and isinstance(steps[ahead], Compute):
            body.once()
        for step in steps[ahead:]:
            body.step(step)
        body.line("fired += 1" if loops else "work += 1; fired += 1")
        for line in store.format(row=body.row(rule.head.terms)).split("\n"):
            body.line(line)
        self._lazy |= self._indexes | self._tallies
        return [
            *_made_once(self._tallies, " "),
            f" if {' and '.join(conditions) or 'True'}:",
            *_made_once(self._indexes, "  "),
            *("  " + line for line in body.lines),
        ]


def _made_once(made: dict[str, str], indent: str) -> list[str]:
    return [f"{indent}if {name} is None: {name} = {source}" for name, source in made.items()]


def _own_premises(rule: Rule, own: Collection[str]) -> list[int]:
    return [number for number, atom in enumerate(rule.premises) if atom.predicate in own]
