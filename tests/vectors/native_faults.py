# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a native chain: how its links are read, signed and put together.

A link that cannot be read hides what only it could tell: at the end, whom the chain is for; at the
root, its own revocation. What links grant, and for how long, is `native_bounds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from helm_logic.authority.link import PAYLOAD_TYPE
from helm_logic.kernel.encoding import canonical_json
from helm_logic.ledger.envelope import Envelope, sign
from tests.authority.world import FOUNDER, HOUR, NOW, OPS, STRANGER, TOOL, flipped, signer
from tests.vectors.fault import Fault
from tests.vectors.native_changes import (
    Apply,
    along,
    arranged,
    asks,
    both,
    change,
    from_here,
    on_payload,
    on_wire,
    other_anchor,
    put,
    revoked,
)
from tests.vectors.plan import LAST, PEOPLE, RELEASE, SECURITY, Plan, good_plan

NativeFault = Fault[Plan]
LINKS, LATER = range(LAST + 1), range(1, LAST + 1)
NO_DIGEST = "sha256:" + "0" * 64


def native_faults() -> Iterator[NativeFault]:
    """Yield every fault of how native links are read, signed and put together."""
    yield from _whole()
    yield from _unread()
    yield from _places()
    yield from _people()


def other_faults() -> tuple[NativeFault, ...]:
    """Return the faults that others are combined with: each is found whatever the others are."""
    return (
        Fault(
            "other-subject", "principal_mismatch", "principal-mismatch",
            "Whoever asks is not the last delegate.", asks(STRANGER),
        ),
        Fault(
            "all-expired", "link_expired", "link-expired", "All links have expired.",
            from_here(0, not_before=NOW - 2 * HOUR, expires=NOW - HOUR),
        ),
        Fault(
            "other-resource", "outside_grant", "outside-grant",
            "No link covers the resource.", put(resource=("database", "main")),
        ),
        Fault(
            "root-revoked", "ancestor_revoked", "ancestor-revoked",
            "The anchor withdrew the first link.", revoked(0, FOUNDER),
        ),
    )  # fmt: skip


def _whole() -> Iterator[NativeFault]:
    def none(plan: Plan) -> None:
        plan.links, plan.revoked = [], []

    found = frozenset(("principal_mismatch", "link_expired", "outside_grant", "ancestor_revoked"))
    yield Fault(
        "no-chain", "empty_chain", "empty-chain", "The subject is no anchor and shows no chain.",
        none, found,
    )  # fmt: skip
    yield Fault(
        "no-chain-no-anchor", "empty_chain", "empty-chain", "Nobody is an anchor.",
        both(none, put(anchors={}, subject=FOUNDER)), found,
    )  # fmt: skip
    yield Fault(
        "too-many-links", "depth_exceeded", "chain-too-long",
        "The policy reads shorter chains only, and this one not at all.",
        put(max_links=LAST), found,
    )  # fmt: skip
    yield Fault(
        "unknown-action", "unknown_action", "unknown-action",
        "The chain covers any action, and the policy does not know this one.",
        both(from_here(0, actions=("**",)), put(action="erase")),
    )  # fmt: skip


def _hidden(position: int) -> frozenset[str]:
    """Return what a link at *position* hides when it is not read."""
    hidden = {0: ("ancestor_revoked",), LAST: ("principal_mismatch",)}
    return frozenset(hidden.get(position, ()))


def _unread() -> Iterator[NativeFault]:
    for position in LINKS:
        place, hidden = f"link-{position}", _hidden(position)
        for name, says, wrong in _BAD_SIGNATURES:
            yield Fault(
                f"{name}/{place}", "bad_signature", "bad-signature", says,
                on_wire(position, wrong), hidden,
            )  # fmt: skip
        yield Fault(
            f"unknown-constraint/{place}", "unknown_constraint", "unknown-constraint",
            "A constraint of a kind that no reader knows.",
            on_payload(position, _with_unknown_constraint), hidden,
        )  # fmt: skip
        for number, (name, says, apply) in enumerate(_malformed(position)):
            if number % 3 == position or number == 0:
                yield Fault(
                    f"{name}/{place}", "malformed_link", "malformed-link", says, apply, hidden
                )
    for position in LATER:
        yield Fault(
            f"same-id/link-{position}", "duplicate_link", "duplicate-link",
            "Two links have one id.", change(position, id="link-0"), _hidden(position),
        )  # fmt: skip
    yield Fault(
        "shown-twice", "duplicate_link", "duplicate-link", "A link stands twice in the chain.",
        arranged((0, 1, 1, 2)),
    )  # fmt: skip


_BAD_SIGNATURES: tuple[tuple[str, str, Callable[[Envelope], Any]], ...] = (
    (
        "signed-by-another",
        "Another key signed than the link names.",
        lambda envelope: sign(PAYLOAD_TYPE, envelope.payload, signer(STRANGER)),
    ),
    (
        "flipped-signature",
        "One bit of the signature is another.",
        lambda envelope: flipped(envelope, "signature", 40),
    ),
)


def _with_unknown_constraint(value: dict[str, Any]) -> None:
    value["grants"][0]["constraints"] = {"context.a": {"cel": "false"}}


def _member(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda link: link.update({name: value})


def _without(link: dict[str, Any]) -> None:
    del link["may_delegate"]


def _two_signatures(envelope: Envelope) -> Any:
    other = sign(PAYLOAD_TYPE, envelope.payload, signer(STRANGER))
    value: Any = envelope.to_value()
    value["signatures"] += other.to_value()["signatures"]  # type: ignore[index, call-overload]
    return value


def _malformed(position: int) -> list[tuple[str, str, Apply]]:
    owner = signer(PEOPLE[position])

    def payload(change: Callable[[dict[str, Any]], Any]) -> Apply:
        return on_payload(position, change)

    def spaced(link: dict[str, Any]) -> bytes:
        return canonical_json(link).replace(b'"delegate":', b'"delegate": ')

    def twice(link: dict[str, Any]) -> bytes:
        return canonical_json(link).replace(b'{"delegate":', b'{"delegate":"user:x","delegate":')

    return [
        ("no-link", "What stands in a link's place is none.", on_wire(position, lambda _: "link")),
        ("member-missing", "A member of the link is missing.", payload(_without)),
        ("member-unknown", "A member too many.", payload(_member("admin", value=True))),
        ("spaced", "The payload is not canonical JSON.", payload(spaced)),
        ("member-twice", "A member stands twice in the payload.", payload(twice)),
        ("two-signatures", "The link is signed twice.", on_wire(position, _two_signatures)),
        (
            "other-type",
            "The payload says that it is something else.",
            on_wire(position, lambda one: sign("application/json", one.payload, owner)),
        ),
        ("other-format", "The link is of a later format.",
         payload(_member("format", "helm-logic/link/v9"))),
        ("no-grant", "The link grants nothing.", payload(_member("grants", []))),
        ("empty-window", "The link ends before it begins.", payload(_member("expires", 1))),
        ("no-principal", "The delegate is no principal.", payload(_member("delegate", "tool"))),
        ("depth-negative", "The depth is negative.", payload(_member("may_delegate", -1))),
        ("depth-text", "The depth is text.", payload(_member("may_delegate", "2"))),
        (
            "star-inside",
            "`**` stands inside a pattern.",
            payload(lambda link: link["grants"][0].update(resource="service/**/api")),
        ),
    ]  # fmt: skip


def _places() -> Iterator[NativeFault]:
    code = "broken_chain", "broken-chain"
    for position in LATER:
        yield Fault(
            f"no-parent/link-{position}", *code, "A later link names no parent.",
            change(position, parent=None),
        )  # fmt: skip
        yield Fault(
            f"other-parent/link-{position}", *code, "A later link names another parent.",
            change(position, parent=NO_DIGEST),
        )  # fmt: skip
    yield Fault("root-with-parent", *code, "The first link names a parent.",
                change(0, parent=NO_DIGEST))  # fmt: skip
    yield Fault("root-dropped", *code, "The first link is missing.", arranged((1, 2)),
                apart=frozenset(("root-revoked",)))  # fmt: skip
    yield Fault("middle-dropped", *code, "A link in the middle is missing.", arranged((0, 2)))
    yield Fault("swapped", *code, "Two links have changed places.", arranged((0, 2, 1), RELEASE))
    yield Fault("reversed", *code, "The chain stands on its head.", arranged((2, 1, 0), OPS),
                apart=frozenset(("root-revoked",)))  # fmt: skip

    def splice(plan: Plan) -> None:
        made = good_plan()
        made.links[1].update(id="link-1b", expires=plan.links[1]["expires"])
        made.links[1].update(not_before=plan.links[1]["not_before"])
        made.links[0] = plan.links[0]
        other = made.envelopes()[1].to_value()
        plan.arrange.append(lambda chain: [chain[0], other, chain[2]])

    yield Fault("spliced", *code, "The last link was made for another chain.", splice)


def _people() -> Iterator[NativeFault]:
    cyclic = "cyclic_chain", "cyclic-chain"
    yield Fault("to-itself", *cyclic, "A principal delegates to itself.",
                along(FOUNDER, OPS, OPS, TOOL), apart=_REBUILT)  # fmt: skip
    yield Fault("back-to-the-anchor", *cyclic, "Authority goes back to the anchor.",
                along(FOUNDER, OPS, FOUNDER), apart=_REBUILT)  # fmt: skip
    yield Fault("in-a-circle", *cyclic, "A principal receives authority twice.",
                along(FOUNDER, OPS, RELEASE, OPS), apart=_REBUILT)  # fmt: skip
    mismatch = "principal_mismatch", "principal-mismatch"
    for name, subject in (("stranger", STRANGER), ("delegate", OPS), ("anchor", FOUNDER)):
        says = f"Not the last delegate asks, but {subject}."
        yield Fault(f"asked-by-{name}", *mismatch, says, asks(subject))
    untrusted = "untrusted_anchor", "untrusted-anchor"
    yield Fault("root-of-stranger", *untrusted, "A stranger begins the chain.",
                change(0, issuer=STRANGER), apart=_REVOKED)  # fmt: skip
    yield Fault("anchor-by-another-key", *untrusted, "The anchor is named, and a stranger signs.",
                change(0, signer=STRANGER), apart=_REVOKED)  # fmt: skip
    yield Fault(
        "key-of-another-anchor", *untrusted, "The key of one anchor signs for another.",
        both(change(0, signer=SECURITY), other_anchor), apart=_REVOKED,
    )  # fmt: skip
    yield Fault("no-anchor", *untrusted, "The policy trusts nobody.",
                put(anchors={}), apart=frozenset())  # fmt: skip
    yield Fault("anchor-without-key", *untrusted, "The anchor has no key.",
                put(anchors={FOUNDER: []}))  # fmt: skip
    stranger = "stranger_delegation", "stranger-delegation"
    for position in LATER:
        place = f"link-{position}"
        yield Fault(f"issued-by-stranger/{place}", *stranger,
                    "Not the delegate delegates further, but a stranger.",
                    change(position, issuer=STRANGER))  # fmt: skip
        yield Fault(f"delegate-by-another-key/{place}", *stranger,
                    "The delegate is named, and a stranger signs.",
                    change(position, signer=STRANGER))  # fmt: skip
        yield Fault(f"delegate-without-key/{place}", *stranger,
                    "The delegate was given no key to delegate with.",
                    change(position - 1, delegate_key=None))  # fmt: skip
        yield Fault(f"delegate-given-another-key/{place}", *stranger,
                    "The delegate was given another key.",
                    change(position - 1, delegate_key=STRANGER))  # fmt: skip


_REBUILT = frozenset(("all-expired",))
_REVOKED = frozenset(("root-revoked",))
