# SPDX-License-Identifier: Apache-2.0
"""The request: who wants to do what to which resource, in the OpenID AuthZEN 1.0 shape.

A request is a JSON object with `subject` {type, id, properties?}, `action` {name, properties?},
`resource` {type, id, properties?} and `context`?; beside them `chain` and `approvals` carry signed
envelopes, and `chain` also tokens of other issuers. Members that AuthZEN does not name are ignored
and reach nothing. The *digest* names what is asked, without chain, approvals and time, so that an
approval can be bound to it.

A subject is the principal `type:id`, a resource the path `type/id`. Ids whose path has an empty,
`.` or `..` segment are refused: another system might resolve them to a different resource than the
one that a pattern matched.
"""

from __future__ import annotations

import attrs

from helm_logic.authority.adapters.protocol import Asked
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.ledger.shape import require_list, require_object, require_text
from helm_logic.receipts.statement import request_digest

_PARTS = {
    "subject": ("type", "id"),
    "action": ("name",),
    "resource": ("type", "id"),
}
MAX_REQUEST = 1 << 20
MAX_TEXT = 1024


@attrs.frozen
class Request:
    """A request that has its shape; *value* is exactly what *digest* is the digest of."""

    value: dict[str, JsonValue]
    digest: str
    chain: tuple[JsonValue, ...] = ()
    approvals: tuple[JsonValue, ...] = ()

    @property
    def subject(self) -> str:
        """The principal who asks, `type:id`."""
        return self._joined("subject", ":")

    @property
    def resource(self) -> str:
        """The resource that is acted on, `type/id`."""
        return self._joined("resource", "/")

    @property
    def action(self) -> str:
        """The name of the proposed action."""
        return self.value["action"]["name"]  # type: ignore[index, call-overload, return-value]

    @property
    def resource_type(self) -> str:
        """The type of the resource."""
        return self.value["resource"]["type"]  # type: ignore[index, call-overload, return-value]

    def asked(self, now: int) -> Asked:
        """Return what tokens of the chain have to be good for at *now* (seconds)."""
        action: dict[str, JsonValue] = self.value["action"]  # type: ignore[assignment]
        arguments: dict[str, JsonValue] = action["properties"]  # type: ignore[assignment]
        return Asked(self.subject, self.action, arguments, now, self.resource)

    def _joined(self, member: str, separator: str) -> str:
        entity: dict[str, str] = self.value[member]  # type: ignore[assignment]
        return f"{entity['type']}{separator}{entity['id']}"


def parse_request(data: bytes, *, max_bytes: int = MAX_REQUEST) -> Request:
    """Return the request in *data*; raise InputError, with a code, if there is none."""
    return read_request(parse_json(data, max_bytes=max_bytes))


def read_request(value: JsonValue) -> Request:
    """Return the request that the JSON *value* is; raise InputError if it is none."""
    members = require_object(value, "request")
    asked: dict[str, JsonValue] = {
        name: _entity(members, name, texts) for name, texts in _PARTS.items()
    }
    asked["context"] = require_object(members.get("context", {}), "context")
    _check_ids(asked)
    chain, approvals = (tuple(_envelopes(members, name)) for name in ("chain", "approvals"))
    return Request(asked, request_digest(asked), chain, approvals)


def _entity(members: dict[str, JsonValue], name: str, texts: tuple[str, ...]) -> JsonValue:
    if name not in members:
        raise InputError("missing_member", f"request: the member `{name}` is missing")
    entity = require_object(members[name], name)
    read: dict[str, JsonValue] = {}
    for text in texts:
        if text not in entity:
            raise InputError("missing_member", f"{name}: the member `{text}` is missing")
        read[text] = _name(entity[text], f"{name} {text}")
    read["properties"] = require_object(entity.get("properties", {}), f"{name} properties")
    return read


def _name(value: JsonValue, where: str) -> str:
    text = require_text(value, where)
    if not 0 < len(text) <= MAX_TEXT or not text.isprintable():
        raise InputError("wrong_shape", f"{where}: want 1 to {MAX_TEXT} printable characters")
    return text


def _check_ids(asked: dict[str, JsonValue]) -> None:
    subject: dict[str, str] = asked["subject"]  # type: ignore[assignment]
    resource: dict[str, str] = asked["resource"]  # type: ignore[assignment]
    for sign in (":", "/"):
        if sign in subject["type"]:
            why = f"subject type: a `{sign}` would make the principal ambiguous"
            raise InputError("wrong_shape", why)
    if "/" in resource["type"]:
        raise InputError("wrong_shape", "resource type: a `/` would make the resource ambiguous")
    if any(segment in ("", ".", "..") for segment in resource["id"].split("/")):
        raise InputError("wrong_shape", "resource id: empty, `.` and `..` segments are refused")


def _envelopes(members: dict[str, JsonValue], name: str) -> list[JsonValue]:
    return require_list(members.get(name, []), name)
