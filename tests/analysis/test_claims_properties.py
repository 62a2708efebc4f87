# SPDX-License-Identifier: Apache-2.0
"""Claims about small rule sets against asking the engine about every request that there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis.claims import check_claims
from helm_logic.engine import Engine, Evaluation
from helm_logic.kernel.terms import Row
from helm_logic.lang import Claim
from helm_logic.receipts.verdict import Verdict
from tests.analysis.change.versions import Pair, Side, bodies, pairs, requests, verdict_of, version
from tests.analysis.programs import World, loaded, rule_texts, worlds
from tests.analysis.programs import bodies as world_bodies

_RISING = (Verdict.DENY, Verdict.ESCALATE, Verdict.ALLOW)


@attrs.frozen
class Answer:
    """A complete request with what came out: *given* are its values and world, *met* conditions."""

    given: Mapping[str, object]
    verdict: Verdict
    decided: bool
    met: frozenset[str]

    def meets(self, claim: Claim) -> bool:
        """Say whether the request meets the condition of *claim*."""
        return not claim.condition or claim.condition in self.met


@st.composite
def claimed(draw: st.DrawFn) -> tuple[Pair, str]:
    """Draw a rule set with claims of every kind."""
    pair = draw(pairs())
    lines = [pair.old]
    for _ in range(draw(st.integers(2, 5))):
        when = f" when {draw(bodies(pair.inputs))}" if draw(st.booleans()) else ""
        verdict = draw(st.sampled_from(("allow", "deny", "escalate")))
        kinds = [f"never {verdict}", f"always {verdict}", "always decides",
                 *(f"independent of {name}" for name in pair.inputs),
                 "monotone in approvals"]  # fmt: skip
        kinds += [f"only {verdict}"] if when else []
        lines.append(f"#claim {draw(st.sampled_from(kinds))}{when}.")
    return pair, "\n".join(lines)


def _answers(pair: Pair, text: str) -> Iterator[Answer]:
    side = Side(version(text, relevance=False))
    for request, world in requests(pair.inputs):
        facts = side.facts(request, world)
        if side.lacks(facts) or side.refuses(facts):
            continue
        found = side.evaluate(facts)
        given = {name: tuple(facts[name]) for name in (*pair.inputs, "action", *sorted(world))
                 if name in facts}  # fmt: skip
        concluded = any(found.rows(head) for head in ("allow", "deny", "escalate"))
        yield Answer(given, verdict_of(found), concluded, frozenset(_met(side, found)))


def _met(side: Side, found: Evaluation) -> Iterator[str]:
    for claim in side.rule_set.claims:
        head = next(
            (r.head.predicate for r in side.rule_set.program.rules if r.id == claim.condition), ""
        )
        if head and found.rows(head):
            yield claim.condition


def _holds(claim: Claim, answers: list[Answer]) -> bool:
    """Say whether *claim* holds of all *answers*, by its definition."""
    about = [each for each in answers if each.meets(claim)]
    verdict = Verdict(claim.verdict.upper()) if claim.verdict else None
    match claim.kind:
        case "never":
            return all(each.verdict is not verdict for each in about)
        case "always":
            return all(each.verdict is verdict for each in about)
        case "only":
            return all(each.meets(claim) for each in answers if each.verdict is verdict)
        case "decides":
            return all(each.decided for each in about)
        case "independent":
            groups = _but_for(about, claim.about)
            return all(len({each.verdict for each in group}) == 1 for group in groups)
    lower = {_rest(each, "approval"): each for each in answers if not each.given["approval"]}
    return all(
        _RISING.index(each.verdict) >= _RISING.index(lower[_rest(each, "approval")].verdict)
        for each in answers
        if each.given["approval"] and lower[_rest(each, "approval")].meets(claim)
    )


def _rest(answer: Answer, name: str) -> str:
    return repr({key: value for key, value in answer.given.items() if key != name})


def _but_for(answers: list[Answer], name: str) -> list[list[Answer]]:
    """Return *answers* in groups that differ in *name* alone."""
    ordered = sorted(answers, key=lambda each: _rest(each, name))
    return [list(group) for _, group in groupby(ordered, key=lambda each: _rest(each, name))]


@settings(max_examples=20)
@given(claimed())
def test_a_claim_holds_if_no_request_refutes_it(drawn: tuple[Pair, str]) -> None:
    """Every claim is decided, and as asking about every request decides it."""
    pair, text = drawn
    answers = list(_answers(pair, text))
    for result in check_claims(version(text, relevance=False)):
        claim = result.claim
        assert result.holds == _holds(claim, answers), claim
        codes = {"HL401", "HL904"} if not result.holds else {"HL402", None}
        assert (result.finding.code if result.finding else None) in codes
        if result.finding is not None and result.finding.code == "HL402":
            assert not any(each.meets(claim) for each in answers)
        if result.finding is not None and "authority" in text:
            assert result.finding.code != "HL904", (claim, result.finding.message)


# Anything that rules can say, against some requests.

_VALUES: dict[str, list[Row]] = {
    "env": [("s:dev",), ("s:prod",), ("s:test",)],
    "amount": [(0,), (3,), (4,), (5,), (7,)],
    "limit": [(2,), (4,), (6,)],
    "rush": [("b:true",), ("b:false",)],
    "owner": [("s:user:ann",), ("s:user:bob",)],
    "target": [("s:db/one",), ("s:web/x",), ("s:plain",)],
    "labels": [("s:hot",), ("s:cold",)],
    "now": [(1_700_000_000,), (1_772_000_000,)],
}  # fmt: skip


@st.composite
def anything_claimed(draw: st.DrawFn) -> str:
    """Draw a rule set with claims in which anything may be written."""
    lines = [draw(rule_texts())]
    kinds = ["never allow", "always deny", "never escalate", "always decides",
             *(f"independent of {name}" for name in _VALUES), "monotone in approvals"]  # fmt: skip
    for _ in range(draw(st.integers(2, 5))):
        when = f" when {draw(world_bodies(most=2))}" if draw(st.booleans()) else ""
        lines.append(f"#claim {draw(st.sampled_from(kinds))}{when}.")
    return "\n".join(lines)


def _changed(claim: Claim, world: World) -> Iterator[World]:
    """Yield *world*, and then others that *claim* compares it with."""
    yield world
    if claim.kind == "independent":
        for row in _VALUES[claim.about]:
            yield {**world, claim.about: [row]}
    elif claim.kind == "monotone":
        for row in [("s:3", "s:user:eve", "s:boss"), ("s:4", "s:user:ann", "s:boss")]:
            yield {**world, "approval": [*world["approval"], row]}


@settings(max_examples=15)
@given(anything_claimed(), st.lists(worlds(), min_size=12, max_size=12))
def test_no_request_refutes_a_claim_that_is_proved(text: str, answered: list[World]) -> None:
    """Whatever rules and conditions are made of."""
    rule_set = loaded(text)
    engine, results = Engine(rule_set.program), check_claims(rule_set)
    heads = {rule.id: rule.head.predicate for rule in rule_set.program.rules}
    for result in results:
        claim = result.claim
        assert result.holds is not None
        for world in answered if result.holds else ():
            found = [engine.evaluate(each) for each in _changed(claim, world)]
            met = [not claim.condition or bool(each.rows(heads[claim.condition])) for each in found]
            verdicts = [verdict_of(each) for each in found]
            about = [verdict for verdict, meets in zip(verdicts, met, strict=True) if meets]
            if claim.kind == "independent":
                assert len({*about}) <= 1, (claim, world)
            elif claim.kind == "monotone" and met[0]:
                assert all(_RISING.index(v) >= _RISING.index(verdicts[0]) for v in verdicts)
            elif claim.kind in ("never", "always") and met[0]:
                named = verdicts[0].value.lower() == claim.verdict
                assert named == (claim.kind == "always"), (claim, world)
            elif claim.kind == "decides" and met[0]:
                assert any(found[0].rows(head) for head in ("allow", "deny", "escalate"))
