# SPDX-License-Identifier: Apache-2.0
"""The tables in which a chain of a few steps is looked for: how many rows, and which texts.

Texts are those that the rules name, one instance of each of their patterns, and a few more, so that
there is always one that is none of them. A relation about links has rows for each link of the
chain, any other as many as the rules ask for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.chains.assumed import reader_columns
from helm_logic.analysis.chains.bodies import SORTS
from helm_logic.analysis.chains.columns import BOUNDS, LINK, NO_APPROVAL, Column, places
from helm_logic.analysis.chains.system import System
from helm_logic.analysis.chains.tables import Pool, TableRow
from helm_logic.analysis.smt import BOOL, INT, Formula, Number, Var, disj, same
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Atom, Count, Literal, Negative, Positive, Test, is_variable

MOST_ROWS = 6
_TEXTS = ("principal", "string", "pattern")
_MORE = {
    "principal": ("user:root", "agent:a", "agent:b", "agent:c", "agent:d"),
    "string": ("alpha", "beta", *NO_APPROVAL),
    "pattern": ("**", "alpha", "beta"),
    "symbol": ("alpha", "beta", *NO_APPROVAL),
}


@attrs.frozen
class Slots:
    """The tables by relation, what must hold of their cells, and the cells that are integers."""

    pool: Pool
    rows: Mapping[str, tuple[TableRow, ...]]
    domains: tuple[Formula, ...]
    numbers: tuple[Var, ...]


def link_id(number: int) -> str:
    """Return the constant that names link *number* of a chain, from 0."""
    return f"s:link-{number}"


def make_slots(system: System, rules: Sequence[Rule], also: Iterable[str] = ()) -> Slots:
    """Return tables for a chain that *rules* make one after the other, and of relations *also*."""
    reached = list(_literals(system, rules))
    pool = _pool(system.program, reached, len(rules))
    maker = _Maker(system, pool, len(rules))
    uses = Counter(atom.predicate for atom in map(_atom, reached) if atom is not None)
    uses.update(name for name in also if name in system.columns)
    rows = {name: maker.table(name, uses[name]) for name in _relations(system, rules, uses)}
    known = reader_columns()
    for name in known:
        if name.startswith("wanted_"):
            rows[name] = maker.slots(name, known[name], 1)
    return Slots(pool, rows, tuple(maker.domains), tuple(maker.numbers))


def _literals(system: System, rules: Sequence[Rule]) -> Iterator[Literal]:
    """Yield the literals that *rules* depend on, but for what makes the node before each."""
    defined: dict[str, list[Rule]] = {}
    for rule in system.program.rules:
        defined.setdefault(rule.head.predicate, []).append(rule)
    assumed = [each.rule for each in system.assumed.denials if each.program is system.program]
    for rule in (*rules, *assumed):
        waiting, seen = [rule], {rule.head.predicate}
        while waiting:
            for literal in waiting.pop().body:
                yield literal
                atom = _atom(literal)
                if atom is not None and atom.predicate not in {*seen, *system.shapes}:
                    seen.add(atom.predicate)
                    waiting += defined.get(atom.predicate, ())


def _atom(literal: Literal) -> Atom | None:
    return literal.atom if isinstance(literal, (Positive, Negative, Count)) else None


def _relations(system: System, rules: Sequence[Rule], uses: Iterable[str]) -> tuple[str, ...]:
    """Return the given relations among *uses*, and those that say something about every link."""
    names = {name for name in uses if system.program.by_name[name].given}
    if any(system.shapes[rule.head.predicate].links for rule in rules):
        for name, function in system.assumed.functions.items():
            columns = system.columns.get(name, ())
            if columns and columns[0].role == LINK and function.keys == (0,):
                names.add(name)
    return tuple(each.name for each in system.program.predicates if each.name in names)


def _pool(program: Program, reached: Iterable[Literal], links: int) -> Pool:
    texts = {name: dict.fromkeys(more) for name, more in _MORE.items()}
    texts["link"] = dict.fromkeys(link_id(number)[2:] for number in range(links))
    for literal in reached:
        for term, types in _typed(literal, program):
            if type(term) is str and not is_variable(term) and term[:2] in ("s:", "y:"):
                for each in types:
                    texts[each].setdefault(term[2:])
    for each in list(texts["pattern"]):
        texts["string"].setdefault(each.replace("**", "alpha").replace("*", "alpha"))
    tagged = {
        name: {("y:" if name == "symbol" else "s:") + each for each in those}
        for name, those in texts.items()
    }
    every = sorted(set().union(*tagged.values()))
    number = {text: place for place, text in enumerate(every)}
    return Pool(
        tuple(every),
        {name: tuple(sorted(number[each] for each in those)) for name, those in tagged.items()},
    )


def _typed(literal: Literal, program: Program) -> Iterator[tuple[object, Sequence[str]]]:
    """Yield the terms of *literal* with the column types that they may be of."""
    atom = _atom(literal)
    if atom is not None:
        columns = program.by_name[atom.predicate].columns
        yield from ((t, (c,)) for t, c in zip(atom.terms, columns, strict=True) if c in _MORE)
    elif isinstance(literal, Test):
        if literal.relation in ("matches", "subsumes"):
            yield from (((literal.left, ("pattern",)), (literal.right, ("pattern", "string"))))
        else:
            for term in (literal.left, literal.right):
                yield term, ("symbol",) if str(term).startswith("y:") else _TEXTS


def _linked(system: System) -> frozenset[tuple[str, int]]:
    """Return the columns of given relations in which a link stands, whatever they are called."""
    found = {(name, place) for name, each in system.columns.items() for place in places(each, LINK)}
    for rule in system.program.rules:
        atoms = [each for each in map(_atom, rule.body) if each is not None]
        cells = [(atom.predicate, n, term) for atom in atoms for n, term in enumerate(atom.terms)]
        linked = {term for name, place, term in cells if (name, place) in found}
        found |= {(name, n) for name, n, term in cells if is_variable(term) and term in linked}
    return frozenset(found)


class _Maker:
    def __init__(self, system: System, pool: Pool, links: int) -> None:
        self._system, self._pool, self._links = system, pool, links
        self._linked = _linked(system)
        self._count = 0
        self.domains: list[Formula] = []
        self.numbers: list[Var] = []

    def table(self, name: str, uses: int) -> tuple[TableRow, ...]:
        """Return the rows of the given relation *name*, which rules ask for *uses* times."""
        columns = self._system.columns[name]
        function = self._system.assumed.functions.get(name)
        if columns and columns[0].role == LINK:
            many = 2 if function is None and any(each.role in BOUNDS for each in columns) else 1
            keys = [self._pool.code(link_id(number)) for number in range(self._links)]
            return tuple(row for key in keys for row in self.slots(name, columns, many, key))
        single = function is not None and not function.keys
        return self.slots(name, columns, 1 if single else min(max(1, uses), MOST_ROWS))

    def slots(
        self, name: str, columns: Sequence[Column], many: int, key: Formula | None = None
    ) -> tuple[TableRow, ...]:
        """Return *many* rows; the first cell of each is *key* if there is one."""
        rows = []
        for _ in range(many):
            self._count += 1
            title = f"{name}/{self._count}"
            cells = [
                self.cell(f"{title}/{n}", "link" if (name, n) in self._linked else each.type)
                for n, each in enumerate(columns)
            ]
            if key is not None:
                cells[0] = key
            rows.append(TableRow(Var(title, BOOL), tuple(cells)))
        return tuple(rows)

    def cell(self, name: str, column: str) -> Formula:
        """Return a new variable for a cell of a *column* type, or for a link."""
        sort = SORTS["string" if column == "link" else column]
        new = Var(name, sort if sort == BOOL else INT)
        if sort == INT:
            self.numbers.append(new)
        elif sort != BOOL:
            self.domains.append(disj(same(new, Number(n)) for n in self._pool.by_type[column]))
        return new
