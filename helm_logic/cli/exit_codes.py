# SPDX-License-Identifier: Apache-2.0
"""The exit codes of every command, in one table.

0 is the only code that lets an action run, so nothing that goes wrong may end in it. With several
requests the gravest code is given. An interrupted command ends as the shell expects, with 130.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

OK = 0
FINDINGS = 1
USAGE = 2
DENY = 3
ESCALATE = 4
INTERNAL = 70
INTERRUPTED = 130

MEANINGS: Mapping[int, str] = {
    OK: "ALLOW, or success",
    FINDINGS: "findings, or a receipt that failed verification",
    USAGE: "wrong usage, or something that could not be read, loaded or written",
    DENY: "DENY",
    ESCALATE: "ESCALATE",
    INTERNAL: "an internal error (never ALLOW)",
}

_VERDICTS: Mapping[str, int] = {"ALLOW": OK, "DENY": DENY, "ESCALATE": ESCALATE}
_GRAVITY = (INTERNAL, USAGE, DENY, ESCALATE, FINDINGS, OK)


def of_verdict(verdict: str) -> int:
    """Return the exit code of *verdict*; a word that is no verdict is an internal error."""
    return _VERDICTS.get(verdict, INTERNAL)


def gravest(codes: Iterable[int]) -> int:
    """Return the gravest of *codes*: 70, 2, 3, 4, 1, 0. Of none, it is 0."""
    return min(codes, key=_GRAVITY.index, default=OK)
