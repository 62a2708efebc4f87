# SPDX-License-Identifier: Apache-2.0
"""Every diagnostic code: a text that has it, with its carets, and a text that mends it."""

from __future__ import annotations

import attrs
import pytest

from helm_logic.lang import CODES, SizeLimits, Source, diagnose, render
from tests.lang.texts import PRELUDE, stock


def _resolve(name: str) -> Source | None:
    return Source("cycle.dl", '#include "cycle".\n') if name == "cycle" else stock(name)


@attrs.frozen
class Case:
    """A *bad* text with a finding that is shown as *shown*, and a *good* text without it."""

    bad: str
    shown: str
    good: str
    prelude: tuple[Source, ...] = ()
    limits: SizeLimits | None = None

    def found(self, text: str) -> list[str]:
        """Return the findings in *text* as they are rendered, after their code."""
        source = Source("main.dl", text)
        found = diagnose(source, _resolve, prelude=self.prelude, limits=self.limits)
        return [f"{each.code}\n{render(each)}\n" for each in found]


_SEVEN = "".join(f"#input i{n} : int from context.i{n}.\n" for n in range(7))

CASES = {
    "HL001": Case(
        bad="p(1)\nq(2).",
        shown="""\
main.dl:1:5: error HL001: the statement does not end here
    p(1)
        ^
  expected: `:-` or `.`
  fix: end it with `.`
""",
        good="p(1).\nq(2).",
    ),
    "HL002": Case(
        bad='p("dev).',
        shown="""\
main.dl:1:3: error HL002: the string has no closing `"` on its line
    p("dev).
      ^^^^^^
  fix: end it with `"`
""",
        good='p("dev").',
    ),
    "HL003": Case(
        bad="q(1).\nr(1).\np(Amount) :- q(Amuont), not r(Amount).",
        shown="""\
main.dl:3:3: error HL003: `Amount` stands in the head, but nothing gives it a value
    p(Amount) :- q(Amuont), not r(Amount).
      ^^^^^^
  expected: a positive atom in the body with `Amount` in it
  fix: did you mean `Amuont`?
""",
        good="q(1).\nr(1).\np(Amount) :- q(Amount), not r(Amount).",
    ),
    "HL004": Case(
        bad="q(1, 2).\np :- q(1).",
        shown="""\
main.dl:2:6: error HL004: `q` has 1 column here and 2 columns elsewhere
    p :- q(1).
         ^^^^
  expected: 2 columns
main.dl:1:1: note: with 2 columns here
    q(1, 2).
    ^
""",
        good="q(1, 2).\np :- q(1, _).",
    ),
    "HL005": Case(
        bad='#predicate q(at: time).\np(X) :- q(X), r(X).\nr("noon").',
        shown="""\
main.dl:3:3: error HL005: column 1 of `q` is time, `"noon"` is a string
    r("noon").
      ^^^^^^
main.dl:1:14: note: column 1 of `q` is time here
    #predicate q(at: time).
                 ^^^^^^^^
""",
        good="#predicate q(at: time).\np(X) :- q(X), r(X).\nr(2026-01-31T12:00:00Z).",
    ),
    "HL006": Case(
        bad="p(X) :- q(X), not r(X).\nr(X) :- s(X).\ns(X) :- q(X), p(X).\nq(1).",
        shown="""\
main.dl:1:19: error HL006: `p` depends on its own negation: p → not r → s → p
    p(X) :- q(X), not r(X).
                      ^^^^
  expected: no cycle through `not` or `count`
main.dl:2:9: note: `r` depends on `s` here
    r(X) :- s(X).
            ^^^^
main.dl:3:15: note: `s` depends on `p` here
    s(X) :- q(X), p(X).
                  ^^^^
""",
        good="p(X) :- q(X), not r(X).\nr(X) :- s(X).\ns(X) :- q(X).\nq(1).",
    ),
    "HL007": Case(
        bad="permitted(1).\np :- permited(1).",
        shown="""\
main.dl:2:6: error HL007: no rule concludes `permited` and nothing declares it
    p :- permited(1).
         ^^^^^^^^
  expected: a predicate that a rule concludes or a line declares
  fix: did you mean `permitted`?
""",
        good="permitted(1).\np :- permitted(1).",
    ),
    "HL008": Case(
        bad='#relation on_call(who: string).\non_call("ann").',
        shown="""\
main.dl:2:1: error HL008: a rule concludes about `on_call`, whose facts are given
    on_call("ann").
    ^^^^^^^
  fix: declare it with `#predicate` if rules are to define it
main.dl:1:11: note: declared here as relation
    #relation on_call(who: string).
              ^^^^^^^
""",
        good='#predicate on_call(who: string).\non_call("ann").',
    ),
    "HL009": Case(
        bad='@id("a") p(1).\n@id("a") p(2).',
        shown="""\
main.dl:2:5: error HL009: two rules have the id "a"
    @id("a") p(2).
        ^^^
  fix: rename one
main.dl:1:5: note: the other one
    @id("a") p(1).
        ^^^
""",
        good='@id("a") p(1).\n@id("b") p(2).',
    ),
    "HL010": Case(
        bad='#input env : string from context.env.\ndeny(x) :- missing("evn"), env(_).',
        shown="""\
main.dl:2:20: error HL010: no input is called "evn"
    deny(x) :- missing("evn"), env(_).
                       ^^^^^
  expected: a required input
  fix: did you mean `env`?
""",
        good='#input env : string from context.env.\ndeny(x) :- missing("env"), env(_).',
        prelude=PRELUDE,
    ),
    "HL011": Case(
        bad='#input env : {"dev", "prod"} from context.env.\np :- env("prd").',
        shown="""\
main.dl:2:10: error HL011: `env` is never "prd"
    p :- env("prd").
             ^^^^^
  expected: dev or prod
  fix: did you mean `prod`?
main.dl:1:14: note: its values are declared here
    #input env : {"dev", "prod"} from context.env.
                 ^^^^^^^^^^^^^^^
""",
        good='#input env : {"dev", "prod"} from context.env.\np :- env("prod").',
    ),
    "HL012": Case(
        bad='#predicate q(shape: pattern).\nq("db/**/x").',
        shown="""\
main.dl:2:3: error HL012: `"db/**/x"` is no pattern
    q("db/**/x").
      ^^^^^^^^^
  expected: segments cut at `/`, none empty, with `**` at the end only
""",
        good='#predicate q(shape: pattern).\nq("db/x/**").',
    ),
    "HL013": Case(
        bad='#include "../authority".',
        shown="""\
main.dl:1:10: error HL013: `../authority` is not the name of a rule file
    #include "../authority".
             ^^^^^^^^^^^^^^
  expected: a relative name, as in `"authority"` or `"team/payments"`
""",
        good='#include "authority".',
        prelude=PRELUDE,
    ),
    "HL014": Case(
        bad='#include "cycle".\n',
        shown="""\
cycle.dl:1:10: error HL014: files include each other: cycle.dl → cycle.dl
    #include "cycle".
             ^^^^^^^
""",
        good="p(1).",
    ),
    "HL015": Case(
        bad="@severity(hgih)\np(1).",
        shown="""\
main.dl:1:11: error HL015: `hgih` is no severity
    @severity(hgih)
              ^^^^
  expected: info, low, medium, high, critical
  fix: did you mean `high`?
""",
        good="@severity(high)\np(1).",
    ),
    "HL016": Case(
        bad="p(1).\np(2).\np(3).",
        shown="""\
main.dl:3:1: error HL016: there are more than 2 rules and facts
    p(3).
    ^^^^^
""",
        good="p(1).\np(2).",
        limits=SizeLimits(rules=2),
    ),
    "HL017": Case(
        bad="#input env : strnig from context.env.\np :- env(_).",
        shown="""\
main.dl:1:14: error HL017: `strnig` is no type of an input
    #input env : strnig from context.env.
                 ^^^^^^
  expected: one of bool, int, string, time, principal, or listed values in braces
  fix: did you mean `string`?
""",
        good="#input env : string from context.env.\np :- env(_).",
    ),
    "HL018": Case(
        bad="granted :- action(_).",
        shown="""\
main.dl:1:1: error HL018: `granted` belongs to the verdict, which no rule touches
    granted :- action(_).
    ^^^^^^^
  fix: conclude `deny`, `escalate` or `allow`
""",
        good="allow(anything) :- action(_).",
        prelude=PRELUDE,
    ),
    "HL019": Case(
        bad="q(1).\nr(X) :- q(X), count{X : q(X)} >= 1.",
        shown="""\
main.dl:2:21: error HL019: `X` is counted, and stands outside the count too
    r(X) :- q(X), count{X : q(X)} >= 1.
                        ^
  fix: give what is counted another name
""",
        good="q(1).\nr(X) :- q(X), count{Y : q(Y)} >= 1.",
    ),
    "HL020": Case(
        bad=_SEVEN + "deny(x) :- i0(A), i1(A), i2(A), i3(A), i4(A), i5(A), i6(A).",
        shown="""\
main.dl:8:1: error HL020: `deny/1` takes the values of 7 inputs: i0, i1, i2, i3, i4, i5, i6
    deny(x) :- i0(A), i1(A), i2(A), i3(A), i4(A), i5(A), i6(A).
    ^^^^^^^
  expected: at most 6 required inputs whose values a rule binds or counts
  fix: split the rule, or give inputs defaults
""",
        good=_SEVEN + "deny(x) :- i0(A), i1(A), i2(A), i3(A), i4(A), i5(A), i6(1).",
        prelude=PRELUDE,
    ),
    "HL021": Case(
        bad="#relation on_cal(who: string).\nallow(x) :- action(_).",
        shown="""\
main.dl:1:11: warning HL021: nothing reads the relation `on_cal`
    #relation on_cal(who: string).
              ^^^^^^
""",
        good="#relation on_call(who: string).\nallow(x) :- on_call(_).",
        prelude=PRELUDE,
    ),
    "HL022": Case(
        bad="allow(x) :- action(Act).",
        shown="""\
main.dl:1:20: warning HL022: `Act` stands in this rule once
    allow(x) :- action(Act).
                       ^^^
  fix: write `_`, or `_Act`
""",
        good="allow(x) :- action(_Act).",
        prelude=PRELUDE,
    ),
    "HL023": Case(
        bad="allow(x) :- action(A), resource(A).\nallow(x) :- resource(B), action(B).",
        shown="""\
main.dl:2:1: warning HL023: this rule says what `allow/1` says
    allow(x) :- resource(B), action(B).
    ^^^^^^^^
  fix: remove one of the two
main.dl:1:1: note: the other one
    allow(x) :- action(A), resource(A).
    ^^^^^^^^
""",
        good="allow(x) :- action(A), resource(A).\nallow(y) :- resource(B), action(B).",
        prelude=PRELUDE,
    ),
    "HL024": Case(
        bad="escalate(x) :- action(_).",
        shown="""\
main.dl:1:1: info HL024: `escalate/1` names no one who may approve
    escalate(x) :- action(_).
    ^^^^^^^^^^^
  fix: write `@approver("role")` before the rule
""",
        good='@approver("boss") escalate(x) :- action(_).',
        prelude=PRELUDE,
    ),
    "HL025": Case(
        bad='#claim never allow when acton = "deploy".',
        shown="""\
main.dl:1:25: error HL025: `acton` is no attribute of a request
    #claim never allow when acton = "deploy".
                            ^^^^^
  expected: an input that has one value, or action, subject, resource, resource_type, now
  fix: did you mean `action`?
""",
        good='#claim never allow when action = "deploy".',
        prelude=PRELUDE,
    ),
}


def test_every_code_has_its_case() -> None:
    """No diagnostic without a text that shows it; codes are numbered without a gap."""
    assert list(CASES) == list(CODES)
    assert list(CODES) == [f"HL{number:03}" for number in range(1, len(CODES) + 1)]


@pytest.mark.parametrize("code", CASES)
def test_a_code_is_shown_where_it_belongs(code: str) -> None:
    """The bad text is reported, with carets, what was expected and a fix; the good one is not."""
    case = CASES[code]

    assert f"{code}\n{case.shown}" in case.found(case.bad)
    assert [each for each in case.found(case.good) if each.startswith(code)] == []


@pytest.mark.parametrize("code", CODES)
def test_a_code_explains_itself(code: str) -> None:
    """Every code has a title, a severity and whole sentences for a reader who has just met it."""
    known = CODES[code]

    assert known.code == code
    assert known.severity in ("error", "warning", "info")
    assert known.title[0].islower()
    assert known.explanation[0].isupper() or known.explanation[0] in "`#"
    assert known.explanation.endswith(".")
