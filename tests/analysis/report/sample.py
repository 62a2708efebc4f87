# SPDX-License-Identifier: Apache-2.0
"""Findings made by hand for the tests of the formats, with everything that a finding can have."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import strategies as st

from helm_logic.analysis.finding import ERROR, INFO, POSSIBLE, REPLAYED, WARNING, Finding
from helm_logic.analysis.fingerprint import Marked, marked
from helm_logic.analysis.report.outcome import Outcome
from helm_logic.authority.link import Grant
from helm_logic.lang import Note, Source, Span
from helm_logic.policy.case_file import ApprovalPlan, Case, LinkPlan
from helm_logic.receipts.verdict import Verdict

SOURCE = Source(
    "rules/main.dl",
    'known_action("deploy").\n\n% später\ndeny(frozen) :- freeze(true).\n'
    'allow(deploy) :- action("deploy"), authorized.\n',
)
OTHER = Source("rules/team/shared rules.dl", "freeze(true) :-\n    frozen(all).\n")


def span(text: str, source: Source = SOURCE) -> Span:
    """Return the place of *text* in *source*."""
    start = source.text.index(text)
    return Span(source, start, start + len(text))


WITNESS = Case(
    name="HL104: a deploy in a freeze",
    verdict=Verdict.DENY,
    reasons=("frozen",),
    rules=("deny/1",),
    now=1_772_452_800,
    anchors=("user:founder",),
    request={
        "subject": {"type": "tool", "id": "deploy"},
        "action": {"name": "deploy"},
        "resource": {"type": "service", "id": "api", "properties": {"env": "prod"}},
        "context": {"freeze": True, "labels": ["a", "b"]},
    },
    chain=(
        LinkPlan(
            "l-1", "user:founder", "agent:ops", "user:founder", Grant(("*",), "**"), 0, 2**33, 1
        ),
        LinkPlan(
            "l-2", "agent:ops", "tool:deploy", "agent:ops", Grant(("deploy",), "service/*"),
            0, 2**33, 0,
        ),
    ),
    revoked=("l-2",),
    approvals=(ApprovalPlan("owner", "user:owner", 2**33),),
    relations={"on_call": [["user:ann", 3]]},
)  # fmt: skip
OVERRIDDEN = Finding(
    "HL104",
    ERROR,
    "`allow/1` never takes effect: 100 % of it is denied by `deny/1`",
    span('allow(deploy) :- action("deploy"), authorized.'),
    ("allow/1", "deny/1"),
    (
        Note("`deny/1` is stronger", span("deny(frozen) :- freeze(true).")),
        Note("and this, over two lines", span("freeze(true) :-\n    frozen(all).", OTHER)),
    ),
    region='action = "deploy", freeze = true',
    fix="narrow the stronger rule: `deny/1`, or remove this one",
    witness=WITNESS,
    confidence=REPLAYED,
)
GAP = Finding(
    "HL108",
    WARNING,
    'no rule decides action = "deploy"',
    span('known_action("deploy").'),
    region='action = "deploy"',
    confidence=POSSIBLE,
)
OVERLAP = Finding("HL106", INFO, "`deny/1` denies some", span("deny(frozen)"), ("deny/1",))
DIGESTS = {"allow/1": "sha256:a", "deny/1": "sha256:b"}


def mark(finding: Finding, reason: str = "") -> Marked:
    """Return *finding* with its fingerprint."""
    return marked(finding, DIGESTS, reason)


def outcome(*findings: Finding, **changes: Any) -> Outcome:
    """Return the outcome with *findings*, by default one of each severity."""
    found = findings or (OVERRIDDEN, GAP, OVERLAP)
    return attrs.evolve(Outcome("lint", tuple(map(mark, found))), **changes)


# Any text may stand in a message, whatever it does to a terminal, a line format or XML.
TEXTS = st.text(max_size=12)
FINDINGS = st.builds(
    Finding,
    st.sampled_from(["HL101", "HL108"]),
    st.sampled_from([ERROR, WARNING, INFO]),
    TEXTS,
    st.sampled_from([span("deny(frozen)"), span("frozen(all)", OTHER)]),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(st.builds(Note, TEXTS, st.just(span("freeze"))), max_size=1).map(tuple),
    TEXTS,
    TEXTS,
    st.none() | st.just(WITNESS),
)
