# SPDX-License-Identifier: Apache-2.0
"""Short ways from text to what the language makes of it, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helm_logic.kernel.program import Program
from helm_logic.lang import Diagnostic, RuleSet, Source, diagnose, load, rule_text

RULES = Path(__file__).resolve().parents[2] / "rules"
PRELUDE = tuple(
    Source(name, (RULES / name).read_text(encoding="utf-8"))
    for name in ("request.dl", "verdict.dl")
)


def stock(name: str) -> Source | None:
    """Return the rule file of the project that `#include` names."""
    path = RULES / f"{name}.dl"
    return Source(path.name, path.read_text(encoding="utf-8")) if path.exists() else None


def from_texts(texts: Mapping[str, str], name: str) -> Source | None:
    """Return the source *name* among *texts*."""
    return Source(f"{name}.dl", texts[name]) if name in texts else None


def rule_set(text: str, *, prelude: tuple[Source, ...] = ()) -> RuleSet:
    """Return what *text* alone means, or with the prelude of every policy."""
    return load(Source("main.dl", text), stock, prelude=prelude)


def findings(text: str, *, prelude: tuple[Source, ...] = ()) -> tuple[Diagnostic, ...]:
    """Return everything there is to say about *text*."""
    return diagnose(Source("main.dl", text), stock, prelude=prelude)


def codes(text: str, *, prelude: tuple[Source, ...] = ()) -> list[str]:
    """Return the codes of the findings in *text*, in order."""
    return [each.code for each in findings(text, prelude=prelude)]


def rules_of(program: Program, *predicates: str) -> list[str]:
    """Return the rules of *program* as text, those about *predicates* only if any are named."""
    chosen = [each for each in program.rules if not predicates or each.head.predicate in predicates]
    return [rule_text(each) for each in chosen]
