# SPDX-License-Identifier: Apache-2.0
"""Deriving logged verdicts again: from program, facts and limits that a receipt names.

For each receipt with a certificate:
- its facts are those that request, chain and policy give, where the policy is stored beside it;
- the kernel checks the signed certificate, and that verdict and reasons are those it proves;
- each engine that is asked derives the model and the canonical derivation afresh; with these the
  statement has to print as the bytes that were signed, or the first difference is told;
- the native engine also finds the same rules behind each reason.

A receipt without certificate (the request could not be read, a limit was reached, ...) holds
nothing to derive: it is counted under its error, and has to be a DENY.

pyDatalog keeps no limits, so it is asked only about what the kernel accepted: a finite model. Not
derived again: the text, approvers and finality of reasons, which stand in rule files and not in the
program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import attrs

from helm_logic.engine import Engine, Limits
from helm_logic.errors import (
    CertificateRefused,
    HelmError,
    ReceiptRefused,
)
from helm_logic.kernel.certificate import Certificate, certificate_value, facts_value
from helm_logic.kernel.check import Checker
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.policy.judge import goals_of, verdict_of
from helm_logic.policy.replay_case import (
    DIFFERS,
    Finding,
    Logged,
    Outcome,
    blob_of,
    limits_of,
    read_logged,
    refused,
)
from helm_logic.policy.replay_difference import Difference, first_difference
from helm_logic.policy.replay_facts import Untold
from helm_logic.policy.replay_given import GivenFacts
from helm_logic.policy.replay_pydatalog import Reference
from helm_logic.receipts.decode import decode_certificate, decode_facts, decode_program
from helm_logic.receipts.receipt import MAX_RECEIPT
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.trust import Trust
from helm_logic.receipts.verdict import determining_facts, reason_code
from helm_logic.receipts.verify import check_verdict

MADE_AGAIN = "facts made again"
KERNEL, NATIVE, PYDATALOG = "kernel", "native", "pydatalog"
ENGINES = (NATIVE, PYDATALOG)

_KEPT = 16  # programs that stay compiled; a log has one for each policy that ruled in it


@attrs.frozen
class _Case:
    """A receipt with everything that its verdict is derived from."""

    payload: bytes
    statement: Statement
    program: Program
    facts: Mapping[str, tuple[Row, ...]]
    certificate: Certificate
    limits: Limits
    prepared: _Prepared


class Replayer:
    """Replays receipts that *trust* accepts with *engines*; keeps what it compiled for programs."""

    def __init__(self, trust: Trust, engines: tuple[str, ...] = (NATIVE,)) -> None:
        self._trust = trust
        self._engines = engines
        self._given = GivenFacts()
        self._prepared: dict[str, _Prepared] = {}

    def __call__(self, logged: Logged, blobs: Mapping[str, bytes]) -> Outcome:
        """Return what becomes of *logged*, whose program is among *blobs*; raises nothing."""
        try:
            statement = read_logged(logged, self._trust, blobs)
            if statement.certificate is None:
                return _underived(statement)
            case = self._case(logged.envelope.payload, statement, blobs)
            made_again, found = self._facts(case, blobs)
        except HelmError as error:
            return refused(logged, error)
        found += self._differences(case)
        verdict = statement.verdict.value
        if not found:
            return Outcome((verdict, MADE_AGAIN) if made_again else (verdict,))
        differences: list[JsonValue] = [each.to_value() for each in found]
        detail: dict[str, JsonValue] = {"differences": differences, "verdict": verdict}
        finding = Finding(DIFFERS, logged.place, logged.envelope.digest, detail)
        return Outcome((DIFFERS,), finding)

    def _case(self, payload: bytes, statement: Statement, blobs: Mapping[str, bytes]) -> _Case:
        try:
            prepared = self._program(statement.program, blobs)
            facts = decode_facts(statement.facts)  # type: ignore[arg-type]
            certificate = decode_certificate(statement.certificate)  # type: ignore[arg-type]
            limits = limits_of(statement)
        except HelmError as error:
            raise ReceiptRefused(6, "program", str(error)) from error
        return _Case(payload, statement, prepared.program, facts, certificate, limits, prepared)

    def _facts(self, case: _Case, blobs: Mapping[str, bytes]) -> tuple[bool, list[Difference]]:
        """Return whether the facts could be made again, and how they differ."""
        try:
            found = self._given.difference(case.statement, case.program, case.facts, blobs)
        except Untold:
            return False, []
        except HelmError as error:
            raise ReceiptRefused(5, "attachments", str(error)) from error
        return True, [] if found is None else [found]

    def _program(self, name: str, blobs: Mapping[str, bytes]) -> _Prepared:
        found = self._prepared.get(name)
        if found is None or name not in blobs:
            found = _Prepared(blob_of(blobs, name, "the program"))
            if len(self._prepared) >= _KEPT:
                del self._prepared[next(iter(self._prepared))]
            self._prepared[name] = found
        return found

    def _differences(self, case: _Case) -> Iterator[Difference]:
        accepted = True
        for each in _checked(case):
            accepted = False
            yield each
        if NATIVE in self._engines:
            yield from _derived(case, NATIVE, _native)
        if PYDATALOG in self._engines and accepted:
            yield from _derived(case, PYDATALOG, _pydatalog)


class _Prepared:
    """A program, and what was made of it when it was first asked for."""

    def __init__(self, program: bytes) -> None:
        self.program = decode_program(parse_json(program, max_bytes=MAX_RECEIPT))
        self.checker = Checker(self.program)
        self.engine = lru_cache(_KEPT)(lambda limits: Engine(self.program, limits=limits))
        self.reference = lru_cache(1)(lambda: Reference(self.program))


def _underived(statement: Statement) -> Outcome:
    """Return the outcome of a receipt without certificate; raise ReceiptRefused if it needs one."""
    try:
        check_verdict(statement, None, None)
        error = statement.error
        code = error.get("code") if isinstance(error, dict) else None
    except HelmError as refusal:
        raise ReceiptRefused(8, "verdict", str(refusal)) from refusal
    return Outcome((f"error {code}",))


def _checked(case: _Case) -> Iterator[Difference]:
    """Yield what the kernel has against the certificate, or the verdict, that was signed."""
    try:
        proved = case.prepared.checker.check(case.facts, case.certificate)
        check_verdict(case.statement, proved, case.certificate)
    except CertificateRefused as error:
        yield Difference(KERNEL, error.where, str(error.got), str(error.want))
    except HelmError as error:
        yield Difference(KERNEL, "verdict", case.statement.verdict.value, str(error))


def _derived(
    case: _Case, engine: str, derive: Callable[[_Case], tuple[Certificate, list[Difference]]]
) -> Iterator[Difference]:
    """Yield how what *engine* derives differs from what was signed, at most once."""
    try:
        fresh, others = derive(case)
    except Exception as error:  # noqa: BLE001 - whatever broke, the engine derived nothing
        words = str(error) if isinstance(error, HelmError) else f"{type(error).__name__}: {error}"
        yield Difference(engine, "evaluation", "a certificate", words)
        return
    again = attrs.evolve(
        case.statement, facts=facts_value(case.facts), certificate=certificate_value(fresh)
    )
    if again.to_bytes() != case.payload:
        others = [first_difference(case.program, engine, case.certificate, fresh)]
    yield from others[:1]


def _native(case: _Case) -> tuple[Certificate, list[Difference]]:
    """Derive natively; return the certificate, and which reasons other rules stand behind."""
    evaluation = case.prepared.engine(case.limits).evaluate(case.facts)
    verdict = verdict_of(evaluation.model)
    certificate = evaluation.certificate(goals_of(verdict, evaluation.model))
    facts = list(determining_facts(verdict, evaluation.model))
    found = [
        (
            reason_code(*fact),
            tuple(case.program.rules[n].id for n in evaluation.supporting_rules(*fact)),
        )
        for fact in facts
    ]
    signed = [(each.code, each.rules) for each in case.statement.reasons] if facts else []
    others = []
    if found != signed:
        others.append(Difference(NATIVE, "reasons", _words(signed), _words(found)))
    return certificate, others


def _pydatalog(case: _Case) -> tuple[Certificate, list[Difference]]:
    return case.prepared.reference().certificate(case.facts), []


def _words(reasons: list[tuple[str, tuple[str, ...]]]) -> str:
    return "; ".join(f"{code} by {', '.join(rules)}" for code, rules in reasons) or "none"
