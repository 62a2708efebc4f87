# SPDX-License-Identifier: Apache-2.0
"""The study of a rule set: about the rules of its author, with those that ship as context."""

from __future__ import annotations

from helm_logic.analysis.context import context_of, stock_sources
from helm_logic.analysis.study import Study
from helm_logic.lang import RuleSet

__all__ = ["stock_sources", "study_of"]


def study_of(rule_set: RuleSet) -> Study:
    """Return the study of *rule_set*: its main file, the last source, is always linted."""
    context = context_of(rule_set)
    return Study(
        rule_set,
        stock=context.stock,
        faults=context.faults,
        linted=context.linted,
        undefined=context.undefined,
    )
