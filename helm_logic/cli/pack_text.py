# SPDX-License-Identifier: Apache-2.0
"""What `verify` says of a pack: a table of results, and the same as JSON."""

from __future__ import annotations

import json

from helm_logic.cli.moments import moment_text
from helm_logic.cli.palette import bad, good, plain, verdict_style
from helm_logic.receipts.pack_results import State
from helm_logic.receipts.pack_verify import PackReport

_WIDTH = 16


def pack_text(named: str, report: PackReport) -> str:
    """Return *report* about the pack *named* as a table and a last line."""
    lines = [plain(named)]
    for each in report.results:
        state = each.state.value
        if each.state is State.HOLDS:
            state = good(state)
        elif each.state is State.FAILED:
            state = bad(state.upper())
        lines.append(f"  {each.name:<{_WIDTH}} {state}: {plain(each.detail)}")
    said, proof = report.statement, report.proof
    if said is None or proof is None or not report.holds:
        return "\n".join([*lines, f"  {bad('refused')}: not everything that was asked for holds"])
    verdict = verdict_style(said.verdict.value)
    word = ", by the word of its engine" if report.pack is None else ""
    end = f"{verdict} at {moment_text(said.now)}, entry {proof.index} of the log{word}"
    return "\n".join([*lines, f"  {good('verified')}: {end}"])


def pack_json(named: str, report: PackReport) -> str:
    """Return *report* about the pack *named* as one line of JSON."""
    value: dict[str, object] = {
        "file": named,
        "results": [
            {"detail": each.detail, "name": each.name, "state": each.state.value}
            for each in report.results
        ],
        "verified": report.holds,
    }
    if report.holds and report.statement and report.proof:
        value |= {
            "index": report.proof.index,
            "now": report.statement.now,
            "receipt": report.receipt,
            "redacted": report.pack is None,
            "verdict": report.statement.verdict.value,
        }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
