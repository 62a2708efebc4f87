# SPDX-License-Identifier: Apache-2.0
"""Trees as JSON: what a checker needs to see that verdicts move as is said, and nowhere else.

    {"features": [[NAME, CLASSES], ...],
     "guards": [[SIDES, VERDICT, RULE, BOX], ...],     sides: 1 old, 2 new, 3 both
     "impossible": [[BOX, WHY], ...],
     "trees": [{"start": BOX, "nodes": [NODE, ...]}, ...]}

A BOX is a list of [FEATURE, MASK], a mask being hexadecimal text, as it may have many bits. A NODE,
of which the first is the root, is one of
    ["cut", FEATURE, MASK, INSIDE, OUTSIDE]    two more nodes
    ["same"]                                   no guard of one side only meets the piece
    ["leaf", BEFORE, AFTER]                    the verdicts that follow from the guards that meet it
    ["empty", [COVER NODE, ...]]               inside impossible boxes: as `cover.Cover`
Outside the starts of the trees no guard is of one side only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.boxes import Box
from helm_logic.analysis.change.entries import Entry
from helm_logic.analysis.change.moves import Cut, Empty, Leaf, Node, Tree
from helm_logic.analysis.domain import Domain
from helm_logic.analysis.features import TRUE_MASK, Feature
from helm_logic.analysis.words import mask_text


def trees_value(
    arena: Domain, entries: Sequence[Entry], trees: Iterable[Tree]
) -> dict[str, object]:
    """Return the certificate of *trees* over *entries*."""
    return {
        "features": [[feature_name(each), len(each.classes)] for each in arena.features],
        "guards": [[e.sides, e.verdict.value, e.rule, box_value(e.box)] for e in entries],
        "impossible": [[box_value(each.box), each.why] for each in arena.impossible],
        "trees": [
            {"nodes": [_node(node) for node in tree.nodes], "start": box_value(tree.start)}
            for tree in trees
        ],
    }


def feature_name(feature: Feature) -> str:
    """Return what a reader calls *feature*."""
    source = feature.source
    return source.text if isinstance(source, Attribute) else mask_text(feature, TRUE_MASK)


def box_value(box: Box) -> list[list[object]]:
    """Return *box* as JSON."""
    return [[feature, f"{mask:x}"] for feature, mask in sorted(box.items())]


def _node(node: Node) -> list[object]:
    match node:
        case Cut(feature, mask, inside, outside):
            return ["cut", feature, f"{mask:x}", inside, outside]
        case Leaf(_, before, after):
            return ["leaf", before.value, after.value]
        case Empty(cover):
            return ["empty", [_cover_node(each) for each in cover.nodes]]
        case _:
            return ["same"]


def _cover_node(node: tuple[int, ...]) -> list[object]:
    if len(node) == 1:
        return [*node]
    feature, mask, inside, outside = node
    return [feature, f"{mask:x}", inside, outside]
