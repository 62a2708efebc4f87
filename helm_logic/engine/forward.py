# SPDX-License-Identifier: Apache-2.0
"""A program as one Python function from given rows to its model: stratum by stratum, semi-naive.

Every derived row is stored with its *origin*, `(code, premise row, ...)`, where the code is
`height * (number of rules) + rule`. Of all origins met for a row in its round the least is kept,
which is the canonical derivation: smallest rule, then first premise rows. No other round can have a
candidate, because an instance all of whose premises are older has fired already. Rules are printed
last to first, so a rule whose head tells all its variables just overwrites.

In a recursive stratum a rule is printed once for each premise of its own stratum: that premise
reads the newest rows, those before it all rows, those after it all but the newest. So each instance
is met in exactly one round and one variant, and `fired` is the number of instances.

Joins are counted before they run (`work`), so that a product that never fires stops as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from helm_logic.engine.plan import Planned, Visit, plan
from helm_logic.engine.scope import Scope, row
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
        """Print a rule that reads nothing of its own stratum."""
        rule = self._program.rules[number]
        access = [self._all(atom) for atom in rule.premises]
        code = str(len(self._program.rules) + number)
        store = _store(rule, self._scope.rows(rule.head.predicate))
        self._lines += self._body(rule, plan(rule, self._scope.estimate), access, code, store)

    def _rounds(self, stratum: Sequence[str], recursive: Sequence[int]) -> None:
        """Print the loop over the rounds after the first."""
        variants = [
            (number, newest, plan(self._program.rules[number], self._scope.estimate, first=newest))
            for number in recursive
            for newest in _own_premises(self._program.rules[number], stratum)
        ]
        # If rules read nothing of their stratum but its newest rows, by stepping through them, then
        # those of a round may join the others at once.
        linear = len(variants) == len(recursive) and all(
            step.binds
            for _, newest, steps in variants
            for step in steps
            if isinstance(step, Visit) and step.premise == newest
        )
        self._own = {}
        body = [line for each in variants for line in self._variant(*each, stratum, linear=linear)]
        n = [self._scope.number[name] for name in stratum]
        rules = len(self._program.rules)
        self._lines += [
            *(f" D{i} = {f'list(R{i})' if linear else f'R{i}'}" for i in n),
            *(f" {index} = {build}" for index, build in self._own.items()),
            f" code = {rules}",
            f" while {' or '.join(f'R{i}' for i in n)}:",
            f"  code += {rules}",
            *(f"  N{i} = {'[]' if linear else '{}'}" for i in n),
            *body,
            f"  if not ({' or '.join(f'N{i}' for i in n)}): break",
            "  if code > LAST: tired()",
            "  if work > soft: soft = pace(work, fired)",
            *(f"  R{i}.update(N{i})" for i in n if not linear),
            *(f"  D{i} = N{i}" for i in n),
            *(f"  join({name}, {make.replace('(R', '(N')})" for name, make in self._own.items()),
        ]

    def _variant(
        self,
        number: int,
        newest: int,
        steps: Sequence[Planned],
        own: Collection[str],
        *,
        linear: bool,
    ) -> list[str]:
        """Print a rule whose premise *newest* reads the newest rows."""
        rule = self._program.rules[number]
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
                access.append(self._grown(atom, skip=f"D{i}"))
        i = self._scope.number[rule.head.predicate]
        store = _store_once(f"R{i}", f"N{i}") if linear else _store_new(rule, f"R{i}", f"N{i}")
        return [" " + x for x in self._body(rule, steps, access, f"code + {number}", store)]

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
        self,
        rule: Rule,
        steps: Sequence[Planned],
        access: Sequence[Access],
        code: str,
        store: Sequence[str],
    ) -> list[str]:
        """Print a rule: what decides before the first loop as one `if`, the loops, and *store*.

        *store* finds the row derived in `row` and its origin, with *code*, in `new`.
        """
        self._indexes, self._tallies = {}, {}
        body = Body(rule, self._scope, access, self._tally)
        ahead = body.conditions(steps)
        present = dict.fromkeys(a.rows for a in access if a.rows not in self._scope.names)
        loops = any(isinstance(step, Visit) and step.binds for step in steps)
        if len(ahead) < len(steps) and isinstance(steps[len(ahead)], Compute):
            body.once()
        for step in steps[len(ahead) :]:
            body.step(step)
        body.line("fired += 1" if loops else "work += 1; fired += 1")
        body.line(f"row = {body.row(rule.head.terms)}")
        body.line(f"new = {row([code, *body.premises])}")
        for line in store:
            body.line(line)
        self._lazy |= self._indexes | self._tallies
        return [
            *_made_once(self._tallies, " "),
            f" if {' and '.join([*present, *ahead]) or 'True'}:",
            *_made_once(self._indexes, "  "),
            *("  " + line for line in body.lines),
        ]


def _store(rule: Rule, rows: str) -> list[str]:
    """Return what keeps the least origin of a row in *rows*."""
    if set(rule.variables) <= set(rule.head.terms):
        return [f"{rows}[row] = new"]
    return [
        f"old = {rows}.setdefault(row, new)",
        f"if old is not new and new < old: {rows}[row] = new",
    ]


def _store_new(rule: Rule, rows: str, newest: str) -> list[str]:
    """Return what does so in *newest*, for a row that is not in *rows*."""
    return [f"if row not in {rows}:", *(" " + line for line in _store(rule, newest))]


def _store_once(rows: str, newest: str) -> list[str]:
    """Return what does so in *rows*, where the origins of earlier rounds are less than any new."""
    return [
        f"old = {rows}.setdefault(row, new)",
        f"if old is new: {newest}.append(row)",
        f"elif new < old: {rows}[row] = new",
    ]


def _made_once(made: dict[str, str], indent: str) -> list[str]:
    return [f"{indent}if {name} is None: {name} = {source}" for name, source in made.items()]


def _own_premises(rule: Rule, own: Collection[str]) -> list[int]:
    return [number for number, atom in enumerate(rule.premises) if atom.predicate in own]
