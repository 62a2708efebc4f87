# SPDX-License-Identifier: Apache-2.0
"""ALLOW against DENY and ESCALATE: HL107 contradiction, HL105 exception, HL106 overlap.

The verdict join settles each of them; what differs is what the author can have meant. Equal guards
with opposite verdicts mean nothing sensible. A stronger rule inside a weaker one is how exceptions
are written. A partial overlap is often meant and sometimes not. Exceptions and overlaps are grouped
by the stronger rule, and silent where its `@overrides` names the weaker one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import attrs

from helm_logic.analysis.boxes import Box, are_apart, meet
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.finding import ERROR, INFO, Finding
from helm_logic.analysis.inquiry import Inquiry, listed
from helm_logic.analysis.study import Ruled
from helm_logic.policy.case_file import Case
from helm_logic.receipts.verdict import Verdict

EQUAL, INSIDE, CONTAINS, OVERLAP = "equal", "inside", "contains", "overlap"
_VERB = {"deny": "denies", "escalate": "escalates", "allow": "allows"}


@attrs.frozen
class Pair:
    """A stronger and a weaker rule that share requests, *shared* being some of them.

    *relation* is that of the stronger rule's guard to the weaker one's.
    """

    stronger: Ruled
    weaker: Ruled
    relation: str
    shared: Box


def find_pairs(inquiry: Inquiry, dead: Collection[str], pairs: list[Pair]) -> Iterator[Finding]:
    """Add to *pairs* every pair of an ALLOW and a stronger rule that share an authorized request.

    Yields HL903 for an ALLOW rule with too many cases.
    """
    for weaker in inquiry.of_verdicts("allow"):
        if weaker.id in dead:
            continue
        try:
            pairs += _pairs_of(inquiry, weaker)
        except TooManyCases as error:
            message = f"the conflicts of `{weaker.id}` have too many cases: {error}"
            yield Finding("HL903", ERROR, message, inquiry.span(weaker.id), (weaker.id,))


def _pairs_of(inquiry: Inquiry, weaker: Ruled) -> list[Pair]:
    boxes = inquiry.held[weaker.id]
    shared: dict[str, tuple[Ruled, Box]] = {}
    for box in boxes:
        for verdict in ("deny", "escalate"):
            for stronger, other in inquiry.by_verdict[verdict].near(box):
                both = meet(box, other)
                if both is not None and stronger.id not in shared and _is_possible(inquiry, both):
                    shared[stronger.id] = (stronger, both)
    return [
        Pair(stronger, weaker, _relation(inquiry, inquiry.held[stronger.id], boxes), both)
        for stronger, both in shared.values()
    ]


def _is_possible(inquiry: Inquiry, box: Box) -> bool:
    return not inquiry.unfeasible or not inquiry.are_inside((box,), ())


def _relation(inquiry: Inquiry, stronger: Sequence[Box], weaker: Sequence[Box]) -> str:
    inside = inquiry.are_inside(stronger, _near(weaker, stronger))
    contains = inquiry.are_inside(weaker, _near(stronger, weaker))
    if inside and contains:
        return EQUAL
    return INSIDE if inside else CONTAINS if contains else OVERLAP


def _near(boxes: Sequence[Box], others: Sequence[Box]) -> list[Box]:
    return [box for box in boxes if not all(are_apart(box, other) for other in others)]


def find_contradictions(inquiry: Inquiry, pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Yield HL107 for the pairs that no order of rules can make sense of."""
    for pair in pairs:
        stronger, weaker = pair.stronger, pair.weaker
        if not {stronger.id, weaker.id} & inquiry.study.linted:
            continue
        if pair.relation == EQUAL:
            message = (
                f"`{weaker.id}` {_VERB[weaker.verdict]} exactly the requests that"
                f" `{stronger.id}` {_VERB[stronger.verdict]}"
            )
            fix = "remove one of them, or narrow the stronger one to the exception that is meant"
        elif stronger.id in weaker.overrides:
            message = (
                f"`{weaker.id}` is said to override `{stronger.id}`, but {stronger.verdict} wins"
                f" over {weaker.verdict} wherever both hold"
            )
            fix = f"exclude those requests in `{stronger.id}`; `@overrides` changes no verdict"
        else:
            continue
        main, other = (
            (weaker, stronger) if weaker.id in inquiry.study.linted else (stronger, weaker)
        )
        finding = Finding(
            "HL107", ERROR, message, inquiry.span(main.id), (main.id, other.id),
            notes=(inquiry.note(other.id, f"`{other.id}` {_VERB[other.verdict]} them"),),
            region=inquiry.words(pair.shared), fix=fix,
        )  # fmt: skip
        yield inquiry.shown(finding, _witness(inquiry, "HL107", pair))
    yield from _find_opposed(inquiry)


def _find_opposed(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield HL107 for ESCALATE rules that are said to override a DENY that they meet."""
    for weaker in inquiry.of_verdicts("escalate"):
        for name in weaker.overrides:
            stronger = inquiry.ruled_by_id.get(name)
            if (
                stronger is None
                or stronger.verdict != "deny"
                or weaker.id not in inquiry.study.linted
            ):
                continue
            for box in weaker.boxes:
                both = next(
                    (b for each in stronger.boxes if (b := meet(box, each)) is not None), None
                )
                if both is not None and _is_possible(inquiry, both):
                    yield _opposed(inquiry, Pair(stronger, weaker, OVERLAP, both))
                    break


def _opposed(inquiry: Inquiry, pair: Pair) -> Finding:
    message = (
        f"`{pair.weaker.id}` is said to override `{pair.stronger.id}`, but deny wins over escalate"
        " wherever both hold"
    )
    finding = Finding(
        "HL107", ERROR, message, inquiry.span(pair.weaker.id), (pair.weaker.id, pair.stronger.id),
        notes=(inquiry.note(pair.stronger.id, f"`{pair.stronger.id}` denies them"),),
        region=inquiry.words(pair.shared),
        fix=f"exclude those requests in `{pair.stronger.id}`; `@overrides` changes no verdict",
    )  # fmt: skip
    return inquiry.shown(finding, _witness(inquiry, "HL107", pair))


def find_overlaps(
    inquiry: Inquiry, pairs: Sequence[Pair], skipped: Collection[str]
) -> Iterator[Finding]:
    """Yield HL105 and HL106, one for each stronger rule; leave out weaker rules in *skipped*."""
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        told = pair.weaker.id in skipped or pair.relation in (EQUAL, CONTAINS)
        if told or pair.weaker.id in pair.stronger.overrides or _is_stock(inquiry, pair):
            continue
        code = "HL105" if pair.relation == INSIDE else "HL106"
        groups.setdefault((code, pair.stronger.id), []).append(pair)
    for (code, _), group in groups.items():
        yield _overlap(inquiry, code, group)


def _is_stock(inquiry: Inquiry, pair: Pair) -> bool:
    return pair.stronger.id not in inquiry.study.linted


def _overlap(inquiry: Inquiry, code: str, group: Sequence[Pair]) -> Finding:
    stronger, first = group[0].stronger, group[0]
    ids = [pair.weaker.id for pair in group]
    how = _VERB[stronger.verdict]
    if code == "HL105":
        message = f"`{stronger.id}` {how} some of what {listed(ids)} would allow: an exception"
    else:
        message = f"`{stronger.id}` {how} some of what {listed(ids)} would allow, and more besides"
    quoted = ", ".join(f'@overrides("{each}")' for each in ids[:2])
    finding = Finding(
        code, INFO, message, inquiry.span(stronger.id), (stronger.id, *ids),
        notes=tuple(inquiry.note(each, f"`{each}` would allow them") for each in ids),
        region=inquiry.words(first.shared),
        fix=f"if it is meant, say so before `{stronger.id}`: {quoted}",
    )  # fmt: skip
    return inquiry.shown(finding, _witness(inquiry, code, first))


def _witness(inquiry: Inquiry, code: str, pair: Pair) -> Case | None:
    box = meet(pair.shared, inquiry.study.authorized) or pair.shared
    expected = Verdict.DENY if pair.stronger.verdict == "deny" else None
    title = f"{code}: {pair.stronger.id} and {pair.weaker.id} on one request"
    return inquiry.witness(title, box, (pair.stronger.id, pair.weaker.id), expected)
