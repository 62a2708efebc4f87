# SPDX-License-Identifier: Apache-2.0
"""Signed trust roots, and which version may follow which.

A root is written as one DSSE envelope, `trust-root.json`. Version 1 is believed because a verifier
chose to; a later one because it follows the one that is believed:

Invariants:
- a version carries a threshold of its own root keys, and N+1 one of version N's as well, each
  counted by key bytes; a root key that is retired or revoked signs no version any more;
- N+1 names version N by digest, and is about the same log;
- versions only go up by one: an older one, another one of the same number and one that leaves out
  versions are refused, each with a code of its own;
- what a key once stood for stays on record: no key is dropped, no span is widened.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import attrs

from helm_logic.errors import EnvelopeError, InputError, SignatureError, TrustRefused
from helm_logic.ledger.envelope import Envelope, EnvelopeSignature, pae, parse, verify
from helm_logic.ledger.keys import Signer
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import MAX_ROOT, PAYLOAD_TYPE, RootKey, TrustRoot

MAX_ROOT_FILE = 2 * MAX_ROOT


@attrs.frozen
class SignedRoot:
    """A trust root and the envelope that it came in. Whether it is accepted is another matter."""

    root: TrustRoot
    envelope: Envelope

    @property
    def digest(self) -> str:
        """The digest by which the next version names it."""
        return self.envelope.digest

    @classmethod
    def parse(cls, data: bytes) -> SignedRoot:
        """Return the root in the file *data*; raise TrustRefused. No signature is looked at."""
        try:
            return cls.read(parse(data, max_bytes=MAX_ROOT_FILE))
        except EnvelopeError as error:
            known = error.code == "duplicate_signature"
            raise TrustRefused(error.code if known else "malformed_root", str(error)) from None

    @classmethod
    def read(cls, envelope: Envelope) -> SignedRoot:
        """Return the root in *envelope*; raise TrustRefused. No signature is looked at."""
        if envelope.payload_type != PAYLOAD_TYPE:
            got = envelope.payload_type
            raise TrustRefused("malformed_root", f"got the payload type `{got}`")
        try:
            return cls(TrustRoot.parse(envelope.payload), envelope)
        except InputError as error:
            raise TrustRefused("malformed_root", str(error)) from None


def sign_root(root: TrustRoot, signers: Iterable[Signer]) -> SignedRoot:
    """Return *root* signed by *signers*, at least one; raise EnvelopeError or TrustRefused."""
    payload = root.to_bytes()
    message = pae(PAYLOAD_TYPE, payload)
    signatures = (EnvelopeSignature(one.public_key.keyid, one.sign(message)) for one in signers)
    return SignedRoot(root, Envelope(PAYLOAD_TYPE, payload, tuple(signatures)))


def add_signature(signed: SignedRoot, signer: Signer) -> SignedRoot:
    """Return *signed* with one more signature; raise TrustRefused if that key signs it already."""
    (own,) = sign_root(signed.root, (signer,)).envelope.signatures
    try:
        more = (*signed.envelope.signatures, own)
        return SignedRoot(signed.root, attrs.evolve(signed.envelope, signatures=more))
    except EnvelopeError as error:
        raise TrustRefused(error.code, str(error)) from None


def accept_first(signed: SignedRoot) -> SignedRoot:
    """Return *signed* if a threshold of its own root keys signed it; raise TrustRefused.

    That is all that can be asked of a root that a verifier chooses to believe.
    """
    _require_threshold(signed, signed.root, "threshold_not_met")
    return signed


def accept_next(old: SignedRoot, new: SignedRoot) -> SignedRoot:
    """Return *new* if it is *old* or the version that follows it; raise TrustRefused."""
    if new.digest == old.digest:
        return accept_first(new)
    before, after = old.root, new.root
    if after.version < before.version:
        message = f"got version {after.version}, and {before.version} is known already"
        raise TrustRefused("root_rollback", message)
    if after.version == before.version:
        raise TrustRefused("root_fork", f"this is another version {after.version}")
    if after.version > before.version + 1:
        wanted = before.version + 1
        raise TrustRefused("root_gap", f"got version {after.version}, want {wanted} first")
    if after.origin != before.origin:
        message = f"got a root of the log `{after.origin}`, want one of `{before.origin}`"
        raise TrustRefused("root_other_log", message)
    if after.previous != old.digest:
        message = f"it follows `{after.previous}`, and version {before.version} is `{old.digest}`"
        raise TrustRefused("root_broken_chain", message)
    _require_threshold(new, before, "old_threshold_not_met")
    _require_threshold(new, after, "threshold_not_met")
    _require_record_kept(before, after)
    return new


def accept_all(first: SignedRoot, following: Iterable[SignedRoot]) -> SignedRoot:
    """Return the last of *following*, each of which follows the one before; else TrustRefused."""
    return reduce(accept_next, following, accept_first(first))


def _require_threshold(signed: SignedRoot, root: TrustRoot, code: str) -> None:
    listed = root.keys(Role.ROOT)
    able = [each.key for each in listed.keys if each.is_current and _is_sound(root, each)]
    known = {key.keyid for key in able}
    if not known & {one.keyid for one in signed.envelope.signatures}:
        raise TrustRefused(code, f"no root key of version {root.version} signed it")
    for key in able:
        try:
            if key.keyid in {one.keyid for one in signed.envelope.signatures}:
                verify(signed.envelope, (key,))
        except SignatureError as error:
            raise TrustRefused("bad_signature", str(error)) from None
    try:
        verify(signed.envelope, able, listed.threshold)
    except SignatureError as error:
        raise TrustRefused(code, f"root keys of version {root.version}: {error}") from None


def _is_sound(root: TrustRoot, each: RootKey) -> bool:
    return root.revoked_from(each.key) is None


def _require_record_kept(before: TrustRoot, after: TrustRoot) -> None:
    """Return if *after* has all keys of *before* with spans that are no wider; TrustRefused."""
    listed = {(role, each.key, each.name): each for role, each in after.entries()}
    for role, old in before.entries():
        what = f"the key `{old.key.keyid[:16]}` of {role.value}"
        new = listed.get((role, old.key, old.name))
        if new is None:
            message = f"{what} is left out; retire or revoke it, so that old entries keep meaning"
            raise TrustRefused("key_dropped", message)
        if new.from_index < old.from_index or any(
            end is not None and (later is None or later > end)
            for end, later in (
                (old.to_index, new.to_index),
                (old.revoked_from_index, new.revoked_from_index),
            )
        ):
            raise TrustRefused("key_widened", f"{what} counts for more than before")
