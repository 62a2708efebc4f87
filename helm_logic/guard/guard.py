# SPDX-License-Identifier: Apache-2.0
"""The front door: decide, check, sign, append, answer, in that order.

Invariants:
- every request, however malformed, gets exactly one verdict and a signed receipt;
- an error anywhere on the way is a DENY with its own reason, never an ALLOW;
- no verdict leaves before its receipt is durable; if the log fails, the answer is DENY
  `ledger_unavailable`, whatever the rules said;
- an approval that became a fact is an entry of the log before the receipt that names it, and one
  that helped an ALLOW is used up in the same commit as its receipt; if another guard of the same
  log was faster, the requests are ruled on again;
- a revocation that any guard logged is heeded by all of them from their next decision on;
- what a guard decides by (policy, keys, trust root, revocations of its folder) is in the log before
  its first receipt, in the same commit;
- a guard whose keys do not count by its trust root, or by a newer one in the log, allows nothing.

Requests decided together share one commit (`decide_all`). A request that repeats another within
the same second, with nothing changed between, is the same decision and gets the same receipt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from helm_logic.authority.revocation import verify_revocation
from helm_logic.errors import ApprovalConsumed, HelmError, SignerError, StoreError
from helm_logic.guard.decision import Decision
from helm_logic.guard.evaluator import Evaluator, Ruling
from helm_logic.guard.journal import Journal
from helm_logic.guard.logbook import append_once, logged_revocations
from helm_logic.guard.opening import open_parts
from helm_logic.guard.roots import RootKeeper
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.passphrase import Passphrases
from helm_logic.ledger.store_protocol import Record, Store
from helm_logic.receipts.logged import logged_receipt
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.verify import Trust

_ATTEMPTS = 8  # at ruling on a group while other guards use up its approvals


class Guard:
    """Decides requests by one policy and logs every receipt; safe to share between threads."""

    def __init__(
        self,
        evaluator: Evaluator,
        store: Store,
        clock: Callable[[], int],
        first: tuple[Record, ...] = (),
        root: RootKeeper | None = None,
    ) -> None:
        """Decide with *evaluator*; *first* is logged before anything else is."""
        self._evaluator = evaluator
        self._store = store
        self._clock = clock
        self._first = first
        self._root = root
        self._lock = threading.Lock()
        self._heeded = 0  # entries of the log whose revocations are heeded

    @classmethod
    def open(
        cls, folder: Path, clock: Callable[[], int], passphrases: Passphrases | None = None
    ) -> Self:
        """Open the policy folder *folder*; *clock* gives seconds since the epoch.

        Encrypted key files are opened by *passphrases*, by default those that the environment leads
        to. Raises PolicyError or RuleError if the folder does not load, KeyFileError if a key file
        is not private or stays locked, SignerError if a signer elsewhere is not there, StoreError
        if the log cannot be opened for writing.
        """
        evaluator, store, first, root = open_parts(folder, clock, passphrases)
        guard = cls(evaluator, store, clock, first, root)
        try:
            guard._catch_up()
        except BaseException:
            guard.close()
            raise
        return guard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the log. Closing again does nothing."""
        self._store.close()

    @property
    def trust(self) -> Trust:
        """What a verifier of this guard's receipts needs."""
        if self._root is not None:
            return self._root.trust
        return Trust((self._evaluator.key,), self._store.origin, self._store.key)

    def decide(self, request: bytes) -> Decision:
        """Return the decision on *request*, JSON in bytes, once its receipt is durable."""
        return self.decide_all((request,))[0]

    def decide_all(self, requests: Sequence[bytes]) -> tuple[Decision, ...]:
        """Return the decisions on *requests* in order; their receipts share one commit."""
        with self._lock:
            now = self._clock()
            try:
                self._catch_up()
                for _ in range(_ATTEMPTS - 1):
                    with suppress(ApprovalConsumed):  # by another guard; the log knows it now
                        return self._record(self._rule(requests, now))
                return self._record(self._rule(requests, now))
            except (StoreError, SignerError) as error:  # of the log; the engine's comes up again
                rulings = self._rule(requests, now)
                return tuple(self._unavailable(ruling, error) for ruling in rulings)

    def receipt(self, receipt_id: str) -> Receipt:
        """Return the receipt *receipt_id* from the log; raise StoreError if it holds none."""
        return logged_receipt(self._store, receipt_id)

    def revoke(self, revocation: Envelope) -> None:
        """Log *revocation* and heed it from the next decision on; raise LinkRefused if unsound."""
        found = verify_revocation(revocation)
        with self._lock:
            self._evaluator.heed((found,))
            self._append((Record(Kind.REVOCATION, revocation),))

    def _rule(self, requests: Sequence[bytes], now: int) -> list[Ruling]:
        journal = Journal(self._store)
        rulings = []
        for request in requests:
            ruling = self._evaluator.rule(request, now, journal)
            journal.use(ruling.consumes)
            rulings.append(ruling)
        return rulings

    def _record(self, rulings: Sequence[Ruling]) -> tuple[Decision, ...]:
        places = self._append(each for ruling in rulings for each in ruling.records())
        return tuple(_decision(ruling, places[ruling.envelope.digest]) for ruling in rulings)

    def _append(self, records: Iterable[Record]) -> dict[str, int]:
        places = append_once(self._store, (*self._first, *records))
        self._first = ()
        return places

    def _catch_up(self) -> None:
        size = self._store.refresh()
        if size > self._heeded:
            self._evaluator.heed(logged_revocations(self._store, self._heeded))
            if self._root is not None:
                self._root.follow(self._store, self._heeded)
            self._heeded = size

    def _unavailable(self, ruling: Ruling, error: HelmError) -> Decision:
        return _decision(self._evaluator.refuse(ruling, "ledger_unavailable", str(error)), None)


def _decision(ruling: Ruling, index: int | None) -> Decision:
    stated = ruling.statement
    return Decision(stated.verdict, stated.reasons, ruling.envelope.digest, index, stated)
