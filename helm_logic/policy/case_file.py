# SPDX-License-Identifier: Apache-2.0
"""Policy tests as data: the TOML file that says what a rule set must answer to which request.

    rules             the rule file that is tested, if it is not the one beside this file
    [defaults]        what a case does not say itself; the request of a case is laid over this one
    [[case]]          name, verdict, reasons and optionally rules: what must come out
                      request, without: the request, and paths that it shall not have
                      now, anchors, chain, revoked, approvals, relations: its circumstances

A file `NAME_test.toml` tests `NAME.dl` beside it and needs nothing else: no keys, no `helm.toml`.
Times are TOML date-times with an offset, or seconds. Every member that is not known is refused, so
that a misspelt one cannot make a test pass. How a case is run is `cases.py`; rules/README.md shows
the format to its users.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import attrs

from helm_logic.authority.constraint import read_constraints
from helm_logic.authority.link import Grant
from helm_logic.authority.principal import require_principal
from helm_logic.errors import InputError, PolicyError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.policy.inputs import constant
from helm_logic.receipts.verdict import Verdict

SUFFIX = "_test.toml"
MARGIN = 3600  # a link without a window holds an hour to either side of the case's moment

_EXPECTED = ("name", "verdict", "reasons")
_CIRCUMSTANCES = (
    "now", "anchors", "request", "without", "chain", "revoked", "approvals", "relations",
)  # fmt: skip
_LINK = ("from", "to", "actions", "resource")
_LINK_OPTIONAL = ("id", "constraints", "since", "until", "may_delegate", "signed_by")


@attrs.frozen
class LinkPlan:
    """A link that a case asks for; *signer* is the principal whose key signs it."""

    id: str
    issuer: str
    delegate: str
    signer: str
    grant: Grant
    since: int
    until: int
    may_delegate: int


@attrs.frozen
class ApprovalPlan:
    """An approval that a case asks for: *approver* has *role*, and approves until *until*."""

    role: str
    approver: str
    until: int


@attrs.frozen
class Case:
    """One policy test; *rules* is None if the case leaves open which rules decide."""

    name: str
    verdict: Verdict
    reasons: tuple[str, ...]
    rules: tuple[str, ...] | None
    now: int
    anchors: tuple[str, ...]
    request: Mapping[str, JsonValue]
    chain: tuple[LinkPlan, ...]
    revoked: tuple[str, ...]
    approvals: tuple[ApprovalPlan, ...]
    relations: Mapping[str, JsonValue]


def rules_beside(path: Path) -> Path:
    """Return the rule file that the test file *path* tests; raise PolicyError for another name."""
    name = path.name.removesuffix(SUFFIX)
    if name in ("", path.name):
        raise PolicyError(
            f"`{path}` is no test file: got the name `{path.name}`, want `NAME{SUFFIX}` beside the "
            "`NAME.dl` that it tests"
        )
    return path.with_name(f"{name}.dl")


def rules_under_test(path: Path) -> Path:
    """Return the rule file that the test file *path* names, or the one beside it.

    Raises PolicyError if it names none and has no name of a test file, or cannot be read.
    """
    named = _tables(path).get("rules")
    if named is None:
        return rules_beside(path)
    try:
        return path.parent / require_text(_plain(named), "rules")
    except InputError as error:
        raise PolicyError(f"{path}: {error}") from None


def read_cases(path: Path) -> tuple[Case, ...]:
    """Return the cases in the test file *path*; raise PolicyError naming the case at fault."""
    whole = _tables(path)
    where = "the file"
    try:
        parts = require_object(_plain(whole), "the file", ("case",), ("defaults", "rules"))
        defaults = require_object(parts.get("defaults", {}), "defaults", (), _CIRCUMSTANCES)
        cases: list[Case] = []
        for number, value in enumerate(require_list(parts["case"], "case"), start=1):
            where = f"case {number}"
            cases.append(_case(require_object(value, "case"), defaults))
    except InputError as error:
        raise PolicyError(f"{path}: {where}: {error}") from None
    _require_names(path, [case.name for case in cases])
    return tuple(cases)


def _tables(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise PolicyError(f"cannot read `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise PolicyError(f"`{path}` is not toml: {error}") from None


def _require_names(path: Path, names: list[str]) -> None:
    if not names:
        raise PolicyError(f"{path}: the file has no case; a test that tests nothing always passes")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PolicyError(
            f"{path}: two cases have the name `{twice[0]}`; name each for what it shows"
        )


def _plain(value: object) -> JsonValue:
    """Return the TOML *value* as JSON; a date-time becomes its RFC 3339 text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bool | int | str):
        return value
    raise InputError(
        "wrong_shape", f"got the value `{value}`; numbers are integers, times are date-times"
    )


def _case(own: dict[str, JsonValue], defaults: dict[str, JsonValue]) -> Case:
    require_object(own, "case", _EXPECTED, ("rules", *_CIRCUMSTANCES))
    parts = {**defaults, **own}
    name = require_text(parts["name"], "name")
    if "now" not in parts:
        raise InputError("missing_member", f"`{name}`: say `now`, in the case or in [defaults]")
    now = _time(parts["now"], "now")
    return Case(
        name=name,
        verdict=_verdict(parts["verdict"]),
        reasons=_texts(parts["reasons"], "reasons"),
        rules=_texts(parts["rules"], "rules") if "rules" in parts else None,
        now=now,
        anchors=_principals(parts.get("anchors", []), "anchors"),
        request=_request(defaults.get("request", {}), own.get("request", {}), parts),
        chain=_chain(require_list(parts.get("chain", []), "chain"), now),
        revoked=_texts(parts.get("revoked", []), "revoked"),
        approvals=tuple(
            _approval(each, now) for each in require_list(parts.get("approvals", []), "approvals")
        ),
        relations=require_object(parts.get("relations", {}), "relations"),
    )


def _request(
    default: JsonValue, own: JsonValue, parts: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    request = _laid_over(require_object(default, "request"), require_object(own, "request"))
    for path in _texts(parts.get("without", []), "without"):
        *folders, last = path.split(".")
        place: JsonValue = request
        for folder in folders:
            place = place.get(folder) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in place:
            raise InputError("wrong_shape", f"without: the request has no `{path}` to leave out")
        del place[last]
    return request


def _laid_over(default: dict[str, JsonValue], own: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return *default* with the members of *own* in their place, objects member by member."""
    merged = {name: _laid_over(each, {}) if isinstance(each, dict) else each
              for name, each in default.items()}  # fmt: skip
    for name, each in own.items():
        before = merged.get(name)
        both = isinstance(before, dict) and isinstance(each, dict)
        merged[name] = _laid_over(before, each) if both else each  # type: ignore[arg-type]
    return merged


def _chain(links: list[JsonValue], now: int) -> tuple[LinkPlan, ...]:
    plans = []
    for number, value in enumerate(links, start=1):
        where = f"link {number}"
        parts = require_object(value, where, _LINK, _LINK_OPTIONAL)
        issuer = require_principal(parts["from"], f"{where} from")
        plans.append(
            LinkPlan(
                id=require_text(parts.get("id", f"link-{number}"), f"{where} id"),
                issuer=issuer,
                delegate=require_principal(parts["to"], f"{where} to"),
                signer=require_principal(parts.get("signed_by", issuer), f"{where} signed_by"),
                grant=Grant(
                    _texts(parts["actions"], f"{where} actions"),
                    require_text(parts["resource"], f"{where} resource"),
                    read_constraints(parts.get("constraints", {})),
                ),
                since=_time(parts.get("since", now - MARGIN), f"{where} since"),
                until=_time(parts.get("until", now + MARGIN), f"{where} until"),
                may_delegate=require_integer(
                    parts.get("may_delegate", len(links) - number), f"{where} may_delegate"
                ),
            )
        )
    return tuple(plans)


def _approval(value: JsonValue, now: int) -> ApprovalPlan:
    parts = require_object(value, "approval", ("role",), ("by", "until"))
    role = require_text(parts["role"], "approval role")
    by = require_principal(parts.get("by", f"user:{role}"), "approval by")
    return ApprovalPlan(role, by, _time(parts.get("until", now + MARGIN), "approval until"))


def _verdict(value: JsonValue) -> Verdict:
    name = require_text(value, "verdict")
    if name not in Verdict.__members__:
        raise InputError("wrong_shape", f"verdict: got `{name}`, want ALLOW, DENY or ESCALATE")
    return Verdict[name]


def _time(value: JsonValue, where: str) -> int:
    seconds = constant(value, "time")
    if type(seconds) is not int:
        raise InputError(
            "wrong_shape",
            f"{where}: got `{value}`, want a date-time with an offset, such as "
            "2026-03-01T09:00:00Z, or seconds",
        )
    return seconds


def _texts(value: JsonValue, where: str) -> tuple[str, ...]:
    return tuple(require_text(each, where) for each in require_list(value, where))


def _principals(value: JsonValue, where: str) -> tuple[str, ...]:
    return tuple(require_principal(each, where) for each in require_list(value, where))
