# SPDX-License-Identifier: Apache-2.0
"""How much work one evaluation may do: counts, never a clock, so the same input stops everywhere.

The first three limits speak of the model and not of how it was found. Every engine that reaches
the perfect model counts the same, so any of them can replay a receipt that says `limit_reached`:

- *facts*: derived facts of the model, those of strata kept between requests included;
- *rounds*: the greatest height of a fact, which is the number of rounds of the longest stratum;
- *firings*: rule instances whose body holds, each counted once however often it was met.

The fourth bounds work that leaves no trace in the model, above all a product that never fires:

- *enumerated*: rows that joins step through. It depends on the join order, so it speaks of this
  version of the native engine alone. It is counted anew for what an `Engine` keeps between
  requests, for each evaluation, and for each rule that a derivation looks through.
"""

from __future__ import annotations

import attrs


def _positive(_owner: object, field: attrs.Attribute[int], value: int) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"limit `{field.name}` is {value!r}, want an int of at least 1")


@attrs.frozen
class Limits:
    """The largest numbers that are still allowed; exceeding one raises `LimitReached`."""

    facts: int = attrs.field(default=100_000, validator=_positive)
    rounds: int = attrs.field(default=10_000, validator=_positive)
    firings: int = attrs.field(default=1_000_000, validator=_positive)
    enumerated: int = attrs.field(default=10_000_000, validator=_positive)

    def to_value(self) -> dict[str, int]:
        """Return the JSON form, which receipts carry."""
        return {
            "facts": self.facts,
            "rounds": self.rounds,
            "firings": self.firings,
            "enumerated": self.enumerated,
        }
