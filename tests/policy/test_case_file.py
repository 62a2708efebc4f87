# SPDX-License-Identifier: Apache-2.0
"""Tests of the policy test format: what a case takes from the defaults, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_logic.errors import PolicyError
from helm_logic.policy.case_file import MARGIN, Case, read_cases, rules_beside, rules_under_test
from helm_logic.receipts.verdict import Verdict

NOON = 1_772_452_800  # 2026-03-02T12:00:00Z

DEFAULTS = """
[defaults]
now = 2026-03-02T12:00:00Z
anchors = ["user:founder"]
request.subject = { type = "tool", id = "deploy" }
request.context = { ci_passed = true, ticket = "T-1" }

[[defaults.chain]]
from = "user:founder"
to = "agent:ops"
actions = ["deploy"]
resource = "service/*"

[[defaults.chain]]
from = "agent:ops"
to = "tool:deploy"
actions = ["deploy"]
resource = "service/*"
"""
LINK = 'chain = [{ from = "a:b", to = "c:d", actions = ["x"], resource = "r" }]'
EXPECTED = 'name = "a case"\nverdict = "ALLOW"\nreasons = ["fine"]\n'


def read(tmp_path: Path, own: str = "", *, defaults: str = DEFAULTS) -> Case:
    """Return the one case of a test file that has *own* beside what it expects."""
    path = tmp_path / "main_test.toml"
    path.write_text(f"{defaults}\n[[case]]\n{EXPECTED}{own}", "utf-8")
    (case,) = read_cases(path)
    return case


def test_a_case_takes_from_the_defaults_what_it_does_not_say(tmp_path: Path) -> None:
    """Moment, anchors, request and chain come from [defaults]."""
    case = read(tmp_path)

    assert case.now == NOON
    assert case.anchors == ("user:founder",)
    assert case.request["context"] == {"ci_passed": True, "ticket": "T-1"}
    assert [plan.delegate for plan in case.chain] == ["agent:ops", "tool:deploy"]
    assert (case.verdict, case.reasons, case.rules) == (Verdict.ALLOW, ("fine",), None)


def test_the_request_of_a_case_is_laid_over_the_default_one(tmp_path: Path) -> None:
    """Objects are merged member by member, everything else is replaced."""
    case = read(tmp_path, 'request.context.ci_passed = false\nrequest.subject = { id = "backup" }')

    assert case.request["context"] == {"ci_passed": False, "ticket": "T-1"}
    assert case.request["subject"] == {"type": "tool", "id": "backup"}


def test_one_case_never_changes_the_request_of_another(tmp_path: Path) -> None:
    """What a case overlays or leaves out is its own: the defaults stay as they are."""
    path = tmp_path / "main_test.toml"
    first = EXPECTED + 'without = ["context.ticket"]\nrequest.context.ci_passed = false\n'
    second = EXPECTED.replace("a case", "another")
    path.write_text(f"{DEFAULTS}\n[[case]]\n{first}\n[[case]]\n{second}", "utf-8")

    changed, plain = read_cases(path)

    assert changed.request["context"] == {"ci_passed": False}
    assert plain.request["context"] == {"ci_passed": True, "ticket": "T-1"}


def test_a_link_without_a_window_holds_around_the_case(tmp_path: Path) -> None:
    """By default a link holds an hour to either side, and may be followed by the links that do."""
    first, last = read(tmp_path).chain

    assert (first.since, first.until) == (NOON - MARGIN, NOON + MARGIN)
    assert (first.may_delegate, last.may_delegate) == (1, 0)
    assert (first.id, last.id) == ("link-1", "link-2")
    assert first.signer == "user:founder"


def test_moments_are_date_times_with_an_offset_or_seconds(tmp_path: Path) -> None:
    """Both spellings of one moment are the same moment."""
    shifted = read(tmp_path, "now = 2026-03-02T13:00:00+01:00")
    seconds = read(tmp_path, f"now = {NOON}")

    assert (shifted.now, seconds.now) == (NOON, NOON)


def test_an_approval_comes_from_a_principal_named_for_its_role(tmp_path: Path) -> None:
    """`by` may be left out where only the role matters."""
    case = read(tmp_path, 'approvals = [{ role = "auditor" }, { role = "auditor", by = "user:x" }]')

    assert [plan.approver for plan in case.approvals] == ["user:auditor", "user:x"]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("verdikt = 1", "the member `verdikt` is not known"),
        ("now = 2026-03-02", "got the value `2026-03-02`"),
        ("now = 2026-03-02T12:00:00", "want a date-time with an offset"),
        ("request.context.share = 0.5", "got the value `0.5`"),
        ('without = ["context.colour"]', "the request has no `context.colour` to leave out"),
        ('without = ["subject.id.x"]', "the request has no `subject.id.x` to leave out"),
        ('anchors = ["founder"]', "anchors: got `founder`, want `type:id`"),
        ("chain = [{}]", "link 1: the member `from` is missing"),
        (
            LINK.replace("}", ", untill = 1 }"),
            "link 1: the member `untill` is not known",
        ),
        (
            LINK.replace("}", ', constraints = { "resource.env" = { near = 1 } } }'),
            "got the kind `near`",
        ),
        ('approvals = [{ by = "user:x" }]', "approval: the member `role` is missing"),
    ],
)
def test_what_is_not_of_the_format_is_refused_by_name(tmp_path: Path, own: str, said: str) -> None:
    """A misspelt member, a loose time or an unknown path stops the file: it cannot pass unseen."""
    with pytest.raises(PolicyError) as refusal:
        read(tmp_path, own)

    assert said in str(refusal.value)
    assert "main_test.toml" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the member `case` is missing"),
        ("case = []", "the file has no case"),
        (f"[[case]]\n{EXPECTED}", "say `now`"),
        (f"{DEFAULTS}\n[[case]]\n{EXPECTED}\n[[case]]\n{EXPECTED}", "two cases have the name"),
        (f"{DEFAULTS}\n[[case]]\n{EXPECTED.replace('ALLOW', 'PERMIT')}", "got `PERMIT`"),
        (f"{DEFAULTS}\n[[case]]\n{EXPECTED.replace('[', '').replace(']', '')}", "want a list"),
        ("[defaults]\nname = 'x'\n[[case]]", "the member `name` is not known"),
        ("= 1", "is not toml"),
    ],
)
def test_a_file_that_tests_nothing_or_twice_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    """An empty file, a moment nobody said, two cases of one name: each has its message."""
    path = tmp_path / "main_test.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(PolicyError, match=said):
        read_cases(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A test file that is not there is no empty test."""
    with pytest.raises(PolicyError, match="cannot read"):
        read_cases(tmp_path / "main_test.toml")


def test_a_test_file_is_named_for_the_rules_beside_it() -> None:
    """`main_test.toml` tests `main.dl`; any other name says what is wanted."""
    assert rules_beside(Path("rules/main_test.toml")) == Path("rules/main.dl")
    for name in ("tests.toml", "_test.toml"):
        with pytest.raises(PolicyError, match=r"want `NAME_test\.toml`"):
            rules_beside(Path(name))


def test_a_test_file_may_name_the_rules_that_it_tests(tmp_path: Path) -> None:
    """The path is relative to the test file; without one, the rules beside it are meant."""
    read(tmp_path)
    beside = rules_under_test(tmp_path / "main_test.toml")
    read(tmp_path, defaults='rules = "../rules/other.dl"\n' + DEFAULTS)

    assert beside == tmp_path / "main.dl"
    assert rules_under_test(tmp_path / "main_test.toml") == tmp_path / "../rules/other.dl"

    (tmp_path / "main_test.toml").write_text("rules = 1\n", "utf-8")
    with pytest.raises(PolicyError, match="rules: got"):
        rules_under_test(tmp_path / "main_test.toml")
