# SPDX-License-Identifier: Apache-2.0
"""Which columns a constant may stand in, by how it is written, and what else its column asks of it.

A string stands for a string, a principal or a pattern, and an integer for an int or a time: its
column decides. Every other constant has one type.
"""

from __future__ import annotations

from collections.abc import Mapping

from helm_logic.kernel.pattern import is_pattern
from helm_logic.kernel.terms import COLUMN_TAGS, Term
from helm_logic.lang import tree
from helm_logic.lang.diagnostics import Findings

TYPES = tuple(COLUMN_TAGS)
STRINGS = frozenset({"string", "principal", "pattern"})
NUMBERS = frozenset({"int", "time"})
ADMITS: Mapping[str, frozenset[str]] = {
    "string": STRINGS, "int": NUMBERS, "time": frozenset({"time"}), "bool": frozenset({"bool"}),
    "symbol": frozenset({"symbol"}),
}  # fmt: skip


def is_principal(constant: Term) -> bool:
    """Say whether a string constant is written `type:id`."""
    kind, colon, name = str(constant)[2:].partition(":")
    return bool(kind and colon and name) and "/" not in kind


def check_form(constant: tree.Constant, column: str, findings: Findings) -> None:
    """Report HL012 if *constant* stands in a *column* whose form it does not have."""
    if constant.kind != "string":
        return
    if column == "pattern" and not is_pattern(str(constant.value)[2:]):
        expected = "segments cut at `/`, none empty, with `**` at the end only"
        message = f"`{constant.spelling}` is no pattern"
        findings.add("HL012", message, constant.span, expected=expected)
    if column == "principal" and not is_principal(constant.value):
        message = f"`{constant.spelling}` is no principal"
        findings.add("HL012", message, constant.span, expected="`type:id`, as in `user:founder`")
