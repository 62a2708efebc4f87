# SPDX-License-Identifier: Apache-2.0
"""A witness in a few lines: who asks what, with which facts, and what came out.

Members of a request are shown as the rules' authors write them, without the word `properties`. The
whole, as a test that runs, is `policy/case_text.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from helm_logic.policy.case_file import Case

_LAST_MOMENT = 253_402_300_799


def witness_lines(case: Case) -> tuple[str, ...]:
    """Return the outcome of *case* on the first line, its circumstances on the others."""
    rules = f" (by {', '.join(case.rules)})" if case.rules else ""
    outcome = f"{case.verdict.value} {', '.join(case.reasons)}{rules}".rstrip()
    return (outcome, *_circumstances(case))


def _circumstances(case: Case) -> Iterator[str]:
    request = case.request
    subject, resource = _entity(request, "subject", ":"), _entity(request, "resource", "/")
    action = request.get("action")
    name = action.get("name", "") if isinstance(action, dict) else ""
    yield f"{subject} asks to {name} {resource}, at {_moment(case.now)}"
    members = [f"{path} = {json.dumps(value, ensure_ascii=False)}" for path, value in _asked(case)]
    if members:
        yield ", ".join(members)
    if case.chain:
        hops = [case.chain[0].issuer, *(link.delegate for link in case.chain)]
        revoked = f", revoked: {', '.join(case.revoked)}" if case.revoked else ""
        yield f"chain {' -> '.join(hops)}{revoked}"
    else:
        yield "no chain"
    for approval in case.approvals:
        yield f"approved as {approval.role} by {approval.approver}"
    for name, rows in case.relations.items():
        for row in rows if isinstance(rows, list) else []:
            cells = row if isinstance(row, list) else [row]
            yield f"{name}({', '.join(json.dumps(each, ensure_ascii=False) for each in cells)})"


def _entity(request: Mapping[str, object], name: str, separator: str) -> str:
    entity = request.get(name)
    if not isinstance(entity, dict):
        return f"no {name}"
    return f"{entity.get('type', '')}{separator}{entity.get('id', '')}"


def _asked(case: Case) -> Iterator[tuple[str, object]]:
    for part in ("subject", "action", "resource"):
        entity = case.request.get(part)
        if isinstance(entity, dict):
            yield from _leaves(part, entity.get("properties", {}))
    yield from _leaves("context", case.request.get("context", {}))


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(f"{path}.{name}", each)
    else:
        yield path, value


def _moment(seconds: int) -> str:
    if not 0 <= seconds <= _LAST_MOMENT:
        return f"second {seconds}"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
