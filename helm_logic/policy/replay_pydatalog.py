# SPDX-License-Identifier: Apache-2.0
"""pyDatalog as an engine that is asked often: one program, loaded once, and certificates from it.

pyDatalog gives bare rows; `engine/canonical.py` adds heights and the canonical derivation, by means
that the native engine has no part in. It keeps its state by thread, so each program has a thread of
its own, which ends with the process at the latest.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from helm_logic.engine.canonical import certificate, heights
from helm_logic.engine.pydatalog import Session
from helm_logic.kernel.certificate import Certificate, Facts
from helm_logic.kernel.program import Program
from helm_logic.policy.judge import goals_of, verdict_of


class Reference:
    """The reference engine with *program* loaded."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._session = self._thread.submit(Session, program, staged=True).result()

    def certificate(self, facts: Facts) -> Certificate:
        """Return the certificate of the one verdict that follows from *facts*.

        Raises EvaluationError or CertificateRefused where there is none.
        """
        rows = self._thread.submit(self._session.derive, facts).result()
        model = heights(self._program, facts, rows)
        return certificate(self._program, facts, model, goals_of(verdict_of(model), model))
