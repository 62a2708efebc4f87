# SPDX-License-Identifier: Apache-2.0
"""A decision as people and programs read it: verdict, reasons, who may approve, receipt, next step.

The next step is a command that can be copied: with the policy folder if that is elsewhere, with the
approver's key file if the folder has it, and broken over lines as a shell reads them.
"""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from helm_logic.cli.options import shown
from helm_logic.cli.palette import dim, plain, verdict_style
from helm_logic.receipts.statement import Reason
from helm_logic.receipts.verdict import MISSING_FACT, Verdict

if TYPE_CHECKING:
    from helm_logic.guard import Decision
    from helm_logic.policy.settings import Approver

_WIDTH = 90
_MARGIN = " " * 11
_FINALITY = {
    "stop": "asking again will not help",
    "ask": "a person can change this",
    "fact": "ask again with what is missing",
}


@attrs.frozen
class Setting:
    """Where a decision was made: the policy folder and the approvers that it configures."""

    folder: Path
    approvers: Mapping[str, Approver]

    @property
    def option(self) -> str:
        """What later commands need so as to find the same folder from the current directory."""
        return "" if Path.cwd().is_relative_to(self.folder) else f" --policy {_quoted(self.folder)}"

    def able(self, role: str, decision: Decision) -> list[str]:
        """Return who has *role* and is no principal of the chain, which may not approve itself."""
        links: list[dict[str, str]] = list(decision.statement.chain)  # type: ignore[call-overload]
        chain = {link[end] for link in links for end in ("issuer", "delegate")}
        able = (name for name, one in self.approvers.items() if role in one.roles)
        return [name for name in able if name not in chain]

    def key_file(self, principal: str) -> str:
        """Return the file in `keys/` that goes by the id of *principal*, or a word for one."""
        path = self.folder / "keys" / f"{principal.partition(':')[2]}.key"
        return shown(path) if path.is_file() else "KEYFILE"


def decision_json(decision: Decision, receipt: Path | None) -> str:
    """Return *decision* as one line of JSON; *receipt* is its receipt file, if there is one."""
    value = decision.to_value()
    if receipt is not None:
        value = {**value, "receiptFile": shown(receipt)}
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def decision_text(
    request: Path, decision: Decision, receipt: Path | None, setting: Setting
) -> Iterator[str]:
    """Yield *decision* on the file *request* as lines of text."""
    yield f"{verdict_style(decision.verdict.value)}  {plain(shown(request))}"
    for reason in decision.reasons:
        yield from reason_text(reason, hint=decision.verdict is not Verdict.ALLOW)
    for name, code in decision.refused_approvals:
        yield f"  ignored  approval {plain(name[:23])}: {plain(code)}"
    for role in decision.approvers:
        able = ", ".join(setting.able(role, decision)) or "nobody is configured"
        yield f"  approve  as {plain(role)}: {plain(able)}"
    if decision.index is None:
        yield f"  receipt  {decision.receipt_id}"
        yield f"{_MARGIN}not in the log, which could not take it: nothing was allowed"
        return
    yield f"  receipt  {decision.index} in the log, {decision.receipt_id}"
    name = decision.receipt_id if receipt is None else shown(receipt)
    if receipt is not None:
        yield f"{_MARGIN}{plain(name)}"
    yield dim(f"  why?     helm-logic explain {_quoted(name)}{setting.option}")
    label = "  next     "
    for line in _next(request, decision, name, setting):
        yield dim(label + line)
        label = _MARGIN


def reason_text(reason: Reason, *, hint: bool) -> Iterator[str]:
    """Yield *reason* as lines: its code, its text and, with *hint*, whether asking again helps."""
    text = f"{reason.code}: {reason.text}" if reason.text else reason.code
    if hint and reason.finality in _FINALITY:
        text += f" ({_FINALITY[reason.finality]})"
    yield from textwrap.wrap(
        plain(text), _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def _next(request: Path, decision: Decision, receipt: str, setting: Setting) -> Iterator[str]:
    again = f"helm-logic decide {_quoted(shown(request))}{setting.option}"
    for number, role in enumerate(decision.approvers, start=1):
        able = setting.able(role, decision)
        person = able[0] if able else "PRINCIPAL"
        output = "approval.json" if len(decision.approvers) == 1 else f"approval-{number}.json"
        yield f"helm-logic approve {_quoted(receipt)}{setting.option} \\"
        yield f"  --key {_quoted(setting.key_file(person))} --as {_quoted(person)} \\"
        yield f"  --role {_quoted(role)} -o {output}"
        again += f" --approval {output}"
    if MISSING_FACT in decision.codes:
        yield "add what is missing to the request, and ask again:"
    if decision.verdict is Verdict.ESCALATE:
        yield again


def _quoted(text: object) -> str:
    return shlex.quote(plain(text))
