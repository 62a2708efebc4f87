# SPDX-License-Identifier: Apache-2.0
"""The front door: decide, check, sign, append, answer, in that order.

Invariants:
- every request, however malformed, gets exactly one verdict and a signed receipt;
- an error anywhere on the way is a DENY with its own reason, never an ALLOW;
- no verdict leaves before its receipt is durable; if the log fails, the answer is DENY
  `ledger_unavailable`, whatever the rules said;
- an approval that helped an ALLOW is used up in the same commit as its receipt.

Requests decided together share one commit (`decide_all`). A request that repeats another within
the same second, with nothing changed between, is the same decision and gets the same receipt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from helm_logic.errors import AlreadyLogged, StoreError
from helm_logic.guard.decision import Decision
from helm_logic.guard.evaluator import Evaluator, Ruling
from helm_logic.guard.journal import Journal
from helm_logic.guard.opening import open_parts
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store import Record, SqliteStore
from helm_logic.receipts.logged import logged_receipt
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.verify import Trust


class Guard:
    """Decides requests by one policy and logs every receipt; safe to share between threads."""

    def __init__(self, evaluator: Evaluator, store: SqliteStore, clock: Callable[[], int]) -> None:
        self._evaluator = evaluator
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], int]) -> Self:
        """Open the policy folder *folder*; *clock* gives seconds since the epoch.

        Raises PolicyError or RuleError if it does not load, KeyFileError if a key file is not
        private, StoreError if the log cannot be opened for writing.
        """
        return cls(*open_parts(folder), clock)

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
        return Trust((self._evaluator.key,), self._store.origin, self._store.key)

    def decide(self, request: bytes) -> Decision:
        """Return the decision on *request*, JSON in bytes, once its receipt is durable."""
        return self.decide_all((request,))[0]

    def decide_all(self, requests: Sequence[bytes]) -> tuple[Decision, ...]:
        """Return the decisions on *requests* in order; their receipts share one commit."""
        with self._lock:
            now = self._clock()
            journal = Journal(self._store)
            rulings = []
            for request in requests:
                ruling = self._evaluator.rule(request, now, journal)
                journal.use(ruling.consumes)
                rulings.append(ruling)
            return self._record(rulings)

    def receipt(self, receipt_id: str) -> Receipt:
        """Return the receipt *receipt_id* from the log; raise StoreError if it holds none."""
        return logged_receipt(self._store, receipt_id)

    def revoke(self, revocation: Envelope) -> None:
        """Log *revocation* and heed it from the next decision on; raise LinkRefused if unsound."""
        with self._lock:
            self._evaluator.revoke(revocation)
            try:
                self._store.append((Record(Kind.REVOCATION, revocation),))
            except AlreadyLogged:
                return

    def _record(self, rulings: Sequence[Ruling]) -> tuple[Decision, ...]:
        fresh = {ruling.envelope.digest: ruling for ruling in rulings}
        try:
            indexes = self._append(fresh)
        except StoreError as error:
            return tuple(self._unavailable(ruling, error) for ruling in rulings)
        return tuple(_decision(ruling, indexes[ruling.envelope.digest]) for ruling in rulings)

    def _append(self, fresh: dict[str, Ruling]) -> dict[str, int]:
        known: dict[str, int] = {}
        while True:
            waiting = [ruling for name, ruling in fresh.items() if name not in known]
            try:
                appended = self._store.append([ruling.record() for ruling in waiting])
            except AlreadyLogged as error:
                name = waiting[error.position].envelope.digest
                known[name] = self._store.read(name).index
                continue
            names = (ruling.envelope.digest for ruling in waiting)
            entries = zip(names, (entry.index for entry in appended), strict=True)
            return {**known, **dict(entries)}

    def _unavailable(self, ruling: Ruling, error: StoreError) -> Decision:
        return _decision(self._evaluator.refuse(ruling, "ledger_unavailable", str(error)), None)


def _decision(ruling: Ruling, index: int | None) -> Decision:
    stated = ruling.statement
    return Decision(stated.verdict, stated.reasons, ruling.envelope.digest, index, stated)
