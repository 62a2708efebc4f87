# SPDX-License-Identifier: Apache-2.0
"""The redacted pack: what a receipt says but for some values, by the word of the engine.

    redaction.json         the redaction, signed by the engine
    receipt.tlog-proof     that the log holds the receipt
    envelopes/HEX.json     the links and revocations that it names, by the digest of the file
    program.json           the rules that decided, if the certificate is there
    policies/, rules/      as in a pack; may be missing
    story.txt              what happened, in words, and what is withheld
    manifest.json          names, sizes and digests of all the others

It is sealed and closed as a pack is. Approvals and the receipts that they answer are not in it:
they name the request by a digest, which would confirm a guess of what is withheld.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

import attrs

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import canonical_json, digest, parse_json
from helm_logic.ledger.envelope import Envelope, parse
from helm_logic.ledger.keys import Signer
from helm_logic.ledger.shape import require_object, require_text
from helm_logic.receipts.archive import MAX_MEMBER, read_archive, write_archive
from helm_logic.receipts.manifest import with_manifest, without_manifest
from helm_logic.receipts.pack import (
    STORY,
    Pack,
    check_policies,
    require_names,
    require_same,
    rule_names,
)
from helm_logic.receipts.pack_story import story
from helm_logic.receipts.redaction import Redaction, redact
from helm_logic.receipts.statement import Statement

FORMAT = "helm-logic/redacted-pack/v1"
REDACTION, PROOF, PROGRAM = "redaction.json", "receipt.tlog-proof", "program.json"

_FOLDERS = {"envelopes": "json", "policies": "json", "rules": "dl"}


@attrs.frozen
class RedactedPack:
    """One redaction and what it still names; maps are from digests of files."""

    redaction: Envelope
    proof: bytes
    program: bytes | None
    envelopes: Mapping[str, bytes] = attrs.field(factory=dict)
    policies: Mapping[str, bytes] = attrs.field(factory=dict)
    rules: Mapping[str, bytes] = attrs.field(factory=dict)

    def to_bytes(self) -> bytes:
        """Return the bytes of the pack; raise HelmError if it cannot be one."""
        read = Redaction.read(self.redaction)
        page = story(
            [(read.receipt, self.proof, read.statement)], [each.path for each in read.withheld]
        )
        members = {REDACTION: self.redaction.to_bytes(), PROOF: self.proof, STORY: page}
        if self.program is not None:
            members[PROGRAM] = self.program
        for folder, suffix in _FOLDERS.items():
            contents: Mapping[str, bytes] = getattr(self, folder)
            for name, content in contents.items():
                members[f"{folder}/{name.removeprefix('sha256:')}.{suffix}"] = content
        return write_archive(with_manifest(FORMAT, read.receipt, members))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the redacted pack whose bytes are *data*; raise HelmError if they are not one's.

        Nothing is verified.
        """
        members = without_manifest(FORMAT, (REDACTION, PROOF, STORY), read_archive(data))
        folders: dict[str, dict[str, bytes]] = {name: {} for name in _FOLDERS}
        for name, content in members.items():
            folder, slash, file = name.partition("/")
            if slash and folder in folders:
                folders[folder]["sha256:" + file.partition(".")[0]] = content
        envelope = parse(members[REDACTION], max_bytes=MAX_MEMBER)
        pack = cls(envelope, members[PROOF], members.get(PROGRAM), **folders)
        pack.check_closed()
        if pack.to_bytes() != data:
            raise InputError("pack", "a member is none of a redacted pack, or the story another")
        return pack

    def check_closed(self) -> None:
        """Return if the members are those that the redaction names; raise HelmError."""
        said = Redaction.read(self.redaction).statement
        if (self.program is None) != (said.certificate is None):
            raise InputError("pack", "program.json is there without a certificate, or missing")
        if self.program is not None and digest(self.program) != said.program:
            raise InputError("pack", "program.json is another program")
        require_same("envelopes", self.envelopes, {file for _, file in shown_envelopes(said)})
        files = {name: digest(each) for name, each in self.envelopes.items()}
        require_names("envelopes", self.envelopes, files)
        for name, file in shown_envelopes(said):
            if parse(self.envelopes[file]).digest != name:
                raise InputError("pack", f"`{file}` is not the envelope `{name}`")
        check_policies(self.policies, self.rules, {said.policy})
        if self.program is not None and canonical_json(self.program_value()) != self.program:
            raise InputError("pack", "program.json is not canonical json")

    def program_value(self) -> object:
        """Return the program in its JSON form, None if there is none; raise InputError."""
        return None if self.program is None else parse_json(self.program, max_bytes=MAX_MEMBER)


def redacted_pack(pack: Pack, paths: Sequence[tuple[str, ...]], engine: Signer) -> RedactedPack:
    """Return the redacted pack of *pack* without the values of its request at *paths*.

    Raises InputError if the pack lacks its policy, or a path names nothing that can be left out.
    """
    receipt = pack.receipt
    policy = pack.policies.get(Statement.parse(receipt.envelope.payload).policy)
    if policy is None:
        raise InputError("redaction", "the policy is missing, which says what facts a value gave")
    redaction = redact(receipt, paths, policy, engine)
    said = redaction.statement
    program = None if said.certificate is None else canonical_json(receipt.program)
    files = {digest(each.to_bytes()): each.to_bytes() for each in receipt.envelopes}
    shown = {file: files[file] for _, file in shown_envelopes(said)}
    own = {digest(policy): policy}
    texts = {name: pack.rules[name] for name in rule_names(policy)}
    proof = receipt.proof.encode("utf-8")
    return RedactedPack(redaction.signed(engine), proof, program, shown, own, texts)


def shown_envelopes(said: Statement) -> Iterator[tuple[str, str]]:
    """Yield digest and file digest of the links and revocations that *said* names."""
    for value in (*said.chain, *said.revocations):  # type: ignore[misc]
        parts = require_object(value, "named envelope")
        yield tuple(require_text(parts.get(name), name) for name in ("digest", "file"))  # type: ignore[misc]
