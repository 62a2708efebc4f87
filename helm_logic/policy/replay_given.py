# SPDX-License-Identifier: Apache-2.0
"""Whether the facts that a receipt states are those that its request gives.

The kernel starts from the facts: whoever signed other ones than request, chain and policy give
signed a sound derivation of a lie. So they are made again, with the inputs, standing facts and
approvers of the policy that decided, if that is stored beside the receipt, as logs and packs do.
"""

from __future__ import annotations

from collections.abc import Mapping

from helm_logic.kernel.certificate import facts_value
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.policy.replay_case import blob_of
from helm_logic.policy.replay_difference import ABSENT, Difference, fact_text
from helm_logic.policy.replay_facts import Basis, Rebuilder, TooLong, Untold
from helm_logic.policy.request import read_request
from helm_logic.receipts.statement import Statement

FACTS = "facts"

_KEPT = 64  # policies


class GivenFacts:
    """Compares stated facts with given ones; keeps the policies that it read."""

    def __init__(self) -> None:
        self._rebuilder = Rebuilder()
        self._bases: dict[str, Basis] = {}

    def difference(
        self,
        statement: Statement,
        program: Program,
        facts: Mapping[str, tuple[Row, ...]],
        blobs: Mapping[str, bytes],
    ) -> Difference | None:
        """Return the first fact of *facts* that is not given, or given and not stated, if any is.

        *program* tells which predicates facts may have. Raises Untold if there is no telling, and
        HelmError for an attachment that is not what it should be.
        """
        basis = self._basis(statement.policy, blobs)
        if basis.program != statement.program:
            return Difference(FACTS, "program", statement.program, f"{basis.program} in the policy")
        asked = read_request(statement.request)  # type: ignore[arg-type]
        try:
            made = self._rebuilder.facts(statement, facts, asked, blobs, basis)
        except TooLong as reason:  # but not for this policy
            return Difference(FACTS, "chain_length", str(reason), f"{basis.depth} links are read")
        found = {**made, **basis.static}
        names = [each.name for each in program.predicates if each.given]
        given = facts_value({name: found[name] for name in names if name in found})
        stated = {name: list(rows) for name, rows in facts.items()}
        for name in names:
            signed, again = stated.get(name, []), given.get(name, [])
            if signed != again:
                row = min({*signed} ^ {*again}, key=repr, default=signed[-1] if signed else ())
                had = "stated" if row in signed else ABSENT
                return Difference(
                    FACTS, fact_text(name, row), had, "given" if row in again else ABSENT
                )
        return None

    def _basis(self, policy: str, blobs: Mapping[str, bytes]) -> Basis:
        if policy not in blobs:  # also if it was read before: no result may depend on the order
            raise Untold("its policy is not stored with it")
        found = self._bases.get(policy)
        if found is None:
            found = Basis.read(policy, blob_of(blobs, policy, "the policy"))
            if len(self._bases) >= _KEPT:
                del self._bases[next(iter(self._bases))]
            self._bases[policy] = found
        return found
