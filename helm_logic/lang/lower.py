# SPDX-License-Identifier: Apache-2.0
"""Rules without errors to a kernel program, with what its reader wants to know about each rule.

The program has the predicates and rules of the text first, in order, then the auxiliary ones, then
those about relevance. If the prelude declares no `missing`, no request lacks anything and nothing
is relevant. Bodies become parts in `bodies.py`, their order is found in `order.py`, and the kernel
checks the result when it is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Count, Negative, Positive
from helm_logic.lang.annotate import Named
from helm_logic.lang.bodies import Auxiliaries, Lowered, Recursive, lower_rule
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.order import in_order
from helm_logic.lang.relevance import MISSING, MOST_INPUTS, RELEVANT, Relevance
from helm_logic.lang.rule_text import rule_text
from helm_logic.lang.ruleset import Annotations, RuleSet
from helm_logic.lang.stratify import components
from helm_logic.lang.table import INPUT, RELATION, Entry, Table
from helm_logic.lang.types import Types
from helm_logic.lang.walk import atoms, literals

_CLAIM = "verdict"


def lower(table: Table, rules: Sequence[Named], types: Types, findings: Findings) -> RuleSet | None:
    """Return the rule set of *rules* without sources and warnings, or None after an error."""
    lowering = _Lowering(table, rules, types, findings)
    return lowering.rule_set() if lowering.is_sound() else None


class _Lowering:
    def __init__(
        self, table: Table, rules: Sequence[Named], types: Types, findings: Findings
    ) -> None:
        self._table, self._rules, self._types, self._findings = table, rules, types, findings
        self._made = Auxiliaries(types, table.inputs, _recursion(rules))
        lowered = [lower_rule(each.id, each.clause, n, self._made) for n, each in enumerate(rules)]
        self._lowered, self._written = lowered, [*lowered, *self._made.rules]
        required = {name: each.type for name, each in table.inputs.items() if each.required}
        self._relevance = Relevance(required)

    def is_sound(self) -> bool:
        """Make the relevance rules; say whether that works, and counts read lower strata only."""
        asked = _asked(self._written)
        together = _recursion_of(asked)
        counted = [self._counts_below(each, together) for each in self._made.rules]
        entry = self._table.entries.get(MISSING)
        reached = _reached(asked) if entry and entry.kind == RELATION else frozenset()
        relevant = [self._add(each) for each in self._lowered if each.head.predicate in reached]
        return all(counted) and all(relevant)

    def _counts_below(self, rule: Lowered, together: Recursive) -> bool:
        """Say whether what *rule* counts lies below its head, which the rules of the text do."""
        origin = self._rules[rule.origin]
        if not together(origin.clause.head.predicate, rule.head.predicate):
            return True
        message = f"in `{origin.id}`, what is inside a count reads a value that only comes from"
        message += f" a predicate that depends on `{origin.clause.head.predicate}`"
        fix = "compute what is compared by a rule of its own"
        self._findings.add("HL019", message, origin.clause.head.span, fix=fix)
        return False

    def _add(self, rule: Lowered) -> bool:
        names = self._relevance.enumerated(rule)
        if len(names) <= MOST_INPUTS:
            self._relevance.add(rule)
            return True
        message = f"`{rule.id}` takes the values of {len(names)} inputs: {', '.join(names)}"
        expected = f"at most {MOST_INPUTS} required inputs whose values a rule binds or counts"
        span = self._rules[rule.origin].clause.head.span
        fix = "split the rule, or give inputs defaults"
        self._findings.add("HL020", message, span, expected=expected, fix=fix)
        return False

    def rule_set(self) -> RuleSet:
        """Return the result."""
        table, rules, everything = (
            self._table,
            self._rules,
            [*self._written, *self._relevance.rules],
        )
        few = frozenset(n for n, entry in table.entries.items() if _has_few_rows(entry, table))
        ordered = (tuple(part.literal for part in in_order(e.parts, few)[0]) for e in everything)
        made = tuple(
            Rule(each.id, each.head, body) for each, body in zip(everything, ordered, strict=True)
        )
        predicates = self._predicates()
        texts = {each.id: Annotations(text=rule_text(each)) for each in made[len(rules) :]}
        return RuleSet(
            program=Program(predicates, made, _strata(predicates, made)),
            inputs=tuple(table.inputs.values()),
            relations=tuple(n for n, entry in table.entries.items() if entry.kind == RELATION),
            annotations={each.id: each.annotations for each in rules} | texts,
            spans={each.id: rules[each.origin].clause.span for each in everything},
            sources=(),
            warnings=(),
        )

    def _predicates(self) -> tuple[Predicate, ...]:
        declared = {
            name: Predicate(name, self._types.columns[name], entry.given)
            for name, entry in self._table.entries.items()
        }
        if self._relevance.rules:
            declared.setdefault(RELEVANT, Predicate(RELEVANT, ("string",), given=False))
        return tuple((declared | self._made.predicates | self._relevance.predicates).values())


def _recursion(rules: Iterable[Named]) -> Recursive:
    """Return whether two predicates depend on each other by *rules*, as they are written."""
    asked: dict[str, list[str]] = {}
    for rule in rules:
        found = (atom.predicate for _, atom in atoms(literals(rule.clause)))
        asked.setdefault(rule.clause.head.predicate, []).extend(found)
    return _recursion_of(asked)


def _recursion_of(asked: Mapping[str, Sequence[str]]) -> Recursive:
    graph = {name: [each for each in names if each in asked] for name, names in asked.items()}
    place = {name: n for n, names in enumerate(components(graph)) for name in names}
    return lambda one, other: one in place and place[one] == place.get(other)


def _asked(written: Iterable[Lowered]) -> dict[str, list[str]]:
    """Return what each predicate that a rule concludes asks for."""
    asked: dict[str, list[str]] = {}
    for rule in written:
        found = asked.setdefault(rule.head.predicate, [])
        found += [
            part.literal.atom.predicate
            for part in rule.parts
            if isinstance(part.literal, (Positive, Negative, Count))
        ]
    return asked


def _reached(asked: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return the predicates that the verdict depends on: all of them if nothing concludes it."""
    waiting = [_CLAIM] if _CLAIM in asked else list(asked)
    reached = set(waiting)
    while waiting:
        new = [name for name in asked.get(waiting.pop(), ()) if name not in reached]
        reached.update(new)
        waiting += new
    return frozenset(reached)


def _has_few_rows(entry: Entry, table: Table) -> bool:
    if entry.kind == INPUT:
        return not table.inputs[entry.name].is_set
    return entry.kind == RELATION and entry.arity == 1 and entry.source in table.prelude


def _strata(predicates: Iterable[Predicate], rules: Iterable[Rule]) -> tuple[tuple[str, ...], ...]:
    graph: dict[str, dict[str, None]] = {each.name: {} for each in predicates if not each.given}
    for rule in rules:
        for literal in rule.body:
            if isinstance(literal, (Positive, Negative, Count)) and literal.atom.predicate in graph:
                graph[rule.head.predicate][literal.atom.predicate] = None
    return components(graph)
