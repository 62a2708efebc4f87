# SPDX-License-Identifier: Apache-2.0
"""The claims in proofs/: all are proved, and none of them is idle talk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helm_logic.analysis.claims import ClaimResult, check_claims
from helm_logic.lang import Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, read_source, stock_rules

PROOFS = Path(__file__).parent.parent / "proofs"
FILES = sorted(path for path in PROOFS.glob("*.dl") if "#claim" in path.read_text("utf-8"))
DEPLOY = (stock_rules() / "deploy" / "main.dl").read_text("utf-8")
RULES = [each for each in DEPLOY.split("\n\n") if re.search(r"^[a-z].*\.$", each, re.MULTILINE)]


def _results(source: Source, rules: str | None = None) -> tuple[ClaimResult, ...]:
    """Return what becomes of the claims of *source*, with *rules* for the founder example."""
    stock = IncludeResolver(PROOFS)

    def resolve(name: str) -> Source | None:
        if rules is not None and name == "deploy/main":
            return Source("deploy/main.dl", rules)
        return stock(name)

    return check_claims(load(source, resolve, prelude=prelude(), relevance=False, claims=True))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_claim_is_a_sentence_that_is_proved(path: Path) -> None:
    """Nothing is found about any claim, so none is vacuous either."""
    for result in _results(read_source(path)):
        assert result.claim.reason, result.claim.id
        assert result.holds, result.claim.reason
        assert result.finding is None, result.claim.reason


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rpartition("\n")[2])
def test_some_claim_needs_each_rule(rule: str) -> None:
    """Without any rule of the founder example, what is claimed of it does not hold."""
    results = _results(read_source(PROOFS / "deploy.dl"), DEPLOY.replace(rule, ""))

    assert not all(result.holds for result in results)


def test_without_the_chain_the_claims_do_not_hold() -> None:
    """Who may speak for whom is part of what is claimed."""
    rules = DEPLOY.replace('#include "authority".', "")

    assert not all(result.holds for result in _results(read_source(PROOFS / "deploy.dl"), rules))


def test_the_page_names_every_file() -> None:
    """proofs/README.md lists the files with claims."""
    page = (PROOFS / "README.md").read_text("utf-8")

    assert FILES
    assert all(f"`{path.name}`" in page for path in FILES)
