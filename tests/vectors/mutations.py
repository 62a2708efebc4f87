# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.vectors.mutations`: every good chain of the vectors, changed in every way.

Each link dropped, repeated, moved, or signed by another; of long chains, some links. None of these
chains may give ALLOW: those that are not denied are printed, and end in 1. The tests beside this
take a part of them, and flip bits.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import attrs

from helm_logic.guard.vector_file import Suite, Vector, read_suite
from helm_logic.guard.vectors import Runner
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import from_value, sign
from helm_logic.receipts.verdict import Verdict
from tests.authority.world import FOUNDER, STRANGER, key, signer
from tests.vectors.token_changes import decoded
from tests.vectors.token_plan import LAST, PEOPLE, Holder

FOLDER = Path(__file__).resolve().parent / "delegation"
LONG = 9  # links: of longer chains, a few places are changed
PLACES = 4

Chain = list[Any]


def good_vectors(suite: Suite) -> tuple[Vector, ...]:
    """Return the vectors of *suite* whose chain gives authority."""
    return tuple(
        each for each in suite.vectors
        if each.expected.verdict is not Verdict.DENY and each.request["chain"]
    )  # fmt: skip


def chain_of(vector: Vector) -> Chain:
    """Return the chain of *vector*."""
    chain: Any = vector.request["chain"]
    return list(chain)


def verdict(runner: Runner, vector: Vector, chain: Chain) -> Verdict:
    """Return the verdict on *vector* with *chain* in the place of its own."""
    changed = attrs.evolve(vector, request={**vector.request, "chain": chain})
    return runner.rule(changed).verdict


def changes(chain: Chain) -> Iterator[tuple[str, Chain]]:
    """Yield *chain* changed in every listed way, each with what was done."""
    for place in _places(chain):
        link, before, after = chain[place], chain[:place], chain[place + 1 :]
        yield f"link {place} dropped", before + after
        yield f"link {place} repeated", [*before, link, link, *after]
        yield f"link {place} repeated at the end", [*chain, link]
        yield f"link {place} repeated at the beginning", [link, *chain]
        for how, other in _resigned(link):
            yield f"link {place} signed by {how}", [*before, other, *after]
    for order in _orders(len(chain)):
        yield f"links in the order {order}", [chain[place] for place in order]


def _places(chain: Chain) -> range:
    return range(0, len(chain), 1 if len(chain) <= LONG else len(chain) // PLACES)


def _orders(length: int) -> Iterator[tuple[int, ...]]:
    if length <= 3:
        yield from (each for each in permutations(range(length)) if each != tuple(range(length)))
        return
    for place in _places([None] * (length - 1)):
        yield (*range(place), place + 1, place, *range(place + 2, length))


def _resigned(link: Any) -> Iterator[tuple[str, Any]]:
    """Yield *link* signed by another: as it is, or made to look like that one's."""
    if "token" in link:
        yield from _token_resigned(link)
        return
    envelope = from_value(link)
    value: Any = parse_json(envelope.payload)
    for name in (STRANGER, FOUNDER):
        if value["issuer_key"] == str(key(name)):
            continue
        for member in (None, "issuer_key", "delegate_key"):
            changed = value if member is None else {**value, member: str(key(name))}
            other = sign(envelope.payload_type, canonical_json(changed), signer(name))
            yield f"{name}, who changed {member}", other.to_value()


def _token_resigned(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    signed = item["token"].rpartition(".")[0]
    payload: Any = parse_json(decoded(signed.partition(".")[2]))
    for holder in (Holder(STRANGER), Holder(STRANGER, "ES256"), Holder(PEOPLE[LAST])):
        own = {**payload, "cnf": {"jwk": holder.jwk}}
        tokens = holder.sign_text(signed), holder.sign(payload), holder.sign(own)
        for how, token in zip(
            ("as it is", "under its algorithm", "for itself"), tokens, strict=True
        ):
            yield f"{holder.name} {holder.algorithm} {how}", {**item, "token": token}


def passed(suite: Suite, step: int = 1) -> Iterator[str]:
    """Yield what passed, of every *step*-th change of every good chain; ends if nothing does.

    Which ones differs from chain to chain, so that all kinds of changes have their turn.
    """
    runner = Runner(suite)
    for number, vector in enumerate(good_vectors(suite)):
        for turn, (how, chain) in enumerate(changes(chain_of(vector)), start=number):
            if turn % step == 0 and verdict(runner, vector, chain) is not Verdict.DENY:
                yield f"{vector.name}: {how}"


def main() -> None:
    """Try all of them."""
    found = list(passed(read_suite(FOLDER)))
    for each in found:
        sys.stdout.write(f"{each}\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
