# SPDX-License-Identifier: Apache-2.0
"""What every check of this room works with: the study, the index of its guards, and witnesses.

A check asks the study, and turns what it finds into findings here, so that every finding has its
places, its words and, if it says that there is a request, a replayed witness. `claimed` collects
the covers that prove what is said not to exist, `results` what became of the author's claims;
`certificate.py` writes them down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from helm_logic.analysis.boxes import Box, are_apart, contains, meet
from helm_logic.analysis.cache import Cache
from helm_logic.analysis.cover import Cover
from helm_logic.analysis.finding import INFO, POSSIBLE, PROVED, REPLAYED, WARNING, Finding
from helm_logic.analysis.kept import Kept
from helm_logic.analysis.replay import Replayer
from helm_logic.analysis.study import Ruled, Study
from helm_logic.analysis.witness import WitnessMaker
from helm_logic.analysis.words import Words
from helm_logic.lang.diagnostics import Note
from helm_logic.lang.source import Span
from helm_logic.policy.case_file import Case
from helm_logic.receipts.verdict import Verdict

if TYPE_CHECKING:
    from helm_logic.analysis.claims import ClaimResult


@attrs.frozen
class Claimed:
    """A proof: every request of *box* lies in a guard of one of *rules* or cannot be.

    Leaf n of the *cover* is box n of *covering*, each with the id of its rule, then the study's
    impossible boxes.
    """

    about: str
    box: Box
    covering: tuple[tuple[str, Box], ...]
    cover: Cover


class Index:
    """Boxes of rules, found by the actions that they are about."""

    def __init__(self, study: Study, entries: Iterable[tuple[Ruled, Box]]) -> None:
        self._action = study.number_of("action")
        self._everything: list[tuple[Ruled, Box]] = []
        self._anywhere: list[int] = []
        self._by_class: dict[int, list[int]] = {}
        for place, (rule, box) in enumerate(entries):
            self._everything.append((rule, box))
            mask = box.get(self._action) if self._action is not None else None
            if mask is None:
                self._anywhere.append(place)
            else:
                for number in _bits(mask):
                    self._by_class.setdefault(number, []).append(place)

    def near(self, box: Box) -> Iterator[tuple[Ruled, Box]]:
        """Yield the entries that share a point with *box*, in order."""
        mask = box.get(self._action) if self._action is not None else None
        places: Iterable[int] = range(len(self._everything))
        if mask is not None:
            lists = [self._by_class.get(number, ()) for number in _bits(mask)]
            places = sorted({*self._anywhere, *(place for each in lists for place in each)})
        for place in places:
            if not are_apart(self._everything[place][1], box):
                yield self._everything[place]


def _bits(mask: int) -> Iterator[int]:
    number = 0
    while mask:
        if mask & 1:
            yield number
        mask >>= 1
        number += 1


class Inquiry:
    """One run of checks over a study."""

    def __init__(self, study: Study, cache: Cache | None = None) -> None:
        self.study = study
        self.kept = None if cache is None else Kept(cache, study)
        self.claimed: list[Claimed] = []
        self.results: list[ClaimResult] = []  # what became of the author's claims
        self._witnesses = WitnessMaker(study.rule_set, study.unfolder)
        self._words = Words(study.features)

    @cached_property
    def replayer(self) -> Replayer:
        """The production engine on the rules."""
        return Replayer(self.study.rule_set, self.kept)

    @cached_property
    def settled(self) -> frozenset[str]:
        """The rules that an earlier run found to be neither dead nor vacuous in part."""
        return frozenset() if self.kept is None else self.kept.settled

    @cached_property
    def held(self) -> Mapping[str, tuple[Box, ...]]:
        """The guard of every rule within authorized requests."""
        return {each.id: tuple(self._authorized(each.boxes)) for each in self.study.ruled}

    def _authorized(self, boxes: Iterable[Box]) -> Iterator[Box]:
        for box in boxes:
            both = meet(box, self.study.authorized)
            if both is not None:
                yield both

    def of_verdicts(self, *verdicts: str) -> list[Ruled]:
        """Return the rules that conclude one of *verdicts*."""
        return [each for each in self.study.ruled if each.verdict in verdicts]

    @cached_property
    def by_verdict(self) -> Mapping[str, Index]:
        """The index of the guards of each verdict; those of allow within authorized requests."""
        return {
            verdict: Index(
                self.study,
                [(each, box) for each in self.of_verdicts(verdict)
                 for box in (self.held[each.id] if verdict == "allow" else each.boxes)],
            )
            for verdict in ("deny", "escalate", "allow")
        }  # fmt: skip

    @cached_property
    def unfeasible(self) -> bool:
        """Whether anything is impossible at all, or may turn out to be."""
        return bool(self.study.impossible) or self.study.has_comparisons

    # Questions.

    def prove_inside(
        self, about: str, boxes: Iterable[Box], covering: Sequence[tuple[Ruled, Box]]
    ) -> list[Claimed] | dict[int, int]:
        """Return the proofs that *boxes* lie in the union of *covering*, or a box outside."""
        proofs = []
        for box in boxes:
            near = [each for each in covering if not are_apart(each[1], box)]
            found = self.study.inside(box, [each[1] for each in near])
            if not isinstance(found, Cover):
                return found
            named = tuple((rule.id, each) for rule, each in near)
            proofs.append(Claimed(about, box, named, found))
        return proofs

    def are_inside(self, boxes: Sequence[Box], covering: Sequence[Box]) -> bool:
        """Say whether each of *boxes* lies in the union of *covering* and what cannot be."""
        left = [box for box in boxes if not any(contains(each, box) for each in covering)]
        if left and not self.unfeasible and (len(covering) == 1 or not covering):
            return False
        return self.study.are_inside(left, covering)

    @cached_property
    def ruled_by_id(self) -> Mapping[str, Ruled]:
        """The rules that conclude a verdict, by id."""
        return {each.id: each for each in self.study.ruled}

    # Words.

    def words(self, box: Box, named: Iterable[int] = ()) -> str:
        """Return *box* in words; that the request is authorized goes without saying."""
        spoken = {n: mask for n, mask in box.items() if n not in self.study.authorized}
        return self._words.region(spoken, named)

    def span(self, rule_id: str) -> Span:
        """Return the place of a rule."""
        return self.study.rule_set.spans[rule_id]

    def note(self, rule_id: str, message: str) -> Note:
        """Return the place of a rule with what it has to do with a finding."""
        return Note(message, self.span(rule_id))

    # Witnesses.

    def witness(
        self, title: str, box: Box, applying: Sequence[str] = (), verdict: Verdict | None = None
    ) -> Case | None:
        """Return a replayed case in *box*, None if none could be made to happen."""
        if self.unfeasible:
            possible = self.study.avoid(box)
            if possible is None:
                return None
            box = possible
        point = self.study.find_point(box)
        if point is None:
            return None
        return self.replayer.replay(self._witnesses.case(title, point), applying, verdict)

    def shown(self, finding: Finding, case: Case | None) -> Finding:
        """Return *finding* with its witness; without one, it is HL904 and only possible."""
        if case is not None:
            return attrs.evolve(finding, witness=case, confidence=REPLAYED)
        message = f"{finding.message}; but no request could be made to show it"
        severity = INFO if finding.severity == INFO else WARNING
        return attrs.evolve(
            finding, code="HL904", severity=severity, message=message, confidence=POSSIBLE
        )

    def proved(self, finding: Finding, proofs: Iterable[Claimed]) -> Finding:
        """Return *finding* after remembering what proves it."""
        self.claimed += proofs
        return attrs.evolve(finding, confidence=PROVED)


def listed(ids: Sequence[str], most: int = 4) -> str:
    """Return rule ids for a message."""
    said = [f"`{each}`" for each in ids[:most]]
    if len(ids) > most:
        return f"{', '.join(said)} and {len(ids) - most} more"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
