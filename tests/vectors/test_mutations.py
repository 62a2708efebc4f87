# SPDX-License-Identifier: Apache-2.0
"""Good chains, changed: no flipped bit and no link dropped, moved, repeated or signed anew passes.

`python -m tests.vectors.mutations` tries every change that is listed; here some are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from helm_logic.guard.vectors import Runner
from helm_logic.receipts.verdict import Verdict
from tests.vectors.mutations import chain_of, changes, good_vectors, passed, verdict
from tests.vectors.test_vectors import suite

STEP = 17


@cache
def runner() -> Runner:
    """Return one runner for all tests."""
    return Runner(suite())


def test_every_good_chain_is_good_before_it_is_changed() -> None:
    """What is changed below gives authority as it is: of both kinds there are enough."""
    good = good_vectors(suite())
    kinds = [each.name.partition("/")[0] for each in good]

    assert min(kinds.count("native"), kinds.count("aat")) > 30
    for each in good[::STEP]:
        assert verdict(runner(), each, chain_of(each)) is each.expected.verdict


def test_no_listed_change_passes() -> None:
    """Of each good chain some links are dropped, repeated, moved and signed by others."""
    for each in good_vectors(suite()):
        listed = list(changes(chain_of(each)))
        assert len(listed) >= 7
        assert all(chain != chain_of(each) for _, chain in listed)
    assert list(passed(suite(), STEP)) == []


@given(st.data())
def test_a_flipped_bit_gives_nothing(data: st.DataObject) -> None:
    """One bit of any text of a link: what is signed, the signature, whose it is, what it is."""
    vector = data.draw(st.sampled_from(good_vectors(suite())))
    chain = chain_of(vector)
    place = data.draw(st.integers(0, len(chain) - 1))
    texts = list(_texts(chain[place]))
    text, put = texts[data.draw(st.integers(0, len(texts) - 1))]
    position, bit = data.draw(st.integers(0, len(text) - 1)), data.draw(st.integers(0, 6))
    flipped = chr(ord(text[position]) ^ 1 << bit)

    chain[place] = put(text[:position] + flipped + text[position + 1 :])

    assert verdict(runner(), vector, chain) is Verdict.DENY


def _texts(value: Any) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Yield each text in *value*, and what makes *value* with another in its place."""
    if isinstance(value, str):
        yield value, lambda text: text
        return
    for name, part in value.items() if isinstance(value, dict) else enumerate(value):
        for text, put in _texts(part):
            yield text, _inside(value, name, put)


def _inside(value: Any, name: Any, put: Callable[[str], Any]) -> Callable[[str], Any]:
    def make(text: str) -> Any:
        changed = value.copy()
        changed[name] = put(text)
        return changed

    return make
