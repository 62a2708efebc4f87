# SPDX-License-Identifier: Apache-2.0
"""The pack: one receipt with all that it names, as one archive with one byte form.

    receipt.json               the receipt file
    parents/HEX.json           the receipts that approvals answer, theirs too, and so on
    approvals/HEX.tlog-proof   for each approval that is an entry of the log, that it is
    policies/HEX.json          the contents of a policy bundle
    rules/HEX.dl               the rule texts that these bundles name
    roots/HEX.json             versions of the trust root, as the log tells them (`pack_roots.py`)
    story.txt                  what happened, in words (`pack_story.py`)
    manifest.json              names, sizes and digests of all the others

Invariants:
- the set is closed: a member is there because a signed receipt names it, or it is refused. Policies
  may be missing, each with its rules, since not every log has kept them. Trust roots are there
  because the log signed them;
- the pack is sealed: `Pack.parse(data).to_bytes() == data`. Story and manifest are made from the
  rest, so nothing in them can differ from what was signed.

Whether any of it is true is `pack_verify.py`. The archive is `archive.py`; FORMAT.md says it all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Self

import attrs

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, digest, parse_json
from helm_logic.ledger.shape import require_list, require_object, require_text
from helm_logic.receipts.archive import MAX_MEMBER, read_archive, write_archive
from helm_logic.receipts.manifest import with_manifest, without_manifest
from helm_logic.receipts.pack_roots import check_roots
from helm_logic.receipts.pack_story import story
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement

FORMAT = "helm-logic/pack/v1"
RECEIPT, STORY = "receipt.json", "story.txt"

_NAME = re.compile(
    r"(parents)/([0-9a-f]{64})\.json|(approvals)/([0-9a-f]{64})\.tlog-proof"
    r"|(policies)/([0-9a-f]{64})\.json|(rules)/([0-9a-f]{64})\.dl"
    r"|(roots)/([0-9a-f]{64})\.json"
)
_SUFFIX = {
    "parents": "json",
    "approvals": "tlog-proof",
    "policies": "json",
    "rules": "dl",
    "roots": "json",
}
_BUNDLE = "helm-logic/bundle/v1"


@attrs.frozen
class Pack:
    """One receipt and what it names; all maps are from digests (`sha256:` and hex).

    *parents* are receipts by id, *proofs* tlog-proofs by the digest of the approval, *policies* and
    *rules* bytes by their own digest, *roots* root changes by that of their envelope.
    """

    receipt: Receipt
    parents: Mapping[str, Receipt] = attrs.field(factory=dict)
    proofs: Mapping[str, bytes] = attrs.field(factory=dict)
    policies: Mapping[str, bytes] = attrs.field(factory=dict)
    rules: Mapping[str, bytes] = attrs.field(factory=dict)
    roots: Mapping[str, bytes] = attrs.field(factory=dict)

    def receipts(self) -> Iterator[tuple[Receipt, Statement]]:
        """Yield the receipt, then its parents by id, each with its statement; raise InputError."""
        for receipt in (self.receipt, *(self.parents[name] for name in sorted(self.parents))):
            yield receipt, Statement.parse(receipt.envelope.payload)

    def to_bytes(self) -> bytes:
        """Return the bytes of the pack; raise InputError if it cannot be one."""
        members = {
            RECEIPT: self.receipt.to_bytes(),
            STORY: story(
                [(each.id, each.proof.encode("utf-8"), said) for each, said in self.receipts()]
            ),
            **{_name("parents", name): each.to_bytes() for name, each in self.parents.items()},
            **{_name("approvals", name): data for name, data in self.proofs.items()},
            **{_name("policies", name): data for name, data in self.policies.items()},
            **{_name("rules", name): data for name, data in self.rules.items()},
            **{_name("roots", name): data for name, data in self.roots.items()},
        }
        return write_archive(with_manifest(FORMAT, self.receipt.id, members))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the pack whose bytes are *data*; raise HelmError if they are not one's.

        Raises InputError or EnvelopeError. Nothing is verified.
        """
        members = without_manifest(FORMAT, (RECEIPT, STORY), read_archive(data))
        kinds: dict[str, dict[str, bytes]] = {name: {} for name in _SUFFIX}
        for name, content in members.items():
            if name not in (RECEIPT, STORY):
                kind, named = _kind(name)
                kinds[kind][named] = content
        pack = cls(
            Receipt.parse(members[RECEIPT]),
            {name: Receipt.parse(content) for name, content in kinds["parents"].items()},
            kinds["approvals"],
            kinds["policies"],
            kinds["rules"],
            kinds["roots"],
        )
        pack.check_closed()
        if pack.to_bytes() != data:
            raise InputError("pack", "story.txt is not the one that these receipts give")
        return pack

    def check_closed(self) -> None:
        """Return if the members are those that the receipts name; raise InputError."""
        ids = {name: each.id for name, each in self.parents.items()}
        require_names("parents", self.parents, ids)
        receipts = {self.receipt.id: self.receipt, **self.parents}
        waiting, reached, logged, policies = [self.receipt.id], set[str](), set[str](), set[str]()
        while waiting:
            name = waiting.pop()
            if name not in receipts:
                raise InputError("pack", f"the receipt `{name}` that is named is missing")
            if name not in reached:
                reached.add(name)
                statement = Statement.parse(receipts[name].envelope.payload)
                waiting += answered_receipts(statement)
                logged |= logged_approvals(statement)
                policies.add(statement.policy)
        require_same("parents", self.parents, reached - {self.receipt.id})
        require_same("approvals", self.proofs, logged)
        check_policies(self.policies, self.rules, policies)
        check_roots(self.roots)


def answered_receipts(statement: Statement) -> list[str]:
    """Return the ids of the receipts that the approvals of *statement* answer, sorted."""
    return statement.expected_parents()[1]


def logged_approvals(statement: Statement) -> set[str]:
    """Return the digests of the approvals of *statement* that it names as entries of the log."""
    both, receipts = statement.expected_parents()
    return set(both) - set(receipts) if statement.parents == both else set()


def rule_names(policy: bytes) -> list[str]:
    """Return the digests of the rule texts that the bundle contents *policy* name."""
    pairs = require_list(policy_value(policy)["rules"], "rules")
    return [require_text(require_list(pair, "rule file", 2)[1], "digest") for pair in pairs]


def policy_value(policy: bytes) -> dict[str, JsonValue]:
    """Return the members of the bundle contents *policy*; raise InputError if it is none."""
    parts = require_object(parse_json(policy, max_bytes=MAX_MEMBER), "policy")
    if parts.get("format") != _BUNDLE or not {"program", "rules"} <= parts.keys():
        raise InputError("pack", f"a policy is not one of the format `{_BUNDLE}`")
    return parts


def is_pack(data: bytes) -> bool:
    """Say whether *data*, perhaps damaged, was meant to be a pack and not a receipt file."""
    return data[257:263] == b"ustar\0" or data.startswith((b"approvals/", b"manifest.json\0"))


def _kind(name: str) -> tuple[str, str]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise InputError("pack", f"the member `{name}` is none of a pack")
    kind, named = (part for part in found.groups() if part is not None)
    return kind, f"sha256:{named}"


def _name(kind: str, named: str) -> str:
    return f"{kind}/{named.removeprefix('sha256:')}.{_SUFFIX[kind]}"


def check_policies(
    policies: Mapping[str, bytes], rules: Mapping[str, bytes], named: set[str]
) -> None:
    """Return if *policies* are some of those *named*, and *rules* those they name; InputError."""
    require_same("policies", policies, named & policies.keys())
    for kind, contents in (("policies", policies), ("rules", rules)):
        require_names(kind, contents, {name: digest(each) for name, each in contents.items()})
    require_same("rules", rules, {name for each in policies.values() for name in rule_names(each)})


def require_names(kind: str, members: Mapping[str, object], digests: Mapping[str, str]) -> None:
    """Return if each of *members* goes by its own of the *digests*; raise InputError."""
    for name in members:
        if digests[name] != name:
            raise InputError("pack", f"{kind}: the member `{name}` has the digest {digests[name]}")


def require_same(kind: str, members: Mapping[str, object], named: set[str]) -> None:
    """Return if *members* are those *named*, no more and no fewer; raise InputError."""
    for name in sorted(named ^ set(members)):
        what = "is missing" if name in named else "is one that nothing names"
        raise InputError("pack", f"{kind}: `{name}` {what}")
