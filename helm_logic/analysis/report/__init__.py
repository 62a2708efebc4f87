# SPDX-License-Identifier: Apache-2.0
"""Findings as people and programs read them, one small file for each format.

    text      places with carets, regions, rules responsible, witnesses, fixes
    concise   one line a finding
    json      for programs; `as_json.py` is its schema
    sarif     2.1.0, for code scanning
    github    annotations of a pull request
    junit     one test case a finding

A format is a function from an `Outcome` to text that ends with a line end. Nothing here prints,
reads a file or knows a terminal.

How to add one: a module `as_NAME.py` with such a function, and its entry in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from helm_logic.analysis.report.as_concise import as_concise
from helm_logic.analysis.report.as_github import as_github
from helm_logic.analysis.report.as_json import as_json
from helm_logic.analysis.report.as_junit import as_junit
from helm_logic.analysis.report.as_sarif import as_sarif
from helm_logic.analysis.report.as_text import as_text
from helm_logic.analysis.report.outcome import Outcome

__all__ = ["FORMATS", "Outcome"]

FORMATS: Mapping[str, Callable[[Outcome], str]] = MappingProxyType(
    {
        "text": as_text,
        "concise": as_concise,
        "json": as_json,
        "sarif": as_sarif,
        "github": as_github,
        "junit": as_junit,
    }
)
