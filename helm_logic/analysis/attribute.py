# SPDX-License-Identifier: Apache-2.0
"""Attributes: what a request has exactly one value of, and of which type.

The parts that every request gives, and the inputs that the rules declare. Sets are left out: their
members are facts. Which values a rule can tell apart is `features.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helm_logic.kernel.terms import Term
from helm_logic.lang import RuleSet

REQUEST = {
    "action": "string", "subject": "principal", "resource": "string", "resource_type": "string",
    "now": "time",
}  # fmt: skip

# Where in a request their values are read.
PLACES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "action": (("action", "name"),),
    "subject": (("subject", "type"), ("subject", "id")),
    "resource": (("resource", "type"), ("resource", "id")),
    "resource_type": (("resource", "type"),),
    "now": (),
}

# Inputs that read what every request gives anyway are that; parts of a name are taken for anything.
ALIASES: Mapping[tuple[str, ...], str] = {
    ("action", "name"): "action",
    ("resource", "type"): "resource_type",
}
PARTS = frozenset({("resource", "id"), ("subject", "id"), ("subject", "type")})


@attrs.frozen
class Attribute:
    """A single-valued term of the request; *domain* lists its constants, None meaning any."""

    name: str
    type: str
    domain: tuple[Term, ...] | None = None
    optional: bool = False
    path: tuple[str, ...] = ()
    label: str = ""

    @property
    def text(self) -> str:
        """What a reader calls it: its name, unless it has none of its own."""
        return self.label or self.name


def attributes_of(rule_set: RuleSet) -> dict[str, Attribute]:
    """Return the attributes of the requests that *rule_set* rules on, by name."""
    declared = rule_set.program.by_name
    found = {name: Attribute(name, kind) for name, kind in REQUEST.items() if name in declared}
    for each in rule_set.inputs:
        if not each.is_set:
            domain = each.domain
            if each.type == "bool" and domain is None:
                domain = ("b:false", "b:true")
            found[each.name] = Attribute(each.name, each.type, domain, each.optional, each.path)
    return found
