# SPDX-License-Identifier: Apache-2.0
"""Deriving: a checked program is compiled once and finds models and derivations, fast.

    from helm_logic.engine import Engine
    engine = Engine(program, static={"anchor": [("s:user:founder",)]})
    evaluation = engine.evaluate({"action": [("s:deploy",)], ...})
    evaluation.rows("deny"), evaluation.certificate([("allow", ("y:covered",))])

`plan` orders joins, `source` prints them as Python, `forward` prints whole programs and `backward`
the question which rules support a row; `scope` decides what they may mention; `machine` runs what
was printed; `derivation` reads derivations off. `pydatalog` runs the same program in the reference
engine, `canonical` makes certificates of what it found, and `export` prints it for clingo.
"""

from __future__ import annotations

from helm_logic.engine.engine import Engine
from helm_logic.engine.evaluation import Evaluation
from helm_logic.engine.limits import Limits

__all__ = ["Engine", "Evaluation", "Limits"]
