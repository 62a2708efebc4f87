# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a native chain: every fault, at every link that can have it.

A link that cannot be read hides what only it could tell: at the end, whom the chain is for; at the
root, its own revocation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from helm_logic.authority.link import PAYLOAD_TYPE
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import Envelope, from_value, sign
from tests.authority.world import (
    FOUNDER,
    HOUR,
    NOW,
    OPS,
    STRANGER,
    TOOL,
    flipped,
    key,
    signer,
)
from tests.vectors.fault import Fault
from tests.vectors.plan import LAST, PEOPLE, RELEASE, SECURITY, Plan, Revoked, good_plan

NativeFault = Fault[Plan]
LINKS, LATER = range(LAST + 1), range(1, LAST + 1)
NO_DIGEST = "sha256:" + "0" * 64


def native_faults() -> Iterator[NativeFault]:
    """Yield every fault of a native chain."""
    yield from _whole()
    yield from _unread()
    yield from _places()
    yield from _people()
    yield from _times()
    yield from _revocations()
    yield from _outside()
    yield from _widened()


def other_faults() -> tuple[NativeFault, ...]:
    """Return the faults that others are combined with: each is found whatever the others are."""
    return (
        Fault(
            "other-subject", "principal_mismatch", "principal-mismatch",
            "Whoever asks is not the last delegate.", _asks(STRANGER),
        ),
        Fault(
            "all-expired", "link_expired", "link-expired", "All links have expired.",
            _from_here(0, not_before=NOW - 2 * HOUR, expires=NOW - HOUR),
        ),
        Fault(
            "other-resource", "outside_grant", "outside-grant",
            "No link covers the resource.", _set(resource=("database", "main")),
        ),
        Fault(
            "root-revoked", "ancestor_revoked", "ancestor-revoked",
            "The anchor withdrew the first link.", _revoked(0, FOUNDER),
        ),
    )  # fmt: skip


# --- What faults do to a plan.


def _set(**members: Any) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        for name, value in members.items():
            setattr(plan, name, value)

    return apply


def _asks(subject: str) -> Callable[[Plan], None]:
    return _set(subject=subject)


def _change(position: int, **members: Any) -> Callable[[Plan], None]:
    return lambda plan: plan.change(position, **members)


def _from_here(position: int, **members: Any) -> Callable[[Plan], None]:
    return lambda plan: plan.from_here(position, **members)


def _revoked(position: int, by: str) -> Callable[[Plan], None]:
    return lambda plan: plan.revoked.append(Revoked(position, by))


def _wire(position: int, change: Callable[[Envelope], Any]) -> Callable[[Plan], None]:
    def changed(value: Any) -> Any:
        found = change(from_value(value))
        return found.to_value() if isinstance(found, Envelope) else found

    return lambda plan: plan.on_wire(position, changed)


def _payload(position: int, change: Callable[[dict[str, Any]], Any]) -> Callable[[Plan], None]:
    """Change the payload of a link and sign it again with the key of its issuer."""

    def again(envelope: Envelope) -> Envelope:
        value: Any = parse_json(envelope.payload)
        changed = change(value)
        data = changed if isinstance(changed, bytes) else canonical_json(value)
        return sign(PAYLOAD_TYPE, data, signer(PEOPLE[position]))

    return _wire(position, again)


def _arranged(order: tuple[int, ...], subject: str = TOOL) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        plan.subject = subject if plan.subject == TOOL else plan.subject
        plan.arrange.append(lambda chain: [chain[place] for place in order])

    return apply


def _along(*people: str) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        made = good_plan(people)
        plan.links = made.links
        plan.subject = made.subject if plan.subject == TOOL else plan.subject

    return apply


def _both(*ones: Callable[[Plan], None]) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        for one in ones:
            one(plan)

    return apply


# --- The faults.


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
        _both(none, _set(anchors={}, subject=FOUNDER)), found,
    )  # fmt: skip
    yield Fault(
        "too-many-links", "depth_exceeded", "chain-too-long",
        "The policy reads shorter chains only, and this one not at all.",
        _set(max_links=LAST), found,
    )  # fmt: skip
    yield Fault(
        "unknown-action", "unknown_action", "unknown-action",
        "The chain covers any action, and the policy does not know this one.",
        _both(_from_here(0, actions=("**",)), _set(action="erase")),
    )  # fmt: skip


def _hidden(position: int) -> frozenset[str]:
    """Return what a link at *position* hides when it is not read."""
    hidden = {0: ("ancestor_revoked",), LAST: ("principal_mismatch",)}
    return frozenset(hidden.get(position, ()))


def _unread() -> Iterator[NativeFault]:
    for position in LINKS:
        place, hidden = f"link-{position}", _hidden(position)
        for name, says, change in _BAD_SIGNATURES:
            yield Fault(
                f"{name}/{place}", "bad_signature", "bad-signature", says,
                _wire(position, change), hidden,
            )  # fmt: skip
        yield Fault(
            f"unknown-constraint/{place}", "unknown_constraint", "unknown-constraint",
            "A constraint of a kind that no reader knows.",
            _payload(position, _with_unknown_constraint), hidden,
        )  # fmt: skip
        for number, (name, says, apply) in enumerate(_malformed(position)):
            if number % 3 == position or number == 0:
                yield Fault(
                    f"{name}/{place}", "malformed_link", "malformed-link", says, apply, hidden
                )
    for position in LATER:
        yield Fault(
            f"same-id/link-{position}", "duplicate_link", "duplicate-link",
            "Two links have one id.", _change(position, id="link-0"), _hidden(position),
        )  # fmt: skip
    yield Fault(
        "shown-twice", "duplicate_link", "duplicate-link", "A link stands twice in the chain.",
        _arranged((0, 1, 1, 2)),
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


def _malformed(position: int) -> list[tuple[str, str, Callable[[Plan], None]]]:
    owner = signer(PEOPLE[position])

    def payload(change: Callable[[dict[str, Any]], Any]) -> Callable[[Plan], None]:
        return _payload(position, change)

    def spaced(link: dict[str, Any]) -> bytes:
        return canonical_json(link).replace(b'"delegate":', b'"delegate": ')

    def twice(link: dict[str, Any]) -> bytes:
        return canonical_json(link).replace(b'{"delegate":', b'{"delegate":"user:x","delegate":')

    return [
        ("no-link", "What stands in a link's place is none.", _wire(position, lambda _: "link")),
        ("member-missing", "A member of the link is missing.", payload(_without)),
        ("member-unknown", "A member too many.", payload(_member("admin", value=True))),
        ("spaced", "The payload is not canonical JSON.", payload(spaced)),
        ("member-twice", "A member stands twice in the payload.", payload(twice)),
        ("two-signatures", "The link is signed twice.", _wire(position, _two_signatures)),
        (
            "other-type",
            "The payload says that it is something else.",
            _wire(position, lambda one: sign("application/json", one.payload, owner)),
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
            _change(position, parent=None),
        )  # fmt: skip
        yield Fault(
            f"other-parent/link-{position}", *code, "A later link names another parent.",
            _change(position, parent=NO_DIGEST),
        )  # fmt: skip
    yield Fault("root-with-parent", *code, "The first link names a parent.",
                _change(0, parent=NO_DIGEST))  # fmt: skip
    yield Fault("root-dropped", *code, "The first link is missing.", _arranged((1, 2)),
                apart=frozenset(("root-revoked",)))  # fmt: skip
    yield Fault("middle-dropped", *code, "A link in the middle is missing.", _arranged((0, 2)))
    yield Fault("swapped", *code, "Two links have changed places.", _arranged((0, 2, 1), RELEASE))
    yield Fault("reversed", *code, "The chain stands on its head.", _arranged((2, 1, 0), OPS),
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
                _along(FOUNDER, OPS, OPS, TOOL), apart=_REBUILT)  # fmt: skip
    yield Fault("back-to-the-anchor", *cyclic, "Authority goes back to the anchor.",
                _along(FOUNDER, OPS, FOUNDER), apart=_REBUILT)  # fmt: skip
    yield Fault("in-a-circle", *cyclic, "A principal receives authority twice.",
                _along(FOUNDER, OPS, RELEASE, OPS), apart=_REBUILT)  # fmt: skip
    mismatch = "principal_mismatch", "principal-mismatch"
    for name, subject in (("stranger", STRANGER), ("delegate", OPS), ("anchor", FOUNDER)):
        says = f"Not the last delegate asks, but {subject}."
        yield Fault(f"asked-by-{name}", *mismatch, says, _asks(subject))
    untrusted = "untrusted_anchor", "untrusted-anchor"
    yield Fault("root-of-stranger", *untrusted, "A stranger begins the chain.",
                _change(0, issuer=STRANGER), apart=_REVOKED)  # fmt: skip
    yield Fault("anchor-by-another-key", *untrusted, "The anchor is named, and a stranger signs.",
                _change(0, signer=STRANGER), apart=_REVOKED)  # fmt: skip
    yield Fault(
        "key-of-another-anchor", *untrusted, "The key of one anchor signs for another.",
        _both(_change(0, signer=SECURITY), _other_anchor), apart=_REVOKED,
    )  # fmt: skip
    yield Fault("no-anchor", *untrusted, "The policy trusts nobody.",
                _set(anchors={}), apart=frozenset())  # fmt: skip
    yield Fault("anchor-without-key", *untrusted, "The anchor has no key.",
                _set(anchors={FOUNDER: []}))  # fmt: skip
    stranger = "stranger_delegation", "stranger-delegation"
    for position in LATER:
        place = f"link-{position}"
        yield Fault(f"issued-by-stranger/{place}", *stranger,
                    "Not the delegate delegates further, but a stranger.",
                    _change(position, issuer=STRANGER))  # fmt: skip
        yield Fault(f"delegate-by-another-key/{place}", *stranger,
                    "The delegate is named, and a stranger signs.",
                    _change(position, signer=STRANGER))  # fmt: skip
        yield Fault(f"delegate-without-key/{place}", *stranger,
                    "The delegate was given no key to delegate with.",
                    _change(position - 1, delegate_key=None))  # fmt: skip
        yield Fault(f"delegate-given-another-key/{place}", *stranger,
                    "The delegate was given another key.",
                    _change(position - 1, delegate_key=STRANGER))  # fmt: skip


_REBUILT = frozenset(("all-expired",))
_REVOKED = frozenset(("root-revoked",))


def _other_anchor(plan: Plan) -> None:
    plan.anchors[SECURITY] = [str(key(SECURITY))]


def _times() -> Iterator[NativeFault]:
    expired = frozenset(("all-expired",))
    for position in LINKS:
        place = f"link-{position}"
        yield Fault(f"expired/{place}", "link_expired", "link-expired",
                    "A link ends at this very second, and those after it.",
                    _from_here(position, expires=NOW), apart=expired)  # fmt: skip
        yield Fault(f"not-yet-valid/{place}", "link_not_yet_valid", "link-not-yet-valid",
                    "A link begins at the next second, and those after it.",
                    _from_here(position, not_before=NOW + 1), apart=expired)  # fmt: skip
    for position in LATER:
        place = f"link-{position}"
        yield Fault(f"begins-earlier/{place}", "lifetime_widened", "lifetime-widened",
                    "A link begins before the one before it.",
                    _change(position, not_before=NOW - 20 * HOUR))  # fmt: skip
        yield Fault(f"ends-later/{place}", "lifetime_widened", "lifetime-widened",
                    "A link ends after the one before it.",
                    _change(position, expires=NOW + 20 * HOUR))  # fmt: skip
        yield Fault(f"depth-kept/{place}", "depth_exceeded", "depth-exceeded",
                    "A link delegates as far as the one before it.",
                    _change(position, may_delegate=LAST + 1 - position))  # fmt: skip
        yield Fault(f"depth-raised/{place}", "depth_exceeded", "depth-exceeded",
                    "A link delegates further than the one before it.",
                    _change(position, may_delegate=9))  # fmt: skip
    yield Fault("no-depth", "depth_exceeded", "depth-exceeded",
                "The anchor forbids to delegate, and its delegate does.",
                _from_here(0, may_delegate=0))  # fmt: skip


def _revocations() -> Iterator[NativeFault]:
    for by in (FOUNDER, OPS, RELEASE):
        yield Fault(f"revoked-by/{by}", "link_revoked", "link-revoked",
                    f"The last link was withdrawn by {by}.", _revoked(LAST, by))  # fmt: skip
    yield Fault("revoked-by-anchor", "link_revoked", "link-revoked",
                "The last link was withdrawn by an anchor that took no part.",
                _both(_other_anchor, _revoked(LAST, SECURITY)))  # fmt: skip
    for position, by in ((0, FOUNDER), (1, FOUNDER), (1, OPS)):
        yield Fault(f"ancestor-revoked-by/{by}/link-{position}", "ancestor_revoked",
                    "ancestor-revoked", f"A link before the last was withdrawn by {by}.",
                    _revoked(position, by))  # fmt: skip


# Constraints, and requests that do not meet them.
_UNMET: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("choice", "The value is none of the choices.",
     {"context.ticket": {"one_of": ["T-1", "T-2"]}}, {"context": {"ticket": "T-3"}}),
    ("above", "The amount is one above the bound.",
     {"action.amount": {"at_most": 20}}, {"arguments": {"amount": 21}}),
    ("below", "The amount is one below the bound.",
     {"action.amount": {"at_least": 20}}, {"arguments": {"amount": 19}}),
    ("pattern", "The text does not fit the pattern.",
     {"context.branch": {"pattern": "release/*"}}, {"context": {"branch": "release/7/hot"}}),
    ("absent", "The request lacks the property.",
     {"context.ticket": {"pattern": "**"}}, {}),
    ("text-for-number", "The property is text, and the bound wants a number.",
     {"action.amount": {"at_most": 20}}, {"arguments": {"amount": "7"}}),
    ("number-for-text", "The property is a number, and the choices are texts.",
     {"context.ticket": {"one_of": ["7"]}}, {"context": {"ticket": 7}}),
    ("bool-for-number", "The property is true, and the bound wants a number.",
     {"action.amount": {"at_least": 0}}, {"arguments": {"amount": True}}),
)  # fmt: skip


def _outside() -> Iterator[NativeFault]:
    code = "outside_grant", "outside-grant"
    for position in LINKS:
        place = f"link-{position}"
        yield Fault(f"action-not-granted/{place}", *code, "A link does not grant the action.",
                    _both(_from_here(position, actions=("restart",))))  # fmt: skip
        yield Fault(f"resource-not-granted/{place}", *code, "A link does not cover the resource.",
                    _from_here(position, resource="service/shop/web"))  # fmt: skip
    for number, (name, says, bound, asked) in enumerate(_UNMET):
        position = number % (LAST + 1)
        yield Fault(
            f"unmet-{name}/link-{position}", *code, says,
            _both(_constrained(position, bound), _set(**asked)),
        )  # fmt: skip
    yield Fault("longer-resource", *code, "A pattern without `**` covers nothing below it.",
                _from_here(0, resource="service/shop"))  # fmt: skip
    yield Fault("all-of-two", *code, "One of two constraints is met.",
                _both(_constrained(LAST, {"context.a": {"one_of": ["x"]},
                                          "context.b": {"one_of": ["x"]}}),
                      _set(context={"a": "x", "b": "y"})))  # fmt: skip


def _constrained(position: int, bound: dict[str, Any]) -> Callable[[Plan], None]:
    """Return what adds *bound* to the constraints of a link and of all after it."""

    def apply(plan: Plan) -> None:
        for each in plan.links[position:]:
            each["constraints"] = {**each["constraints"], **bound}

    return apply


# What a link has, and what the next one makes of it; the request meets both.
_LOOSENED: tuple[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    ("choice-added", "A link adds a choice.", {"context.a": {"one_of": ["x"]}},
     {"context.a": {"one_of": ["x", "y"]}}, {"context": {"a": "x"}}),
    ("bound-raised", "A link raises an upper bound.", {"action.amount": {"at_most": 20}},
     {"action.amount": {"at_most": 21}}, {"arguments": {"amount": 1}}),
    ("bound-lowered", "A link lowers a lower bound.", {"action.amount": {"at_least": 20}},
     {"action.amount": {"at_least": 19}}, {"arguments": {"amount": 30}}),
    ("pattern-widened", "A link widens a pattern.", {"context.a": {"pattern": "x/*"}},
     {"context.a": {"pattern": "x/**"}}, {"context": {"a": "x/y"}}),
    ("constraint-dropped", "A link drops a constraint.", {"context.a": {"one_of": ["x"]}}, {},
     {"context": {"a": "x"}}),
    ("kind-changed", "A link puts a constraint of another kind in the place of one.",
     {"context.a": {"one_of": ["x"]}}, {"context.a": {"pattern": "x"}}, {"context": {"a": "x"}}),
    ("property-changed", "A link constrains another property instead.",
     {"context.a": {"one_of": ["x"]}}, {"context.b": {"one_of": ["x"]}},
     {"context": {"a": "x", "b": "x"}}),
)  # fmt: skip


def _widened() -> Iterator[NativeFault]:
    code = "scope_widened", "scope-widened"
    for position in LATER:
        place = f"link-{position}"
        yield Fault(f"action-added/{place}", *code, "A link grants an action more.",
                    _from_here(position, actions=("deploy", "read")))  # fmt: skip
        yield Fault(f"resource-widened/{place}", *code, "A link grants more resources.",
                    _from_here(position, resource="**"))  # fmt: skip
        yield Fault(f"grant-added/{place}", *code, "A link has a grant more.",
                    _grant_added(position))  # fmt: skip
    for number, (name, says, wide, loose, asked) in enumerate(_LOOSENED):
        position = 1 + number % LAST
        yield Fault(f"{name}/link-{position}", *code, says,
                    _both(_loosened(position, wide, loose), _set(**asked)))  # fmt: skip


def _loosened(position: int, wide: dict[str, Any], loose: dict[str, Any]) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        for place, each in enumerate(plan.links):
            each["constraints"] = wide if place < position else loose

    return apply


def _grant_added(position: int) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        for each in plan.links[position:]:
            own = {name: each[name] for name in ("actions", "resource", "constraints")}
            more = {"actions": ("read",), "resource": "database/**", "constraints": {}}
            each["grants"] = [own, more]

    return apply
