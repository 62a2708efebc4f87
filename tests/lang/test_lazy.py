# SPDX-License-Identifier: Apache-2.0
"""Lazy mappings: equal to what they stand for, made once, and only when asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.lang.lazy import Lazy


@given(st.dictionaries(st.text(max_size=2), st.integers()), st.data())
def test_a_lazy_mapping_is_the_mapping_that_it_makes(
    sources: dict[str, int], data: st.DataObject
) -> None:
    """The same keys in the same order and the same values; each value is made once, if at all."""
    made: list[int] = []

    def double(number: int) -> int:
        made.append(number)
        return 2 * number

    lazy = Lazy(sources, double)
    asked = data.draw(st.lists(st.sampled_from([*sources]))) if sources else []

    assert [lazy[key] for key in asked] == [2 * sources[key] for key in asked]
    assert len(made) == len({*asked})
    assert list(lazy) == list(sources)
    assert lazy == {key: 2 * number for key, number in sources.items()}
    assert sorted(made) == sorted(sources.values())


def test_a_key_without_a_source_has_no_value() -> None:
    """As in any mapping."""
    with pytest.raises(KeyError):
        Lazy({"a": 1}, str)["b"]
