# SPDX-License-Identifier: Apache-2.0
"""From sources to a rule set, or to every diagnostic of the run.

The steps, each a module of this room: read and include, table, ids and annotations, uses, types,
safety, strata; and if nothing is wrong, bodies, relevance, order, program. A rule with an error
takes no part in later steps, so that one mistake is reported once. The same sources give the same
program and the same diagnostics, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.errors import RuleError
from helm_logic.lang import walk
from helm_logic.lang.advice import advise, find_unused
from helm_logic.lang.annotate import Named, annotate
from helm_logic.lang.diagnostics import Diagnostic, Findings, has_errors, render
from helm_logic.lang.includes import Includes, Resolve
from helm_logic.lang.lower import lower
from helm_logic.lang.ruleset import RuleSet
from helm_logic.lang.safety import is_safe
from helm_logic.lang.source import SizeLimits, Source
from helm_logic.lang.stratify import Edge, check_strata
from helm_logic.lang.table import clauses, make_table
from helm_logic.lang.types import infer
from helm_logic.lang.uses import Uses


def load(
    source: Source,
    resolve: Resolve,
    *,
    prelude: Sequence[Source] = (),
    limits: SizeLimits | None = None,
) -> RuleSet:
    """Return the rule set that *source* defines together with the *prelude* and all it includes.

    *resolve* gives the source that an `#include` names, or None. Raises RuleError with every
    diagnostic of the run.
    """
    rule_set, found = _compile(source, resolve, prelude, limits or SizeLimits())
    if rule_set is None:
        errors = [each for each in found if each.severity == "error"]
        raise RuleError("\n\n".join(map(render, errors)), found)
    return rule_set


def diagnose(
    source: Source,
    resolve: Resolve,
    *,
    prelude: Sequence[Source] = (),
    limits: SizeLimits | None = None,
) -> tuple[Diagnostic, ...]:
    """Return every error, warning and info about *source*, the *prelude* and what is included."""
    return _compile(source, resolve, prelude, limits or SizeLimits())[1]


def _compile(
    source: Source, resolve: Resolve, prelude: Sequence[Source], limits: SizeLimits
) -> tuple[RuleSet | None, tuple[Diagnostic, ...]]:
    findings = Findings()
    includes = Includes(resolve, findings, limits)
    includes.read_all(prelude)
    first = frozenset(each.source.name for each in includes.readings)
    if source.text not in {each.text for each in prelude}:  # a file of the prelude checks as itself
        includes.read_all([source])
    readings = includes.readings
    order = [each.source.name for each in readings]
    table = make_table(readings, first, findings)
    rules = annotate(((each.source.name, one) for each, one in clauses(readings)), findings)
    if len(rules) > limits.rules:
        message = f"there are more than {limits.rules} rules and facts"
        findings.add("HL016", message, rules[limits.rules].clause.span)
        return None, findings.sorted(order)
    broken = frozenset[str]().union(*(each.broken for each in readings))
    uses = Uses(table, findings, broken, lenient=not includes.complete)
    for each in rules:
        uses.check(each.clause, each.source)
    types = infer(table, [each.clause for each in rules], findings)
    safe = [each for each in rules if is_safe(each.clause, findings)]
    check_strata(table.entries, _edges(rules), findings)
    advise(safe, findings)
    # What reads a name may stand in a statement or file that could not be read.
    if includes.complete and not broken and source.name not in first:
        find_unused(source.name, table, rules, findings)
    if has_errors(findings.sorted(order)):
        return None, findings.sorted(order)
    lowered = lower(table, rules, types, findings)
    found = findings.sorted(order)
    if lowered is None:
        return None, found
    rule_set = attrs.evolve(
        lowered, sources=tuple(each.source for each in readings), warnings=found
    )
    return rule_set, found


def _edges(rules: Sequence[Named]) -> Iterator[Edge]:
    for each in rules:
        head, body = each.clause.head.predicate, walk.literals(each.clause)
        for under, atom in walk.atoms(body):
            yield Edge(head, atom.predicate, under, atom.span)
