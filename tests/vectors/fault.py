# SPDX-License-Identifier: Apache-2.0
"""Faults and cases: what is done to a good chain, and what therefore has to come out.

What has to come out is stated here and beside each fault, not found by running anything. `ORDER` is
the order in which a decision that names one reason picks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

import attrs

ORDER = (
    "empty_chain",
    "unknown_format",
    "malformed_link",
    "unknown_constraint",
    "algorithm_not_permitted",
    "bad_signature",
    "duplicate_link",
    "broken_chain",
    "untrusted_anchor",
    "stranger_delegation",
    "cyclic_chain",
    "principal_mismatch",
    "link_revoked",
    "ancestor_revoked",
    "status_unavailable",
    "link_expired",
    "link_not_yet_valid",
    "lifetime_widened",
    "depth_exceeded",
    "scope_widened",
    "possession_not_proved",
    "wrong_audience",
    "outside_grant",
    "unknown_action",
    "needs_release_manager",
    "chain_covers",
)


class Planned(Protocol):
    """What a case is made of, while it is being written."""

    def value(self) -> dict[str, Any]:
        """Return the case in JSON, but for its name and what has to come out."""


P = TypeVar("P", bound=Planned)


@attrs.frozen
class Fault(Generic[P]):
    """One thing wrong: *apply* does it to a plan; *rule* finds it and gives the reason *code*.

    What it *hides* are the codes that nobody can find beside it, such as those of a link that is
    not read; it stands not beside the faults *apart*, because both together are something else.
    """

    name: str
    code: str
    rule: str
    says: str
    apply: Callable[[P], None]
    hides: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


@attrs.frozen
class Good(Generic[P]):
    """A chain that gives authority: *apply* makes it from the plain one."""

    name: str
    says: str
    apply: Callable[[P], None]
    verdict: str = "ALLOW"
    code: str = "chain_covers"
    rule: str = "chain-covers"


def good_cases(kind: str, plan: Callable[[], P], goods: Sequence[Good[P]]) -> Iterator[Any]:
    """Yield the cases of *goods*, chains of one *kind*."""
    for good in goods:
        made = plan()
        good.apply(made)
        yield {
            "name": f"{kind}/good/{good.name}",
            "says": good.says,
            **made.value(),
            "expect": _expect(good.verdict, {good.code: good.rule}),
        }


def fault_cases(kind: str, plan: Callable[[], P], faults: Sequence[Fault[P]]) -> Iterator[Any]:
    """Yield the cases of *faults*, each alone."""
    for fault in faults:
        made = plan()
        fault.apply(made)
        yield {
            "name": f"{kind}/{fault.name}",
            "says": fault.says,
            "faults": [fault.name],
            **made.value(),
            "expect": _expect("DENY", {fault.code: fault.rule}),
        }


def pair_cases(
    kind: str, plan: Callable[[], P], faults: Sequence[Fault[P]], others: Sequence[Fault[P]]
) -> Iterator[Any]:
    """Yield the cases of *faults*, each beside one of *others*, which take turns."""
    for number, fault in enumerate(faults):
        turn = (*others[number % len(others) :], *others[: number % len(others)])
        other = next(x for x in turn if x.code != fault.code and x.name not in fault.apart)
        made = plan()
        other.apply(made)
        fault.apply(made)
        found = {fault.code: fault.rule}
        if other.code not in fault.hides:
            found[other.code] = other.rule
        yield {
            "name": f"{kind}/{fault.name}+{other.name}",
            "says": f"{fault.says} {other.says}",
            "faults": [fault.name, other.name],
            **made.value(),
            "expect": _expect("DENY", found),
        }


def _expect(verdict: str, found: dict[str, str]) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "reason": min(found, key=ORDER.index),
        "reasons": sorted(found),
        "rules": sorted(found.values()),
    }
