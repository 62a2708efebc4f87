# SPDX-License-Identifier: Apache-2.0
"""Judging logged requests by another policy, against a guard that is really asked them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from helm_logic.authority.revocation import RevocationSet, verify_revocation
from helm_logic.guard.evaluator import Evaluator
from helm_logic.guard.journal import Journal
from helm_logic.kernel.encoding import canonical_json
from helm_logic.ledger.envelope import Envelope, parse, sign
from helm_logic.ledger.leaf import Kind
from helm_logic.policy.approval import Approvals
from helm_logic.policy.bundle import Bundle
from helm_logic.policy.folder import read_bundle
from helm_logic.policy.replay_case import ALLOWED, DENIED, ESCALATED, OPEN, REFUSED, Logged
from helm_logic.policy.replay_change import APPROVALS, OTHER_REASONS, SAME, Rejudge
from helm_logic.receipts.statement import PAYLOAD_TYPE
from helm_logic.receipts.trust import Trust
from helm_logic.receipts.verdict import Verdict
from tests.guard.town import ENGINE, LOG, ORIGIN, approve, make_folder, open_guard
from tests.policy.replayed import DEPTH, Asked, make_log, read_log, reader

TRUST = Trust((ENGINE.public_key,), ORIGIN, LOG.public_key)
GROUP = {Verdict.ALLOW: ALLOWED, Verdict.DENY: DENIED, Verdict.ESCALATE: ESCALATED}


@attrs.frozen
class Town:
    """A log that was read, with the requests that it answers and its folder."""

    folder: Path
    receipts: dict[str, Logged]
    blobs: dict[str, bytes]
    asked: tuple[Asked, ...]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Give the log of all scenes."""
    folder = tmp_path_factory.mktemp("town") / "policy"
    asked = make_log(folder)
    receipts, blobs = read_log(folder)
    return Town(folder, {each.envelope.digest: each for each in receipts}, blobs, asked)


def _rules(old: str, new: str) -> Callable[[str, str], tuple[str, str]]:
    def change(rules: str, settings: str) -> tuple[str, str]:
        assert old in rules
        return rules.replace(old, new), settings

    return change


def _settings(old: str, new: str) -> Callable[[str, str], tuple[str, str]]:
    def change(rules: str, settings: str) -> tuple[str, str]:
        assert old in settings
        return rules, settings.replace(old, new)

    return change


CHANGES: dict[str, Callable[[str, str], tuple[str, str]]] = {
    "a comment": _rules("% Any other", "% Any\n% other"),
    "production runs by itself": _rules('env("prod"), not', 'env("dev"), not'),
    "staging waits too": _rules('env("prod"), not', 'env(E), E != "dev", not'),
    "a wider domain": _rules('{"dev", "staging", "prod"}', '{"dev", "staging", "prod", "moon"}'),
    "anything goes": _rules("authorized, ci_passed(true)", "ci_passed(_)"),
    "a restart is known": _rules('known_action("deploy").', 'known_action("restart").'),
    "refused approvals matter": _rules(
        "allow(chain", "deny(bad_approval) :- rejected_approval(_, C), C != dummy.\nallow(chain"
    ),
    "longer chains": _settings("chain_depth = 3", "chain_depth = 9"),
    "shorter chains": _settings("chain_depth = 3", "chain_depth = 1"),
    "few facts": _settings("[limits]\n", "[limits]\nfacts = 30\n"),
    "another anchor": _settings('"user:founder" =', '"user:somebody" ='),
    "no manager": _settings('[approvers."user:manager"]', '[approvers."user:nobody"]'),
}


def _bundle(change: str, folder: Path) -> Bundle:
    make_folder(folder, limits=DEPTH)
    files = (folder / "rules" / "main.dl", folder / "helm.toml")
    texts = CHANGES[change](files[0].read_text("utf-8"), files[1].read_text("utf-8"))
    for path, text in zip(files, texts, strict=True):
        path.write_text(text, "utf-8")
    return read_bundle(folder)


class _Believer(Journal):
    """A log that takes every approval for the answer to one of its receipts."""

    def is_consumed(self, _approval: str) -> bool:
        return False

    def only_answers(self, approvals: Approvals) -> Approvals:
        return approvals


def _asked_again(
    town: Town, bundle: Bundle, *, keep: bool
) -> Iterator[tuple[Asked, tuple[Verdict, tuple[str, ...]]]]:
    """Yield each request, and what a guard with *bundle* says to it, asked as it was then.

    Approvals are those of then; if they are to count, signed anew for the new policy.
    """
    with reader(town.folder) as log:
        revocations = [verify_revocation(each.envelope) for each in log.entries(0, Kind.REVOCATION)]
        evaluator = Evaluator(bundle, ENGINE, RevocationSet(revocations))
        for asked in town.asked:
            approvals = list(_approvals(asked, bundle, keep=keep))
            ruling = evaluator.rule(asked.request(approvals), asked.now, _Believer(log))
            said = ruling.statement
            yield asked, (said.verdict, tuple(dict.fromkeys(each.code for each in said.reasons)))


def _approvals(asked: Asked, bundle: Bundle, *, keep: bool) -> Iterator[Envelope]:
    for answered, by in asked.answers:
        yield approve(answered, by, **({"policy": bundle.digest} if keep else {}))


@pytest.mark.parametrize(
    ("change", "keep"),
    [*((each, False) for each in CHANGES), ("a comment", True), ("no manager", True)],
)
def test_exactly_the_verdicts_that_change_are_listed(
    town: Town, tmp_path: Path, change: str, *, keep: bool
) -> None:
    """By brute force: every request is asked of a guard with the new policy, and compared."""
    bundle = _bundle(change, tmp_path / "new")
    rejudge = Rejudge(TRUST, bundle, keep_approvals=keep)
    opened = 0
    for asked, (verdict, codes) in _asked_again(town, bundle, keep=keep):
        then = asked.decision
        outcome = rejudge(town.receipts[then.receipt_id], town.blobs)
        finding = outcome.finding
        if finding is not None and finding.group == OPEN:
            opened += 1
            continue
        if then.refused_approvals:
            continue  # what was refused then is not kept; a test of its own
        if verdict is then.verdict:
            assert finding is None
            assert SAME in outcome.counted
            assert (OTHER_REASONS in outcome.counted) == (codes != then.codes)
        else:
            assert finding is not None
            assert finding.group == GROUP[verdict]
            assert finding.detail["was"] == _said(then.verdict, then.codes)
            assert finding.detail["becomes"] == _said(verdict, codes)
            assert finding.detail["now"] == asked.now
    # A request of too many bytes, and a chain that was too long unless it is now too.
    assert opened == 1 + (change == "longer chains")


def _said(verdict: Verdict, codes: Sequence[str]) -> dict[str, object]:
    return {"reasons": list(codes), "verdict": verdict.value}


def test_the_policy_of_then_changes_nothing(town: Town) -> None:
    """Judged by the policy that decided, every verdict and every reason is the same."""
    rejudge = Rejudge(TRUST, read_bundle(town.folder))
    outcomes = [rejudge(each, town.blobs) for each in town.receipts.values()]
    others = [each for each in outcomes if each.counted != (SAME,)]
    assert [each.finding.group for each in others if each.finding] == [OPEN]


def test_an_approval_counts_for_another_policy_only_if_that_is_asked_for(
    town: Town, tmp_path: Path
) -> None:
    """An ALLOW by approval is an ESCALATE again by default, and what was set aside is counted."""
    bundle = _bundle("a comment", tmp_path / "new")
    allowed = next(
        each for each in town.asked if each.answers and each.decision.verdict is Verdict.ALLOW
    )
    logged = town.receipts[allowed.decision.receipt_id]
    strict = Rejudge(TRUST, bundle)(logged, town.blobs)
    assert strict.counted == (APPROVALS, "ALLOW ESCALATE")
    kept = Rejudge(TRUST, bundle, keep_approvals=True)(logged, town.blobs)
    assert kept.counted == (SAME,)


def test_an_approval_that_was_refused_then_stays_refused(town: Town, tmp_path: Path) -> None:
    """Its row is the only thing that is known of it, and the rules can still ask for that."""
    bundle = _bundle("refused approvals matter", tmp_path / "new")
    refused = next(each for each in town.asked if each.decision.refused_approvals)
    finding = Rejudge(TRUST, bundle)(town.receipts[refused.decision.receipt_id], town.blobs).finding
    assert finding is not None
    assert finding.detail["becomes"] == _said(Verdict.DENY, ["bad_approval"])


def test_a_limit_that_was_reached_is_judged_anew(tmp_path: Path) -> None:
    """A request whose rules did not end then is listed if they do under the new policy."""
    folder = make_folder(tmp_path / "old", limits="[limits]\nfacts = 3\n")
    with open_guard(folder) as guard:
        guard.decide(Asked({}, 0, None).request())  # type: ignore[arg-type]
    (logged,), blobs = read_log(folder)
    finding = Rejudge(TRUST, read_bundle(make_folder(tmp_path / "new")))(logged, blobs).finding
    assert finding is not None
    assert finding.group == ALLOWED


def _resigned(logged: Logged, change: Callable[[Any], object]) -> Logged:
    value = json.loads(logged.envelope.payload)
    change(value["predicate"])
    return Logged("changed", sign(PAYLOAD_TYPE, canonical_json(value), ENGINE))


def test_what_is_not_told_is_open(town: Town) -> None:
    """Facts that are missing may hide refused links; approvals too, for rules that ask for them."""
    rejudge = Rejudge(TRUST, read_bundle(town.folder))
    error = {"code": "limit_reached", "message": "stopped"}
    without: dict[str, Any] = {"certificate": None, "facts": {}, "error": error, "verdict": "DENY"}
    logged = town.receipts[town.asked[0].decision.receipt_id]

    def hide(said: Any) -> None:
        said.update(without, authority=None)

    finding = rejudge(_resigned(logged, hide), town.blobs).finding
    assert finding is not None
    assert finding.group == OPEN
    assert "which links were refused" in str(finding.detail["message"])
    assert rejudge(_resigned(logged, lambda said: said.update(without)), town.blobs).counted == (
        "DENY ALLOW",
    )


def test_what_is_not_attached_or_not_signed_is_refused(town: Town) -> None:
    """A link that is missing, replaced or forged gives no verdict."""
    rejudge = Rejudge(TRUST, read_bundle(town.folder))
    logged = town.receipts[town.asked[0].decision.receipt_id]
    assert rejudge(logged, {}).counted == (REFUSED,)
    file = town.asked[0].decision.statement.named_envelopes()[0][1]
    forged = parse(town.blobs[file])
    (signature,) = forged.signatures
    other = attrs.evolve(forged, signatures=(attrs.evolve(signature, signature=bytes(64)),))
    assert rejudge(logged, {**town.blobs, file: other.to_bytes()}).counted == (REFUSED,)
    assert Rejudge(attrs.evolve(TRUST, engine_keys=()), read_bundle(town.folder))(
        logged, town.blobs
    ).counted == (REFUSED,)
