# SPDX-License-Identifier: Apache-2.0
"""The certificate of a change: what a stranger needs to check how verdicts move, and how not.

    format, version, helm_logic     as in `analysis/certificate.py`
    old, new                        [[NAME, DIGEST], ...]: the sources of both versions
    features, boxes, guards, impossible     of the merged program, as in `grounding.py`
    rules                           the ids of the rules of both that are compared, in order
    entries                         [[SIDES, VERDICT, BOX], ...], sides: 1 old, 2 new, 3 both
    trees                           [[BOX, [NODE, ...]], ...], the nodes in preorder

Nodes are those of `grounding.py`: in a leaf the entries give one verdict on either side. What is
not in a tree has no entry of one side. `recheck/change.py` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from helm_logic import __version__
from helm_logic.analysis.change.difference import Difference
from helm_logic.analysis.change.entries import NEW, OLD
from helm_logic.analysis.change.moves import Tree
from helm_logic.analysis.grounding import Grounding, sources_value

FORMAT, VERSION = "helm-logic/change-certificate", 1


class ChangeProof(Mapping[str, object]):
    """The certificate of a *difference* and its *trees* as JSON, made when it is first read."""

    def __init__(self, difference: Difference, trees: Sequence[Tree]) -> None:
        self._difference, self._trees = difference, trees

    @cached_property
    def _written(self) -> dict[str, object]:
        difference = self._difference
        ground = Grounding(difference.study, difference.arena.impossible)
        versions = difference.pairing.versions
        trees = [[ground.box(each.start), list(ground.moves(each))] for each in self._trees]
        entries = [[e.sides, e.verdict.value, ground.box(e.box)] for e in difference.entries]
        return {
            "format": FORMAT,
            "version": VERSION,
            "helm_logic": __version__,
            "old": sources_value(versions[OLD].rule_set.sources),
            "new": sources_value(versions[NEW].rule_set.sources),
            "rules": list(difference.rules),
            "entries": entries,
            "trees": trees,
            **ground.value(),
        }

    def __getitem__(self, key: str) -> object:
        """Return a member."""
        return self._written[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the members."""
        return iter(self._written)

    def __len__(self) -> int:
        """Return how many members there are."""
        return len(self._written)
