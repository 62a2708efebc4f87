# SPDX-License-Identifier: Apache-2.0
"""The front door of helm_logic: `Guard.decide` takes a request and answers with a decision.

with Guard.open(Path("policy"), clock=lambda: int(time.time())) as guard:
    decision = guard.decide(request_bytes)
    if decision.allowed: ...
"""

from helm_logic.guard.decision import Decision
from helm_logic.guard.guard import Guard

__all__ = ["Decision", "Guard"]
