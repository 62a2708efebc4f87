# SPDX-License-Identifier: Apache-2.0
"""What a signature is worth by a trust root: by the role of its key, and by its place in the log.

Each refusal is TrustRefused with a code of its own:

    unknown_key          no key that signed is in the root
    wrong_role           one is, but in another role
    wrong_name           one is, but for another principal than the statement says
    bad_signature        a signature is not the one of the key that it claims
    key_not_yet_valid    the entry stands before the key's first index
    key_retired          it stands at or after the index up to which the key counts
    key_revoked          it stands at or after the index from which the key is revoked
    threshold_not_met    fewer distinct keys than it takes
    witnesses_missing    fewer witnesses than it takes cosigned the tree head

A tree head stands at its last entry. But its place is the word of the log's key alone, which
whoever stole it can give as they like; so one by a log key that is revoked counts only if as many
witnesses as it takes, and one at least, cosigned it, and a revoked witness counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from helm_logic.errors import CheckpointError, HelmError, SignatureError, TrustRefused
from helm_logic.kernel.encoding import parse_json
from helm_logic.ledger.checkpoint import Checkpoint, parse_checkpoint, verify_checkpoint
from helm_logic.ledger.cosignature import verify_cosignature
from helm_logic.ledger.envelope import Envelope, verify
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.note import note_key_id, parse_note
from helm_logic.ledger.shape import require_object
from helm_logic.receipts.trust import Placed, Role, Trust
from helm_logic.receipts.trust_root import RootKey, TrustRoot

# The member of a statement that says who signs it.
_SIGNER_MEMBERS = {Role.APPROVER: "approver", Role.ANCHOR: "issuer"}


@attrs.frozen
class RootTrust(Trust):
    """The trust that *root* states. Only `root_trust` makes one."""

    root: TrustRoot

    @property
    def log_keys(self) -> tuple[PublicKey, ...]:
        """Every key that may sign tree heads of the log."""
        return self.root.public_keys(Role.LOG)

    @property
    def judges_places(self) -> bool:
        """Whether it matters where in the log a key signed."""
        return True

    def verify_engine(self, envelope: Envelope) -> None:
        """Return if a key of the role engine signed *envelope*, wherever; raise TrustRefused."""
        _require_role(envelope, self.root, self.root.keys(Role.ENGINE).keys)

    def verify_head(self, note: bytes) -> Checkpoint:
        """Return the tree head in *note* if keys of log and witnesses make it count.

        Raises CheckpointError, SignatureError or TrustRefused.
        """
        head = parse_checkpoint(note)
        if head.origin != self.root.origin:
            raise CheckpointError(
                f"got a tree head of `{head.origin}`, want one of `{self.root.origin}`"
            )
        place = max(head.size - 1, 0)
        needed = self.root.keys(Role.WITNESS).threshold
        if any(self.root.revoked_from(key) is not None for key in self._log_signers(note, place)):
            needed = max(1, needed)
        witnesses = self._witnesses(note, place)
        if witnesses < needed:
            message = f"got {witnesses} cosignatures of the tree head that count, want {needed}"
            raise TrustRefused("witnesses_missing", message)
        return head

    def check(self, placed: Placed) -> None:
        """Return if *placed* counts where it stands; raise TrustRefused.

        Where the root has no anchors, it says nothing about them.
        """
        role, listed = placed.role, self.root.keys(placed.role)
        if role is Role.ANCHOR and not listed.keys:
            return
        member = _SIGNER_MEMBERS.get(role)
        if member is not None and _signer_name(placed.envelope, member) != placed.name:
            raise TrustRefused("wrong_name", f"the {role.value} named did not sign it")
        named = [each for each in listed.keys if not placed.name or each.name == placed.name]
        signers = _require_role(placed.envelope, self.root, listed.keys)
        if not signers & {each.key.raw for each in named}:
            raise TrustRefused(
                "wrong_name", f"the key that signed is not one of `{placed.name}` as {role.value}"
            )
        used = [each for each in named if each.key.raw in signers]
        _require_threshold(self.root, used, placed.index, listed.threshold, role)

    def _log_signers(self, note: bytes, place: int) -> list[PublicKey]:
        """Return the log's keys that signed *note* and count at *place*; raise if too few."""
        listed = self.root.keys(Role.LOG)
        claimed = {(one.name, one.key_id) for one in parse_note(note).signatures}
        used = []
        for each in listed.keys:
            if (each.name, note_key_id(each.name, each.key)) in claimed:
                try:
                    verify_checkpoint(note, each.name, each.key)
                except SignatureError as error:
                    raise TrustRefused("bad_signature", str(error)) from None
                used.append(each)
        if not used:
            raise TrustRefused("unknown_key", "no key of the log signed this tree head")
        _require_threshold(self.root, used, place, listed.threshold, Role.LOG)
        return [each.key for each in used]

    def _witnesses(self, note: bytes, place: int) -> int:
        found = set()
        for each in self.root.keys(Role.WITNESS).keys:
            if self.root.revoked_from(each.key) is None and _fault(self.root, each, place) is None:
                try:
                    moment = verify_cosignature(note, each.name, each.key)
                except SignatureError as error:
                    raise TrustRefused("bad_signature", f"{each.name}: {error}") from None
                if moment is not None:
                    found.add(each.key.raw)
        return len(found)


def root_trust(root: TrustRoot) -> RootTrust:
    """Return the trust that *root* states; whether to believe it is the caller's choice."""
    log = root.keys(Role.LOG).keys[-1].key
    return RootTrust(root.public_keys(Role.ENGINE), root.origin, log, root)


def key_fault(root: TrustRoot, role: Role, key: PublicKey, index: int, name: str = "") -> str:
    """Return the code why *key* does not count as *role*, for *name* if given, at entry *index*.

    Empty if it counts.
    """
    listed = [each for each in root.keys(role).keys if each.key.raw == key.raw]
    named = [each for each in listed if not name or each.name == name]
    if not named:
        known = any(each.key.raw == key.raw for _, each in root.entries())
        return "wrong_name" if listed else "wrong_role" if known else "unknown_key"
    faults = [_fault(root, each, index) for each in named]
    return "" if None in faults else str(faults[0])


def _fault(root: TrustRoot, each: RootKey, index: int) -> str | None:
    revoked = root.revoked_from(each.key)
    if revoked is not None and index >= revoked:
        return "key_revoked"
    if index < each.from_index:
        return "key_not_yet_valid"
    if each.to_index is not None and index >= each.to_index:
        return "key_retired"
    return None


def _require_threshold(
    root: TrustRoot, used: Iterable[RootKey], index: int, threshold: int, role: Role
) -> None:
    """Return if *threshold* distinct keys among *used* count at *index*; raise TrustRefused."""
    faults = {each: _fault(root, each, index) for each in used}
    good = {each.key.raw for each, fault in faults.items() if fault is None}
    if len(good) >= threshold:
        return
    for each, fault in faults.items():
        if fault is not None and each.key.raw not in good:
            why = f" ({each.reason})" if each.reason else ""
            what = f"the {role.value} key `{each.key.keyid[:16]}`"
            raise TrustRefused(fault, f"{what} does not count at entry {index}{why}")
    raise TrustRefused(
        "threshold_not_met", f"got {len(good)} distinct keys of {role.value}, want {threshold}"
    )


def _require_role(
    envelope: Envelope, root: TrustRoot, listed: Iterable[RootKey]
) -> frozenset[bytes]:
    """Return the bytes of the keys among *listed* that signed *envelope*, at least one."""
    known = {each.key.keyid: each.key for each in listed}
    claimed = [one.keyid for one in envelope.signatures]
    if not known.keys() & set(claimed):
        elsewhere = [role for role, each in root.entries() if each.key.keyid in claimed]
        if elsewhere:
            raise TrustRefused("wrong_role", f"the key that signed is one of {elsewhere[0].value}")
        raise TrustRefused("unknown_key", f"`{claimed[0][:16]}` is no key of the trust root")
    try:
        return frozenset(key.raw for key in verify(envelope, known.values()))
    except SignatureError as error:
        raise TrustRefused("bad_signature", str(error)) from None


def _signer_name(envelope: Envelope, member: str) -> object:
    try:
        return require_object(parse_json(envelope.payload), "statement").get(member)
    except HelmError as error:
        raise TrustRefused("wrong_name", f"the statement cannot be read: {error}") from None
