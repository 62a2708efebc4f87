# SPDX-License-Identifier: Apache-2.0
"""Claims about two requests, checked again from the claim and the rules alone."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings

from helm_logic.analysis import claims, claims_of_pairs, copies
from helm_logic.analysis.certificate import save
from helm_logic.analysis.claims import prove_claims
from helm_logic.analysis.lint import lint
from helm_logic.analysis.recheck import Recheck, recheck, recheck_file
from helm_logic.analysis.recheck.bundle import Bundle, read_bundle
from helm_logic.analysis.recheck.pairs import read_pairs, require_pairs
from helm_logic.analysis.recheck.run import _claims
from helm_logic.analysis.recheck.trees import Refused
from helm_logic.analysis.study import Study
from helm_logic.errors import HelmError
from tests.analysis.programs import loaded
from tests.analysis.test_claims_properties import anything_claimed
from tests.analysis.test_recheck import _changed

TEXT = """
#input env    : {"dev", "prod"} from context.env.
#input amount : int             from context.amount.
#input limit  : int             from context.limit   optional.
#input owner  : principal       from context.owner.
#input labels : string*         from context.labels  optional.
#relation vetted(who: principal).
#relation backs(who: principal, whom: principal).
#relation role(name: string).
#relation trusted(who: principal).
#assume never vetted("user:eve").
authorized :- subject(S), trusted(S).
known_action("a"). known_action("b").
backed(X) :- backs(Y, X), backed(Y).
backed("user:root").
waiting :- action("b"), not approved("boss").
@id("open") allow(open) :- action("a").
@id("done") allow(done) :- action("b"), authorized.
@id("seen") allow(seen) :- action("b"), role(R), count{P : approval(_, P, R)} >= 2.
@id("wait") @approver("boss") escalate(wait) :- waiting, owner(O), backed(O), authorized.
@id("far") deny(far) :- action("a"), amount(A), limit(L), A > L.
@id("own") deny(own) :- action("a"), owner(O), subject(S), O != S, not vetted(O), env("dev").
@id("hot") deny(hot) :- action("b"), env("prod"), labels("hot").
@id("few") escalate(few) :- done, amount(A), count{P : approval(_, P, "x")} < A.
@id("may") done :- action("b"), env("dev"), authorized.
@id("grow") #claim monotone in approvals.
@id("env") #claim independent of env when action = "a", owner(O), subject(O).
@id("amount") #claim independent of amount when action = "a", amount <= 3, limit >= 3.
@id("owner") #claim independent of owner when action = "a", owner(O), vetted(O).
@id("nobody") #claim independent of owner when action = "a", vetted("user:eve").
@id("labels") #claim independent of labels when env = "dev".
@id("ann") #claim independent of env when action = "a", owner = "user:ann", subject = "user:ann".
@id("bob") #claim independent of env when action = "a", owner = "user:bob", vetted("user:bob").
@id("where") #claim independent of resource.
@id("who") #claim independent of subject when action = "b", authorized, env = "prod", labels("hot").
"""
FALSE = """
@id("f-env") #claim independent of env.
@id("f-limit") #claim independent of limit when action = "a".
@id("f-owner") #claim independent of owner when action = "a".
@id("f-labels") #claim independent of labels.
"""
_SHORT = """
#input amount : int from context.amount.
#relation role(name: string).
#relation trusted(who: principal).
authorized :- subject(S), trusted(S).
known_action("a"). known_action("b").
allow(open) :- action("a").
none :- not approved("x").
#claim monotone in approvals.
"""
HURTS = (
    'deny(h) :- action("a"), approved("boss").',
    'deny(h) :- action("a"), amount(A), count{P : approval(_, P, "boss")} > A.',
    'allow(h) :- action("b"), role(R), count{P : approval(_, P, R)} < 2.',
    'allow(h) :- action("b"), role(R), not approved(R).',
    'allow(h) :- action("b"), none.',
)


def _write(folder: Path, text: str) -> Path:
    rule_set = loaded(text)
    save(folder / "claims.json", prove_claims(rule_set)[1], rule_set.sources)
    return folder / "claims.json"


def _said(checked: Recheck) -> set[str]:
    return {each.says.split("`")[1] for each in checked.claims if each.is_proved}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the certificate of TEXT."""
    made = tmp_path_factory.mktemp("claims")
    _write(made, TEXT + FALSE)
    return made


@pytest.fixture(scope="module")
def known(folder: Path) -> tuple[dict[str, Any], Bundle]:
    """Return the certificate of TEXT, as JSON and read."""
    value = json.loads((folder / "claims.json").read_bytes())
    return value, read_bundle(value, folder)


_PARTS = 17
_TRUE = {"grow", "env", "amount", "owner", "nobody", "labels", "ann", "bob", "where", "who"}


def test_what_is_claimed_of_two_requests_is_proved_again(folder: Path) -> None:
    """Of approvals, texts, integers, sets and facts; by `lint` as by `prove claims`."""
    checked = recheck(folder)
    assert checked.is_proved, checked
    assert _said(checked) == _TRUE
    value = json.loads((folder / "claims.json").read_bytes())
    reasons = {each[1] for pair in value["pairs"] for each in pair["impossible"]}
    assert reasons == {"grows", "facts", "assumed", "sums", "texts"}
    report = lint(loaded(TEXT + FALSE))
    assert report.certificate["pairs"] == value["pairs"]


@settings(max_examples=8)
@given(anything_claimed())
def test_whatever_is_said_to_hold_is_proved_again(text: str) -> None:
    """Of one request and of two, whatever the rules and the conditions are made of."""
    rule_set = loaded(text)
    results, certificate = prove_claims(rule_set)
    with tempfile.TemporaryDirectory() as name:
        save(Path(name) / "claims.json", certificate, rule_set.sources)
        checked = recheck_file(Path(name) / "claims.json")
    holds = {each.claim.id for each in results if each.holds}
    assert not [each for each in checked.claims if each.why]
    assert _said(checked) == holds


# What finds proofs may err: its errors are not believed.


def _nothing_moves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims_of_pairs, "moved_by", lambda *_: set())


def _only_values_move(patch: pytest.MonkeyPatch) -> None:
    def moved_by(study: Study, *given: Any) -> set[int]:
        return {n for n in copies.moved_by(study, *given) if study.features[n].is_attribute}

    patch.setattr(claims_of_pairs, "moved_by", moved_by)


def _all_grows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims_of_pairs, "only_grows", lambda *_: True)


def _nothing_refutes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims_of_pairs.Approvals, "refutes", lambda *_: False)
    patch.setattr(claims_of_pairs.Values, "refutes", lambda *_: False)


def _no_starts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims_of_pairs.Approvals, "starts", lambda *_: [])
    patch.setattr(claims_of_pairs.Values, "starts", lambda *_: [])


@pytest.mark.parametrize(
    "err", [_nothing_moves, _only_values_move, _all_grows, _nothing_refutes, _no_starts]
)
def test_a_false_claim_that_is_believed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, err: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """Whatever goes wrong in finding what differs, what only grows, or what refutes."""
    err(monkeypatch)
    texts = [TEXT.partition('@id("grow")')[0] + FALSE, *(_SHORT + each for each in HURTS)]
    for text in texts:
        checked = recheck(_write(tmp_path, text).parent)
        assert _said(checked) == set(), (text, checked)


@pytest.mark.parametrize("hurts", HURTS)
def test_an_approval_that_hurts_is_found(hurts: str) -> None:
    """Without any error, the claim does not hold."""
    results, _ = prove_claims(loaded(_SHORT + hurts))
    assert [each.holds for each in results] == [False]


def test_rules_that_change_the_chain_rules_are_not_taken_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is authorized, and denied if not, is then not what the proof takes it for."""
    monkeypatch.setattr(claims, "_rests_on_faults", lambda _claim: False)
    text = """
        #include "authority".
        known_action("a").
        allow(x) :- action("a"), authorized.
        sound(L) :- last(L).
        #claim monotone in approvals.
        #claim independent of now.
        #claim never deny when action = "a", authorized.
        #claim never allow when not authorized.
    """
    checked = recheck(_write(tmp_path, text).parent)
    assert _said(checked) == {"claim/4"}
    assert {each.why for each in checked.claims if each.why} == {
        "who has a fault of the chain is not for the stock rules alone to say"
    }


# Certificates that were changed.


def _pair(value: dict[str, Any], name: str) -> Any:
    return next(each for each in value["pairs"] if each["claim"] == name)


def _leaf(value: dict[str, Any]) -> None:
    for _, nodes in _pair(value, "grow")["trees"]:
        for node in nodes:
            if node == ["leaf", "ESCALATE", "ALLOW"]:
                node[2] = "ESCALATE"
                return


def _same(value: dict[str, Any]) -> None:
    for each in value["pairs"]:
        each["trees"] = [[start, [["same"]]] for start, _ in each["trees"]]


def _drop_start(value: dict[str, Any]) -> None:
    _pair(value, "who")["trees"].pop()


def _drop_node(value: dict[str, Any]) -> None:
    _pair(value, "amount")["trees"][0][1].pop()


def _add_node(value: dict[str, Any]) -> None:
    _pair(value, "amount")["trees"][0][1].append(["same"])


def _other_claim(value: dict[str, Any]) -> None:
    _pair(value, "env")["claim"] = "f-env"


def _claim_of_nobody(value: dict[str, Any]) -> None:
    _pair(value, "env")["claim"] = "nowhere"


def _everything(value: dict[str, Any], *why: str) -> None:
    pair = _pair(value, "grow")
    pair["boxes"].append([])
    pair["impossible"].append([len(pair["boxes"]) - 1, *why])


@pytest.mark.parametrize(
    ("lie", "claim", "why"),
    [
        (_leaf, "grow", "a node of a tree is not what it says"),
        (_same, "grow", "a node of a tree is not what it says"),
        (_drop_start, "who", "a box is not inside others"),
        (_drop_node, "amount", "a tree ends before its pieces do"),
        (_add_node, "amount", "a tree has more nodes than pieces"),
        (_other_claim, "f-env", "a box is not inside others"),
        (_claim_of_nobody, "pairs 2", "there is no claim `nowhere`"),
        (lambda v: _everything(v, "grows"), "grow", "an impossible box is not for what only grows"),
        (lambda v: _everything(v, "facts"), "grow", "no fact that holds in the box implies"),
        (lambda v: _everything(v, "texts"), "grow", "the texts can be as they are said to be"),
        (lambda v: _everything(v, "sums"), "grow", "there are 0 derivations for 1 cases"),
        (_everything, "grow", "an impossible box has no reason"),
        (lambda v: _everything(v, "assumed", "assume/1"), "grow", "does not exclude the box"),
    ],
)
def test_a_lie_about_two_requests_is_refused(
    known: tuple[dict[str, Any], Bundle],
    lie: Callable[[dict[str, Any]], None],
    claim: str,
    why: str,
) -> None:
    """For what it is; and nothing else is refused for it, unless it is a lie about all claims."""
    value, bundle = copy.deepcopy(known[0]), known[1]
    lie(value)
    checked = list(_claims("", attrs.evolve(bundle, pairs=tuple(value["pairs"]))))
    refused = [each for each in checked if each.why]
    assert len(refused) == 1 or lie is _same
    assert any(claim in each.says and why in each.why for each in refused), refused


def test_a_guard_that_is_left_out_is_missed(known: tuple[dict[str, Any], Bundle]) -> None:
    """No rule that concludes a verdict may be without one, nor may the condition."""
    value, bundle = known
    for name in ("done", "far", "wait", bundle.claim("owner").condition):
        guards = {rule: each for rule, each in bundle.guards.items() if rule != name}
        less = attrs.evolve(bundle, guards=guards)
        with pytest.raises(Refused, match=f"there is no guard of `{name}`"):
            require_pairs(less, read_pairs(_pair(value, "owner"), less))


def test_no_small_change_of_what_is_said_of_two_requests_proves_more(
    known: tuple[dict[str, Any], Bundle],
) -> None:
    """What is still proved was proved before: one in 17 of all changes here, all were tried."""
    value, bundle = known
    true = {require_pairs(bundle, read_pairs(each, bundle)) for each in value["pairs"]}
    refused = count = 0
    for number, changed in enumerate(_changed(value["pairs"])):
        if number % _PARTS:
            continue
        for each in changed:
            if each not in value["pairs"]:
                count += 1
                try:
                    assert require_pairs(bundle, read_pairs(each, bundle)) in true
                except HelmError:
                    refused += 1
    assert refused > count * 0.8
