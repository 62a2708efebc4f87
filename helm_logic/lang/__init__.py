# SPDX-License-Identifier: Apache-2.0
"""Text to program: the rule language, its diagnostics and its formatter.

    sources ──parse──▶ trees ──table, types, safety, strata──▶ bodies, relevance, order ──▶ Program

`load` gives a `RuleSet` or raises RuleError with every diagnostic of the run; `diagnose` only
tells; `parse` and `format_tree` are the formatter. Nothing here reads a file or a clock: sources
come in as values, and what an `#include` names is looked up by the caller's function. To add a
diagnostic: a `Code` in `codes.py`, a `findings.add` where it is found, and a passing and a failing
text in tests/lang/test_codes.py.
"""

from __future__ import annotations

from helm_logic.lang.codes import CODES, Code
from helm_logic.lang.diagnostics import Diagnostic, Note, has_errors, render
from helm_logic.lang.includes import Resolve
from helm_logic.lang.load import diagnose, load
from helm_logic.lang.parser import parse
from helm_logic.lang.printer import format_tree
from helm_logic.lang.rule_text import atom_text, rule_text, term_text
from helm_logic.lang.ruleset import Annotations, Claim, Input, RuleSet
from helm_logic.lang.source import SizeLimits, Source, Span
from helm_logic.lang.tree import Tree

__all__ = [
    "CODES",
    "Annotations",
    "Claim",
    "Code",
    "Diagnostic",
    "Input",
    "Note",
    "Resolve",
    "RuleSet",
    "SizeLimits",
    "Source",
    "Span",
    "Tree",
    "atom_text",
    "diagnose",
    "format_tree",
    "has_errors",
    "load",
    "parse",
    "render",
    "rule_text",
    "term_text",
]
