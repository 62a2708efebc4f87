# SPDX-License-Identifier: Apache-2.0
"""From request bytes to a signed ruling that is not yet logged.

The path, each step of which either holds or ends in a DENY that says why: read the request, verify
its chain and approvals, turn them into facts, judge the facts (engine, then kernel), state
everything, sign. Nothing is signed as ALLOW that the kernel did not check.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import attrs

from helm_logic import __version__
from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import Chain, Tokens, verify_chain
from helm_logic.authority.facts import (
    chain_facts,
    effective_authority,
    property_facts,
    revocations_of,
)
from helm_logic.authority.reasons import finality
from helm_logic.authority.revocation import RevocationSet, VerifiedRevocation
from helm_logic.errors import (
    CertificateRefused,
    EvaluationError,
    InputError,
    LimitReached,
    StoreError,
)
from helm_logic.guard.evidence import (
    approvals_value,
    attached_files,
    chain_value,
    revocations_value,
)
from helm_logic.guard.journal import Journal
from helm_logic.kernel.certificate import certificate_value, facts_value, program_value
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.terms import Row
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Record
from helm_logic.policy.approval import Approvals, Circumstances, judge_approvals
from helm_logic.policy.bundle import Bundle
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.judge import SEMANTICS, Judge, Judgment
from helm_logic.policy.request import Request, parse_request
from helm_logic.receipts.statement import PAYLOAD_TYPE, Reason, Statement
from helm_logic.receipts.verdict import Verdict

CHECKS = ("request", "chain", "approvals", "revocations", "facts", "engine", "kernel")

_NO_APPROVALS = Approvals((), ())


@attrs.frozen
class Ruling:
    """A signed statement, and what has to be stored with it: not yet an answer."""

    statement: Statement
    envelope: Envelope
    blobs: Mapping[str, bytes]
    approvals: tuple[Envelope, ...] = ()
    consumes: tuple[str, ...] = ()

    def records(self) -> Iterator[Record]:
        """Yield what the log needs to hold, in order: the approvals that became facts, the receipt.

        The approvals may be there already, and are entries once.
        """
        for approval in self.approvals:
            yield Record(Kind.APPROVAL, approval)
        yield Record(Kind.RECEIPT, self.envelope, self.blobs, self.consumes)


@attrs.frozen
class _Case:
    """What is known about one request on the way to its ruling."""

    digest: str
    now: int
    request: Request | None = None
    chain: Chain | None = None
    approvals: Approvals = _NO_APPROVALS
    revocations: tuple[VerifiedRevocation, ...] = ()


class Evaluator:
    """Rules on requests by one bundle and signs the rulings with one key."""

    def __init__(
        self,
        bundle: Bundle,
        signer: Signer,
        revocations: RevocationSet,
        approves: Callable[[str, PublicKey], bool] | None = None,
        *,
        judge: Judge | None = None,
    ) -> None:
        """Decide by *bundle*; *approves* says of an approver's key whether it counts just now.

        *judge* is that of *bundle*, if it is made already: evaluators may share one.
        """
        self._bundle = bundle
        self._signer = signer
        self._judge = Judge(bundle) if judge is None else judge
        self._revocations = revocations
        self._links = LinkCache(revoked=revocations)
        self._program = canonical_json(program_value(bundle.rule_set.program))
        self._trusted = {
            (name, role): approver.keys
            for name, approver in bundle.settings.approvers.items()
            for role in approver.roles
        }
        self._approves = approves
        limits = bundle.settings.limits.to_value()
        self._engine = {
            "limits": limits,
            "name": "helm-logic",
            "semantics": SEMANTICS,
            "version": __version__,
        }

    @property
    def key(self) -> PublicKey:
        """The key that signs the receipts."""
        return self._signer.public_key

    def rule(self, data: bytes, now: int, journal: Journal) -> Ruling:
        """Return the signed ruling on the request in *data* at *now* (seconds).

        *journal* answers what the log knows of approvals. Never raises for anything a request
        holds: whatever fails becomes a DENY.
        """
        case = _Case(digest(data), now)
        try:
            request = parse_request(data, max_bytes=self._bundle.settings.request_bytes)
            case = self._read(request, now, journal)
            return self._ruled(case, self._judge.judge(self._facts(case)))
        except InputError as error:
            return self._failed(case, error.code, str(error))
        except LimitReached as error:
            return self._failed(case, "limit_reached", str(error))
        except (EvaluationError, CertificateRefused) as error:
            return self._failed(case, "evaluation_error", str(error))
        except StoreError as error:
            return self._failed(case, "ledger_unavailable", str(error))
        except Exception as error:  # noqa: BLE001 - fail closed: no bug may turn into an ALLOW
            return self._failed(case, "internal_error", f"{type(error).__name__}: {error}")

    def refuse(self, ruling: Ruling, code: str, message: str) -> Ruling:
        """Return the DENY, for the reason *code*, that takes the place of *ruling*."""
        error = {"code": code, "message": message}
        reasons = (Reason(code, text=message, finality=finality(code)),)
        denied = attrs.evolve(
            ruling.statement,
            verdict=Verdict.DENY,
            reasons=reasons,
            certificate=None,
            facts={},
            error=error,
        )
        return self._signed(denied, ruling.blobs)

    def heed(self, revocations: Iterable[VerifiedRevocation]) -> None:
        """Heed *revocations* from now on."""
        fresh = tuple(revocations)
        if fresh:
            self._revocations = RevocationSet((*self._revocations, *fresh))
            self._links.revoke(self._revocations)

    def _read(self, request: Request, now: int, journal: Journal) -> _Case:
        depth = self._bundle.settings.chain_depth
        tokens = Tokens(self._bundle.adapters, request.asked(now))
        chain = verify_chain(request.chain, self._links, now, depth, tokens)
        approvals = _NO_APPROVALS
        if request.approvals:
            wanted = Circumstances(
                request.digest, self._bundle.digest, chain.digest, self._approvers(), now,
                journal.is_consumed,
            )  # fmt: skip
            approvals = journal.only_answers(judge_approvals(request.approvals, wanted))
        revocations = revocations_of(chain, self._revocations)
        return _Case(request.digest, now, request, chain, approvals, revocations)

    def _approvers(self) -> Mapping[tuple[str, str], Collection[PublicKey]]:
        if (approves := self._approves) is None:
            return self._trusted
        return {
            (name, role): tuple(key for key in keys if approves(name, key))
            for (name, role), keys in self._trusted.items()
        }

    def _facts(self, case: _Case) -> dict[str, list[Row]]:
        if case.request is None or case.chain is None:
            raise InputError("internal_error", "no request was read")
        return {
            **request_facts(case.request, self._bundle.rule_set.inputs, case.now),
            **chain_facts(case.chain, self._revocations),
            **property_facts(case.chain, case.request.value),
            **case.approvals.facts(),
        }

    def _ruled(self, case: _Case, judgment: Judgment) -> Ruling:
        statement = self._statement(
            case,
            verdict=judgment.verdict,
            reasons=judgment.reasons,
            facts=facts_value(judgment.facts),
            certificate=certificate_value(judgment.certificate),
        )
        allowed = judgment.verdict is Verdict.ALLOW
        accepted = case.approvals.accepted
        used = tuple(each.digest for each in accepted) if allowed else ()
        envelopes = tuple(each.envelope for each in accepted)
        return self._signed(statement, self._blobs(case, program=True), envelopes, used)

    def _failed(self, case: _Case, code: str, message: str) -> Ruling:
        statement = self._statement(
            case,
            verdict=Verdict.DENY,
            reasons=(Reason(code, text=message, finality=finality(code)),),
            facts={},
            certificate=None,
            error={"code": code, "message": message},
        )
        envelopes = tuple(each.envelope for each in case.approvals.accepted)
        return self._signed(statement, self._blobs(case, program=False), envelopes)

    def _statement(self, case: _Case, **found: object) -> Statement:
        accepted = case.approvals.accepted
        links = () if case.chain is None else case.chain.links
        return Statement(
            request_digest=case.digest,
            request=None if case.request is None else case.request.value,
            now=case.now,
            chain=chain_value(links),
            authority=None if case.chain is None else effective_authority(case.chain),
            approvals=approvals_value(accepted),
            revocations=revocations_value(case.revocations),
            program=self._bundle.program_digest,
            policy=self._bundle.digest,
            engine=self._engine,
            checks=CHECKS,
            parents=sorted(
                {name for each in accepted for name in (each.approval.receipt, each.digest)}
            ),
            **found,  # type: ignore[arg-type]
        )

    def _blobs(self, case: _Case, *, program: bool) -> dict[str, bytes]:
        blobs = {self._bundle.program_digest: self._program} if program else {}
        if case.chain is not None:
            blobs |= attached_files(case.chain, case.approvals.accepted, case.revocations)
        return blobs

    def _signed(
        self,
        statement: Statement,
        blobs: Mapping[str, bytes],
        approvals: tuple[Envelope, ...] = (),
        consumes: tuple[str, ...] = (),
    ) -> Ruling:
        envelope = sign(PAYLOAD_TYPE, statement.to_bytes(), self._signer)
        return Ruling(statement, envelope, blobs, approvals, consumes)
