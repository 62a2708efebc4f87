# SPDX-License-Identifier: Apache-2.0
"""What the verifiers of others are asked: random envelopes and logs, and each with a bit changed.

All from one number, so that a failure can be had again.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from helm_logic.ledger.envelope import Envelope, EnvelopeSignature, sign
from helm_logic.ledger.keys import PublicKey, SeedSigner
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.note import verifier_key
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from helm_logic.receipts.pack import Pack
from tests.foreign.verifiers import Signed, encoded
from tests.receipts.pack_sample import Story
from tests.receipts.sample import ENGINE, LOG, ORIGIN, REQUEST, STRANGER

Question = dict[str, Any]
_LETTERS = 'aZ09 "\\/<>&\n\t\u00e9\u20ac\ud55c\U0001f511'


class Samples:
    """Packs with random requests and texts, the envelopes and proofs in them, and others."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chosen, not secret

    def packs(self, count: int) -> list[Pack]:
        """Return *count* packs: an ESCALATE, its approval and the ALLOW, in a log of four."""
        return [self._pack() for _ in range(count)]

    def signed(self, packs: list[Pack], more: int) -> list[Signed]:
        """Return every envelope of *packs* with its key, and *more* over arbitrary bytes."""
        found: list[Signed] = []
        for pack in packs:
            for each in (pack.receipt, *pack.parents.values()):
                found.append((each.envelope, ENGINE.public_key))
                found += [(one, STRANGER.public_key) for one in each.envelopes]
        for _ in range(more):
            signer = SeedSigner(self._random.randbytes(32))
            payload = self._random.randbytes(self._random.randrange(3000))
            name = f"application/x-{self._random.randrange(10**6)}"
            found.append((sign(name, payload, signer), signer.public_key))
        return found

    def changed(self, envelope: Envelope, key: PublicKey) -> Iterator[Signed]:
        """Yield *envelope* with one bit changed: of type, payload, signature, and of the key."""
        (signature,) = envelope.signatures
        altered = EnvelopeSignature(signature.keyid, self.flip(signature.signature))
        yield attrs.evolve(envelope, payload_type=f"{envelope.payload_type[:-1]}~"), key
        if envelope.payload:
            yield attrs.evolve(envelope, payload=self.flip(envelope.payload)), key
        yield attrs.evolve(envelope, signatures=(altered,)), key
        other = PublicKey(self.flip(key.raw))
        claimed = EnvelopeSignature(other.keyid, signature.signature)
        yield attrs.evolve(envelope, signatures=(claimed,)), other

    def flip(self, data: bytes) -> bytes:
        """Return *data* with one bit changed."""
        place, bit = self._random.randrange(len(data)), self._random.randrange(8)
        return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]

    def _pack(self) -> Pack:
        text = "".join(self._random.choices(_LETTERS, k=self._random.randrange(40)))
        context = {text: self._random.randrange(2**53), "note": text}
        return Story(request={**REQUEST, "context": context}, text=text).pack()


def proofs(pack: Pack) -> list[Question]:
    """Return the question to Go about each proof in *pack*."""
    receipts = (pack.receipt, *pack.parents.values())
    leaves = [(envelope_leaf(Kind.RECEIPT, each.envelope), each.proof) for each in receipts]
    for one in pack.receipt.envelopes:
        if one.digest in pack.proofs:
            proof = pack.proofs[one.digest].decode()
            leaves.append((envelope_leaf(Kind.APPROVAL, one), proof))
    key = verifier_key(ORIGIN, LOG.public_key)
    return [_question(key, leaf, proof.encode()) for leaf, proof in leaves]


def changed_proofs(asked: Question, flip: Callable[[bytes], bytes]) -> list[Question]:
    """Return the question with one bit changed: of the leaf, each hash, the index, the tree."""
    leaf, proof = (_bytes(asked[name]) for name in ("leaf", "proof"))
    read = parse_tlog_proof(proof)
    note, _, signatures = read.checkpoint.partition(b"\n\n")
    origin, size, root = note.split(b"\n")
    made = [attrs.evolve(read, index=read.index ^ 1)]
    for place, each in enumerate(read.path):
        path = (*read.path[:place], flip(each), *read.path[place + 1 :])
        made.append(attrs.evolve(read, path=path))
    heads = (
        (origin[:-1] + b"~", size, root),
        (origin, b"%d" % (int(size) ^ 1), root),
        (origin, size, encoded(flip(_bytes(root.decode()))).encode()),
    )
    notes = [b"\n".join(lines) + b"\n\n" + signatures for lines in heads]
    made += [attrs.evolve(read, checkpoint=each) for each in notes]
    dash, name, signed = signatures.decode().split(" ")
    other = f"{dash} {name} {encoded(flip(_bytes(signed)))}\n".encode()
    made.append(attrs.evolve(read, checkpoint=note + b"\n\n" + other))
    key: str = asked["key"]
    return [_question(key, flip(leaf), proof), *(_asked(key, leaf, each) for each in made)]


def _asked(key: str, leaf: bytes, proof: TlogProof) -> Question:
    return _question(key, leaf, proof.to_bytes())


def _question(key: str, leaf: bytes, proof: bytes) -> Question:
    return {"kind": "proof", "key": key, "leaf": encoded(leaf), "proof": encoded(proof)}


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
