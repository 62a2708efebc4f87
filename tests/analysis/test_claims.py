# SPDX-License-Identifier: Apache-2.0
"""Claims by example: each kind where it holds, and where it does not, with what is said then."""

from __future__ import annotations

import pytest

from helm_logic.analysis import cover
from helm_logic.analysis.change import moves
from helm_logic.analysis.claims import ClaimResult, check_claims
from helm_logic.analysis.lint import lint
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.cases import CaseRunner
from helm_logic.policy.folder import prelude, stock_rules
from helm_logic.receipts.verdict import Verdict
from tests.analysis.change.versions import version

RULES = """\
#include "authority".
#input env    : {"dev", "prod"}  from context.env.
#input amount : int              from context.amount.
#input owner  : principal        from context.owner   optional.
#input labels : string*          from context.labels  optional.
#relation vetted(who: principal).
known_action("pay").
known_action("show").
@id("shown")
allow(shown) :- action("show"), authorized.
@id("paid")
allow(paid) :- action("pay"), authorized.
@id("large") @approver("boss")
escalate(large) :- action("pay"), amount(A), A > 100, not approved("boss").
@id("twice")
escalate(twice) :- action("pay"), amount(A), A > 900, count{P : approval(_, P, "boss")} < 2.
@id("frozen")
deny(frozen) :- labels("frozen").
@id("unvetted")
deny(unvetted) :- action("pay"), owner(O), not vetted(O).
"""

_CALM = 'authorized, not labels("frozen"), owner = "user:ann", vetted("user:ann")'
HOLD = (
    'never allow when action = "pay", amount > 100, not approved("boss")',
    'never allow when labels("frozen")',
    'never escalate when action = "show"',
    'never deny when action = "show", not labels("frozen"), authorized',
    'always deny when labels("frozen")',
    'always allow when action = "show", authorized, not labels("frozen")',
    f'always escalate when amount > 100, action = "pay", not approved("boss"), {_CALM}',
    "only allow when authorized",
    'only escalate when action = "pay", amount >= 101',
    "always decides",
    "monotone in approvals",
    "independent of env",
    'independent of amount when action = "show"',
    'independent of labels when owner = "user:ann", not vetted("user:ann"), action = "pay"',
    'independent of owner when action = "show"',
    "independent of now when authorized",
)  # fmt: skip


def results(*claims: str, rules: str = RULES) -> tuple[ClaimResult, ...]:
    """Return what becomes of *claims* about *rules*."""
    return check_claims(claimed(*claims, rules=rules))


def claimed(*claims: str, rules: str = RULES) -> RuleSet:
    """Return the rule set of *rules* with *claims*."""
    text = "".join(f"#claim {each}.\n" for each in claims)
    return version(rules + text, relevance=False)


def test_claims_that_hold_are_proved() -> None:
    """Each has covers or a tree; nothing is found about it."""
    for claim, result in zip(HOLD, results(*HOLD), strict=True):
        assert result.holds, claim
        assert result.finding is None, claim
        pair = claim.startswith(("monotone", "independent"))
        assert bool(result.pairs) == pair
        assert not (pair and result.proofs)


@pytest.mark.parametrize(
    ("claim", "said", "rules"),
    [
        ("never allow", 'a request is allowed: action = "show", not labels("frozen")', ("shown",)),
        ('never deny when action = "show", not labels("frozen")',
         'a request that meets its condition is denied: action = "show", not', ("empty-chain",)),
        ("never escalate when amount < 500",
         "a request that meets its condition is escalated:", ("large",)),
        ('always allow when action = "pay", amount <= 100, authorized',
         "a request that meets its condition is denied, not allowed:", ("frozen",)),
        ('always escalate when action = "pay", amount > 100, authorized',
         "a request that meets its condition is allowed, not escalated:", ("paid",)),
        ("only allow when amount <= 100",
         "a request that does not meet its condition is allowed:", ("shown",)),
        ('independent of amount when action = "pay"', "another value of `amount` turns", ("paid",)),
        ("independent of labels", "another value of `labels` turns", ("frozen",)),
        ("independent of owner", "another value of `owner` turns", ()),
        ("independent of action when authorized", "another value of `action` turns", ()),
        ("independent of subject", "another value of `subject` turns", ()),
    ],
)  # fmt: skip
def test_a_claim_that_does_not_hold_has_a_request(
    claim: str, said: str, rules: tuple[str, ...]
) -> None:
    """The engine really decided it so, and the rules that decided are named."""
    (result,) = results(claim)

    assert result.holds is False
    finding = result.finding
    assert finding is not None
    assert (finding.code, finding.severity, finding.confidence) == ("HL401", "error", "replayed")
    assert finding.message.startswith(f"`claim/1` does not hold: {said}")
    assert set(rules) <= set(finding.rules)
    assert finding.witness is not None
    runner = CaseRunner(claimed(claim))
    assert runner.run(finding.witness).faults == ()
    if claim.startswith("independent"):
        assert result.first is not None
        assert runner.run(result.first).faults == ()
        assert result.first.verdict is not finding.witness.verdict


def test_no_rule_decides() -> None:
    """A request that falls to the default is one that no rule decides."""
    rules = RULES.replace('action("show"), authorized', 'action("show"), authorized, env("dev")')
    (result,) = results('always decides when action = "show"', rules=rules)

    assert result.finding is not None
    assert result.finding.message == (
        "`claim/1` does not hold: no rule decides a request that meets its condition:"
        ' action = "show", env = "prod", not labels("frozen")'
    )
    assert result.finding.witness is not None
    assert result.finding.witness.reasons == ("no_rule_allows",)


def test_without_chain_rules_nobody_is_allowed() -> None:
    """Where nothing gives authority, no request is allowed, and none has a fault."""
    rules = RULES.replace('#include "authority".\n', "")
    holds, fails = results("never allow", 'always deny when action = "pay"', rules=rules)

    assert holds.holds
    assert fails.holds is False


# Two requests.


def test_an_approval_that_hurts() -> None:
    """The two requests are one approval apart, and both were decided."""
    rules = RULES + 'deny(bribed) :- approved("clerk"), approved("boss").\n'
    (result,) = results("monotone in approvals", rules=rules)

    assert result.holds is False
    assert result.finding is not None
    assert result.first is not None
    assert result.finding.witness is not None
    before, after = result.first, result.finding.witness
    assert len(after.approvals) == len(before.approvals) + 1
    assert set(before.approvals) < set(after.approvals)
    assert before.request == after.request
    assert after.verdict is Verdict.DENY
    assert before.verdict is not Verdict.DENY
    assert result.finding.message.startswith("`claim/1` does not hold: one more approval turns ")
    assert any(note.message.startswith("before it: ") for note in result.finding.notes)


def test_an_approval_that_too_many_give() -> None:
    """A count that may not be reached is not monotone."""
    rules = RULES + 'deny(crowd) :- count{P : approval(_, P, "boss")} >= 3.\n'
    (result,) = results("monotone in approvals", rules=rules)

    assert result.holds is False
    assert result.finding is not None
    assert result.finding.witness is not None
    assert len(result.finding.witness.approvals) == 3


def test_an_approval_that_hurts_elsewhere() -> None:
    """The condition says where approvals must not hurt."""
    rules = RULES + 'deny(bribed) :- approved("clerk"), env("prod").\n'
    one, other = results(
        'monotone in approvals when env = "dev"', 'monotone in approvals when env = "prod"',
        rules=rules,
    )  # fmt: skip

    assert one.holds
    assert other.holds is False


def test_facts_may_change_with_the_value_that_they_are_about() -> None:
    """Whether an owner is vetted depends on who it is; one owner is vetted or not."""
    (result,) = results('independent of owner when action = "pay", owner = "user:ann"')

    assert result.holds


@pytest.mark.parametrize(
    ("claim", "more"),
    [
        ("monotone in approvals",
         'deny(d) :- action("show"), amount(A), count{P : approval(_, P, "boss")} > A.'),
        ("monotone in approvals",
         """#relation role(name: string). known_action("few").
         allow(a) :- action("few"), authorized, role(R), count{P : approval(_, P, R)} < 2."""),
        ("independent of owner", "deny(d) :- count{P : owner(P)} >= 1."),
        ("independent of amount",
         "#input sum : int from context.amount. deny(d) :- sum(S), S > 10."),
        ('independent of subject when authorized, action = "show"',
         '#input name : string from subject.id. deny(d) :- name("eve").'),
    ],
)  # fmt: skip
def test_whatever_changes_with_what_a_claim_is_about_is_seen(claim: str, more: str) -> None:
    """Comparisons with a count, counts for each of several, of a value, what reads the same."""
    rules = RULES.partition('@id("paid")')[0]

    assert results(claim, rules=rules)[0].holds
    assert results(claim, rules=f"{rules}{more}\n")[0].holds is False


def test_more_approvals_than_a_value_asks_for() -> None:
    """A count that must reach a value of the request is monotone; one that may not is not."""
    ask = 'escalate(more) :- action("show"), amount(A), count{P : approval(_, P, "boss")} < A.\n'
    rules = RULES.partition('@id("paid")')[0]
    (lifted,) = results("monotone in approvals when authorized", rules=rules + ask)
    (given,) = results(
        "monotone in approvals when authorized", rules=rules + ask.replace("< A", ">= A")
    )

    assert lifted.holds
    assert given.holds is False


# What is said of claims besides.


def test_a_condition_that_never_holds() -> None:
    """Such a claim is proved, and said to be about nothing."""
    empty = 'env = "dev", env = "prod"'
    for claim in (f"never allow when {empty}", f"always decides when {empty}",
                  f"monotone in approvals when {empty}", f"only allow when {empty}"):  # fmt: skip
        (result,) = results(claim)
        assert result.finding is not None
        if claim.startswith("only"):
            assert result.finding.code == "HL401"
            continue
        assert result.holds
        assert (result.finding.code, result.finding.severity) == ("HL402", "warning")
        assert result.finding.message == "`claim/1` says nothing: its condition never holds"


def test_a_reason_names_the_claim() -> None:
    """The sentence of the author stands beside the id."""
    text = RULES + '@id("calm") @reason("nothing is ever allowed")\n#claim never allow.\n'
    (result,) = check_claims(version(text, relevance=False))

    assert result.finding is not None
    assert result.finding.message.startswith("`calm` (nothing is ever allowed) does not hold: ")
    assert result.finding.span.source.text[result.finding.span.start :].startswith('@id("calm")')


def test_lint_says_what_claims_do_not_hold() -> None:
    """Claims are checked whenever rules are, and what is proved goes into the certificate."""
    report = lint(claimed("never allow", 'never allow when labels("frozen")'))

    assert [finding.code for finding in report.findings if finding.code >= "HL4"] == ["HL401"]
    certified = report.certificate["claims"]
    assert isinstance(certified, list)
    assert any("claim/2" in str(each["of"]) for each in certified)
    assert not any("claim/1" in str(each["of"]) for each in certified)


def test_an_assumption_makes_a_claim_hold() -> None:
    """What is assumed never to be is no counterexample."""
    rules = RULES + '#assume never vetted("user:eve").\n'
    claim = 'never allow when action = "pay", owner = "user:eve"'

    assert results(claim, rules=rules)[0].holds
    assert results(claim)[0].holds is False


def test_a_construct_that_is_not_understood_is_said() -> None:
    """The order of texts may be anything, so the claim is not believed, and that is said."""
    report = lint(claimed("never allow when action < resource"))
    messages = [finding.message for finding in report.findings if finding.code == "HL901"]

    assert messages == [
        "the condition of `claim/1` uses the order of texts, which the analysis takes for anything"
    ]


def test_rules_that_add_to_the_chain_rules_leave_some_claims_open() -> None:
    """Who is authorized by a rule of one's own may have a fault of the chain."""
    rules = RULES + "holds(P) :- vetted(P).\n"
    claims = ("always allow when authorized", "never deny when authorized", "independent of env",
              "never allow when not authorized", "only deny when amount > 5",
              "monotone in approvals", "never escalate when not authorized")  # fmt: skip
    found = results(*claims, rules=rules)

    assert [result.holds for result in found] == [None, None, None, True, None, None, False]
    finding = found[0].finding
    assert finding is not None
    assert (finding.code, finding.rules) == ("HL901", ("holds/1",))


def test_chain_rules_of_ones_own_leave_some_claims_open() -> None:
    """Whom their faults deny is not known, unless it is a denial that is claimed."""
    stock = (stock_rules() / "authority.dl").read_text("utf-8")

    def resolve(name: str) -> Source | None:
        return Source("authority.dl", f"{stock}% edited\n") if name == "authority" else None

    text = f"{RULES}#claim never deny when authorized.\n#claim never allow when not authorized.\n"
    loaded = load(Source("main.dl", text), resolve, prelude=prelude(), claims=True, relevance=False)

    assert [result.holds for result in check_claims(loaded)] == [None, True]


def test_too_many_cases_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is given up is neither a proof nor a refutation."""
    monkeypatch.setattr(cover, "MOST_NODES", 2)
    monkeypatch.setattr(moves, "MOST_NODES", 2)
    rules = RULES + 'deny(more) :- env("dev"), amount(A), A > 5, A < 70.\n'

    for result in results("never allow when amount > 100", "independent of env", rules=rules):
        assert result.holds is None
        assert result.finding is not None
        assert result.finding.code == "HL903"


def test_approvals_that_have_no_part_are_not_given() -> None:
    """With more roles than a request may have approvals, the one that matters is still shown."""
    others = "".join(
        f'known_action("go{n}").\n'
        f'escalate(wait{n}) :- action("go{n}"), not approved("role{n}").\n'
        f'allow(go{n}) :- action("go{n}"), approved("role{n}").\n'
        for n in range(20)
    )
    text = (
        '#include "authority".\nknown_action("go").\n'
        'escalate(wait) :- action("go"), not approved("boss").\n'
        'deny(never) :- action("go"), approved("boss").\n'
        '#claim monotone in approvals when action("go").\n'
    )
    (result,) = check_claims(version(text + others))

    assert result.finding is not None
    assert result.finding.code == "HL401"
    assert result.finding.witness is not None
    assert [each.role for each in result.finding.witness.approvals] == ["boss"]
