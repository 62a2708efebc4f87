# SPDX-License-Identifier: Apache-2.0
"""Tests of policy test cases as text: written and read back they are equal, or they are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.authority.constraint import Constraint
from helm_logic.authority.link import Grant
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.policy.case_file import ApprovalPlan, Case, LinkPlan, read_cases
from helm_logic.policy.case_text import case_value, cases_text
from helm_logic.policy.cases import CaseRunner
from helm_logic.policy.folder import read_rules, stock_rules
from helm_logic.receipts.verdict import Verdict

TEXTS = st.text(max_size=8)
PLAIN = st.from_regex(r"[A-Za-z0-9 _\"'é→-]{1,6}", fullmatch=True)
PRINCIPALS = st.sampled_from(["user:founder", "agent:ops", 'tool:"deploy"', "a:b/cd"])
MOMENTS = st.integers(0, 300_000_000_000) | st.integers(-MAX_INTEGER, MAX_INTEGER)
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
VALUES = st.recursive(
    TEXTS | st.booleans() | INTEGERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
CONSTRAINTS = st.lists(
    st.builds(Constraint, st.just("resource.env"), st.just("one_of"), st.just(("dev", "prod")))
    | st.builds(Constraint, st.just("action.amount"), st.just("at_most"), INTEGERS)
    | st.builds(Constraint, st.just("context.a b"), st.just("pattern"), st.just("x/*")),
    unique_by=lambda each: each.name,
    max_size=3,
).map(lambda found: tuple(sorted(found, key=lambda each: each.name)))
LINKS = st.builds(
    LinkPlan,
    id=TEXTS,
    issuer=PRINCIPALS,
    delegate=PRINCIPALS,
    signer=PRINCIPALS,
    grant=st.builds(
        Grant,
        st.lists(PLAIN, min_size=1, max_size=2, unique=True).map(tuple),
        st.sampled_from(["service/**", "*", 'a"b/c']),
        CONSTRAINTS,
    ),
    since=MOMENTS,
    until=MOMENTS,
    may_delegate=st.integers(0, 9),
)
CASES = st.builds(
    Case,
    name=TEXTS,
    verdict=st.sampled_from(Verdict),
    reasons=st.lists(TEXTS, max_size=2).map(tuple),
    rules=st.none() | st.lists(TEXTS, max_size=2).map(tuple),
    now=MOMENTS,
    anchors=st.lists(PRINCIPALS, max_size=2).map(tuple),
    request=st.dictionaries(TEXTS, VALUES, max_size=4),
    chain=st.lists(LINKS, max_size=2).map(tuple),
    revoked=st.lists(TEXTS, max_size=2).map(tuple),
    approvals=st.lists(st.builds(ApprovalPlan, TEXTS, PRINCIPALS, MOMENTS), max_size=2).map(tuple),
    relations=st.dictionaries(TEXTS, VALUES, max_size=2),
)
ONE: dict[str, Any] = {
    "name": "a case",
    "verdict": Verdict.DENY,
    "reasons": ("empty_chain",),
    "rules": ("empty-chain",),
    "now": 1_772_452_800,
    "anchors": ("user:founder",),
    "request": {"subject": {"type": "tool", "id": "deploy"}, "action": {"name": "deploy"}},
    "chain": (),
    "revoked": (),
    "approvals": (),
    "relations": {},
}


def read_back(folder: Path, cases: list[Case], comment: str = "") -> tuple[Case, ...]:
    """Write *cases* into a test file and read it."""
    path = folder / "main_test.toml"
    path.write_bytes(cases_text(cases, comment).encode("utf-8"))
    return read_cases(path)


@settings(max_examples=60)
@given(
    cases=st.lists(CASES, min_size=1, max_size=2, unique_by=lambda each: each.name),
    comment=st.text(max_size=20),
)
def test_what_is_written_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, cases: list[Case], comment: str
) -> None:
    """Whatever a case holds, quotes and control characters included, its text means that case."""
    assert read_back(tmp_path_factory.getbasetemp(), cases, comment) == tuple(cases)


def test_the_text_is_for_people() -> None:
    """One member a line, moments as dates, tables where a person would write them."""
    link = LinkPlan(
        "l-1", "user:founder", "tool:deploy", "user:founder",
        Grant(("deploy",), "service/*", (Constraint("resource.env", "one_of", ("dev",)),)),
        1_772_449_200, 1_772_456_400, 0,
    )  # fmt: skip
    approval = ApprovalPlan("owner", "user:owner", 1_772_456_400)
    case = Case(**{**ONE, "chain": (link,), "approvals": (approval,), "relations": {"on": [[1]]}})

    text = cases_text([case], "A witness.\n\n  helm-logic test x_test.toml", "../rules/main.dl")

    assert (
        text
        == """\
# A witness.
#
#   helm-logic test x_test.toml
rules = "../rules/main.dl"

[[case]]
name = "a case"
verdict = "DENY"
reasons = ["empty_chain"]
rules = ["empty-chain"]
now = 2026-03-02T12:00:00Z
anchors = ["user:founder"]
approvals = [{ role = "owner", by = "user:owner", until = 2026-03-02T13:00:00Z }]

[case.request]
subject = { type = "tool", id = "deploy" }
action = { name = "deploy" }

[case.relations]
on = [[1]]

[[case.chain]]
id = "l-1"
from = "user:founder"
to = "tool:deploy"
actions = ["deploy"]
resource = "service/*"
constraints = { "resource.env" = { one_of = ["dev"] } }
since = 2026-03-02T11:00:00Z
until = 2026-03-02T13:00:00Z
may_delegate = 0
"""
    )


def test_stock_tests_survive_being_written_again(tmp_path: Path) -> None:
    """The tests of the founder example, rewritten, are the same cases and pass as before."""
    cases = read_cases(stock_rules() / "deploy" / "main_test.toml")

    again = read_back(tmp_path, list(cases))

    assert again == cases
    runner = CaseRunner(read_rules(stock_rules() / "deploy" / "main.dl"))
    assert not any(runner.run(case).faults for case in again[:3])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"request": {"context": {"ticket": None}}}, "request.context.ticket: got None"),
        ({"relations": {"share": [[0.5]]}}, "relations.share: got 0.5"),
        ({"name": "\ud800"}, "lone surrogate"),
    ],
)
def test_what_toml_cannot_hold_is_refused(changed: dict[str, Any], said: str) -> None:
    """A case is never written as another one, such as one without the member that did not fit."""
    with pytest.raises(InputError, match=said):
        cases_text([attrs.evolve(Case(**ONE), **changed)])


def test_two_constraints_of_one_kind_are_refused() -> None:
    """The form of constraints has one bound for each kind, and none may be lost."""
    bounds = tuple(Constraint("action.amount", "at_most", n) for n in (1, 2))
    link = LinkPlan("l", "a:b", "c:d", "a:b", Grant(("x",), "r", bounds), 0, 1, 0)

    with pytest.raises(InputError, match="two are of one kind"):
        case_value(Case(**{**ONE, "chain": (link,)}))
