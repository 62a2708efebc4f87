# SPDX-License-Identifier: Apache-2.0
"""A decision as people and programs read it: verdict, reasons, what to do next, receipt."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from helm_logic.cli.options import shown
from helm_logic.cli.palette import dim, plain, verdict_style
from helm_logic.guard import Decision
from helm_logic.policy.settings import Approver
from helm_logic.receipts.statement import Reason
from helm_logic.receipts.verdict import MISSING_FACT, Verdict

_FINALITY = {
    "stop": "asking again will not help",
    "ask": "a person can change this",
    "fact": "ask again with what is missing",
}


def decision_json(decision: Decision, receipt: Path | None) -> str:
    """Return *decision* as one line of JSON; *receipt* is its receipt file, if there is one."""
    value = decision.to_value()
    if receipt is not None:
        value = {**value, "receiptFile": shown(receipt)}
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def decision_text(
    request: Path, decision: Decision, receipt: Path | None, approvers: Mapping[str, Approver]
) -> Iterator[str]:
    """Yield *decision* on the file *request* as lines of text.

    *approvers* are those of the policy, so that an ESCALATE can name one to ask.
    """
    yield f"{verdict_style(decision.verdict.value)}  {plain(request)}"
    yield from map(reason_text, decision.reasons)
    if decision.verdict is Verdict.ESCALATE:
        yield from _approval_text(request, decision, receipt, approvers)
    place = "" if decision.index is None else f"{decision.index} in the log, "
    yield f"  receipt  {place}{decision.receipt_id}"
    if receipt is not None:
        yield f"           {shown(receipt)}"
        yield dim(f"  why?     helm-logic explain {_quoted(shown(receipt))}")
    elif decision.index is None:
        yield "           not in the log, which could not take it: nothing was allowed"


def reason_text(reason: Reason) -> str:
    """Return *reason* as one line: its code, its text, and whether asking again helps."""
    hint = _FINALITY.get(reason.finality)
    text = f": {plain(reason.text)}" if reason.text else ""
    return f"  {plain(reason.code)}{text}" + (dim(f" ({hint})") if hint else "")


def _approval_text(
    request: Path, decision: Decision, receipt: Path | None, approvers: Mapping[str, Approver]
) -> Iterator[str]:
    file = decision.receipt_id if receipt is None else shown(receipt)
    for role in decision.approvers:
        able = _who(role, decision, approvers)
        yield f"  approve  a {plain(role)}: {plain(', '.join(able) or 'nobody is configured')}"
        person = able[0] if able else "PRINCIPAL"
        yield dim(
            f"           helm-logic approve {_quoted(file)} --key FILE --as {_quoted(person)}"
            f" --role {_quoted(role)} -o approval.json"
        )
    if decision.approvers:
        yield dim(f"           helm-logic decide {_quoted(request)} --approval approval.json")
    if MISSING_FACT in decision.codes:
        yield dim(f"  next     add what is missing: helm-logic decide {_quoted(request)}")


def _who(role: str, decision: Decision, approvers: Mapping[str, Approver]) -> list[str]:
    """Return who has *role* and is no principal of the chain, which may not approve itself."""
    links: list[dict[str, str]] = list(decision.statement.chain)  # type: ignore[call-overload]
    chain = {link[end] for link in links for end in ("issuer", "delegate")}
    return [name for name, one in approvers.items() if role in one.roles and name not in chain]


def _quoted(text: object) -> str:
    return shlex.quote(plain(text))
