# SPDX-License-Identifier: Apache-2.0
"""What is allowed and still looks wrong: unread names, variables used once, rules said twice.

Predicates and inputs are called unused only in the file that is loaded itself: what it includes is
there for others too. What makes a verdict is read by the prelude, so without a prelude everything
that only concludes is unused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helm_logic.lang import tree, walk
from helm_logic.lang.annotate import Named
from helm_logic.lang.diagnostics import Findings, Note, did_you_mean
from helm_logic.lang.duplicates import duplicates
from helm_logic.lang.table import Table


def advise(rules: Sequence[Named], findings: Findings) -> None:
    """Report HL022 to HL024 about *rules*, which are safe."""
    for each in rules:
        find_used_once(each.clause, findings)
        if each.clause.head.predicate == "escalate" and each.said.approver is None:
            message, span = f"`{each.id}` names no one who may approve", each.clause.head.span
            findings.add("HL024", message, span, fix='write `@approver("role")` before the rule')
    for first, second in duplicates([each.clause for each in rules]):
        notes = [Note("the other one", rules[first].clause.head.span)]
        message = f"this rule says what `{rules[first].id}` says"
        span = rules[second].clause.head.span
        findings.add("HL023", message, span, fix="remove one of the two", notes=notes)


def find_unused(main: str, table: Table, rules: Iterable[tree.Clause], findings: Findings) -> None:
    """Report HL021 about what the source *main* declares or concludes and no rule reads."""
    read = {
        atom.predicate
        for each in rules
        for _, atom in walk.atoms(walk.literals(each))
        if atom.predicate != each.head.predicate
    }
    for entry in table.entries.values():
        if entry.source == main and entry.name not in read:
            message = f"nothing reads the {entry.kind} `{entry.name}`"
            findings.add("HL021", message, entry.span)


def find_used_once(clause: tree.Clause, findings: Findings) -> None:
    """Report HL022 about *clause*."""
    found = list(walk.all_variables(clause))
    times: dict[str, int] = {}
    for each in found:
        times[each.name] = times.get(each.name, 0) + 1
    for each in found:
        if times[each.name] == 1 and not each.name.startswith("_"):
            fix = did_you_mean(each.name, times) or f"write `_`, or `_{each.name}`"
            message = f"`{each.name}` stands in this rule once"
            findings.add("HL022", message, each.span, fix=fix)
