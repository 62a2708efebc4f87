# SPDX-License-Identifier: Apache-2.0
"""What makes two findings of different runs the same one.

A fingerprint is over the code, the texts of the rules responsible, the region and the text that the
finding stands at. It holds no line number and no rule id, so it survives what is inserted above or
put in another order; it does not survive a change of a rule that is responsible.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helm_logic.analysis.finding import Finding
from helm_logic.kernel.encoding import canonical_json, digest

VERSION = "helm-logic/v1"


@attrs.frozen
class Marked:
    """A finding with its fingerprint.

    *reason* is that of the comment that suppresses it, *witness_file* where its witness was
    written; both are empty if there is none.
    """

    finding: Finding
    fingerprint: str
    reason: str = ""
    witness_file: str = ""


def marked(finding: Finding, rule_digests: Mapping[str, str], reason: str = "") -> Marked:
    """Return *finding* with its fingerprint."""
    return Marked(finding, fingerprint(finding, rule_digests), reason)


def fingerprint(finding: Finding, rule_digests: Mapping[str, str]) -> str:
    """Return the fingerprint of *finding*; *rule_digests* names the text of each rule by its id.

    A rule that it does not name, one of the stock, goes by its id.
    """
    span = finding.span
    rules = [rule_digests.get(rule, rule) for rule in finding.rules]
    text = span.source.text[span.start : span.end]
    return digest(canonical_json([VERSION, finding.code, sorted(rules), finding.region, text]))
