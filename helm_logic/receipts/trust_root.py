# SPDX-License-Identifier: Apache-2.0
"""The trust root: whose keys count, as what, and for which part of the log; one version of it.

    {"expires": SECONDS or null, "format": "helm-logic/trust-root/v1", "now": SECONDS,
     "origin": ORIGIN, "previous": DIGEST or null, "roles": {ROLE: {"keys": [{"fromIndex": INDEX,
     "key": KEY, "name": TEXT, "reason": TEXT, "revokedFromIndex": INDEX or null,
     "toIndex": INDEX or null}, ...], "threshold": NUMBER}, ...}, "version": NUMBER}

Invariants:
- every role is there, also one without keys; a key stands once in a role under one name;
- a threshold counts keys by their bytes, and one that the keys listed cannot reach is refused;
- the keys of engines, the log and witnesses have that one role;
- a key that is revoked under one name or in one role is revoked, from its lowest index on.

Validity is in indexes of the log, so that it needs no clock: an entry counts if its key's span
covers its place. Which version may follow which is `trust_root_chain.py`; what a signature is
worth by a root is `trust_root_judge.py`. FORMAT.md, "The trust root".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Self

import attrs

from helm_logic.errors import CheckpointError, InputError, TrustRefused
from helm_logic.kernel.encoding import MAX_INTEGER, JsonValue, canonical_json, parse_json
from helm_logic.ledger.keys import ED25519, PublicKey
from helm_logic.ledger.note import validate_name
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.receipts.trust import Role

PAYLOAD_TYPE = "application/vnd.helm-logic.trust-root+json"
FORMAT = "helm-logic/trust-root/v1"
MAX_ROOT = 1 << 18

_MEMBERS = ("expires", "format", "now", "origin", "previous", "roles", "version")
_KEY_MEMBERS = ("fromIndex", "key", "name", "reason", "revokedFromIndex", "toIndex")
_NAMED = (Role.LOG, Role.APPROVER, Role.WITNESS, Role.ANCHOR)
_SINGLE = (Role.ENGINE, Role.APPROVER, Role.ANCHOR)  # an entry of the log has one signature
_APART = (Role.ENGINE, Role.LOG, Role.WITNESS)
_IN_NOTES = (Role.LOG, Role.WITNESS)


@attrs.frozen
class RootKey:
    """One key in one role: it counts for entries from *from_index* to before *to_index*.

    From *revoked_from_index* on it counts for nothing, and *reason* says why. The log's keys go by
    its origin, witnesses by the name in their signature lines, approvers and anchors by principal.
    """

    key: PublicKey
    name: str = ""
    from_index: int = 0
    to_index: int | None = None
    revoked_from_index: int | None = None
    reason: str = ""

    @property
    def is_current(self) -> bool:
        """Whether nothing has ended its span."""
        return self.to_index is None and self.revoked_from_index is None

    def to_value(self) -> JsonValue:
        """Return the JSON form."""
        return {
            "fromIndex": self.from_index,
            "key": self.key.text,
            "name": self.name,
            "reason": self.reason,
            "revokedFromIndex": self.revoked_from_index,
            "toIndex": self.to_index,
        }

    @classmethod
    def from_value(cls, value: JsonValue) -> Self:
        """Return the key that *value* encodes; raise InputError or TrustRefused `bad_key`."""
        parts = require_object(value, "trust root key", _KEY_MEMBERS)
        text = require_text(parts["key"], "key")
        try:
            key = PublicKey.parse(text)
        except ValueError as error:
            raise TrustRefused("bad_key", str(error)) from None
        return cls(
            key,
            require_text(parts["name"], "name"),
            _index(parts["fromIndex"], "fromIndex"),
            _index_or_none(parts["toIndex"], "toIndex"),
            _index_or_none(parts["revokedFromIndex"], "revokedFromIndex"),
            require_text(parts["reason"], "reason"),
        )


@attrs.frozen
class RoleKeys:
    """The keys of a role, and how many of them it takes."""

    keys: tuple[RootKey, ...] = ()
    threshold: int = 1

    @property
    def distinct(self) -> frozenset[bytes]:
        """The bytes of the keys: a key that is listed twice is one."""
        return frozenset(each.key.raw for each in self.keys)


def _all_roles(given: Mapping[Role, RoleKeys]) -> Mapping[Role, RoleKeys]:
    return {role: given.get(role, RoleKeys()) for role in Role}


@attrs.frozen
class TrustRoot:
    """Version *version* of the trust in the log *origin*; *now* is when it was made, a claim.

    *previous* is the digest of the envelope of the version before, None for version 1. After
    *expires* (seconds) a reader is told to look for a newer one; nothing else comes of it.
    """

    version: int
    origin: str
    now: int
    roles: Mapping[Role, RoleKeys] = attrs.field(converter=_all_roles)
    previous: str | None = None
    expires: int | None = None

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.version <= MAX_INTEGER or (self.version == 1) != (self.previous is None):
            raise TrustRefused("malformed_root", "want version 1, or a later one with a previous")
        for role in Role:
            _check_role(role, self.roles[role], self.origin)
        owners: dict[bytes, Role] = {}
        for role, each in self.entries():
            owner = owners.setdefault(each.key.raw, role)
            if owner is not role and {owner, role} & set(_APART):
                raise TrustRefused(
                    "key_in_two_roles",
                    f"the key `{each.key.keyid[:16]}` is one of {owner.value} and of {role.value};"
                    " keys of engine, log and witness need to be their own",
                )

    def keys(self, role: Role) -> RoleKeys:
        """Return the keys of *role*, perhaps none."""
        return self.roles[role]

    def entries(self) -> Iterator[tuple[Role, RootKey]]:
        """Yield every key with its role, in the order of roles."""
        for role in Role:
            for each in self.keys(role).keys:
                yield role, each

    def public_keys(self, role: Role) -> tuple[PublicKey, ...]:
        """Return the keys of *role*, each once, whatever their spans."""
        return tuple(dict.fromkeys(each.key for each in self.keys(role).keys))

    def revoked_from(self, key: PublicKey) -> int | None:
        """Return the lowest index from which *key* is revoked, in whatever role; None if none."""
        found = [
            each.revoked_from_index
            for _, each in self.entries()
            if each.key.raw == key.raw and each.revoked_from_index is not None
        ]
        return min(found, default=None)

    def to_bytes(self) -> bytes:
        """Return the payload bytes."""
        roles = {
            role.value: {
                "keys": [each.to_value() for each in self.keys(role).keys],
                "threshold": self.keys(role).threshold,
            }
            for role in Role
        }
        return canonical_json(
            {
                "expires": self.expires,
                "format": FORMAT,
                "now": self.now,
                "origin": self.origin,
                "previous": self.previous,
                "roles": roles,
                "version": self.version,
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Return the root that prints as *payload*; raise InputError or TrustRefused."""
        parts = require_object(parse_json(payload, max_bytes=MAX_ROOT), "trust root", _MEMBERS)
        if parts["format"] != FORMAT:
            raise InputError("wrong_type", f"trust root: want the format `{FORMAT}`")
        roles = require_object(parts["roles"], "roles", tuple(role.value for role in Role))
        previous = parts["previous"]
        root = cls(
            require_integer(parts["version"], "version"),
            require_text(parts["origin"], "origin"),
            _index(parts["now"], "now"),
            {role: _role_keys(roles[role.value], role.value) for role in Role},
            None if previous is None else require_text(previous, "previous"),
            _index_or_none(parts["expires"], "expires"),
        )
        if root.to_bytes() != payload:
            raise InputError("not_canonical", "trust root: the payload is not canonical json")
        return root


def _check_role(role: Role, listed: RoleKeys, origin: str) -> None:
    """Return if *listed* can be the keys of *role*; raise TrustRefused."""
    where = f"the role {role.value}"
    least = 0 if role is Role.WITNESS else 1
    if listed.threshold < least or (role in _SINGLE and listed.threshold != 1):
        raise TrustRefused("bad_threshold", f"{where}: got the threshold {listed.threshold}")
    if len({(each.key.raw, each.name) for each in listed.keys}) < len(listed.keys):
        raise TrustRefused("key_twice", f"{where}: a key is listed twice under one name")
    able = listed.keys
    if role is Role.ROOT:
        able = tuple(each for each in listed.keys if each.is_current)
    if role not in (Role.APPROVER, Role.ANCHOR):
        distinct = len(RoleKeys(able).distinct)
        if distinct < listed.threshold:
            raise TrustRefused(
                "threshold_unreachable",
                f"{where}: got {distinct} distinct keys, the threshold is {listed.threshold}",
            )
    for each in listed.keys:
        _check_key(role, each, origin)


def _check_key(role: Role, each: RootKey, origin: str) -> None:
    where = f"the key `{each.key.keyid[:16]}` of {role.value}"
    if role in _IN_NOTES and each.key.scheme != ED25519:
        raise TrustRefused("bad_key", f"{where}: notes are signed with {ED25519} alone")
    if role in _NAMED and not each.name:
        raise TrustRefused("bad_name", f"{where}: want the name that it goes by")
    if role is Role.LOG and each.name != origin:
        raise TrustRefused("bad_name", f"{where}: want the name `{origin}`, the log's origin")
    if role is Role.WITNESS:
        try:
            validate_name(each.name)
        except CheckpointError as error:
            raise TrustRefused("bad_name", f"{where}: {error}") from None


def _role_keys(value: JsonValue, where: str) -> RoleKeys:
    parts = require_object(value, where, ("keys", "threshold"))
    keys: Iterable[JsonValue] = require_list(parts["keys"], where)
    return RoleKeys(tuple(map(RootKey.from_value, keys)), _index(parts["threshold"], "threshold"))


def _index(value: JsonValue, where: str) -> int:
    number = require_integer(value, where)
    if not 0 <= number <= MAX_INTEGER:
        raise InputError("wrong_shape", f"{where}: got {number}, want 0 to {MAX_INTEGER}")
    return number


def _index_or_none(value: JsonValue, where: str) -> int | None:
    return None if value is None else _index(value, where)
