# SPDX-License-Identifier: Apache-2.0
"""Running vectors: each case through the evaluator that decides in production.

Invariants:
- signatures, tokens, rules and certificate are judged by `Evaluator`, the kernel included; nothing
  here looks at a chain. Only clock, trust and signing key are the case's;
- cases share what is compiled and nothing else: each has its own revocations, and remembers no
  link and no signature of another, so that their order cannot matter;
- the receipt is thrown away. The key that signs it protects nothing.

The digest of a derivation is that of the canonical JSON of the certificate's steps, with the ids of
rules in the place of their numbers: another rule, elsewhere in the program, does not change it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import attrs

from helm_logic.authority.adapters.registry import make_adapters
from helm_logic.authority.revocation import RevocationSet
from helm_logic.guard.evaluator import Evaluator
from helm_logic.guard.journal import Journal
from helm_logic.guard.vector_file import Suite, Vector
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.lang import RuleSet
from helm_logic.policy.bundle import Bundle, make_bundle
from helm_logic.policy.case_chain import signer_of
from helm_logic.policy.judge import Judge
from helm_logic.policy.settings import Settings, parse_settings
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verdict import Verdict

_SIGNER = signer_of("engine")
# What of a policy's settings no case decides by.
_SETTINGS = f"""
[policy]
rules = ""
[keys]
engine = ""
log = ""
[ledger]
path = ""
head = ""
origin = "vectors.invalid"
[trust]
engine = ["{_SIGNER.public_key}"]
log = "{_SIGNER.public_key}"
[anchors]
""".encode()


@attrs.frozen
class Outcome:
    """What came out of a case; *reason* is the one that it names first."""

    vector: Vector
    verdict: Verdict
    reason: str
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    derivation: str | None

    @property
    def faults(self) -> tuple[str, ...]:
        """What came out differently, one line each: got and want. Empty if the case passed."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[str]:
        want = self.vector.expected
        if self.verdict is not want.verdict:
            yield f"verdict: got {self.verdict.value}, want {want.verdict.value}"
        if self.reason != want.reason:
            yield f"reason: got {self.reason or 'none'}, want {want.reason}"
        if self.reasons != tuple(sorted(want.reasons)):
            yield f"reasons: got {_listed(self.reasons)}, want {_listed(want.reasons)}"
        if self.rules != tuple(sorted(want.rules)):
            yield f"rules: got {_listed(self.rules)}, want {_listed(want.rules)}"
        if want.derivation is not None and self.derivation != want.derivation:
            yield f"derivation: got {self.derivation}, want {want.derivation}"


class Runner:
    """Runs the vectors of one suite; the program is compiled once for each set of anchors."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._settings = parse_settings(_SETTINGS)
        self._bundles: dict[str, Bundle] = {}
        self._judges: dict[str, Judge] = {}

    def run(self, vector: Vector) -> Outcome:
        """Return what comes out of *vector*."""
        statement = self.rule(vector)
        codes = tuple(sorted({each.code for each in statement.reasons}))
        return Outcome(
            vector,
            statement.verdict,
            self._suite.first(codes),
            codes,
            tuple(sorted({rule for each in statement.reasons for rule in each.rules})),
            derivation_digest(statement, self._suite.rule_set),
        )

    def rule(self, vector: Vector) -> Statement:
        """Return the ruling on the request of *vector*, in its circumstances."""
        bundle = attrs.evolve(self._bundle(vector), adapters=make_adapters(vector.tokens))
        revocations = RevocationSet(vector.revocations)
        evaluator = Evaluator(bundle, _SIGNER, revocations, judge=self._judge(bundle))
        data = json.dumps(dict(vector.request)).encode("utf-8")
        return evaluator.rule(data, vector.now, _NoLog()).statement

    def _bundle(self, vector: Vector) -> Bundle:
        settings = self._settings_of(vector)
        named = repr((sorted(settings.anchors.items()), settings.chain_depth, vector.tokens))
        if named not in self._bundles:
            made = make_bundle(self._suite.rule_set, settings, {}, vector.tokens)
            self._bundles[named] = made
        return self._bundles[named]

    def _judge(self, bundle: Bundle) -> Judge:
        standing = repr(sorted(bundle.static.items()))
        if standing not in self._judges:
            self._judges[standing] = Judge(bundle)
        return self._judges[standing]

    def _settings_of(self, vector: Vector) -> Settings:
        return attrs.evolve(
            self._settings, anchors=dict(vector.anchors), chain_depth=vector.max_links
        )


def derivation_digest(statement: Statement, rule_set: RuleSet) -> str | None:
    """Return the digest of the derivation in *statement*, whose rules are those of *rule_set*."""
    if not isinstance(statement.certificate, dict):
        return None
    rules = rule_set.program.rules
    named = [
        (rules[step[0]].id if isinstance(step[0], int) else step[0], *step[1:])
        for step in statement.certificate["steps"]
    ]
    return digest(canonical_json(named))


class _NoLog(Journal):
    """The journal of a ruling that is never logged: without approvals, nothing is asked of it."""

    def __init__(self) -> None:
        """Know of no approval."""

    def is_consumed(self, approval: str) -> bool:  # noqa: ARG002 - the signature of a journal
        """Say yes: no approval may count here."""
        return True


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or "none"
