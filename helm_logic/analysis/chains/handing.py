# SPDX-License-Identifier: Apache-2.0
"""Who hands authority on in a step: the holder of the node before, or a stranger.

A step names who hands on by a given fact with an issuer column (`handed(from: A, to: B, ...)`), or
by what relations state of the link that it adds: its issuer, and the key that it is signed with. A
step that leaves authority with the same link or holder hands nothing on.
"""

from __future__ import annotations

from collections.abc import Iterator

from helm_logic.analysis.chains.columns import HOLDER, ISSUER, places
from helm_logic.analysis.chains.properties import bounds
from helm_logic.analysis.chains.system import Node, Step, System
from helm_logic.analysis.smt import FALSE, Apply, Eq, Formula, conj, disj, same, subterms

# The components that say with which key a link is signed, and which key it hands on to.
SIGNER, DELEGATE_KEY = "signed_by.key", "delegate_key.key"


def stays(step: Step, system: System) -> Formula:
    """Return that authority stays with the same link or holder."""
    head, parent = step.head, step.premises[0]
    own, above = (system.shapes[each.predicate] for each in (head, parent))
    if own.links and above.links:
        return same(head.terms[own.links[0]], parent.terms[above.links[0]])
    one, other = _holder(head, system), _holder(parent, system)
    return FALSE if one is None or other is None else same(one, other)


def continues(step: Step, system: System) -> Formula | None:
    """Return that who hands on is the holder of the parent, None if it has no holder."""
    before, after = _holder(step.premises[0], system), _holder(step.head, system)
    if before is None:
        return None
    ways = [stays(step, system)]
    issuers = [each for each in system.shapes[step.head.predicate].having(ISSUER) if each.relation]
    for each in issuers[:1]:
        named = Eq(system.value(each, step.head), before)
        ways.append(conj((named, *(Eq(one, other) for one, other in _keys(step, system)))))
    for part in subterms((step.condition,)):
        if isinstance(part, Apply) and part.name in system.columns:
            ways += _handing(part, before, after, system)
    return disj(ways)


def _holder(node: Node, system: System) -> Formula | None:
    those = bounds(system.shapes[node.predicate], HOLDER)
    return system.value(those[0], node) if those else None


def _keys(step: Step, system: System) -> Iterator[tuple[Formula, Formula]]:
    """Yield the key that signed the head's link, and the one that the parent's hands on to."""
    own = {each.name: each for each in system.shapes[step.head.predicate].components}
    above = {each.name: each for each in system.shapes[step.premises[0].predicate].components}
    if SIGNER in own and DELEGATE_KEY in above:
        signed = system.value(own[SIGNER], step.head)
        yield signed, system.value(above[DELEGATE_KEY], step.premises[0])


def _handing(
    fact: Apply, before: Formula, after: Formula | None, system: System
) -> Iterator[Formula]:
    """Yield that *fact* holds and says that *before* hands on to *after*."""
    columns = system.columns[fact.name]
    if not system.program.by_name[fact.name].given or len(columns) != len(fact.terms):
        return
    for place in places(columns, ISSUER)[:1]:
        named = [Eq(fact.terms[place], before)]
        if after is not None:
            named += [Eq(fact.terms[to], after) for to in places(columns, HOLDER)[:1]]
        yield conj((fact, *named))
