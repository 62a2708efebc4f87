# SPDX-License-Identifier: Apache-2.0
"""A trust root as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from helm_logic.cli.moments import moment_text
from helm_logic.cli.palette import bad, dim, plain
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RootKey
from helm_logic.receipts.trust_root_chain import SignedRoot


def trust_text(signed: SignedRoot) -> str:
    """Return *signed* for people."""
    root = signed.root
    owners = {each.key.keyid for each in root.keys(Role.ROOT).keys}
    signers = [one.keyid[:16] for one in signed.envelope.signatures if one.keyid in owners]
    lines = [
        f"version {root.version} of the trust in the log {plain(root.origin)}",
        f"  made    {moment_text(root.now)}",
        f"  digest  {signed.digest}",
        f"  signed  {', '.join(signers) or 'by no root key of its own'}",
    ]
    if root.expires is not None:
        lines.append(f"  expires {moment_text(root.expires)}")
    for role in Role:
        listed = root.keys(role)
        taken = f", it takes {listed.threshold}" if role in (Role.ROOT, Role.WITNESS) else ""
        count = len(listed.distinct)
        keys = "1 key" if count == 1 else f"{count or 'no'} keys"
        lines.append(f"{role.value}: {keys}{taken}")
        lines += [f"  {line}" for each in listed.keys for line in _key_lines(each)]
    return "\n".join(lines)


def trust_json(signed: SignedRoot) -> str:
    """Return *signed* for programs: the payload, with its digest and who signed it."""
    value = json.loads(signed.root.to_bytes())
    value["digest"] = signed.digest
    value["signedBy"] = [one.keyid for one in signed.envelope.signatures]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _key_lines(each: RootKey) -> Iterator[str]:
    name = f"  {plain(each.name)}" if each.name else ""
    yield f"{each.key}{name}"
    end = "" if each.to_index is None else f" to before {each.to_index}"
    span = dim(f"entries from {each.from_index}{end}" if end or each.from_index else "all entries")
    if each.revoked_from_index is None:
        yield f"  {span}"
        return
    why = f": {plain(each.reason)}" if each.reason else ""
    yield f"  {span}, {bad(f'revoked from {each.revoked_from_index} on')}{why}"
