# SPDX-License-Identifier: Apache-2.0
"""A derivation in the formats that people and other tools read.

One module for each format, named as the format is, with a function `render(dag: ProofDag) -> str`.
`json` is the source of truth: it holds everything, and it alone is read back; every other format
shows what it has room for and says what it left out.

Invariants of every format:
- facts, rule texts and names may have been chosen by an attacker: they are escaped for the format,
  and what cannot be seen (controls, bidirectional overrides) is spelled out where people read;
- the same derivation gives the same bytes;
- nothing recurses: a derivation may be deeper than any stack.

To add one: a module with `render`, its name and suffix in FORMATS, a test that the format's own
tool accepts the output for `tests/explain/formats/dags.py`'s hostile facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from helm_logic.explain.derivation import ProofDag

# The name of each format, and how the name of a file in it ends.
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": ".txt",
        "json": ".json",
        "dot": ".dot",
        "mermaid": ".mmd",
        "graphml": ".graphml",
        "latex": ".tex",
        "html": ".html",
    }
)


def render(dag: ProofDag, name: str) -> str:
    """Return *dag* in the format *name*, one of FORMATS; raise ValueError for any other."""
    if name not in FORMATS:
        raise ValueError(f"got the format `{name[:40]}`, want one of {', '.join(FORMATS)}")
    return cast("str", import_module(f"{__name__}.{name}").render(dag))
