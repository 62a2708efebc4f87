# SPDX-License-Identifier: Apache-2.0
"""Deriving: a checked program is compiled once and finds models and derivations, fast.

    from helm_logic.engine import Engine
    engine = Engine(program, static={"anchor": [("s:user:founder",)]})
    evaluation = engine.evaluate({"action": [("s:deploy",)], ...})
    evaluation.rows("deny"), evaluation.certificate([("allow", ("y:covered",))])

`plan` orders joins, `source` prints them as Python, `forward` prints whole programs and `backward`
the search for premises; `machine` runs what was printed; `scope` decides what it may mention.
`pydatalog` runs the same program in the reference engine, and `export` prints it for others.
"""

from __future__ import annotations

from helm_logic.engine.engine import Engine
from helm_logic.engine.evaluation import Evaluation
from helm_logic.engine.limits import Limits

__all__ = ["Engine", "Evaluation", "Limits"]
