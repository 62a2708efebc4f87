# SPDX-License-Identifier: Apache-2.0
"""What `helm-logic explain` is asked about: a receipt, a pack or a request, read and verified.

A receipt or pack is verified before it is read further, unless the reader takes that upon himself;
its derivation goes through the kernel in any case. A request is decided here and leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from helm_logic.cli.moments import clock
from helm_logic.cli.options import STDIN, policy_folder, read_file
from helm_logic.cli.receipt_files import read_receipt, trusted_receipt
from helm_logic.cli.request_additions import Additions
from helm_logic.errors import HelmError, InputError
from helm_logic.kernel.encoding import parse_json
from helm_logic.receipts.pack import Pack, is_pack
from helm_logic.receipts.receipt import MAX_RECEIPT, Receipt
from helm_logic.receipts.statement import Reason, Statement
from helm_logic.receipts.verify import Trust

if TYPE_CHECKING:
    from helm_logic.explain.sources import PolicySource
    from helm_logic.explain.subject import Subject


@attrs.frozen
class Explained:
    """One decision: *name* is a receipt's id or a file; *subject* is None if no rules were asked.

    *request* is None where it could not be read, *error* why no rules were asked.
    """

    name: str
    verdict: str
    reasons: tuple[Reason, ...]
    now: int
    request: object
    error: object
    subject: Subject | None
    verified: bool


@attrs.frozen
class Reader:
    """Reads what is named on the command line; *trust* is None to look at no signatures.

    Whom to trust is asked only for what somebody signed.
    """

    policy: Path | None
    trust: Callable[[], Trust] | None
    now: int | None
    additions: Additions

    def read(self, named: str) -> Explained:
        """Return the decision *named*; raise HelmError if it cannot be explained."""
        data = self._bytes(named)
        if is_pack(data):
            return self._pack(data)
        if _is_request(data):
            return self._request(named, data)
        receipt, statement = trusted_receipt(data, self.trust and self.trust())
        return self._receipt(receipt, statement, self._policy())

    def _bytes(self, named: str) -> bytes:
        path = Path(named)
        if path != STDIN and path.is_file():
            return read_file(path, MAX_RECEIPT + 1)
        return read_receipt(named, self.policy)

    def _pack(self, data: bytes) -> Explained:
        from helm_logic.explain.sources import policy_of_pack
        from helm_logic.receipts.pack_verify import verify_pack

        pack = Pack.parse(data) if self.trust is None else verify_pack(data, self.trust())
        statement = Statement.parse(pack.receipt.envelope.payload)
        policy = policy_of_pack(pack, statement.policy) or self._policy()
        return self._receipt(pack.receipt, statement, policy)

    def _receipt(
        self, receipt: Receipt, statement: Statement, policy: PolicySource | None
    ) -> Explained:
        from helm_logic.explain.sources import of_receipt

        asked = statement.certificate is not None
        return Explained(
            receipt.id,
            statement.verdict.value,
            statement.reasons,
            statement.now,
            statement.request,
            statement.error,
            of_receipt(receipt, statement, policy) if asked else None,
            verified=self.trust is not None,
        )

    def _request(self, named: str, data: bytes) -> Explained:
        from helm_logic.explain.sources import of_request
        from helm_logic.guard.opening import read_revocations
        from helm_logic.policy.folder import read_bundle

        folder = policy_folder(self.policy)
        bundle = read_bundle(folder)
        revocations = read_revocations(folder, bundle.settings)
        now = clock(self.now)()
        subject = of_request(bundle, self.additions.complete(data), revocations, now)
        request = None if subject.asked is None else subject.asked.request
        return Explained(
            named, subject.verdict, subject.reasons, now, request, None, subject, verified=True
        )

    def _policy(self) -> PolicySource | None:
        from helm_logic.explain.sources import PolicySource
        from helm_logic.policy.folder import read_bundle

        try:
            return PolicySource.of_bundle(read_bundle(policy_folder(self.policy)))
        except HelmError:
            return None


def _is_request(data: bytes) -> bool:
    """Say whether *data* is JSON that asks for something, and not a receipt."""
    try:
        value = parse_json(data, max_bytes=len(data))
    except InputError:
        return False
    return isinstance(value, dict) and "envelope" not in value and "action" in value
