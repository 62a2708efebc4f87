# SPDX-License-Identifier: Apache-2.0
"""Rules without errors to a kernel program, with what its reader wants to know about each rule.

The program has the predicates and rules of the text first, in order, then the auxiliary ones, then
those about relevance, then those of claims: whoever leaves out the last has the same program as if
there were none. If the prelude declares no `missing`, no request lacks anything and nothing is
relevant. Bodies become parts in `bodies.py`, their order is found in `order.py`, and the kernel
checks the result when it is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import attrs

from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Count, Negative, Positive
from helm_logic.lang import tree
from helm_logic.lang.annotate import Named, NamedClaim
from helm_logic.lang.bodies import Auxiliaries, Lowered, Recursive, lower_rule
from helm_logic.lang.claims import Condition
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.lazy import Lazy
from helm_logic.lang.order import Part, in_order
from helm_logic.lang.printer import literal_text
from helm_logic.lang.relevance import MISSING, MOST_INPUTS, RELEVANT, Relevance
from helm_logic.lang.rule_text import rule_text
from helm_logic.lang.ruleset import Annotations, RuleSet
from helm_logic.lang.source import Span
from helm_logic.lang.stratify import components
from helm_logic.lang.table import INPUT, RELATION, Entry, Table
from helm_logic.lang.types import Types
from helm_logic.lang.walk import atoms, literals

_CLAIM = "verdict"


@attrs.frozen
class Wanted:
    """What a program is to have besides the rules: those about relevance, those of claims."""

    relevance: bool = True
    claims: bool = False


def lower(  # noqa: PLR0913 - what was found out about the text, and what is wanted of it
    table: Table,
    rules: Sequence[Named],
    conditions: Sequence[Condition],
    types: Types,
    findings: Findings,
    *,
    wanted: Wanted,
) -> RuleSet | None:
    """Return the rule set of *rules* without sources and warnings, or None after an error.

    The rules of *conditions* are numbered after *rules* in *types*.
    """
    lowering = _Lowering(table, rules, types, findings)
    if not lowering.is_sound(relevance=wanted.relevance):
        return None
    return lowering.rule_set(conditions if wanted.claims else ())


class _Lowering:
    def __init__(
        self, table: Table, rules: Sequence[Named], types: Types, findings: Findings
    ) -> None:
        self._table, self._rules, self._types, self._findings = table, rules, types, findings
        self._made = Auxiliaries(types, table.inputs, _recursion(rules))
        lowered = [lower_rule(each.id, each.clause, n, self._made) for n, each in enumerate(rules)]
        self._lowered, self._written = lowered, [*lowered, *self._made.rules]
        self._auxiliary = dict(self._made.predicates)
        required = {name: each.type for name, each in table.inputs.items() if each.required}
        self._relevance = Relevance(required)

    def is_sound(self, *, relevance: bool) -> bool:
        """Make the relevance rules; say whether that works, and counts read lower strata only."""
        asked = _asked(self._written)
        together = _recursion_of(asked)
        counted = [self._counts_below(each, together) for each in self._made.rules]
        entry = self._table.entries.get(MISSING)
        reached = _reached(asked) if entry and entry.kind == RELATION else frozenset()
        relevant = [each for each in self._lowered if each.head.predicate in reached]
        sound = [self._is_within_bounds(each) for each in relevant]
        if relevance and all(sound):
            for each in relevant:
                self._relevance.add(each)
        return all(counted) and all(sound)

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

    def _is_within_bounds(self, rule: Lowered) -> bool:
        names = self._relevance.enumerated(rule)
        if len(names) <= MOST_INPUTS:
            return True
        message = f"`{rule.id}` takes the values of {len(names)} inputs: {', '.join(names)}"
        expected = f"at most {MOST_INPUTS} required inputs whose values a rule binds or counts"
        span = self._rules[rule.origin].clause.head.span
        fix = "split the rule, or give inputs defaults"
        self._findings.add("HL020", message, span, expected=expected, fix=fix)
        return False

    def rule_set(self, conditions: Sequence[Condition]) -> RuleSet:
        """Return the result, with the rules of *conditions*."""
        table, first = self._table, len(self._made.rules)
        stated = [
            lower_rule(each.named.id, each.clause, number, self._made)
            for number, each in enumerate(conditions, len(self._rules))
            if not each.is_empty
        ]
        everything = [*self._written, *self._relevance.rules, *stated, *self._made.rules[first:]]
        few = frozenset(n for n, entry in table.entries.items() if _has_few_rows(entry, table))
        ordered = [in_order(each.parts, few)[0] for each in everything]
        made = tuple(
            Rule(each.id, each.head, tuple(part.literal for part in parts))
            for each, parts in zip(everything, ordered, strict=True)
        )
        predicates = self._predicates([each.head.predicate for each in stated])
        said: dict[str, Named | NamedClaim] = {each.id: each for each in self._rules}
        said |= {each.named.id: each.named for each in conditions if not each.is_empty}
        written: dict[str, tree.Rulelike] = {each.id: each.clause for each in self._rules}
        written |= {each.named.id: each.named.statement for each in conditions}
        spans = [each.span for each in written.values()]
        return RuleSet(
            program=Program(predicates, made, _strata(predicates, made)),
            inputs=tuple(table.inputs.values()),
            relations=tuple(n for n, entry in table.entries.items() if entry.kind == RELATION),
            annotations=Lazy({each.id: said.get(each.id, each) for each in made}, _annotations),
            spans={each.id: spans[each.origin] for each in everything},
            sources=(),
            warnings=(),
            literals=Lazy(written, _literals),
            origins=self._origins(everything, ordered, conditions),
            claims=tuple(claim for each in conditions if (claim := each.claim()) is not None),
            assumptions=tuple(each.named.id for each in conditions if each.claim() is None),
        )

    def _origins(
        self,
        everything: Sequence[Lowered],
        ordered: Sequence[Sequence[Part]],
        conditions: Sequence[Condition],
    ) -> dict[str, tuple[int, ...]]:
        """Return for each rule which literals of the text those of its body were made for."""
        origins = {
            rule.id: (-1,) * len(parts) for rule, parts in zip(everything, ordered, strict=True)
        }
        for rule, parts in zip(self._lowered, ordered, strict=False):
            origins[rule.id] = tuple(part.place for part in parts)
        of_claims = {each.named.id: each.places for each in conditions}
        for rule, parts in zip(everything, ordered, strict=True):
            if (places := of_claims.get(rule.id)) is not None:
                origins[rule.id] = tuple(places[part.place] for part in parts)
        return origins

    def _predicates(self, stated: Iterable[str]) -> tuple[Predicate, ...]:
        declared = {
            name: Predicate(name, self._types.columns[name], entry.given)
            for name, entry in self._table.entries.items()
        }
        if self._relevance.rules:
            declared.setdefault(RELEVANT, Predicate(RELEVANT, ("string",), given=False))
        rest = {name: Predicate(name, (), given=False) for name in stated} | self._made.predicates
        known = declared | self._auxiliary | self._relevance.predicates
        return tuple((known | rest).values())


def _annotations(of: Named | NamedClaim | Rule) -> Annotations:
    """Return what is said of a rule: nothing but its text, if the compiler made it."""
    return Annotations(write=partial(rule_text, of)) if isinstance(of, Rule) else of.annotations


def _literals(rule: tree.Rulelike) -> tuple[tuple[str, Span], ...]:
    return tuple((literal_text(each.literal), each.literal.span) for each in rule.body)


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
