# SPDX-License-Identifier: Apache-2.0
"""Witnesses through the production engine: what is printed as possible has happened once.

A case is signed, verified and evaluated as a policy test is; it counts if the rules that it was
made for apply and the verdict is the expected one. What does not replay is no witness.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import attrs

from helm_logic.analysis.change.actions import about
from helm_logic.analysis.kept import Kept
from helm_logic.engine import Evaluation
from helm_logic.errors import HelmError
from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet
from helm_logic.policy.case_file import Case
from helm_logic.policy.cases import CaseRunner
from helm_logic.receipts.verdict import NO_RULE_ALLOWS, Verdict, determining_facts, reason_code

_FEW = 3


class Replayer:
    """Runs cases on one rule set; what comes out is asked of *kept* first, if there is any.

    For the first few actions the engine gets the rules that can hold for one, if that leaves out
    more than half; from then on, and else, all.
    """

    def __init__(self, rule_set: RuleSet, kept: Kept | None = None) -> None:
        self._rule_set, self._kept = rule_set, kept
        self._runs: dict[str, _Run] = {}

    def replay(
        self, case: Case, applying: Collection[str] = (), verdict: Verdict | None = None
    ) -> Case | None:
        """Return *case* with what came out of it, or None if that is not what was promised.

        *applying* are the ids of rules whose bodies must hold; *verdict*, if given, must come out.
        """
        if self._kept is None:
            return self._run(case).replay(case, applying, verdict)
        is_known, found = self._kept.outcome(case, applying, verdict)
        if not is_known:
            found = self._run(case).replay(case, applying, verdict)
            self._kept.remember(case, applying, verdict, found)
        return found

    def _run(self, case: Case) -> _Run:
        action = _action(case)
        if action not in self._runs:
            is_early = len(self._runs) < _FEW
            rules = about(self._rule_set, [f"s:{action}"]) if is_early else self._rule_set
            is_half = 2 * len(rules.program.rules) >= len(self._rule_set.program.rules)
            self._runs[action] = self._whole if is_half else _Run(rules)
        return self._runs[action]

    @cached_property
    def _whole(self) -> _Run:
        return _Run(self._rule_set)


class _Run:
    """Runs cases on the rules that it is given, compiled when the first one comes."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._rules = rule_set.program.rules
        self._place = {rule.id: number for number, rule in enumerate(self._rules)}
        self._runner = CaseRunner(rule_set)

    def replay(self, case: Case, applying: Collection[str], verdict: Verdict | None) -> Case | None:
        """Return *case* with what came out of it, or None if that is not what was promised."""
        try:
            evaluation = self._runner.evaluate(case)
        except HelmError:
            return None
        found = _verdict(evaluation)
        if (verdict is not None and found is not verdict) or not all(
            self._applies(evaluation, rule_id) for rule_id in applying
        ):
            return None
        determining = list(determining_facts(found, evaluation.model))
        codes = {reason_code(*fact) for fact in determining} or {NO_RULE_ALLOWS}
        rules = {rule for fact in determining for rule in self._supporting(evaluation, *fact)}
        return attrs.evolve(
            case, verdict=found, reasons=tuple(sorted(codes)), rules=tuple(sorted(rules))
        )

    def _applies(self, evaluation: Evaluation, rule_id: str) -> bool:
        if rule_id not in self._place:
            return False  # it cannot hold for the action
        number = self._place[rule_id]
        predicate = self._rules[number].head.predicate
        return any(
            number in evaluation.supporting_rules(predicate, row)
            for row in evaluation.rows(predicate)
        )

    def _supporting(self, evaluation: Evaluation, predicate: str, row: Row) -> list[str]:
        return [self._rules[number].id for number in evaluation.supporting_rules(predicate, row)]


def _action(case: Case) -> str:
    action = case.request.get("action")
    return str(action["name"]) if isinstance(action, dict) else ""


def _verdict(evaluation: Evaluation) -> Verdict:
    return Verdict(str(evaluation.rows("verdict")[0][0])[2:].upper())
