# SPDX-License-Identifier: Apache-2.0
"""The one module that asks cvc5: a second opinion on every proof, from nothing but its text.

cvc5 is an extra, `pip install 'helm-logic[verify]'`; nothing else needs it. It shares no code with
z3, reads the same SMT-LIB and says whether what is asserted can hold together. As in `solver.py`,
no answer is `Unknown` and never a guess.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from helm_logic.analysis.solver import TIMEOUT_MS, Unknown
from helm_logic.errors import SolverMissing


def is_available() -> bool:
    """Say whether cvc5 is installed."""
    return find_spec("cvc5") is not None


def is_unsatisfiable(script: str, timeout_ms: int = TIMEOUT_MS) -> bool | Unknown:
    """Say whether what the SMT-LIB *script* asserts cannot hold together; raise SolverMissing."""
    cvc5 = _cvc5()
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("tlimit-per", str(timeout_ms))
    symbols = cvc5.SymbolManager(manager)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "condition")
    answer = ""
    try:
        while not (command := parser.nextCommand()).isNull():
            answer = str(command.invoke(solver, symbols)).strip() or answer
    except RuntimeError as error:  # what cvc5 raises has no narrower common class
        return Unknown(f"cvc5 raised: {error}")
    if answer in ("sat", "unsat"):
        return answer == "unsat"
    return Unknown(f"cvc5 answered: {answer or 'nothing'}")


def version() -> str:
    """Return the name and version of the solver; raise SolverMissing."""
    return f"cvc5 {_cvc5().__version__}"


def _cvc5() -> Any:
    if not is_available():
        raise SolverMissing("cvc5", "pip install 'helm-logic[verify]'")
    import cvc5  # noqa: PLC0415  an extra, loaded only when something is asked

    return cvc5
