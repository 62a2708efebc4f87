# SPDX-License-Identifier: Apache-2.0
"""Tests of running policy tests: real chains, the real judge, and failures that tell why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from helm_logic.authority.link import verify_link
from helm_logic.engine import Limits
from helm_logic.errors import PolicyError, RuleError
from helm_logic.ledger.keys import KEY_BYTES
from helm_logic.policy.case_chain import sign_chain, signer_of
from helm_logic.policy.case_file import Case, read_cases
from helm_logic.policy.cases import CaseRunner, Outcome, run_file
from helm_logic.policy.folder import read_rules
from helm_logic.receipts.verdict import Verdict

RULES = """
#include "authority".
#input amount : int from action.properties.amount.
#relation on_call(who: principal).
known_action("pay").
@id("small") allow(small_amount) :- authorized, amount(N), N <= 10.
@id("covered") allow(somebody_is_on_call) :- authorized, on_call(_).
@id("large") @approver("treasurer")
escalate(large_amount) :- amount(N), N > 10, not approved("treasurer").
"""
DEFAULTS = """
[defaults]
now = 2026-03-02T12:00:00Z
anchors = ["user:owner"]
request.subject = { type = "agent", id = "books" }
request.action = { name = "pay", properties = { amount = 5 } }
request.resource = { type = "account", id = "main" }
[[defaults.chain]]
id = "owner-books"
from = "user:owner"
to = "agent:books"
actions = ["pay"]
resource = "account/*"
"""
SMALL = '[[case]]\nname = "small"\nverdict = "ALLOW"\nreasons = ["small_amount"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with rules in `main.dl`."""
    (tmp_path / "main.dl").write_text(RULES, "utf-8")
    return tmp_path


def run(folder: Path, own: str) -> Outcome:
    """Return the outcome of the one case *own*."""
    path = folder / "main_test.toml"
    path.write_text(DEFAULTS + own, "utf-8")
    (outcome,) = run_file(path)
    return outcome


def test_a_case_that_comes_out_as_expected_has_no_faults(folder: Path) -> None:
    """Verdict, reasons and deciding rules are as the case says."""
    outcome = run(folder, SMALL + 'rules = ["small"]')

    assert outcome.faults == ()
    assert (outcome.verdict, outcome.codes) == (Verdict.ALLOW, ("small_amount",))
    assert outcome.rules == ("small",)


def test_a_fault_says_got_and_want(folder: Path) -> None:
    """Verdict, reasons and rules that differ are told one by one, each with what was wanted."""
    own = SMALL + 'rules = ["covered", "small"]\nrequest.action.properties.amount = 11'

    outcome = run(folder, own)

    assert outcome.faults == (
        "verdict: got ESCALATE, want ALLOW",
        "reasons: got large_amount, want small_amount",
        "rules: got large, want covered, small",
    )


def test_a_reason_more_or_less_is_a_fault(folder: Path) -> None:
    """The reasons of a case are all of them, in any order."""
    both = 'reasons = ["somebody_is_on_call", "small_amount"]\n'
    own = 'relations = { on_call = [["user:ann"]] }\n'

    assert run(folder, SMALL + own).faults == (
        "reasons: got small_amount, somebody_is_on_call, want small_amount",
    )
    assert run(folder, SMALL.replace('reasons = ["small_amount"]\n', both) + own).faults == ()


def test_an_approval_resolves_and_a_revocation_denies(folder: Path) -> None:
    """Approvals by role and revocations by link id go the way that they go in production."""
    large = SMALL + "request.action.properties.amount = 11\n"

    approved = run(folder, large + 'approvals = [{ role = "treasurer" }]')
    by_chain = run(folder, large + 'approvals = [{ role = "treasurer", by = "user:owner" }]')
    expired = run(
        folder, large + 'approvals = [{ role = "treasurer", until = 2026-03-02T12:00:00Z }]'
    )
    revoked = run(folder, SMALL + 'revoked = ["owner-books"]')

    assert approved.verdict is Verdict.DENY  # no rule allows 11, but nothing escalates any more
    assert approved.codes == ("no_rule_allows",)
    assert by_chain.codes == ("large_amount",)
    assert expired.codes == ("large_amount",)
    assert revoked.codes == ("link_revoked",)


def test_a_request_that_cannot_be_read_is_denied(folder: Path) -> None:
    """What a request may not be is a DENY with its code, as in production, and testable."""
    gone = run(folder, SMALL + 'without = ["action"]')
    dotted = run(folder, SMALL + 'request.resource.id = "main/.."')

    assert (gone.verdict, gone.codes) == (Verdict.DENY, ("missing_member",))
    assert (dotted.verdict, dotted.codes) == (Verdict.DENY, ("wrong_shape",))


def test_a_rule_that_cannot_be_evaluated_denies(folder: Path) -> None:
    """An overflow inside the rules is a DENY, and the case says so."""
    overflow = "allow(large) :- amount(N), M = N * 9007199254740991, M > 0.\n"
    (folder / "main.dl").write_text(RULES + overflow, "utf-8")

    outcome = run(folder, SMALL)

    assert (outcome.verdict, outcome.codes) == (Verdict.DENY, ("evaluation_error",))


def test_a_limit_that_is_reached_denies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that derive more than the limits allow are a DENY in a test as well."""
    monkeypatch.setattr("helm_logic.policy.cases.Limits", lambda: Limits(facts=3))

    outcome = run(folder, SMALL)

    assert (outcome.verdict, outcome.codes) == (Verdict.DENY, ("limit_reached",))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ('revoked = ["nobody"]', "the chain has no link `nobody`"),
        ('relations = { anchor = [["user:x"]] }', "want a `#relation` that the rules declare"),
        ("relations = { on_call = [[1]] }", "want a value of type principal"),
        (
            'chain = [{ from = "a:b", to = "c:d", actions = ["x"], resource = "r", until = 5 }]',
            "want 0 <= not_before < expires",
        ),
    ],
)
def test_circumstances_that_cannot_exist_stop_the_file(folder: Path, own: str, said: str) -> None:
    """A link nobody could sign or a relation nobody declared is an error, not a failed case."""
    with pytest.raises(PolicyError, match=said):
        run(folder, SMALL + own)


def test_rules_that_do_not_load_stop_the_file(folder: Path) -> None:
    """A test never passes on rules with errors."""
    (folder / "main.dl").write_text("allow(X) :- nothing(Y).", "utf-8")

    with pytest.raises(RuleError):
        run(folder, SMALL)


def test_the_key_of_a_principal_follows_from_its_name() -> None:
    """The same name signs alike in every run, and two names never with one key."""
    assert signer_of("user:a").public_key == signer_of("user:a").public_key
    assert signer_of("user:a").public_key != signer_of("user:b").public_key
    assert len(signer_of("user:a").public_key.raw) == KEY_BYTES


def cases(folder: Path, own: str) -> Iterator[Case]:
    """Yield the cases of a file with *own* after the defaults."""
    path = folder / "main_test.toml"
    path.write_text(DEFAULTS + own, "utf-8")
    yield from read_cases(path)


def test_the_links_of_a_case_are_really_signed(folder: Path) -> None:
    """A chain is envelopes that verify, each naming the one before by its digest."""
    further = (
        '[[case.chain]]\nfrom = "user:owner"\nto = "agent:lead"\nactions = ["pay"]\n'
        'resource = "**"\n[[case.chain]]\nfrom = "agent:lead"\nto = "agent:books"\n'
        'actions = ["pay"]\nresource = "account/*"\n'
    )
    (case,) = cases(folder, SMALL + further)

    first, second = map(verify_link, sign_chain(case.chain))

    assert first.link.issuer_key == signer_of("user:owner").public_key
    assert second.link.parent == first.digest
    assert first.link.delegate_key == second.link.issuer_key


def test_standing_facts_of_one_case_do_not_reach_another(folder: Path) -> None:
    """Cases with other anchors or relations are decided by another judge of the same rules."""
    (case,) = cases(folder, SMALL)
    runner = CaseRunner(read_rules(folder / "main.dl"))
    stranger = attrs.evolve(case, anchors=("user:stranger",))

    codes = [runner.run(each).codes for each in (case, stranger, case)]

    assert codes == [("small_amount",), ("untrusted_anchor",), ("small_amount",)]
