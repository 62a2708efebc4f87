# SPDX-License-Identifier: Apache-2.0
"""Running policy tests: each case through real signatures, the real judge and the kernel.

Invariants:
- a case is decided by what decides in production: links and approvals are signed and verified, the
  engine derives, the kernel checks; only keys and clock are the test's;
- the key of a principal follows from its name alone, so a test gives the same bytes everywhere.
  Such a key protects nothing and is never written to a file;
- a request that cannot be read, or a limit that is reached, is a DENY here as it is there.

The format of test files is `case_file.py`; what the log adds (an approval is used once) is `guard`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import attrs

from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import Chain, verify_chain
from helm_logic.authority.facts import chain_facts, property_facts
from helm_logic.authority.revocation import (
    Revocation,
    RevocationSet,
    sign_revocation,
    verify_revocation,
)
from helm_logic.engine import Engine, Evaluation, Limits
from helm_logic.errors import (
    CertificateRefused,
    EvaluationError,
    InputError,
    LimitReached,
    PolicyError,
)
from helm_logic.kernel.encoding import digest
from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet
from helm_logic.ledger.envelope import Envelope
from helm_logic.policy.approval import (
    Approval,
    Approvals,
    Circumstances,
    judge_approvals,
    sign_approval,
)
from helm_logic.policy.bundle import Bundle, make_bundle
from helm_logic.policy.case_chain import sign_chain, signer_of
from helm_logic.policy.case_file import Case, read_cases, rules_under_test
from helm_logic.policy.folder import read_rules, relation_rows
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.judge import Judge, Judgment
from helm_logic.policy.request import Request, parse_request
from helm_logic.policy.settings import Approver, Settings
from helm_logic.receipts.statement import Reason
from helm_logic.receipts.verdict import Verdict

# What an approval in a test answers: there is no log, so no ESCALATE receipt either.
_ESCALATION = digest(b"helm-logic policy test, an escalation")


@attrs.frozen
class Outcome:
    """What came out of a case."""

    case: Case
    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason codes, each once, sorted."""
        return tuple(sorted({reason.code for reason in self.reasons}))

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that decided, each once, sorted."""
        return tuple(sorted({rule for reason in self.reasons for rule in reason.rules}))

    @property
    def faults(self) -> tuple[str, ...]:
        """What came out differently, one line each: got and want. Empty if the case passed."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[str]:
        case = self.case
        if self.verdict is not case.verdict:
            yield f"verdict: got {self.verdict.value}, want {case.verdict.value}"
        if self.codes != tuple(sorted(case.reasons)):
            yield f"reasons: got {_listed(self.codes)}, want {_listed(sorted(case.reasons))}"
        if case.rules is not None and self.rules != tuple(sorted(case.rules)):
            yield f"rules: got {_listed(self.rules)}, want {_listed(sorted(case.rules))}"


def run_file(path: Path, rules: Path | None = None) -> tuple[Outcome, ...]:
    """Return the outcome of every case in the test file *path*, in order.

    *rules* is the rule file that is tested, by default the one that *path* names or that stands
    beside it. Raises PolicyError for a test file that does not load, RuleError for a rule file.
    """
    cases = read_cases(path)
    runner = CaseRunner(read_rules(rules or rules_under_test(path)))
    outcomes = []
    for case in cases:
        try:
            outcomes.append(runner.run(case))
        except InputError as error:
            raise PolicyError(f"{path}: `{case.name}`: {error}") from None
    return tuple(outcomes)


class CaseRunner:
    """Runs cases on one rule set; the program is compiled once for each set of anchors.

    The rows of a case's relations are given with its request, not compiled in: the verdict is the
    same, and cases that differ in them share what was compiled.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        self._rule_set = rule_set
        self._given = {each.name for each in rule_set.program.predicates if each.given}
        self._bundles: dict[str, Bundle] = {}
        self._judges: dict[str, Judge] = {}

    def run(self, case: Case) -> Outcome:
        """Return what comes out of *case*; raise InputError if its circumstances cannot exist."""
        stage = self._stage(case)
        try:
            judgment = self._judge(stage.bundle).judge(self._facts(case, stage))
        except InputError as error:
            return _denied(case, error.code, error)
        except LimitReached as error:
            return _denied(case, "limit_reached", error)
        except (EvaluationError, CertificateRefused) as error:
            return _denied(case, "evaluation_error", error)
        return Outcome(case, judgment.verdict, judgment.reasons)

    def judge(self, case: Case) -> Judgment:
        """Return the judgment of *case*, with its certificate; raise as `evaluate` does."""
        stage = self._stage(case)
        return self._judge(stage.bundle).judge(self._facts(case, stage))

    def evaluate(self, case: Case) -> Evaluation:
        """Return the model of *case*: for whoever asks more of it than the verdict.

        Raises InputError, LimitReached or EvaluationError where `run` gives a DENY.
        """
        stage = self._stage(case)
        facts = {**stage.bundle.static, **self._facts(case, stage)}
        asked = {name: rows for name, rows in facts.items() if name in self._given}
        return self._engine.evaluate(asked)

    def _stage(self, case: Case) -> _Stage:
        relations = {
            name: relation_rows(self._rule_set, name, rows) for name, rows in case.relations.items()
        }
        links = sign_chain(case.chain)
        return _Stage(self._bundle(case), links, _revocations(case, links), relations)

    def _facts(self, case: Case, stage: _Stage) -> dict[str, Sequence[Row]]:
        depth = stage.bundle.settings.chain_depth
        chain = verify_chain(stage.links, LinkCache(), case.now, depth)
        request = parse_request(json.dumps(dict(case.request)).encode("utf-8"))
        return {
            **stage.relations,
            **request_facts(request, self._rule_set.inputs, case.now),
            **chain_facts(chain, stage.revocations),
            **property_facts(chain, request.value),
            **_approvals(case, stage.bundle, request, chain).facts(),
        }

    def _bundle(self, case: Case) -> Bundle:
        settings = _settings(case)
        named = repr((sorted(settings.anchors), sorted(settings.approvers.items())))
        if named not in self._bundles:
            self._bundles[named] = make_bundle(self._rule_set, settings, {})
        return self._bundles[named]

    def _judge(self, bundle: Bundle) -> Judge:
        standing = repr(sorted(bundle.static.items()))
        if standing not in self._judges:
            self._judges[standing] = Judge(bundle)
        return self._judges[standing]

    @cached_property
    def _engine(self) -> Engine:
        """Compiled once for all cases: to it standing facts are given like any others."""
        return Engine(self._rule_set.program)


@attrs.frozen
class _Stage:
    """The circumstances of a case before its request is read."""

    bundle: Bundle
    links: tuple[Envelope, ...]
    revocations: RevocationSet
    relations: Mapping[str, tuple[Row, ...]]


def _settings(case: Case) -> Settings:
    roles: dict[str, list[str]] = {}
    for plan in case.approvals:
        roles.setdefault(plan.approver, []).append(plan.role)
    key = signer_of("engine").public_key
    return Settings(
        rules="",
        revocations="",
        anchors={name: (signer_of(name).public_key,) for name in case.anchors},
        approvers={
            name: Approver(tuple(each), (signer_of(name).public_key,))
            for name, each in roles.items()
        },
        relations={},
        engine_key="",
        log_key="",
        ledger="",
        head="",
        origin="",
        trusted_engines=(key,),
        trusted_log=key,
        limits=Limits(),
        chain_depth=64,
        request_bytes=1 << 20,
    )


def _revocations(case: Case, chain: Sequence[Envelope]) -> RevocationSet:
    unknown = set(case.revoked) - {plan.id for plan in case.chain}
    if unknown:
        raise InputError("wrong_shape", f"revoked: the chain has no link `{min(unknown)}`")
    withdrawn = []
    for plan, envelope in zip(case.chain, chain, strict=True):
        if plan.id in case.revoked:
            signer = signer_of(plan.signer)
            revocation = Revocation(plan.id, envelope.digest, signer.public_key, case.now)
            withdrawn.append(verify_revocation(sign_revocation(revocation, signer)))
    return RevocationSet(withdrawn)


def _approvals(case: Case, bundle: Bundle, request: Request, chain: Chain) -> Approvals:
    envelopes = []
    for number, plan in enumerate(case.approvals, start=1):
        signer = signer_of(plan.approver)
        approval = Approval(
            id=f"approval-{number}",
            receipt=_ESCALATION,
            request=request.digest,
            policy=bundle.digest,
            chain=chain.digest,
            approver=plan.approver,
            key=signer.public_key,
            role=plan.role,
            issued=min(case.now, plan.until - 1),
            expires=plan.until,
        )
        envelopes.append(sign_approval(approval, signer))
    trusted = {
        (name, role): approver.keys
        for name, approver in bundle.settings.approvers.items()
        for role in approver.roles
    }
    circumstances = Circumstances(
        request.digest, bundle.digest, chain.digest, trusted, case.now, lambda _digest: False
    )
    return judge_approvals(envelopes, circumstances)


def _denied(case: Case, code: str, error: Exception) -> Outcome:
    return Outcome(case, Verdict.DENY, (Reason(code, text=str(error)),))


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "none"
