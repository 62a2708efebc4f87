# SPDX-License-Identifier: Apache-2.0
"""Whether the linted rules hand on more authority than there is: HL201 to HL207.

`chains/` proves it; here stands only when it is asked: where a linted rule takes part in handing
authority on. Rule sets that merely include the stock rules need no solver, since what these prove
holds in every policy that adds no rule to them (`proofs/authority_never_widens`).
"""

from __future__ import annotations

from collections.abc import Iterator

from helm_logic.analysis.chains.digest import attenuation_digest, reached
from helm_logic.analysis.dependency import recursive
from helm_logic.analysis.finding import PROVED, Finding
from helm_logic.analysis.inquiry import Inquiry


def find_widening(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield what breaks that authority only narrows, along chains of any length."""
    study, rule_set = inquiry.study, inquiry.study.rule_set
    program = rule_set.program
    own = {rule.head.predicate for rule in program.rules if rule.id in study.linted}
    if not own & reached(program, recursive(program)):
        return
    from helm_logic.analysis.chains.attenuation import UNNAMED, findings  # noqa: PLC0415 - solver
    from helm_logic.analysis.chains.families import make_systems  # noqa: PLC0415
    from helm_logic.analysis.chains.prove import prove_system  # noqa: PLC0415

    for system in make_systems(rule_set):
        if not own & reached(program, system.shapes):
            continue
        digest = attenuation_digest(system)
        if inquiry.kept is not None and inquiry.kept.narrows(digest):
            continue
        known = prove_system(system)
        yield from findings(known, rule_set)
        told = {each.status for each in known.results}
        if inquiry.kept is not None and told <= {PROVED, UNNAMED}:
            inquiry.kept.keep_narrowing(digest)
