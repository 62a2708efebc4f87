# SPDX-License-Identifier: Apache-2.0
"""Policy test cases as text: the TOML that `case_file.read_cases` reads back to equal cases.

Invariants:
- reading what is written gives the same cases, whatever texts stand in them; what TOML cannot hold
  (null, a lone surrogate) is refused, never left out;
- every moment and bound is written out: nothing depends on what a reader would fill in;
- the same cases give the same bytes.

The members and their meaning are those of `case_file.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeAlias
from unicodedata import category

from helm_logic.authority.constraint import Constraint, constraints_value
from helm_logic.errors import InputError
from helm_logic.policy.case_file import ApprovalPlan, Case, LinkPlan

TomlValue: TypeAlias = "bool | int | str | datetime | list[TomlValue] | dict[str, TomlValue]"

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_LAST_MOMENT = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that a TOML date-time can name


def cases_text(cases: Iterable[Case], comment: str = "", rules: str = "") -> str:
    """Return the test file that has *cases*, below *comment*, which may have several lines.

    *rules* is the path of the rule file that it tests, relative to where the text will stand; empty
    means the one beside it. Raises InputError for a value that a test file cannot hold.
    """
    heading = "".join(f"# {_commented(line)}".rstrip() + "\n" for line in comment.splitlines())
    if rules:
        heading += f"rules = {_quoted(rules)}\n"
    tables = ["\n".join(_table_lines(case)) + "\n" for case in cases]
    return "\n".join([heading, *tables] if heading else tables)


def case_value(case: Case) -> dict[str, TomlValue]:
    """Return *case* as the members of a `[[case]]` table."""
    value: dict[str, TomlValue] = {
        "name": case.name,
        "verdict": case.verdict.value,
        "reasons": list(case.reasons),
    }
    if case.rules is not None:
        value["rules"] = list(case.rules)
    value["now"] = _moment(case.now)
    value["anchors"] = list(case.anchors)
    if case.revoked:
        value["revoked"] = list(case.revoked)
    if case.approvals:
        value["approvals"] = [_approval_value(each) for each in case.approvals]
    value["request"] = _plain(dict(case.request), "request")
    value["relations"] = _plain(dict(case.relations), "relations")
    value["chain"] = [_link_value(each) for each in case.chain]
    return value


def _table_lines(case: Case) -> Iterator[str]:
    value = case_value(case)
    tables = {name: value.pop(name) for name in ("request", "relations", "chain")}
    yield "[[case]]"
    for name, each in value.items():
        yield f"{name} = {_text(each)}"
    for name in ("request", "relations"):
        members = tables[name]
        if isinstance(members, dict) and members:
            yield f"\n[case.{name}]"
            yield from (f"{_key(each)} = {_text(members[each])}" for each in members)
    links = tables["chain"]
    for link in links if isinstance(links, list) else []:
        yield "\n[[case.chain]]"
        if isinstance(link, dict):
            yield from (f"{each} = {_text(link[each])}" for each in link)


def _link_value(plan: LinkPlan) -> dict[str, TomlValue]:
    value: dict[str, TomlValue] = {"id": plan.id, "from": plan.issuer, "to": plan.delegate}
    if plan.signer != plan.issuer:
        value["signed_by"] = plan.signer
    value |= {"actions": list(plan.grant.actions), "resource": plan.grant.resource}
    if plan.grant.constraints:
        value["constraints"] = _constraints_value(plan.grant.constraints)
    value |= {"since": _moment(plan.since), "until": _moment(plan.until)}
    value["may_delegate"] = plan.may_delegate
    return value


def _constraints_value(constraints: tuple[Constraint, ...]) -> TomlValue:
    if len({(each.name, each.kind) for each in constraints}) < len(constraints):
        raise InputError("wrong_shape", "constraints: two are of one kind on one property")
    return _plain(constraints_value(constraints), "constraints")


def _approval_value(plan: ApprovalPlan) -> dict[str, TomlValue]:
    return {"role": plan.role, "by": plan.approver, "until": _moment(plan.until)}


def _moment(seconds: int) -> TomlValue:
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds <= _LAST_MOMENT else seconds


def _plain(value: object, where: str) -> TomlValue:
    """Return the JSON *value* if TOML can hold it; raise InputError, naming *where*, if not."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each, f"{where}.{name}") for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, where) for each in value]
    if isinstance(value, bool | int | str):
        return value
    raise InputError("wrong_shape", f"{where}: got {value!r}, which a test file cannot hold")


def _text(value: TomlValue) -> str:
    """Return *value* on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _quoted(value)
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case list():
            return f"[{', '.join(map(_text, value))}]"
    members = ", ".join(f"{_key(name)} = {_text(each)}" for name, each in value.items())
    return f"{{ {members} }}" if members else "{}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    if category(character) == "Cs":
        raise InputError("lone_surrogate", "got text with a lone surrogate, which has no bytes")
    return f"\\U{ord(character):08X}"


def _commented(line: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in line)
