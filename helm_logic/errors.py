# SPDX-License-Identifier: Apache-2.0
"""Every exception that helm_logic raises on purpose, in one tree.

    HelmError
    ├── InputError                outside input has the wrong shape; carries a stable `code`
    │   └── JsonError             bytes are not JSON, or not our subset of RFC 8785
    ├── RuleError                 rule text is wrong; carries every diagnostic of the run
    ├── ProgramError              a program that may not exist (unsafe, unstratified, undeclared)
    ├── CertificateRefused        the kernel did not accept a certificate: step, got, want
    ├── EvaluationError           a rule could not be evaluated (integer overflow)
    │   ├── ExpressionError       an expression of a token has no value
    │   └── LimitReached          a counted limit of the engine was hit
    ├── SignatureError            a signature, or the number of good ones, is not enough
    ├── EnvelopeError             bytes are not one of our DSSE envelopes
    ├── KeyFileError              a key file is missing, open to others or malformed
    ├── SignerError               an agent, a command or a key service did not sign
    ├── ProofError                a Merkle inclusion or consistency proof does not hold
    ├── CheckpointError           a signed tree head or tlog-proof is malformed or not the log's
    ├── StoreError                the log could not be read or written
    │   ├── StoreLocked           another writer holds it
    │   ├── StoreReadOnly         it may not be written
    │   ├── StoreFull             no space is left
    │   ├── StoreCorrupt          its bytes are not a log
    │   ├── StoreUnreachable      the server that keeps it does not answer
    │   ├── ForkRefused           it is not an extension of the last signed tree head
    │   ├── ApprovalConsumed      an approval was used before
    │   └── AlreadyLogged         an envelope was appended before
    ├── ReceiptRefused            a receipt failed one numbered step of receipts/FORMAT.md
    ├── TrustRefused              a trust root, or a key by what a trust root says of it
    ├── LinkRefused               a delegation link, approval or revocation is not acceptable
    ├── NotExplained              what is to be explained is not so, or cannot be looked at
    ├── SolverMissing             a solver that is an extra is asked for, and not installed
    └── PolicyError               a policy folder does not load

Messages say what was got, what was wanted and what to do next; they are lowercase and end without a
full stop. A library function raises these; only `cli` turns them into text and exit codes.
"""

from __future__ import annotations


class HelmError(Exception):
    """The root of the tree: catching it catches everything raised on purpose."""


class InputError(HelmError):
    """Outside input has the wrong shape; *code* is the stable reason a receipt can carry."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class JsonError(InputError):
    """Bytes are not JSON, or are JSON outside the subset that helm_logic signs."""


class RuleError(HelmError):
    """Rule text is wrong; *diagnostics* holds every finding of the run, not only the first."""

    def __init__(self, message: str, diagnostics: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class ProgramError(HelmError):
    """A rule or program that may not exist: unsafe, unstratified, undeclared or ill-typed."""


class CertificateRefused(HelmError):
    """The kernel did not accept a certificate; says where, what it got and what it wanted."""

    def __init__(self, where: str, got: object, want: object) -> None:
        super().__init__(f"{where}: got {got}, want {want}")
        self.where = where
        self.got = got
        self.want = want


class EvaluationError(HelmError):
    """A rule could not be evaluated, for example because an integer left its range."""


class ExpressionError(EvaluationError):
    """An expression of a token has no value; *kind* is what its format calls the error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class LimitReached(EvaluationError):
    """A counted limit of the engine was hit: *limit* names it, *bound* is its value."""

    def __init__(self, limit: str, bound: int) -> None:
        advice = "simplify the rules, or raise it in helm.toml"
        super().__init__(f"limit `{limit}` reached: more than {bound}; {advice}")
        self.limit = limit
        self.bound = bound


class SignatureError(HelmError):
    """A signature does not verify, or fewer distinct keys than required have signed."""


class EnvelopeError(HelmError):
    """Bytes are not a DSSE envelope in the one form that helm_logic writes and accepts."""

    def __init__(self, message: str, code: str = "malformed_envelope") -> None:
        super().__init__(message)
        self.code = code


class KeyFileError(HelmError):
    """A key file is missing, readable by others, or malformed."""


class SignerError(HelmError):
    """Whoever was to sign did not, or gave what its public key does not verify."""


class ProofError(HelmError):
    """A Merkle inclusion or consistency proof does not lead to the expected root."""


class CheckpointError(HelmError):
    """A checkpoint or tlog-proof is malformed, or is not signed by the expected log."""


class StoreError(HelmError):
    """The log store could not be read or written; after a failed write it must be reopened."""


class StoreLocked(StoreError):
    """Another process holds the store for writing."""


class StoreReadOnly(StoreError):
    """The store, or the file system under it, may not be written."""


class StoreFull(StoreError):
    """No space is left for the store."""


class StoreCorrupt(StoreError):
    """The bytes of the store are not a log that helm_logic wrote."""


class StoreUnreachable(StoreError):
    """The server that keeps the store does not answer; the next use tries to reach it again."""


class ForkRefused(StoreError):
    """The store is not an extension of the last tree head that its head guard remembers."""


class ApprovalConsumed(StoreError):
    """The *approval* of record *position* of a batch was used before; nothing was appended."""

    def __init__(self, message: str, *, position: int, approval: str) -> None:
        super().__init__(message)
        self.position = position
        self.approval = approval


class AlreadyLogged(StoreError):
    """The envelope of record *position* of a batch is in the log; nothing was appended."""

    def __init__(self, message: str, *, position: int) -> None:
        super().__init__(message)
        self.position = position


class ReceiptRefused(HelmError):
    """A receipt failed the numbered *step* of receipts/FORMAT.md; *code* is why, if it has one."""

    def __init__(self, step: int, name: str, message: str, code: str = "") -> None:
        super().__init__(f"step {step} ({name}): {message}")
        self.step = step
        self.name = name
        self.code = code


class TrustRefused(HelmError):
    """A trust root, or a key by what one says of it, is refused; *code* is the stable reason.

    It stands before the *message* when this is printed.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class LinkRefused(HelmError):
    """A signed delegation statement is not acceptable; *reason* is the stable reason code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotExplained(HelmError):
    """What was to be explained is not so (a fact that does not hold), or cannot be looked at."""


class SolverMissing(HelmError):
    """The *solver* is an extra that is not installed; *command* installs it."""

    def __init__(self, solver: str, command: str) -> None:
        super().__init__(f"the solver {solver} is not installed: {command}")
        self.solver = solver
        self.command = command


class PolicyError(HelmError):
    """A policy folder does not load; the message names the file and what to change."""
