# SPDX-License-Identifier: Apache-2.0
"""A Biscuit in a chain: the link that it becomes, what is told of it, and what is refused."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import Any

import pytest
from biscuit_auth import BiscuitBuilder

from helm_logic.authority.adapters.biscuit.adapter import BiscuitAdapter
from helm_logic.authority.adapters.protocol import Asked, Item, RefusedLink, Run, TokenLink
from helm_logic.authority.adapters.registry import make_adapters, read_item
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue
from tests.authority.adapters.biscuit.tokens import (
    AUTHORITY,
    ISSUER,
    NOW,
    SUBJECT,
    anchor,
    asked,
    by_third_party,
    issue,
    item,
    private_key,
)

Options = dict[str, JsonValue]


def place(items: Any, what: Asked | None = None, **options: JsonValue) -> TokenLink | RefusedLink:
    """Return what the adapter makes of *items* (one token, or a list), for the usual request."""
    listed = tuple(items) if isinstance(items, list) else (items,)
    run = Run(listed, 0, len(listed), what or asked())
    return BiscuitAdapter([anchor(**options)]).read(run).places[0]


def link(token: Any, what: Asked | None = None, **options: JsonValue) -> TokenLink:
    """Return the link that *token* is."""
    found = place(item(token), what, **options)
    assert isinstance(found, TokenLink), found
    return found


def reason(found: TokenLink | RefusedLink) -> str:
    """Return why *found* was refused."""
    assert isinstance(found, RefusedLink)
    return found.reason


def claims(found: TokenLink) -> set[tuple[Any, Any]]:
    """Return the claims of *found*, names and texts."""
    return {(row[1], row[2]) for row in dict(found.rows)["claim"]}


def test_a_token_grants_exactly_what_is_asked() -> None:
    """The link leads from the issuer to the subject, for this action, resource and moment."""
    found = link(issue(AUTHORITY, "check if time($t), $t < 2040-01-01T00:00:00Z;"))
    stated, rows = found.link, dict(found.rows)

    assert (stated.issuer, stated.delegate, stated.may_delegate) == (ISSUER, SUBJECT, 0)
    assert (stated.not_before, stated.expires) == (NOW, NOW + 1)
    assert [row[1:] for row in rows["grant"]] == [(0, "s:deploy", "s:service/api")]
    assert claims(found) == {
        ("s:biscuit:policy", "s:allow 0"), ("s:role", "s:operator"), ("s:subject", f"s:{SUBJECT}"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        (['check if operation("restart");'], ("s:biscuit:failed", "s:block 1 check 0")),
        (["check if time($t), $t < 2020-01-01T00:00:00Z;"],
         ("s:biscuit:failed", "s:block 1 check 0")),
        (['check if argument("version", $v), $v > 9223372036854775807 + 1;'],
         ("s:biscuit:error", "s:Overflow")),
        (["check if 1.extern::anything() == 1;"], ("s:biscuit:error", "s:UndefinedExtern")),
        (['check all argument("version", $v), $v >= 13;'],
         ("s:biscuit:failed", "s:block 1 check 0")),
    ],
)  # fmt: skip
def test_what_does_not_pass_is_told_and_grants_nothing(
    blocks: list[str], told: tuple[str, str]
) -> None:
    """A failed check or an error leaves a link without a grant, and a claim that says why."""
    found = link(issue(AUTHORITY, *blocks))

    assert dict(found.rows)["grant"] == ()
    assert told in claims(found)


@pytest.mark.parametrize(
    "what",
    [asked(action="restart"), asked(resource="service/db"), asked(resource="other/api")],
)
def test_another_request_is_not_granted(what: Asked) -> None:
    """The first policy that matches denies; and a resource outside the ceiling is never granted."""
    wide = 'subject("agent:ops"); right("deploy", "service/api"); right("deploy", "other/api");'

    assert dict(link(issue(wide), what).rows)["grant"] == ()


def test_a_later_block_cannot_say_whom_the_token_is_for() -> None:
    """Only block 0 names the subject; facts of attenuations are not the issuer's."""
    stranger = issue('right("deploy", "service/api");', 'subject("agent:ops");')
    added = link(issue(AUTHORITY, 'subject("agent:eve"); role("admin");'), asked())

    assert reason(place(item(stranger))) == "malformed_link"
    assert added.link.delegate == SUBJECT
    assert ("s:role", "s:admin") not in claims(added)


def test_a_bearer_token_is_for_whoever_has_it() -> None:
    """Where the policy says so, the link leads to the subject of the request."""
    token = issue('right("deploy", "service/api");')
    found = link(token, asked(subject="agent:any"), subject=None, bearer=True)

    assert found.link.delegate == "agent:any"
    assert dict(found.rows)["grant"]


def test_a_third_party_is_heard_where_it_is_trusted() -> None:
    """Its facts count for the authorizer's body that trusts its key, and for no other."""
    token, key = by_third_party(issue(), 'approved("service/api");', b"t" * 32)
    for trusting, granted in ((f" trusting {key}", True), ("", False)):
        authorizer = f"allow if resource($r), approved($r){trusting};"
        assert bool(dict(link(token, authorizer=authorizer).rows)["grant"]) is granted


def test_a_string_is_never_a_statement() -> None:
    """A string that biscuit-python would print as further facts stays what it is: one string."""
    evil = 'x"); right("deploy", "service/api'
    code = 'subject("agent:ops"); name({name});'
    token = BiscuitBuilder(code, {"name": evil}).build(private_key())

    assert 'right("deploy", "service/api")' in token.block_source(0)
    assert dict(link(token).rows)["grant"] == ()


def test_wrong_tokens_are_refused_for_their_reason() -> None:
    """Another root, changed bytes, another spelling, company, a proof, and withdrawn blocks."""
    good = issue()
    text, data = good.to_base64(), bytearray(good.to_bytes())
    data[40] ^= 1
    extended = base64.urlsafe_b64encode(bytes(good.to_bytes()) + b"\x7a\x01A").decode()

    def of(token: str, **more: JsonValue) -> dict[str, JsonValue]:
        return {"format": "biscuit", "token": token, **more}

    assert reason(place(item(issue(seed=b"x" * 32)))) == "bad_signature"
    assert reason(place(of(base64.urlsafe_b64encode(data).decode()))) in (
        "bad_signature", "malformed_link",
    )  # fmt: skip
    assert reason(place(of(extended))) == "malformed_link"
    assert reason(place(of(text + "\n"))) == "malformed_link"
    assert reason(place(of("!!"))) == "malformed_link"
    assert reason(place(of(text, proof="x"))) == "malformed_link"
    assert reason(place([item(good), item(good)])) == "broken_chain"
    revoked: list[JsonValue] = [good.revocation_ids[0]]
    assert reason(place(item(good), revoked=revoked)) == "link_revoked"


def test_no_flipped_bit_is_accepted() -> None:
    """Whatever bit of a token is flipped, it is refused: each byte at one bit."""
    good = bytes(issue(AUTHORITY, 'check if role("operator");').to_bytes())
    adapter = BiscuitAdapter([anchor()])
    for at in range(len(good)):
        changed = bytearray(good)
        changed[at] ^= 1 << at % 8
        text = base64.urlsafe_b64encode(changed).decode()
        run = Run(({"format": "biscuit", "token": text},), 0, 1, asked())
        assert isinstance(adapter.read(run).places[0], RefusedLink), at


def test_biscuit_python_is_loaded_for_the_first_token_alone() -> None:
    """Reading a policy that names an issuer of biscuits does not import it."""
    code = (
        "import sys; import helm_logic.authority.adapters.biscuit.adapter; "
        "print([name for name in sys.modules if name.startswith('biscuit_auth')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_receipt_has_the_token_as_it_came() -> None:
    """What a receipt attaches is read back as the item that was presented."""
    token = issue()

    assert read_item(link(token).envelope) == Item("biscuit", token.to_base64())


@pytest.mark.parametrize(
    "options",
    [
        {"subject": None}, {"bearer": True}, {"authorizer": "allow if"}, {"authorizer": None},
        {"resource": "a//b"}, {"other": 1}, {"revoked": "x"}, {"bearer": 1},
    ],
)  # fmt: skip
def test_wrong_options_are_refused_when_the_policy_is_read(options: Options) -> None:
    """A missing or mistaken option stops the policy, not a request."""
    with pytest.raises(InputError):
        make_adapters([anchor(**options)])
