# SPDX-License-Identifier: Apache-2.0
"""What faults do to a plan of tokens: each returns a change, named for it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from helm_logic.authority.adapters.jws import print_base64url
from tests.vectors.fault import Fault
from tests.vectors.token_plan import LAST, TokenPlan

TokenFault = Fault[TokenPlan]
Apply = Callable[[TokenPlan], None]
TOKENS, LATER = range(LAST + 1), range(1, LAST + 1)
ALL = frozenset(("principal_mismatch", "link_expired", "outside_grant"))


def put(**members: Any) -> Apply:
    """Return what sets *members* of a plan."""

    def apply(plan: TokenPlan) -> None:
        for name, value in members.items():
            setattr(plan, name, value)

    return apply


def change(position: int, **claims: Any) -> Apply:
    """Return what changes claims of the token at *position*."""
    return lambda plan: plan.change(position, **claims)


def from_here(position: int, **claims: Any) -> Apply:
    """Return what changes claims of the token at *position* and of all after it."""
    return lambda plan: plan.from_here(position, **claims)


def option(name: str, value: Any) -> Apply:
    """Return what sets an option of the issuer's."""
    return lambda plan: plan.options.update({name: value})


def both(*ones: Apply) -> Apply:
    """Return what does all of *ones*."""

    def apply(plan: TokenPlan) -> None:
        for one in ones:
            one(plan)

    return apply


def on_token(position: int, changed: Callable[[str], Any]) -> Apply:
    """Return what changes the text of the token at *position*, after it was signed."""

    def wire(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "token": changed(item["token"])}

    return lambda plan: plan.wire.setdefault(position, []).append(wire)


def on_item(position: int, **members: Any) -> Apply:
    """Return what changes members of the item at *position*."""

    def wire(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, **members}

    return lambda plan: plan.wire.setdefault(position, []).append(wire)


def behind(position: int) -> frozenset[str]:
    """Return what is hidden when the token at *position* cannot be read."""
    return ALL if position == 0 else frozenset(("principal_mismatch",))


def reencoded(position: int, changed: Callable[[bytes], bytes]) -> Apply:
    """Return what changes the payload of a token and signs it again, as it has to be signed."""

    def apply(plan: TokenPlan) -> None:
        signer = plan.signer(position)

        def again(token: str) -> str:
            header, payload, _ = token.split(".")
            data = changed(decoded(payload))
            return signer.sign_text(f"{header}.{print_base64url(data)}")

        on_token(position, again)(plan)

    return apply


def decoded(text: str) -> bytes:
    """Return the bytes that *text* is the base64url of."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def arranged(*order: int) -> Apply:
    """Return what puts the tokens at the places *order* in this order."""
    return lambda plan: plan.arrange.append(lambda chain: [chain[place] for place in order])
