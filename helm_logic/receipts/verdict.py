# SPDX-License-Identifier: Apache-2.0
"""The three verdicts, the atom that claims each, and the facts of a model that determine it.

A verdict is a join, not a race: DENY over ESCALATE over ALLOW, and DENY when nothing is derivable.
The join itself is written as rules (`rules/verdict.dl`), so a certificate ends in `verdict(...)`;
this module only names the atoms, and reads the reasons back out of a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from helm_logic.kernel.certificate import Model
from helm_logic.kernel.terms import Atom, Row

NO_RULE_ALLOWS = "no_rule_allows"
MISSING_FACT = "missing_fact"


class Verdict(Enum):
    """What may happen to the proposed action. There is no fourth, and unknown is DENY."""

    ALLOW = "ALLOW"
    DENY = "DENY"
    ESCALATE = "ESCALATE"


DETERMINING: Mapping[Verdict, tuple[str, ...]] = {
    Verdict.ALLOW: ("allow",),
    Verdict.DENY: ("deny",),
    Verdict.ESCALATE: ("escalate", "relevant"),
}


def claim(verdict: Verdict) -> Atom:
    """Return the atom that a certificate for *verdict* ends in."""
    return Atom("verdict", ("y:" + verdict.value.lower(),))


def determining_facts(verdict: Verdict, model: Model) -> Iterator[tuple[str, Row]]:
    """Yield the facts of *model* that carry the reasons for *verdict*, in canonical order.

    None at all is possible only for DENY, and means that no rule allows.
    """
    for predicate in DETERMINING[verdict]:
        for row in sorted(model.get(predicate, ())):
            yield predicate, row


def reason_code(predicate: str, row: Row) -> str:
    """Return the stable reason code that a determining fact carries."""
    return MISSING_FACT if predicate == "relevant" else str(row[0])[2:]


def reason_codes(verdict: Verdict, model: Model) -> tuple[str, ...]:
    """Return the code of each fact of *model* that determines *verdict*, in canonical order."""
    codes = tuple(reason_code(*fact) for fact in determining_facts(verdict, model))
    return codes or (NO_RULE_ALLOWS,)
