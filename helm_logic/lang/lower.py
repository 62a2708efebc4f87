# SPDX-License-Identifier: Apache-2.0
"""Rules without errors to a kernel program, with what the reader of a decision wants to know about each rule.

The program has the predicates and rules of the text first, in order, then the auxiliary ones, then those about
relevance. If the prelude declares no `missing`, no request lacks anything and nothing is relevant. Bodies become
parts in `bodies.py`, their order is found in `order.py`, and the kernel checks the result when it is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Count, Negative, Positive
from helm_logic.lang.annotate import Named
from helm_logic.lang.bodies import Auxiliaries, Lowered, lower_rule
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.order import in_order
from helm_logic.lang.relevance import MISSING, MOST_INPUTS, RELEVANT, Relevance
from helm_logic.lang.rule_text import rule_text
from helm_logic.lang.ruleset import Annotations, RuleSet
from helm_logic.lang.stratify import Edge, check_strata, components
from helm_logic.lang.table import INPUT, RELATION, Entry, Table
from helm_logic.lang.types import Types
from helm_logic.lang.walk import COUNTED, NEGATED, POSITIVE

_CLAIM = "verdict"


def lower(table: Table, rules: Sequence[Named], types: Types, findings: Findings) -> RuleSet | None:
    """Return the rule set of *rules*, sources and warnings left out; None after reporting an error."""
    made = Auxiliaries(types, table.inputs)
    lowered = [lower_rule(each.id, each.clause, n, made) for n, each in enumerate(rules)]
    written = [*lowered, *made.rules]
    names = [*table.entries, *made.predicates]
    fine = check_strata(names, _edges(written, rules), findings)
    relevance = Relevance({n: each.type for n, each in table.inputs.items() if each.required})
    if MISSING in table.entries and table.entries[MISSING].kind == RELATION:
        fine &= _add_relevance(relevance, lowered, _reached(written), rules, findings)
    return _assemble(table, rules, types, made, relevance, written) if fine else None


def _edges(written: Iterable[Lowered], rules: Sequence[Named]) -> Iterator[Edge]:
    for rule in written:
        span = rules[rule.origin].clause.head.span
        for under, name in _asks(rule):
            yield Edge(rule.head.predicate, name, under, span)


def _asks(rule: Lowered) -> Iterator[tuple[str, str]]:
    for part in rule.parts:
        match part.literal:
            case Positive(atom):
                yield POSITIVE, atom.predicate
            case Negative(atom):
                yield NEGATED, atom.predicate
            case Count(_, atom):
                yield COUNTED, atom.predicate
            case _:
                pass


def _reached(written: Iterable[Lowered]) -> frozenset[str]:
    """Return the predicates that the verdict depends on: all of them if nothing concludes it."""
    asks: dict[str, list[str]] = {}
    for rule in written:
        asks.setdefault(rule.head.predicate, []).extend(name for _, name in _asks(rule))
    waiting = [_CLAIM] if _CLAIM in asks else list(asks)
    reached = set(waiting)
    while waiting:
        new = [name for name in asks.get(waiting.pop(), []) if name not in reached]
        reached.update(new)
        waiting += new
    return frozenset(reached)


def _add_relevance(
    relevance: Relevance,
    lowered: Iterable[Lowered],
    reached: frozenset[str],
    rules: Sequence[Named],
    findings: Findings,
) -> bool:
    fine = True
    for rule in lowered:
        if len(names := relevance.enumerated(rule)) > MOST_INPUTS:
            fine = False
            message = f"`{rule.id}` takes the values of {len(names)} inputs: {', '.join(names)}"
            expected = f"at most {MOST_INPUTS} required inputs whose values a rule binds or counts"
            span = rules[rule.origin].clause.head.span
            fix = "split the rule, or give inputs defaults"
            findings.add("HL020", message, span, expected=expected, fix=fix)
        elif rule.head.predicate in reached:
            relevance.add(rule)
    return fine


def _assemble(
    table: Table,
    rules: Sequence[Named],
    types: Types,
    made: Auxiliaries,
    relevance: Relevance,
    written: Sequence[Lowered],
) -> RuleSet:
    declared = {n: Predicate(n, types.columns[n], each.given) for n, each in table.entries.items()}
    if relevance.rules:
        declared.setdefault(RELEVANT, Predicate(RELEVANT, ("string",), given=False))
    predicates = tuple((declared | made.predicates | relevance.predicates).values())
    few = frozenset(name for name, entry in table.entries.items() if _has_few_rows(entry, table))
    everything = [*written, *relevance.rules]
    program_rules = tuple(
        Rule(each.id, each.head, tuple(part.literal for part in in_order(each.parts, few)[0]))
        for each in everything
    )
    texts = {each.id: Annotations(text=rule_text(each)) for each in program_rules[len(rules) :]}
    return RuleSet(
        program=Program(predicates, program_rules, _strata(predicates, program_rules)),
        inputs=tuple(table.inputs.values()),
        relations=tuple(n for n, entry in table.entries.items() if entry.kind == RELATION),
        annotations={each.id: each.annotations for each in rules} | texts,
        spans={each.id: rules[each.origin].clause.span for each in everything},
        sources=(),
        warnings=(),
    )


def _has_few_rows(entry: Entry, table: Table) -> bool:
    if entry.kind == INPUT:
        return not table.inputs[entry.name].is_set
    return entry.kind == RELATION and entry.arity == 1 and entry.source in table.prelude


def _strata(
    predicates: Iterable[Predicate], rules: Iterable[Rule]
) -> tuple[tuple[str, ...], ...]:
    graph: dict[str, dict[str, None]] = {each.name: {} for each in predicates if not each.given}
    for rule in rules:
        for literal in rule.body:
            if isinstance(literal, (Positive, Negative, Count)) and literal.atom.predicate in graph:
                graph[rule.head.predicate][literal.atom.predicate] = None
    return components(graph)
