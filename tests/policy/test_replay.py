# SPDX-License-Identifier: Apache-2.0
"""Replay of logged verdicts: what was signed is derived again, and nothing else passes."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.kernel.encoding import canonical_json
from helm_logic.ledger.envelope import sign
from helm_logic.policy.replay import ENGINES, MADE_AGAIN, Replayer
from helm_logic.policy.replay_case import DIFFERS, REFUSED, Finding, Logged, Outcome
from helm_logic.policy.replay_work import Task
from helm_logic.receipts.statement import PAYLOAD_TYPE
from helm_logic.receipts.trust import Role, Trust
from helm_logic.receipts.trust_root import RoleKeys, TrustRoot
from helm_logic.receipts.trust_root_judge import root_trust
from tests.authority.world import signer
from tests.guard.town import ENGINE, LOG, MANAGER, ORIGIN, make_folder, open_guard
from tests.policy.replayed import Asked, make_log, read_log
from tests.receipts.roots import ROOTS, keys

TRUST = Trust((ENGINE.public_key,), ORIGIN, LOG.public_key)
Change = Callable[[Any], object]


@attrs.frozen
class Town:
    """A log that was read, and what was asked of its guard."""

    receipts: list[Logged]
    blobs: dict[str, bytes]
    asked: tuple[Asked, ...]
    replay: Replayer

    def find(self, asked: int) -> Logged:
        """Return the receipt of request *asked*."""
        name = self.asked[asked].decision.receipt_id
        return next(each for each in self.receipts if each.envelope.digest == name)

    def changed(self, asked: int, change: Change) -> Outcome:
        """Return what becomes of the receipt of *asked*, changed and signed by the engine again."""
        value = json.loads(self.find(asked).envelope.payload)
        change(value["predicate"])
        envelope = sign(PAYLOAD_TYPE, canonical_json(value), ENGINE)
        return self.replay(Logged("changed", envelope), self.blobs)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Give the log of all scenes."""
    folder = tmp_path_factory.mktemp("town") / "policy"
    asked = make_log(folder)
    receipts, blobs = read_log(folder)
    return Town(receipts, blobs, asked, Replayer(TRUST))


def test_everything_a_guard_logs_is_derived_again_by_all_engines(town: Town) -> None:
    """Each verdict counts as what it is, and a DENY without certificate under its error."""
    replay = Replayer(TRUST, ENGINES)
    wanted = [
        (each.decision.verdict.value, MADE_AGAIN)
        if each.decision.statement.certificate is not None
        else (f"error {each.decision.codes[0]}",)
        for each in town.asked
    ]
    assert len(town.receipts) == len(wanted)
    assert [replay(each, town.blobs) for each in town.receipts] == [
        Outcome(names) for names in wanted
    ]
    assert {names[0] for names in wanted} == {
        "ALLOW", "DENY", "ESCALATE", "error malformed_json", "error too_large", "error wrong_shape",
    }  # fmt: skip


@pytest.mark.parametrize("limits", ["facts = 3", "firings = 2"])
def test_a_limit_that_was_reached_has_nothing_to_derive(tmp_path: Path, limits: str) -> None:
    """It is a DENY without certificate, and counted as that limit's."""
    folder = make_folder(tmp_path / "policy", limits=f"[limits]\n{limits}\n")
    with open_guard(folder) as guard:
        codes = guard.decide(Asked({}, 0, None).request()).codes  # type: ignore[arg-type]
    (receipt,), blobs = read_log(folder)
    assert codes == ("limit_reached",)
    assert Replayer(TRUST)(receipt, blobs) == Outcome(("error limit_reached",))


def first(outcome: Outcome) -> list[str]:
    """Return engine and step of the differences in *outcome*, which must have some."""
    assert outcome.counted == (DIFFERS,)
    assert outcome.finding is not None
    differences: Any = outcome.finding.detail["differences"]
    return [f"{each['engine']}, {each['step']}" for each in differences]


def _set(**members: object) -> Change:
    return lambda predicate: predicate.update(members)


def _fact(name: str, rows: object) -> Change:
    return lambda predicate: predicate["facts"].update({name: rows})


def _model(name: str, rows: object) -> Change:
    return lambda predicate: predicate["certificate"]["model"].update({name: rows})


def _steps(change: Change) -> Change:
    return lambda predicate: change(predicate["certificate"]["steps"])


def _rules(predicate: Any) -> None:
    predicate["reasons"][0]["rules"].append("unheard-of")


LIES: dict[str, tuple[Change, list[str]]] = {
    "another verdict": (_set(verdict="DENY"), ["kernel, verdict"]),
    "another fact": (
        _fact("freeze", [["b:true"]]),
        ["facts, freeze(false)", "kernel, model", "native, model: deny(change_freeze)"],
    ),
    "a fact that changes nothing": (
        lambda predicate: predicate["facts"]["delegate_key"][1].__setitem__(1, "s:other"),
        ["facts, delegate_key("],
    ),
    "a chain that was too long": (
        _set(chain=[], facts={"chain_length": [[9]], "rejected": [[3, "y:depth_exceeded"]]}),
        ["facts, ", "kernel, model", "native, model: "],
    ),
    "a fact of the model more": (
        _model("escalate", [[["y:because"], 1]]),
        ["kernel, model", "native, model: escalate(because)"],
    ),
    "a model less": (_model("authorized", []), ["kernel, model", "native, model: authorized"]),
    "the last step twice": (
        _steps(lambda steps: steps.append(steps[-1])),
        ["native, step "],
    ),
    "a step less": (
        _steps(lambda steps: steps.pop()),
        ["kernel, verdict", "native, step "],
    ),
    "other rules": (_rules, ["native, reasons"]),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_an_engine_signed_but_did_not_derive_is_found(town: Town, lie: str) -> None:
    """Signed by the engine's own key, yet found; told by whom and at which step first."""
    change, wanted = LIES[lie]
    found = first(town.changed(0, change))
    assert len(found) == len(wanted)
    assert all(one.startswith(two) for one, two in zip(found, wanted, strict=True))


def test_facts_in_another_order_are_other_bytes(town: Town) -> None:
    """The model is the same and the kernel accepts it, but these are not the one form's bytes."""
    asked = next(
        number
        for number, each in enumerate(town.asked)
        if len(each.decision.statement.facts.get("valid", ())) > 1  # type: ignore[attr-defined]
    )

    def turn(predicate: Any) -> None:
        predicate["facts"]["valid"].reverse()

    facts, native = first(town.changed(asked, turn))
    assert facts.startswith("facts, valid(")
    assert native == "native, form"


def test_the_reference_engine_finds_it_too(town: Town) -> None:
    """It tells a step that the kernel lets pass, and is not asked about what it refuses."""
    value = json.loads(town.find(0).envelope.payload)
    steps = value["predicate"]["certificate"]["steps"]
    steps.append(steps[-1])
    logged = Logged("twice", sign(PAYLOAD_TYPE, canonical_json(value), ENGINE))
    replay = Replayer(TRUST, ("pydatalog",))
    assert [each.split(",")[0] for each in first(replay(logged, town.blobs))] == ["pydatalog"]
    value["predicate"]["facts"]["freeze"] = [["b:true"]]
    logged = Logged("frozen", sign(PAYLOAD_TYPE, canonical_json(value), ENGINE))
    assert first(replay(logged, town.blobs)) == ["facts, freeze(false)", "kernel, model"]


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for name in value for leaf in _leaves(value[name], (*path, name))]
    if isinstance(value, list):
        return [leaf for place, each in enumerate(value) for leaf in _leaves(each, (*path, place))]
    return [path]


PARTS = ("certificate", "facts", "verdict")
TEXTS = ("s:other", "y:allow", "y:deny", "b:true", "ALLOW", "DENY", "deny")


@settings(max_examples=60)
@given(number=st.sampled_from([0, 2, 4, 6, 8, 20, 25]), seed=st.randoms(use_true_random=False))
def test_no_changed_fact_model_step_or_verdict_passes(
    town: Town, number: int, seed: random.Random
) -> None:
    """Whatever value in them is replaced by another of its kind, it differs or is refused."""
    said = json.loads(town.find(number).envelope.payload)["predicate"]
    path = seed.choice([leaf for part in PARTS for leaf in _leaves(said[part], (part,))])
    old = _at(said, path)
    other = seed.choice(
        [each for each in ((0, 1, 2, 7) if type(old) is int else TEXTS) if each != old]
    )

    def change(predicate: Any) -> None:
        _at(predicate, path[:-1])[path[-1]] = other

    assert town.changed(number, change).counted[0] in {DIFFERS, REFUSED}, (path, old, other)


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def refusal(outcome: Outcome) -> str:
    """Return why *outcome* is a refusal, which it must be."""
    assert outcome.counted == (REFUSED,)
    assert outcome.finding is not None
    assert outcome.finding.group == REFUSED
    return str(outcome.finding.detail["message"])


def test_other_formats_and_meanings_are_refused_by_name(town: Town) -> None:
    """A statement, an envelope and an engine of another version each say which it is."""
    payload = town.find(0).envelope.payload
    old = payload.replace(b"predicate:decision:v1", b"predicate:decision:v0")
    envelope = sign(PAYLOAD_TYPE, old, ENGINE)
    assert "urn:helm-logic:predicate:decision:v0" in refusal(
        town.replay(Logged("", envelope), town.blobs)
    )
    envelope = sign("application/vnd.other+json", payload, ENGINE)
    assert "application/vnd.other+json" in refusal(town.replay(Logged("", envelope), town.blobs))
    found = refusal(town.changed(0, lambda said: said["engine"].update(semantics="0")))
    assert "under the semantics `0`" in found


def test_what_nobody_trusted_signed_is_refused(town: Town) -> None:
    """A receipt signed by another key, the log's own included, is not replayed."""
    envelope = sign(PAYLOAD_TYPE, town.find(0).envelope.payload, LOG)
    assert "step 2 (signature)" in refusal(town.replay(Logged("", envelope), town.blobs))


def test_keys_count_as_a_trust_root_says(town: Town) -> None:
    """An engine's key that is retired from some entry on signs no receipts from there on."""
    end = town.receipts[9].index
    assert end is not None
    roles = {
        Role.ROOT: keys(*ROOTS[:2], threshold=2),
        Role.ENGINE: keys(ENGINE, to_index=end),
        Role.LOG: keys(LOG, name=ORIGIN),
        Role.APPROVER: keys(signer(MANAGER), name=MANAGER),
        Role.WITNESS: RoleKeys((), 0),
    }
    replay = Task(root_trust(TrustRoot(1, ORIGIN, 1_800_000_000, roles))).replay()
    outcomes = [replay(each, town.blobs) for each in town.receipts]
    assert [each.counted[0] == REFUSED for each in outcomes] == [n >= 9 for n in range(27)]
    assert "step 10 (keys)" in refusal(outcomes[9])
    assert pickle.loads(pickle.dumps(Task(root_trust(TrustRoot(1, ORIGIN, 1, roles)))))  # noqa: S301


def test_a_program_that_is_missing_or_another_is_refused(town: Town) -> None:
    """There is nothing to derive from; no other program stands in for it."""
    logged = town.find(0)
    program = town.asked[0].decision.statement.program
    fresh = Replayer(TRUST)
    assert "is not stored with it" in refusal(fresh(logged, {}))
    other = {program: canonical_json({"predicates": [], "rules": [], "strata": []})}
    assert "has another digest" in refusal(fresh(logged, other))


def test_without_its_policy_the_facts_are_taken_as_stated(town: Town) -> None:
    """A receipt file has no policy beside it: the verdict is derived again, the facts are not."""
    policy = town.asked[0].decision.statement.policy
    blobs = {name: data for name, data in town.blobs.items() if name != policy}
    assert Replayer(TRUST)(town.find(0), blobs) == Outcome(("ALLOW",))


def test_facts_are_those_of_links_whose_signatures_hold(town: Town) -> None:
    """A receipt whose attached link is another than it names is refused."""
    statement = town.asked[0].decision.statement
    file = statement.named_envelopes()[0][1]
    fresh = Replayer(TRUST)
    assert "has another digest" in refusal(fresh(town.find(0), {**town.blobs, file: b"{}"}))
    others = {name: data for name, data in town.blobs.items() if name != file}
    assert "is not stored" in refusal(fresh(town.find(0), others))


def test_an_allow_without_certificate_is_refused(town: Town) -> None:
    """Only a DENY may be without, and only with an error."""
    number = next(n for n, each in enumerate(town.asked) if each.parts == b"{")
    assert "must be DENY" in refusal(town.changed(number, _set(verdict="ALLOW")))
    assert "no error says why" in refusal(town.changed(number, _set(error=None)))


def test_findings_are_read_as_they_were_written(town: Town) -> None:
    """The JSON form of a finding says everything about it."""
    finding = town.changed(0, _set(verdict="DENY")).finding
    assert finding is not None
    assert Finding.from_value(json.loads(canonical_json(finding.to_value()))) == finding
