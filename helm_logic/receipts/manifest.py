# SPDX-License-Identifier: Apache-2.0
"""The manifest of an archive: names, sizes and digests of all its other members.

It is made from the members, and compared with the one that is there: it says nothing of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import canonical_json, digest, parse_json
from helm_logic.ledger.shape import require_object, require_text

MANIFEST = "manifest.json"


def with_manifest(form: str, receipt: str, members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return *members* with the manifest of an archive of the format *form* about *receipt*."""
    listed = [
        {"digest": digest(members[name]), "name": name, "size": len(members[name])}
        for name in sorted(members)
    ]
    value = {"format": form, "members": listed, "receipt": receipt}
    return {**members, MANIFEST: canonical_json(value)}


def without_manifest(
    form: str, needed: tuple[str, ...], members: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Return *members* but for their manifest, which must be the one of *form* that they have.

    Raises InputError, also if one of those *needed* is missing.
    """
    for name in (MANIFEST, *needed):
        if name not in members:
            raise InputError("pack", f"the member `{name}` is missing")
    parts = require_object(
        parse_json(members[MANIFEST]), "manifest", ("format", "members", "receipt")
    )
    if parts["format"] != form:
        raise InputError("pack", f"{MANIFEST}: want the format `{form}`")
    rest = {name: content for name, content in members.items() if name != MANIFEST}
    if with_manifest(form, require_text(parts["receipt"], "receipt"), rest) != members:
        raise InputError("pack", f"{MANIFEST} does not list the other members as they are")
    return rest
