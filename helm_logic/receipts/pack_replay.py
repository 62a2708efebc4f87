# SPDX-License-Identifier: Apache-2.0
"""A second opinion on a derivation: an engine finds the model again, from program and facts.

The kernel has accepted the model by then, so an engine that finds another one is wrong; that it
finds the same one shows that what it would decide is what was decided. Engines are handed in: this
room imports none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from helm_logic.errors import CertificateRefused
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.receipts.decode import decode_facts
from helm_logic.receipts.pack_results import Findings, State
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verify import certificate_of, program_of

Replay: TypeAlias = Callable[[Program, Facts], Mapping[str, Collection[Row]]]
"""An engine: from a program and facts to the rows of every derived predicate."""


def replay(
    found: Findings, cases: Iterable[tuple[Receipt, Statement]], engines: Mapping[str, Replay]
) -> None:
    """Add to *found* whether each of *engines* finds the models of *cases*.

    Nothing is replayed unless the result `derivation` holds.
    """
    held = any(each.name == "derivation" and each.state is State.HOLDS for each in found.results)
    if not engines:
        found.add("replay", State.NOT_ASKED, "no engine was asked")
    for name, engine in engines.items():
        if not held:
            found.add(f"replay {name}", State.UNKNOWN, "the derivation was not shown")
            continue
        with found.result(f"replay {name}"):
            found.say(f"models found again: {sum(_agrees(*case, engine) for case in cases)}")


def _agrees(receipt: Receipt, statement: Statement, engine: Replay) -> bool:
    """Say whether there is a model and *engine* finds it; raise HelmError if it finds another."""
    program = program_of(receipt, statement)
    _, certificate = certificate_of(program, statement)
    if program is None or certificate is None:
        return False
    facts = decode_facts(statement.facts)  # type: ignore[arg-type]
    rows = {name: set(each) for name, each in engine(program, facts).items() if each}
    if rows != {name: set(each) for name, each in certificate.model.items()}:
        raise CertificateRefused("replay", "another model", f"that of {receipt.id}")
    return True
