# SPDX-License-Identifier: Apache-2.0
"""Comparing small versions against asking both about every request that there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis.boxes import Box, contains
from helm_logic.analysis.change.difference import Difference
from helm_logic.analysis.change.entries import BOTH, NEW, OLD
from helm_logic.analysis.change.inputs import ABSENT
from helm_logic.analysis.change.pairing import Pairing
from helm_logic.analysis.compare import Change, compare
from helm_logic.analysis.observe import observe
from helm_logic.engine import Engine, Evaluation
from helm_logic.kernel.terms import Row
from helm_logic.receipts.verdict import Verdict
from tests.analysis.change.versions import Pair, Side, pairs, requests, verdict_of, version
from tests.analysis.programs import World, loaded, rule_texts, worlds

Move = tuple[Verdict, Verdict]


@attrs.frozen
class Seen:
    """A request that both versions have answered: where it lies, and what became of its verdict."""

    point: Box
    move: Move


def _rows(
    pairing: Pairing, found: dict[int, Evaluation], extra: dict[str, list[Row]]
) -> Callable[[str], Collection[Row]]:
    """Return the rows of each predicate of the merged program."""
    rows: dict[str, Collection[Row]] = {}
    for side, evaluation in found.items():
        given = pairing.versions[side].rule_set.program.by_name
        names = {**pairing.names[side], **pairing.versions[side].inputs.attributes}
        for local, merged in names.items():
            if local in given:
                rows.setdefault(merged, evaluation.rows(local))
    return lambda name: extra.get(name, rows.get(name, ()))


def _seen(pair: Pair, difference: Difference) -> list[Seen]:
    """Return every request that is complete for one version and valid for one, answered."""
    pairing, found = difference.pairing, []
    sides = {side: Side(each.rule_set) for side, each in pairing.versions.items()}
    for request, world in requests(pair.inputs):
        facts = {side: each.facts(request, world) for side, each in sides.items()}
        merged = pairing.inputs.inputs
        known: dict[str, list[Row]] = {}
        for each in merged:
            value = request.value["context"].get(each.path[1])  # type: ignore[union-attr]
            values = value if isinstance(value, list) else [] if value is None else [value]
            terms = [f"b:{str(v).lower()}" if isinstance(v, bool) else v if type(v) is int
                     else f"s:{v}" for v in values]  # fmt: skip
            absent = value is None
            if absent and each.default is not None:
                terms = [each.default]
            if absent and not (each.optional or each.default is not None):
                break
            if each.domain is not None and not {*terms} <= {*each.domain}:
                break
            known[each.name] = [(term,) for term in terms]
            known[f"{each.name}{ABSENT}"] = [()] if absent else []
        else:
            answers = {side: each.evaluate(facts[side]) for side, each in sides.items()}
            point, _ = observe(
                difference.arena.features,
                difference.study.unfolder.counts,
                _rows(pairing, answers, known),
            )
            move = verdict_of(answers[OLD]), verdict_of(answers[NEW])
            found.append(Seen(point, move))
    return found


def _is_touched(seen: Seen, difference: Difference) -> bool:
    return any(
        entry.sides != BOTH and contains(entry.box, seen.point) for entry in difference.entries
    )


@settings(max_examples=22)
@given(pairs())
def test_each_request_is_in_the_move_that_it_makes(pair: Pair) -> None:
    """Moves, their boxes, their sizes and "no effect" are those of asking about every request."""
    old, new = version(pair.old), version(pair.new)
    difference = Difference(Pairing(old, new))
    change = compare(old, new)
    assert not change.undecided
    boxes = {(each.before, each.after): each.boxes for each in change.moves}
    seen = _seen(pair, difference)
    counted: dict[Move, set[tuple[int | None, ...]]] = {}
    for each in seen:
        moved = each.move[0] is not each.move[1]
        for move, some in boxes.items():
            here = any(contains(box, each.point) for box in some)
            if moved or move[0] is not move[1]:
                assert here == (move == each.move), (move, each)
            else:
                assert here == (move == each.move and _is_touched(each, difference)), (move, each)
        if moved or _is_touched(each, difference):
            place = tuple(each.point.get(n) for n in sorted(difference.counted))
            counted.setdefault(each.move, set()).add(place)
    for each_move in change.moves:
        places = counted.get((each_move.before, each_move.after), set())
        # Members of a set exclude each other in ways that counting does not look into.
        assert each_move.size >= len(places)
        assert each_move.size == len(places) or "labels" in pair.inputs, (each_move, places)
    assert change.no_effect == all(each.move[0] is each.move[1] for each in seen)
    _check_witnesses(change)


def _check_witnesses(change: Change) -> None:
    for move in change.moves:
        if move.code and move.boxes:
            assert move.witness is not None, move
            assert move.witness.verdict is move.after
            assert move.regions
    codes = {finding.code for finding in change.findings}
    assert codes == {move.code for move in change.moves if move.code and move.boxes}


@st.composite
def rewritten(draw: st.DrawFn) -> tuple[str, str]:
    """Draw two versions of a rule set in which anything may be written."""
    old, other = (re.sub(r'@id\("\w+"\) ', "", draw(rule_texts())) for _ in range(2))
    lines, others = old.split("\n"), other.split("\n")
    own = [n for n, line in enumerate(lines) if ":-" in line and "trusted(S)" not in line]
    for number in draw(st.lists(st.sampled_from(own), max_size=2, unique=True)):
        head = lines[number].partition("(")[0].partition(" :-")[0]
        bodies = [line for line in others if line.startswith(head)]
        lines[number] = draw(st.sampled_from([*bodies, lines[number]]))
    return old, "\n".join(lines)


@settings(max_examples=15)
@given(rewritten(), st.lists(worlds(), min_size=15, max_size=15))
def test_no_request_makes_a_move_that_is_not_told(
    texts: tuple[str, str], answered: list[World]
) -> None:
    """Whatever rules are made of: what requests do is what the change says."""
    old, new = loaded(texts[0]), loaded(texts[1])
    pairing = Pairing(old, new)
    difference, change = Difference(pairing), compare(old, new)
    engines = {OLD: Engine(old.program), NEW: Engine(new.program)}
    for facts in answered:
        answers = {side: each.evaluate(facts) for side, each in engines.items()}
        point, _ = observe(
            difference.arena.features,
            difference.study.unfolder.counts,
            _rows(pairing, answers, {}),
        )
        move = verdict_of(answers[OLD]), verdict_of(answers[NEW])
        assert move[0] is move[1] or not change.no_effect
        for each in change.moves:
            if each.code and any(contains(box, point) for box in each.boxes):
                assert move == (each.before, each.after)
            elif move == (each.before, each.after) and each.code:
                assert any(_meets(box, point) for box in each.boxes)


def _meets(box: Box, point: Box) -> bool:
    """Say whether *point*, which may leave classes open, may lie in *box*."""
    return all(point.get(n, -1) & mask for n, mask in box.items())
