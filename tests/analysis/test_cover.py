# SPDX-License-Identifier: Apache-2.0
"""Cover trees: sound and complete against brute force over all points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.analysis import cover as cover_module
from helm_logic.analysis.boxes import Box
from helm_logic.analysis.cover import Cover, TooManyCases, cover
from tests.analysis.test_boxes import SPACE, boxes, points_of


@given(boxes, st.lists(boxes, max_size=6))
def test_a_box_is_covered_iff_all_its_points_are(box: Box, covering: list[Box]) -> None:
    """A tree means that no point is outside; a box outside has points, and none that is covered."""
    union = frozenset[tuple[int, ...]]().union(*map(points_of, covering))
    found = cover(SPACE, box, covering)
    if isinstance(found, Cover):
        assert points_of(box) <= union
    else:
        assert points_of(found)
        assert points_of(found) <= points_of(box) - union


@given(boxes, st.lists(boxes, max_size=6))
def test_every_leaf_of_a_tree_lies_in_the_box_it_names(box: Box, covering: list[Box]) -> None:
    """Walked by sets of points: the cuts are those of the nodes, and every node is reached once."""
    found = cover(SPACE, box, covering)
    if not isinstance(found, Cover):
        return
    waiting, reached = [(0, points_of(box))], []
    while waiting:
        place, points = waiting.pop()
        reached.append(place)
        node = found.nodes[place]
        if len(node) == 1:
            assert points <= points_of(covering[node[0]])
            continue
        feature, mask, yes, no = node
        inside = frozenset(each for each in points if mask >> each[feature] & 1)
        waiting += [(yes, inside), (no, points - inside)]
    assert sorted(reached) == list(range(len(found.nodes)))
    assert found.used == tuple(sorted({node[0] for node in found.nodes if len(node) == 1}))


def test_a_tree_that_grows_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound on nodes is kept, by an error that says so."""
    monkeypatch.setattr(cover_module, "MOST_NODES", 3)
    halves: list[Box] = [{0: 1, 1: 1}, {0: 1, 1: 6}, {0: 2}]
    with pytest.raises(TooManyCases, match="more than 3 cases"):
        cover(SPACE, {}, halves)
