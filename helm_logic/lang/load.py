# SPDX-License-Identifier: Apache-2.0
"""From sources to a rule set, or to every diagnostic of the run.

The steps, each a module of this room: read and include, table, ids and annotations, uses, types,
safety, strata; claims, against what the rules are; and if nothing is wrong, bodies, relevance,
order, program. A rule with an error takes no part in later steps, so that one mistake is reported
once. The same sources give the same program and the same diagnostics, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.errors import RuleError
from helm_logic.lang import tree, walk
from helm_logic.lang.advice import advise, find_unused, find_used_once
from helm_logic.lang.annotate import Named, NamedClaim, annotate
from helm_logic.lang.claims import Conditions
from helm_logic.lang.diagnostics import Diagnostic, Findings, render
from helm_logic.lang.includes import Includes, Resolve
from helm_logic.lang.lower import Wanted, lower
from helm_logic.lang.ruleset import RuleSet
from helm_logic.lang.safety import is_safe
from helm_logic.lang.source import SizeLimits, Source
from helm_logic.lang.stratify import Edge, check_strata
from helm_logic.lang.table import Table, make_table, rules_of
from helm_logic.lang.types import infer, infer_more
from helm_logic.lang.uses import Uses


def load(  # noqa: PLR0913 - where the text comes from, and what to make of it
    source: Source,
    resolve: Resolve,
    *,
    prelude: Sequence[Source] = (),
    limits: SizeLimits | None = None,
    relevance: bool = True,
    claims: bool = False,
) -> RuleSet:
    """Return the rule set that *source* defines together with the *prelude* and all it includes.

    *resolve* gives the source that an `#include` names, or None. Without *relevance*, the rules
    about missing inputs are left out: such a program answers requests that lack nothing. With
    *claims*, the rule set has the claims and assumptions, and a rule for each of their conditions.
    Raises RuleError with every diagnostic of the run, which is the same whatever is asked for.
    """
    wanted = Wanted(relevance=relevance, claims=claims)
    rule_set, found = _Run(source, resolve, limits or SizeLimits()).compile(prelude, wanted)
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
    return _Run(source, resolve, limits or SizeLimits()).compile(prelude, Wanted())[1]


class _Run:
    """One way from text to a rule set, or to what is wrong with it."""

    def __init__(self, source: Source, resolve: Resolve, limits: SizeLimits) -> None:
        self._source, self._limits = source, limits
        self._findings = Findings()
        self._includes = Includes(resolve, self._findings, limits)

    def compile(
        self, prelude: Sequence[Source], wanted: Wanted
    ) -> tuple[RuleSet | None, tuple[Diagnostic, ...]]:
        """Return the rule set, None after an error, and every finding."""
        source, findings, includes = self._source, self._findings, self._includes
        includes.read_all(prelude)
        first = frozenset(each.source.name for each in includes.readings)
        if source.text not in {each.text for each in prelude}:  # one of the prelude checks as such
            includes.read_all([source])
        readings = includes.readings
        order = [each.source.name for each in readings]
        table = make_table(readings, first, findings)
        statements = list(rules_of(readings))
        if not self._is_small(statements):
            return None, findings.sorted(order)
        rules, claims = annotate(statements, findings)
        lowered = self._lowered(table, rules, claims, wanted)
        found = findings.sorted(order)
        if lowered is None:
            return None, found
        sources = tuple(each.source for each in readings)
        return attrs.evolve(lowered, sources=sources, warnings=found), found

    def _is_small(self, statements: Sequence[tuple[str, tree.Rulelike]]) -> bool:
        most = self._limits.rules
        if len(statements) <= most:
            return True
        message = f"there are more than {most} rules and facts"
        self._findings.add("HL016", message, statements[most][1].span)
        return False

    def _lowered(
        self, table: Table, rules: Sequence[Named], claims: Sequence[NamedClaim], wanted: Wanted
    ) -> RuleSet | None:
        findings, complete = self._findings, self._includes.complete
        broken = frozenset[str]().union(*(each.broken for each in self._includes.readings))
        uses = Uses(table, findings, broken, lenient=not complete)
        for each in rules:
            uses.check(each.clause, each.source)
        before = findings.number
        types = infer(table, [each.clause for each in rules], findings)
        is_typed = findings.number == before
        safe = [each for each in rules if is_safe(each.clause, findings)]
        check_strata(table.entries, _edges(rules), findings)
        advise(safe, findings)
        conditions = Conditions(table, findings, broken, lenient=not complete).make(claims)
        stated = [each.clause for each in conditions]
        for condition in conditions:
            uses.check(condition.clause, condition.named.source)
            if is_safe(condition.clause, findings):
                find_used_once(condition.clause, findings)
        if is_typed:
            types = infer_more(table, types, stated, len(rules), findings)
        # What reads a name may stand in a statement or file that could not be read.
        if complete and not broken and self._source.name not in table.prelude:
            asked = [*(each.clause for each in rules), *stated]
            find_unused(self._source.name, table, asked, findings)
        if findings.has_errors:
            return None
        return lower(table, rules, conditions, types, findings, wanted=wanted)


def _edges(rules: Sequence[Named]) -> Iterator[Edge]:
    for each in rules:
        head, body = each.clause.head.predicate, walk.literals(each.clause)
        for under, atom in walk.atoms(body):
            yield Edge(head, atom.predicate, under, atom.span)
