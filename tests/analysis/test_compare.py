# SPDX-License-Identifier: Apache-2.0
"""What a change does, by example: no effect, looser, tighter, not known."""

from __future__ import annotations

import re

import pytest

from helm_logic.analysis.change import moves as moves_module
from helm_logic.analysis.compare import Change, compare
from helm_logic.lang import Source, load
from helm_logic.policy.cases import CaseRunner
from helm_logic.policy.folder import IncludeResolver, prelude, stock_rules
from helm_logic.receipts.verdict import Verdict
from tests.analysis.change.versions import version

ALLOW, ESCALATE, DENY = Verdict.ALLOW, Verdict.ESCALATE, Verdict.DENY
_ORDER = (DENY, ESCALATE, ALLOW)

BASE = """\
#include "authority".
#input env    : {"dev", "prod"}  from context.env.
#input amount : int              from context.amount.
#input owner  : principal        from context.owner  optional.
#relation member(team: string, who: principal).
known_action("pay").
known_action("show").
@id("shown")
allow(shown) :- action("show"), authorized.
@id("paid")
allow(paid) :- action("pay"), small, authorized.
@id("large")
escalate(large) :- action("pay"), not small, not approved("boss").
@id("frozen")
deny(frozen) :- env("prod"), subject(S), member("suspended", S).
small :- amount(A), A <= 100.
"""


_SMALL = "small :- amount(A), A <= 100."
_FROZEN = '@id("frozen")\ndeny(frozen) :- env("prod"), subject(S), member("suspended", S).\n'
_LIST = 'known_action("list").\nallow(list) :- action("list"), authorized.\n'
_RISK = "#input risk : int from context.risk.\ndeny(risky) :- risk(R), R > 7.\n"
_TRUST = "#relation trusted(who: principal).\nauthorized :- subject(S), trusted(S)."


def changed(*edits: tuple[str, str], base: str = BASE) -> Change:
    """Return what becomes of *base* when each first text of *edits* is replaced by the second."""
    new = base
    for before, after in edits:
        assert before in new
        new = new.replace(before, after)
    return compare(version(base), version(new))


def moved(change: Change) -> dict[tuple[Verdict, Verdict], tuple[str, ...]]:
    """Return the regions of each move that changes a verdict."""
    return {
        (each.before, each.after): each.regions for each in change.moves if each.code and each.boxes
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("A <= 100", "A < 101"),
        ("small", "modest"),
        ("amount(A), A <= 100", "amount(N), N <= 100"),
        ('action("pay"), small, authorized', 'small, authorized, action("pay")'),
        ('@id("paid")\n', ""),
        ("allow(paid)", "allow(settled)"),
        (_SMALL, f"{_SMALL[:-4]}50.\nsmall :- amount(100).\nsmall :- amount(A), A > 50, A < 100."),
        ('known_action("show").', 'known_action("show"). known_action("weep").'),
        ("amount : int              from", "sum : int from"),
        ('{"dev", "prod"}', '{"prod", "dev"}'),
        ('@id("large")\n', "#claim never allow when amount > 5.\n"),
        ("#relation member", "#relation unused(a: int).\n#relation member"),
    ],
)  # fmt: skip
def test_what_means_the_same_has_no_effect(before: str, after: str) -> None:
    """Names, order, spelling, what rules share out among themselves, and what nothing reads."""
    new = BASE.replace(before, after) if before else BASE
    if before.startswith("amount :"):
        new = new.replace("amount(", "sum(")
    change = compare(version(BASE), version(new))

    assert change.no_effect
    assert not change.loosened
    assert not change.tightened
    assert change.findings == ()
    assert all(not move.boxes for move in change.moves if move.code)


def test_the_order_of_rules_has_no_effect() -> None:
    """Rules have ids by their order, and the ids do not matter."""
    statements = re.sub(r'@id\("\w+"\)\n', "", BASE).split("\n")
    rules = [line for line in statements if ":-" in line]
    rest = [line for line in statements if ":-" not in line]
    change = compare(version(BASE), version("\n".join((*rest, *rules[::-1]))))

    assert change.no_effect


def test_a_limit_that_is_raised_loosens() -> None:
    """The region is the requests between the limits, and the rules responsible are named."""
    change = changed(("A <= 100", "A <= 500"))
    between = 'action = "pay", 101 <= amount <= 500'
    active = 'not member("suspended", subject)'

    assert moved(change) == {
        (ESCALATE, ALLOW): (
            'action = "pay", env = "dev", 101 <= amount <= 500, not approved("boss")',
            f'{between}, not approved("boss"), {active}',
        ),
        (DENY, ALLOW): (
            'action = "pay", env = "dev", 101 <= amount <= 500, approved("boss")',
            f'{between}, approved("boss"), {active}',
        ),
    }
    assert change.loosened
    assert not change.tightened
    assert not change.no_effect
    assert [(finding.code, finding.rules) for finding in change.findings] == [
        ("HL301", ("paid",)), ("HL301", ("paid",)),
        ("HL302", ("paid", "large")), ("HL302", ("paid", "large")),
    ]  # fmt: skip
    assert change.findings[0].message.startswith("what was denied is now allowed: action = ")
    assert change.findings[0].message.endswith("; `paid` now holds")


def test_a_limit_that_is_lowered_tightens() -> None:
    """The same region the other way round; nothing is loosened."""
    change = changed(("A <= 100", "A <= 50"))

    assert set(moved(change)) == {(ALLOW, ESCALATE), (ALLOW, DENY)}
    assert change.tightened
    assert not change.loosened
    assert {finding.severity for finding in change.findings} == {"info"}


def test_a_witness_is_what_both_versions_decided() -> None:
    """The case of a move passes as a test of the new version; the old one gives its verdict."""
    new = BASE.replace("A <= 100", "A <= 500")
    change = compare(version(BASE), version(new))

    for move in change.moves:
        if move.code and move.boxes:
            assert move.witness is not None
            after = CaseRunner(version(new)).run(move.witness)
            before = CaseRunner(version(BASE)).run(move.witness)
            assert after.faults == ()
            assert (before.verdict, after.verdict) == (move.before, move.after)


def test_a_rule_that_goes_is_shown_where_it_stood() -> None:
    """What decided before has a note in the old version, what decides now in the new one."""
    gone = BASE.replace(
        '@id("frozen")\ndeny(frozen) :- env("prod"), subject(S), member("suspended", S).\n', ""
    )
    findings = compare(version(BASE), version(gone)).findings
    finding = next(each for each in findings if each.code == "HL301" and "shown" in each.rules)

    assert finding.rules == ("shown", "frozen")
    assert finding.span.source.text == gone
    assert finding.message.endswith("; `frozen` of the old rules no longer holds")
    (note,) = finding.notes
    assert note.message == "`frozen` decided it before: DENY"
    assert note.span.source.text == BASE


def test_a_rule_that_was_narrowed_is_shown_where_it_stands_now() -> None:
    """The place to look at is what became of the rule, known by its name or by its head."""
    edit = ("not small, not approved", 'not small, env("prod"), not approved')
    for base in (BASE, BASE.replace('@id("large")\n', "")):
        finding = changed(edit, base=base).findings[0]
        text = finding.span.source.text[finding.span.start : finding.span.end]
        assert 'not small, env("prod")' in text


# Actions.


def test_a_new_action_is_compared_by_itself() -> None:
    """What was an unknown action is now allowed; requests for others are not even explored."""
    change = changed(
        (
            '@id("paid")',
            'known_action("list").\nallow(list) :- action("list"), authorized.\n@id("paid")',
        )
    )

    assert moved(change) == {
        (DENY, ALLOW): (
            'action = "list", env = "dev"',
            'action = "list", not member("suspended", subject)',
        )
    }
    assert len(change.certificate["trees"]) == 1  # type: ignore[arg-type]


def test_an_action_no_longer_known_is_denied() -> None:
    """Its rules stay, and do nothing."""
    change = changed(('known_action("show").\n', ""))

    assert set(moved(change)) == {(ALLOW, DENY)}
    assert all(finding.rules[0] == "unknown-action" for finding in change.findings)


# Inputs.


def test_a_value_is_new_in_a_domain() -> None:
    """What one version does not know is invalid to it."""
    change = changed(('{"dev", "prod"}', '{"dev", "prod", "test"}'))

    assert set(moved(change)) == {(DENY, ALLOW), (DENY, ESCALATE)}
    assert all('env = "test"' in region for regions in moved(change).values() for region in regions)
    finding = change.findings[0]
    assert "the domain of `env` of the old rules no longer excludes it" in finding.message
    assert "invalid-input" in finding.rules
    assert finding.span.source.text[finding.span.start :].startswith("#input env ")
    assert "test" in finding.span.source.text


def test_a_value_is_gone_from_a_domain() -> None:
    """The finding stands at the declaration."""
    finding = changed(('env    : {"dev", "prod"}  from', 'env : {"prod"} from')).findings[0]

    assert finding.message.endswith("; the domain of `env` now excludes it")
    assert finding.span.source.text[finding.span.start :].startswith('#input env : {"prod"}')


def test_an_open_domain_closes() -> None:
    """Every value but the listed ones becomes invalid."""
    base = BASE.replace('env    : {"dev", "prod"}', "env : string")
    closed = compare(version(base), version(BASE))
    open_ = compare(version(BASE), version(base))

    assert set(moved(closed)) == {(ALLOW, DENY), (ESCALATE, DENY)}
    assert set(moved(open_)) == {(DENY, ALLOW), (DENY, ESCALATE)}


def test_a_range_of_numbers_is_cut_at_both_ends() -> None:
    """A range of integers needs no case for each."""
    change = changed(("amount : int  ", "amount : int -5..200  "))

    regions = [region for each in moved(change).values() for region in each]
    assert any("amount <= -6" in region for region in regions)
    assert any("amount >= 201" in region for region in regions)


def test_a_default_lets_pass_what_was_missing() -> None:
    """A request that lacks a required input was escalated: with a default it may be allowed."""
    change = changed(("from context.amount.", "from context.amount  default 1."))

    assert set(moved(change)) == {(ESCALATE, ALLOW)}
    assert all("amount absent" in region for region in moved(change)[ESCALATE, ALLOW])
    assert change.findings[0].message.endswith(
        "`paid` now holds; to `small/1` of the old rules a missing input no longer matters"
    )


def test_a_new_required_input_holds_up_requests_without_it() -> None:
    """Those who do not send it yet are escalated where it matters, and denied where it says so."""
    change = changed(
        ('known_action("pay").', f'{_RISK}known_action("pay").'),
    )

    assert {(ALLOW, ESCALATE), (ALLOW, DENY)} <= set(moved(change))
    assert any("risk absent" in region for region in moved(change)[ALLOW, ESCALATE])
    assert any("risk >= 8" in region for region in moved(change)[ALLOW, DENY])


def test_defaults_that_differ_stand_for_what_is_absent() -> None:
    """Each version has its own."""
    base = BASE.replace("from context.amount.", "from context.amount  default 1.")
    change = changed(("default 1", "default 101"), base=base)

    assert set(moved(change)) == {(ALLOW, ESCALATE), (ALLOW, DENY)}
    assert all("amount absent" in region for each in moved(change).values() for region in each)


def test_a_set_that_becomes_required() -> None:
    """An absent set was empty, and is now missing."""
    base = (
        BASE
        + '#input labels : string* from context.labels optional.\ndeny(hot) :- labels("hot").\n'
    )
    change = changed(("context.labels optional", "context.labels"), base=base)

    assert set(moved(change)) == {(ALLOW, ESCALATE), (DENY, ESCALATE)}
    assert all("labels absent" in region for each in moved(change).values() for region in each)
    assert "HL904" not in {finding.code for finding in change.findings}


def test_an_input_that_moves_is_another_one() -> None:
    """What is read from another place is free to differ, under one name."""
    change = changed(("from context.env", "from resource.properties.env"))

    assert not change.no_effect
    assert {finding.code for finding in change.findings} >= {"HL301", "HL305"}


def test_values_of_two_types_at_one_path_are_not_compared() -> None:
    """No request has both, so nothing is proved, and no gate passes."""
    base = BASE.replace("A <= 100", "A <= 100").replace(
        "small :- amount(A), A <= 100.", "small :- amount(5)."
    )
    change = compare(
        version(base),
        version(
            base.replace("amount : int   ", "amount : string").replace("amount(5)", 'amount("5")')
        ),
    )

    assert change.undecided
    assert not change.no_effect
    (said,) = [finding.message for finding in change.findings if finding.code == "HL901"]
    assert said.startswith("the versions read values of different types at `context.amount`")


# Relations, facts and what is authorized.


def test_a_relation_of_another_shape_is_another_relation() -> None:
    """Rows of the one are no rows of the other."""
    change = changed(
        ("member(team: string, who: principal)", "member(who: principal)"),
        ('member("suspended", S)', "member(S)"),
    )

    assert set(moved(change)) >= {(ALLOW, DENY), (DENY, ALLOW)}
    assert "HL904" not in {finding.code for finding in change.findings}


def test_without_chain_rules_nothing_is_authorized() -> None:
    """What the chain allowed is denied; what it denied may be escalated."""
    change = changed(('#include "authority".\n', ""))

    assert {(ALLOW, DENY), (DENY, ESCALATE)} <= set(moved(change))


def test_who_is_authorized_may_be_said_by_a_rule() -> None:
    """Rules of one's own are looked into."""
    base = BASE.replace(
        '#include "authority".',
        "#relation trusted(who: principal).\nauthorized :- subject(S), trusted(S).",
    )
    change = changed(("trusted(S).\n", 'trusted(S), env("dev").\n'), base=base)

    assert set(moved(change)) == {(ALLOW, DENY)}
    assert all('env = "prod"' in region for region in moved(change)[ALLOW, DENY])
    assert "HL904" not in {finding.code for finding in change.findings}


def test_chain_rules_of_ones_own_are_not_compared() -> None:
    """An edited copy of the stock rules is said to be out of reach, and no gate passes."""
    stock = (stock_rules() / "authority.dl").read_text("utf-8")
    edited = stock.replace("B <= T, T < E", "B <= T, T <= E")
    assert edited != stock

    def resolve(name: str) -> Source | None:
        return Source("authority.dl", edited) if name == "authority" else None

    new = load(Source("main.dl", BASE), resolve, prelude=prelude(), claims=True)
    change = compare(version(BASE), new)

    assert change.undecided
    assert not change.loosened
    assert not change.no_effect
    (finding,) = change.findings
    assert finding.code == "HL901"
    assert finding.message.startswith("the rules of the delegation chain differ (`authority.dl`)")


def test_an_assumption_counts_if_both_versions_make_it() -> None:
    """A new assumption hides nothing that it does not come with."""
    looser = ("deny(frozen) :- env", 'deny(frozen) :- action("show"), env')
    never = '#assume never member("suspended", _).\n'

    assert changed(looser).loosened
    assert changed(looser, ('known_action("pay").', f'{never}known_action("pay").')).loosened
    assert changed(looser, base=never + BASE).no_effect


# What is not understood, or too much.


def test_a_construct_that_is_not_understood_is_said() -> None:
    """The order of texts is not analysed; where both versions have it, it is the same for both."""
    base = BASE + "deny(late) :- action(X), resource(Y), X < Y, amount(7).\n"
    same = changed(("A <= 100", "A <= 101"), base=base)
    other = changed(("amount(7)", "amount(8)"), base=base)

    assert not same.undecided
    assert other.undecided
    assert [finding.message for finding in other.findings if finding.code == "HL901"] == [
        "`deny/1` uses the order of texts, which the comparison takes for anything"
    ] * 2


def test_too_many_cases_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is given up is no answer."""
    monkeypatch.setattr(moves_module, "MOST_NODES", 2)
    change = changed(("A <= 100", "A <= 500"))

    assert change.undecided
    assert not change.no_effect
    assert not change.loosened
    assert [finding.code for finding in change.findings] == ["HL903"]
    assert len(change.moves) == 9


# What a change is called, and how it goes on.


def test_the_moves_come_in_one_order() -> None:
    """DENY first, before and after."""
    order = [(each.before, each.after) for each in changed(("A <= 100", "A <= 500")).moves]

    assert order == [(one, two) for one in _ORDER for two in _ORDER]
    assert order[0] == (DENY, DENY)


def test_a_digest_names_one_change() -> None:
    """The same texts give the same digest, others another; so does the way back."""
    one = changed(("A <= 100", "A <= 500"))
    again = changed(("A <= 100", "A <= 500"))
    other = changed(("A <= 100", "A <= 501"))
    back = compare(version(BASE.replace("A <= 100", "A <= 500")), version(BASE))

    assert one.digest == again.digest
    assert len({one.digest, other.digest, back.digest}) == 3
    assert one.certificate == again.certificate


def test_progress_is_told_part_by_part() -> None:
    """Each class of actions is a part."""
    told: list[tuple[int, int]] = []
    new = BASE.replace('env("prod"), subject', "subject")
    compare(version(BASE), version(new), progress=lambda done, parts: told.append((done, parts)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_founder_example_against_itself() -> None:
    """The rules that ship do what they do."""
    text = (stock_rules() / "deploy" / "main.dl").read_text("utf-8")
    loaded = load(Source("main.dl", text), IncludeResolver(stock_rules()), prelude=prelude())

    assert compare(loaded, loaded).no_effect
