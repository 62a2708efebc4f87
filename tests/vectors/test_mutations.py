# SPDX-License-Identifier: Apache-2.0
"""Good chains, changed: no flipped bit and no link dropped, moved, repeated or signed anew passes.

Every good chain of the vectors is changed in every way that can be listed (the longest, at some of
its places), and its bits are flipped at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.guard.vector_file import Vector
from helm_logic.guard.vectors import Runner
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import from_value, sign
from helm_logic.receipts.verdict import Verdict
from tests.authority.world import FOUNDER, STRANGER, key, signer
from tests.vectors.test_vectors import suite
from tests.vectors.token_changes import decoded
from tests.vectors.token_plan import LAST, PEOPLE, Holder

LONG = 8  # links: of longer chains, a few places are changed
PLACES = 2


@cache
def runner() -> Runner:
    """Return one runner for all tests."""
    return Runner(suite())


GOOD = tuple(
    each for each in suite().vectors
    if each.expected.verdict is not Verdict.DENY and each.request["chain"]
)  # fmt: skip
EVERY_GOOD = pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector.name)


def chain_of(vector: Vector) -> list[Any]:
    """Return the chain of *vector*."""
    chain: Any = vector.request["chain"]
    return list(chain)


def verdict(vector: Vector, chain: list[Any]) -> Verdict:
    """Return the verdict on *vector* with *chain* in the place of its own."""
    changed = attrs.evolve(vector, request={**vector.request, "chain": chain})
    return runner().rule(changed).verdict


def places(chain: list[Any]) -> range:
    """Return the places of *chain* that are changed."""
    return range(0, len(chain), 1 if len(chain) <= LONG else len(chain) // PLACES)


@EVERY_GOOD
def test_a_dropped_link_gives_nothing(vector: Vector) -> None:
    """Whichever link is missing."""
    chain = chain_of(vector)

    for place in places(chain):
        assert verdict(vector, chain[:place] + chain[place + 1 :]) is Verdict.DENY


@EVERY_GOOD
def test_a_repeated_link_gives_nothing(vector: Vector) -> None:
    """Whichever link stands twice: beside itself, at the end or at the beginning."""
    chain = chain_of(vector)

    for place in places(chain):
        link = chain[place]
        for more in ([*chain[:place], link, *chain[place:]], [*chain, link], [link, *chain]):
            assert verdict(vector, more) is Verdict.DENY


@EVERY_GOOD
def test_a_reordered_chain_gives_nothing(vector: Vector) -> None:
    """Every order of three links, and any two neighbours of more."""
    chain = chain_of(vector)

    for other in _orders(chain):
        assert verdict(vector, other) is Verdict.DENY


def _orders(chain: list[Any]) -> Iterator[list[Any]]:
    if len(chain) <= 3:
        yield from (list(each) for each in permutations(chain) if list(each) != chain)
    else:
        for place in places(chain[1:]):
            two = [chain[place + 1], chain[place]]
            yield [*chain[:place], *two, *chain[place + 2 :]]


@EVERY_GOOD
def test_a_link_signed_by_another_gives_nothing(vector: Vector) -> None:
    """A stranger, or the anchor in the place of a delegate: as it is, or with the key in it."""
    chain = chain_of(vector)

    for place in places(chain):
        for link in _resigned(chain[place]):
            assert verdict(vector, [*chain[:place], link, *chain[place + 1 :]]) is Verdict.DENY


def _resigned(link: Any) -> Iterator[Any]:
    if "token" in link:
        yield from _token_resigned(link)
    else:
        for name in (STRANGER, FOUNDER):
            yield from _native_resigned(link, name)


def _token_resigned(item: Any) -> Iterator[Any]:
    signed = item["token"].rpartition(".")[0]
    header, payload = (parse_json(decoded(part)) for part in signed.split("."))
    for holder in (Holder(STRANGER), Holder(STRANGER, "ES256"), Holder(PEOPLE[LAST])):
        own: Any = {**payload, "cnf": {"jwk": holder.jwk}}  # type: ignore[dict-item]
        for token in (holder.sign_text(signed), holder.sign(payload), holder.sign(own)):
            yield {**item, "token": token}
        yield {**item, "token": holder.sign(payload, header)}  # type: ignore[arg-type]


def _native_resigned(link: Any, name: str) -> Iterator[Any]:
    envelope = from_value(link)
    value: Any = parse_json(envelope.payload)
    if value["issuer_key"] == str(key(name)):
        return
    for member in (None, "issuer_key", "delegate_key"):
        changed = value if member is None else {**value, member: str(key(name))}
        signed = sign(envelope.payload_type, canonical_json(changed), signer(name))
        yield signed.to_value()


@given(st.data())
def test_a_flipped_bit_gives_nothing(data: st.DataObject) -> None:
    """One bit of any text of a link: what is signed, the signature, whose it is, what it is."""
    vector = data.draw(st.sampled_from(GOOD))
    chain = chain_of(vector)
    place = data.draw(st.integers(0, len(chain) - 1))
    texts = list(_texts(chain[place]))
    text, put = texts[data.draw(st.integers(0, len(texts) - 1))]
    position, bit = data.draw(st.integers(0, len(text) - 1)), data.draw(st.integers(0, 6))
    flipped = chr(ord(text[position]) ^ 1 << bit)

    chain[place] = put(text[:position] + flipped + text[position + 1 :])

    assert verdict(vector, chain) is Verdict.DENY


def _texts(value: Any) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Yield each text in *value*, and what makes *value* with another in its place."""
    if isinstance(value, str):
        yield value, lambda text: text
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in parts:
        for text, put in _texts(part):
            yield text, _inside(value, name, put)


def _inside(value: Any, name: Any, put: Callable[[str], Any]) -> Callable[[str], Any]:
    def make(text: str) -> Any:
        changed = value.copy()
        changed[name] = put(text)
        return changed

    return make
