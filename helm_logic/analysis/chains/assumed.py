# SPDX-License-Identifier: Apache-2.0
"""What is assumed of given facts, and nothing else: every proof about chains rests on this.

    reader.dl       what helm_logic.authority guarantees of the facts it makes from signed links
    `#assume`       what the author of the rules says can never hold

Both are rules whose bodies never hold. Those that say that two rows of a relation cannot differ in
a column make the relation *functional*, the others are axioms. What reader.dl says of a relation
applies only to rules that declare it with the same columns: then the reader fills it, and nobody
else can (policy/folder.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import attrs

from helm_logic.analysis.chains.bodies import Bodies, Function
from helm_logic.analysis.chains.columns import Columns, columns_of
from helm_logic.analysis.chains.rewrite import exists, negation_inward
from helm_logic.analysis.smt import TRUE, Formula, Var, neg
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Count, Negative, Positive, Test, is_variable
from helm_logic.lang import RuleSet, Source, load

_READER = Path(__file__).with_name("reader.dl")
_IMPOSSIBLE = "impossible"
# Stands before the derived predicates of reader.dl in formulas: rules may have some of that name.
READER = "reader-"


@attrs.frozen
class Denial:
    """The body of *rule*, a rule of *program*, never holds."""

    rule: Rule
    program: Program

    @property
    def name(self) -> str:
        """What is impossible, in one word."""
        return str(self.rule.head.terms[0])[2:] if self.rule.head.terms else self.rule.id


@attrs.frozen
class Assumed:
    """The functional relations by name, and everything that never holds."""

    functions: Mapping[str, Function]
    denials: tuple[Denial, ...]

    def axioms(self, names: Iterable[str], *, recursive: bool = False) -> tuple[Formula, ...]:
        """Return what the denials say that speak of nothing but *names*: given relations.

        Those that also speak of recursive predicates are among them only if *recursive*.
        """
        asked = frozenset(names)
        found = []
        for number, denial in enumerate(self.denials):
            if relations_of(denial) <= asked:
                title = READER if denial.program is reader().program else ""
                bodies = Bodies(denial.program, self.functions, (), f"a{number}.", title)
                local: list[Var] = []
                parts = bodies.body(denial.rule.body, {}, local)
                formula = negation_inward(neg(exists(local, parts)))
                if formula != TRUE and (recursive or not bodies.free):
                    found.append(formula)
        return tuple(found)


@cache
def reader() -> RuleSet:
    """Return the rules of reader.dl."""
    return load(Source(_READER.name, _READER.read_text(encoding="utf-8")), lambda _: None)


@cache
def reader_columns() -> Columns:
    """Return the columns of every predicate of reader.dl."""
    return columns_of(reader())


def assumed_of(rule_set: RuleSet, columns: Columns) -> Assumed:
    """Return what is assumed of the facts of *rule_set*, whose predicates have *columns*."""
    own = [
        Denial(rule, rule_set.program)
        for rule in rule_set.program.rules
        if rule.id in rule_set.assumptions
    ]
    known = reader_columns()
    ours = [
        Denial(rule, reader().program)
        for rule in reader().program.rules
        if rule.head.predicate == _IMPOSSIBLE
    ]
    fit = [each for each in ours if all(_same(name, known, columns) for name in relations_of(each))]
    denials = (*fit, *own)
    return Assumed(_functions(denials, {**known, **columns}), denials)


def _same(name: str, known: Columns, columns: Columns) -> bool:
    return name.startswith("wanted_") or known[name] == columns.get(name)


def relations_of(denial: Denial) -> frozenset[str]:
    """Return the given relations that *denial* depends on."""
    rules: dict[str, list[Rule]] = {}
    for rule in denial.program.rules:
        rules.setdefault(rule.head.predicate, []).append(rule)
    waiting, reached = [denial.rule], set[str]()
    while waiting:
        for literal in waiting.pop().body:
            if isinstance(literal, (Positive, Negative, Count)):
                name = literal.atom.predicate
                if name not in reached:
                    reached.add(name)
                    waiting += rules.get(name, ())
    return frozenset(name for name in reached if denial.program.by_name[name].given)


def _functions(denials: Iterable[Denial], columns: Columns) -> dict[str, Function]:
    determined: dict[str, dict[frozenset[int], set[int]]] = {}
    for denial in denials:
        for relation, keys, value in _dependency(denial.rule):
            determined.setdefault(relation, {}).setdefault(keys, set()).add(value)
    found = {}
    for relation, by_keys in determined.items():
        every = range(len(columns[relation]))
        for keys, values in by_keys.items():
            if values == set(every) - keys:
                found[relation] = Function(
                    relation,
                    tuple(sorted(keys)),
                    tuple(sorted(values)),
                    tuple(each.name for each in columns[relation]),
                )
                break
    return found


def _dependency(rule: Rule) -> Iterator[tuple[str, frozenset[int], int]]:
    """Yield the relation, its key columns and the column they determine, if *rule* says that."""
    atoms = [each.atom for each in rule.body if isinstance(each, Positive)]
    tests = [each for each in rule.body if isinstance(each, Test)]
    if len(atoms) != 2 or len(tests) != 1 or len(rule.body) != 3:  # noqa: PLR2004  two rows differ
        return
    (one, other), test = atoms, tests[0]
    if one.predicate != other.predicate or test.relation not in ("!=", "<", ">"):
        return
    if not all(map(is_variable, (*one.terms, *other.terms))):
        return
    pairs = list(zip(one.terms, other.terms, strict=True))
    keys = frozenset(place for place, (left, right) in enumerate(pairs) if left == right)
    for place, pair in enumerate(pairs):
        if set(pair) == {test.left, test.right} and place not in keys:
            yield one.predicate, keys, place
