# SPDX-License-Identifier: Apache-2.0
"""What was proved of chains, for a person and for programs: property by property, then findings.

    {"format": "helm-logic/attenuation-report/v1", "rules": NAME,
     "chains": [{"predicates": [NAME, ...],     a family of predicates that hand authority on
                 "properties": [{"name", "sentence", "status", "said"}, ...],
                 "rulesDigest": DIGEST}, ...],
     "findings": [FINDING, ...], "suppressed": [FINDING, ...]}     as in `as_json.py`

A status is that of `chains/attenuation.py`; `proved` alone is success. What no column names is not
checked and says so; where nothing is checked, nothing is proved, and that is no success either.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from helm_logic.analysis.chains.attenuation import UNNAMED, Attenuation, Result
from helm_logic.analysis.finding import PROVED
from helm_logic.analysis.report.as_json import finding_value, json_text
from helm_logic.analysis.report.as_text import finding_lines, plain
from helm_logic.analysis.report.outcome import Outcome

FORMAT = "helm-logic/attenuation-report/v1"


@attrs.frozen
class ChainOutcome:
    """What is known of each family of the rules called *name*, and the *findings* about them."""

    name: str
    families: tuple[Attenuation, ...]
    findings: Outcome

    @property
    def checked(self) -> tuple[Result, ...]:
        """The properties that the rules have columns for."""
        results = (each for family in self.families for each in family.results)
        return tuple(each for each in results if each.status != UNNAMED)

    @property
    def failed(self) -> bool:
        """Whether anything is not proved and not suppressed, or nothing was checked at all."""
        return self.findings.failed or not self.checked


def attenuation_text(outcome: ChainOutcome) -> str:
    """Return the outcome as text."""
    colour = outcome.findings.colour
    blocks = [
        *("\n".join(_properties(each)) for each in outcome.families),
        *("\n".join(finding_lines(each, colour=colour)) for each in outcome.findings.findings),
        "\n".join(_summary(outcome)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _properties(family: Attenuation) -> Iterator[str]:
    results = family.results
    yield f"chains of any length: {', '.join(family.predicates)}"
    names = max(len(each.property.name) for each in results)
    for each in results:
        said = each.property.sentence if each.status != UNNAMED else f"not checked: {each.said}"
        word = each.status if each.status != UNNAMED else "-"
        yield f"  {word:<11} {each.property.name.ljust(names)}  {plain(said)}"


def _summary(outcome: ChainOutcome) -> Iterator[str]:
    checked = outcome.checked
    name = plain(outcome.name)
    if not outcome.families:
        yield f"{name}: no authority is handed on here, so there is nothing to prove; chains of"
        yield 'delegation come with `#include "authority".`'
    elif not checked:
        yield f"{name}: no column says what a root grant gives, so nothing was checked"
    else:
        proved = sum(each.status == PROVED for each in checked)
        yield f"{name}: {proved} of {len(checked)} properties proved"
    if outcome.findings.suppressed:
        yield f"{len(outcome.findings.suppressed)} more suppressed by comments"
    if outcome.findings.findings:
        code = outcome.findings.findings[0].finding.code
        yield f"more on a code: helm-logic lint --explain {code}"


def attenuation_json(outcome: ChainOutcome) -> str:
    """Return the outcome as JSON."""
    return json_text(
        {
            "chains": [_family_value(each) for each in outcome.families],
            "findings": [finding_value(each) for each in outcome.findings.findings],
            "format": FORMAT,
            "rules": outcome.name,
            "suppressed": [
                {**finding_value(each), "reason": each.reason}
                for each in outcome.findings.suppressed
            ],
        }
    )


def _family_value(family: Attenuation) -> dict[str, object]:
    return {
        "predicates": family.predicates,
        "properties": [
            {
                "name": each.property.name,
                "said": each.said,
                "sentence": each.property.sentence,
                "status": each.status,
            }
            for each in family.results
        ],
        "rulesDigest": family.rules_digest,
    }
