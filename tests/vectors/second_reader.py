# SPDX-License-Identifier: Apache-2.0
"""A reader of native vectors, written from delegation/FORMAT.md alone and without helm_logic.

It shows that the page is enough for another implementation; it is short, and slow, and no model of
how to decide. Only Ed25519 is somebody else's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

Json = Any
LINK_TYPE = "application/vnd.helm-logic.link+json"
REVOCATION_TYPE = "application/vnd.helm-logic.revocation+json"
MEMBERS = {
    "format", "id", "issuer", "issuer_key", "delegate", "delegate_key", "grants", "not_before",
    "expires", "may_delegate", "parent",
}  # fmt: skip
KINDS = {"one_of", "pattern", "at_most", "at_least"}
KNOWN_ACTIONS = {"deploy", "read", "restart"}


class RefusedError(Exception):
    """A link is not read; the argument is the reason."""


def decide(case: Mapping[str, Json]) -> tuple[str, set[str]]:
    """Return the verdict on *case* and every reason for it."""
    request = case["request"]
    found = faults(case)
    if request["action"]["name"] not in KNOWN_ACTIONS:
        found.add("unknown_action")
    if found:
        return "DENY", found
    if request["resource"].get("properties", {}).get("env") == "prod":
        return "ESCALATE", {"needs_release_manager"}
    return "ALLOW", {"chain_covers"}


def faults(case: Mapping[str, Json]) -> set[str]:
    """Return what is wrong with the chain of *case*."""
    chain, anchors = case["request"]["chain"], case["anchors"]
    subject = "{type}:{id}".format(**case["request"]["subject"])
    if not chain:
        return set() if subject in anchors else {"empty_chain"}
    if len(chain) > case.get("max_links", 64):
        return {"depth_exceeded"}
    found: set[str] = set()
    links: list[dict[str, Json] | None] = []
    ids: set[str] = set()
    for item in chain:
        try:
            link: dict[str, Json] | None = read_link(item, ids)
        except RefusedError as refused:
            found.add(str(refused))
            link = None
        links.append(link)
    for position, one in enumerate(links):
        if one is not None:
            found |= alone(one, case)
            found |= first(one, anchors) if position == 0 else later(one, links[position - 1])
    return found | together(links, case, subject)


# --- Reading.


def pae(kind: str, payload: bytes) -> bytes:
    """Return what a signature is over."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def decoded(text: str) -> bytes:
    """Return the bytes of base64 *text*, in its one spelling."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError(text)
    return data


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 bytes of *value*, which has no floats; names here are ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def opened(item: Json, kind: str) -> tuple[dict[str, Json], bytes, Json]:
    """Return statement, signed bytes and signature of an envelope; raise RefusedError."""
    try:
        payload = decoded(item["payload"])
        (signature,) = item["signatures"]
        value = json.loads(payload)
        decoded(signature["sig"])
        is_so = item["payloadType"] == kind and canonical(value) == payload
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RefusedError("malformed_link") from None
    if not is_so or type(value) is not dict:
        raise RefusedError("malformed_link")
    return value, pae(kind, payload), signature


def require_signed(data: bytes, signature: Json, key: str) -> None:
    """Return if *key* made *signature* over *data*; raise RefusedError."""
    raw = decoded(key.removeprefix("ed25519:"))
    named = hashlib.sha256(bytes.fromhex("302a300506032b6570032100") + raw).hexdigest()
    try:
        VerifyKey(raw).verify(data, decoded(signature["sig"]))
    except (BadSignatureError, ValueError):
        raise RefusedError("bad_signature") from None
    if named != signature["keyid"]:
        raise RefusedError("bad_signature")


def read_link(item: Json, ids: set[str]) -> dict[str, Json]:
    """Return the link that *item* is, with its digest; raise RefusedError, also for one of *ids*.

    The ids grow by that of the link.
    """
    link, data, signature = opened(item, LINK_TYPE)
    require_form(link)
    require_signed(data, signature, link["issuer_key"])
    if link["id"] in ids:
        raise RefusedError("duplicate_link")
    ids.add(link["id"])
    return {**link, "digest": "sha256:" + hashlib.sha256(data).hexdigest()}


def require_form(link: dict[str, Json]) -> None:
    """Return if *link* has the members of a link; raise RefusedError."""
    numbers = ("not_before", "expires", "may_delegate")
    good = (
        link.keys() == MEMBERS
        and link["format"] == "helm-logic/link/v1"
        and all(type(link[name]) is int and link[name] >= 0 for name in numbers)
        and link["not_before"] < link["expires"]
        and all(re.fullmatch(r"[^:/\s]+:\S+", link[name]) for name in ("issuer", "delegate"))
        and link["grants"]
    )
    if not good:
        raise RefusedError("malformed_link")
    for grant in link["grants"]:
        for pattern in (*grant["actions"], grant["resource"]):
            segments = pattern.split("/")
            if not all(segments) or "**" in segments[:-1]:
                raise RefusedError("malformed_link")
        if any(bounds.keys() - KINDS for bounds in grant["constraints"].values()):
            raise RefusedError("unknown_constraint")


# --- Patterns, grants and constraints.


def covers(wide: str, narrow: str) -> bool:
    """Say whether everything that *narrow* matches, *wide* matches; a text matches itself."""
    outer, inner = wide.split("/"), narrow.split("/")
    if outer[-1] == "**":
        head = outer[:-1]
        fixed = inner[:-1] if inner[-1] == "**" else inner
        return len(fixed) >= len(head) and _segments(head, fixed)
    return inner[-1] != "**" and len(outer) == len(inner) and _segments(outer, inner)


def _segments(outer: list[str], inner: list[str]) -> bool:
    return all(one in ("*", other) for one, other in zip(outer, inner, strict=False))


def met(kind: str, bound: Json, value: Json) -> bool:
    """Say whether *value* is within *bound*."""
    if kind in ("one_of", "pattern"):
        within = value in bound if kind == "one_of" else type(value) is str and covers(bound, value)
        return type(value) is str and within
    return type(value) is int and (value <= bound if kind == "at_most" else value >= bound)


def kept(kind: str, wide: Json, narrow: Json) -> bool:
    """Say whether the bound *narrow* is as strict as *wide*, of one kind."""
    if kind == "one_of":
        return set(narrow) <= set(wide)
    if kind == "pattern":
        return covers(wide, narrow)
    return bool(narrow <= wide if kind == "at_most" else narrow >= wide)


def value_of(request: Json, name: str) -> Json:
    """Return the property *name* of *request*, or None."""
    source, _, member = name.partition(".")
    part = request[source] if source == "context" else request[source].get("properties", {})
    return part.get(member)


def within(link: dict[str, Json], before: dict[str, Json]) -> bool:
    """Say whether each action of each grant of *link* lies in one grant of *before*."""
    return all(
        any(
            any(covers(wide, action) for wide in outer["actions"])
            and covers(outer["resource"], grant["resource"])
            and all(
                kind in grant["constraints"].get(name, {})
                and kept(kind, bound, grant["constraints"][name][kind])
                for name, bounds in outer["constraints"].items()
                for kind, bound in bounds.items()
            )
            for outer in before["grants"]
        )
        for grant in link["grants"]
        for action in grant["actions"]
    )


# --- Faults.


def alone(link: dict[str, Json], case: Mapping[str, Json]) -> set[str]:
    """Return the faults of *link* by itself."""
    request, now = case["request"], case["now"]
    resource = "{type}/{id}".format(**request["resource"])
    covered = any(
        any(covers(action, request["action"]["name"]) for action in grant["actions"])
        and covers(grant["resource"], resource)
        and all(
            met(kind, bound, value_of(request, name))
            for name, bounds in grant["constraints"].items()
            for kind, bound in bounds.items()
        )
        for grant in link["grants"]
    )
    found = {
        "link_expired": now >= link["expires"],
        "link_not_yet_valid": now < link["not_before"],
        "outside_grant": not covered,
    }
    return {reason for reason, is_so in found.items() if is_so}


def first(link: dict[str, Json], anchors: Mapping[str, list[str]]) -> set[str]:
    """Return the faults of *link* as the first one."""
    if link["parent"] is not None:
        return {"broken_chain"}
    return set() if link["issuer_key"] in anchors.get(link["issuer"], ()) else {"untrusted_anchor"}


def later(link: dict[str, Json], before: dict[str, Json] | None) -> set[str]:
    """Return the faults of *link* behind *before*, which may be unread."""
    if before is None:
        return set()
    if link["parent"] != before["digest"]:
        return {"broken_chain"}
    given = before["delegate"], before["delegate_key"]
    shorter = before["not_before"] <= link["not_before"] and link["expires"] <= before["expires"]
    found = {
        "stranger_delegation": (link["issuer"], link["issuer_key"]) != given,
        "lifetime_widened": not shorter,
        "depth_exceeded": link["may_delegate"] >= before["may_delegate"],
        "scope_widened": not within(link, before),
    }
    return {reason for reason, is_so in found.items() if is_so}


def together(
    links: list[dict[str, Json] | None], case: Mapping[str, Json], subject: str
) -> set[str]:
    """Return the faults of the chain as a whole."""
    found: set[str] = set()
    last, known = links[-1], [link for link in links if link is not None]
    if last is not None and last["delegate"] != subject:
        found.add("principal_mismatch")
    delegates = [link["delegate"] for link in known]
    root = links[0]
    begun = [root["issuer"]] if root is not None and root["parent"] is None else []
    if len(set(delegates)) < len(delegates) or set(begun) & set(delegates):
        found.add("cyclic_chain")
    anchored = {key for keys in case["anchors"].values() for key in keys}
    for item in case.get("revocations", ()):
        withdrawn, data, signature = opened(item, REVOCATION_TYPE)
        require_signed(data, signature, withdrawn["key"])
        for position, link in enumerate(links):
            if link is None or link["digest"] != withdrawn["link_digest"]:
                continue
            above = {each["issuer_key"] for each in links[: position + 1] if each is not None}
            if withdrawn["effective"] <= case["now"] and withdrawn["key"] in above | anchored:
                found.add("link_revoked" if link is last else "ancestor_revoked")
    return found
