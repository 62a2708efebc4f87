# SPDX-License-Identifier: Apache-2.0
"""What was proved holds of whatever facts there are: the engine on random ones, and no formula."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from helm_logic.analysis.finding import PROVED
from helm_logic.engine import Engine
from helm_logic.kernel.terms import Row, Term
from tests.analysis.chains.planted import another_step, attenuation_of, columns

_COMPUTED = (
    ("    U <= V,\n", "    U + 2 <= V,\n"), ("    D < E,\n", "    D = E - 2,\n"),
    ("    M <= O,\n", "    M * 2 <= O,\n    0 <= M,\n"),
    ("handed(A, B, S", "not admin(B),\n    handed(A, B, S"),
)  # fmt: skip

principals = st.sampled_from(["s:agent:a", "s:agent:b", "s:agent:c"])
small = st.integers(-1, 4)
rest = (
    st.sampled_from(["s:read", "s:write"]),
    small,
    small,
    small,
    st.sampled_from(["b:true", "b:false"]),
)


@cache
def _engine() -> Engine:
    rule_set = columns(more=another_step(*_COMPUTED))
    assert {each.status for each in attenuation_of(rule_set).results} == {PROVED}
    return Engine(rule_set.program)


@given(
    st.lists(st.tuples(principals, *rest), max_size=4),
    st.lists(st.tuples(principals, principals, *rest), max_size=8),
    st.lists(st.tuples(principals), max_size=2),
)
def test_what_was_proved_holds_of_any_facts(
    roots: list[tuple[Term, ...]], handed: list[tuple[Term, ...]], admins: list[tuple[Term, ...]]
) -> None:
    """Whatever is derived lies within some root grant, in every column that was proved."""
    facts: dict[str, list[Row]] = {"root_grant": [*roots], "handed": [*handed], "admin": [*admins]}
    for row in _engine().evaluate(facts).rows("authority"):
        assert any(_lies_within(row, root) for root in roots), row


def _lies_within(row: Row, root: Row) -> bool:
    _, scope, until, depth, budget, approval = row
    _, wide, end, most, limit, needed = root
    numbers = ((until, end), (depth, most), (budget, limit))
    narrows = all(type(a) is int and type(b) is int and a <= b for a, b in numbers)
    return narrows and scope == wide and (approval == "b:true" or needed == "b:false")
