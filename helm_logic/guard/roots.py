# SPDX-License-Identifier: Apache-2.0
"""The trust root that a guard goes by: that of its policy folder, or the newer one of its log.

Invariants:
- the folder's root is where belief starts; a version that the log has beyond it is followed if it
  may follow (`trust_root_chain.py`), and one that may not is a damaged log;
- a guard whose keys, or whose anchors, do not count at the next entry decides nothing: nobody with
  that root would accept its receipts;
- an approver counts if helm.toml and the root both name the key.

Spans are looked at for the next entry. Where several guards share a log, another may take that
place; so let spans end in the future, or restart guards, when keys are replaced.
"""

from __future__ import annotations

from collections.abc import Iterable

from helm_logic.errors import InputError, StoreCorrupt, StoreError, TrustRefused
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Entry, Log
from helm_logic.receipts.changes import RootChange
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root_chain import SignedRoot, accept_next
from helm_logic.receipts.trust_root_judge import RootTrust, key_fault, root_trust


class RootKeeper:
    """Knows the root in force, and whether a guard's own keys count by it.

    *own* are these keys: a role, a key, and the name that it goes by in that role.
    """

    def __init__(self, signed: SignedRoot, own: Iterable[tuple[Role, PublicKey, str]]) -> None:
        self._signed = signed
        self._own = tuple(own)
        self._size = 0
        self._good_until = 0

    @property
    def trust(self) -> RootTrust:
        """What a verifier who believes the root in force believes."""
        return root_trust(self._signed.root)

    def follow(self, log: Log, start: int) -> None:
        """Learn of what *log* holds from entry *start* on, up to its size.

        Raises StoreCorrupt for a root that may not follow, StoreError if a key of the guard does
        not count at the next entry.
        """
        for entry in log.entries(start, Kind.ROOT):
            found = logged_root(entry)
            if found.root.version < self._signed.root.version:
                continue
            try:
                self._signed = accept_next(self._signed, found)
            except TrustRefused as error:
                raise StoreCorrupt(f"entry {entry.index} may not follow: {error}") from error
            self._good_until = 0
        self._size = log.size
        if self._size >= self._good_until:
            self._require_own()

    def approves(self, approver: str, key: PublicKey) -> bool:
        """Say whether an approval by *key* counts as that of *approver* at the next entry."""
        return not key_fault(self._signed.root, Role.APPROVER, key, self._size, approver)

    def _require_own(self) -> None:
        root = self._signed.root
        for role, key, name in self._own:
            if role is Role.ANCHOR and not root.keys(role).keys:
                continue
            fault = key_fault(root, role, key, self._size, name)
            if fault:
                raise StoreError(
                    f"by version {root.version} of the trust root, the {role.value} key {key} does"
                    f" not count from entry {self._size} on ({fault}); use one that does, or take"
                    " it into the root with `helm-logic trust rotate`"
                )
        later = (
            index
            for _, each in root.entries()
            for index in (each.from_index, each.to_index, each.revoked_from_index)
            if index is not None and index > self._size
        )
        self._good_until = min(later, default=1 << 64)


def logged_root(entry: Entry) -> SignedRoot:
    """Return the trust root in *entry*; raise StoreCorrupt if there is none."""
    try:
        return SignedRoot.read(RootChange.read(entry.envelope).root)
    except (InputError, TrustRefused) as error:
        raise StoreCorrupt(f"entry {entry.index} is no trust root: {error}") from error
