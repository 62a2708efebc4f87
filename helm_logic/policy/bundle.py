# SPDX-License-Identifier: Apache-2.0
"""The bundle: rules, settings and standing facts that decide together, under one digest.

Two bundles with one digest decide every request alike: the digest covers the text of every rule
file, the program it means, the inputs, the standing facts (anchors, relations), the approvers and
the limits. Key files, the ledger and revocations are not part of it: they differ between hosts, or
change between decisions.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helm_logic.kernel.certificate import facts_value, program_digest
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.terms import Row
from helm_logic.lang import Input, RuleSet
from helm_logic.policy.settings import Settings

FORMAT = "helm-logic/bundle/v1"


@attrs.frozen
class Bundle:
    """A policy that is ready to decide; *static* are the facts that every request shares.

    *contents* are the bytes that have *digest*.
    """

    rule_set: RuleSet
    settings: Settings
    static: Mapping[str, tuple[Row, ...]]
    program_digest: str
    contents: bytes = attrs.field(repr=False)
    digest: str

    def files(self) -> dict[str, bytes]:
        """Return the contents and the rule texts that they name, each by its digest."""
        texts = [each.text.encode("utf-8") for each in self.rule_set.sources]
        return {self.digest: self.contents, **{digest(text): text for text in texts}}


def make_bundle(
    rule_set: RuleSet, settings: Settings, relations: Mapping[str, tuple[Row, ...]]
) -> Bundle:
    """Return the bundle of *rule_set*, *settings* and the rows of the *relations* it declares."""
    static = {**relations, **_anchor_facts(settings)}
    named = program_digest(rule_set.program)
    contents = {
        "approvers": {
            name: {"keys": [key.text for key in each.keys], "roles": each.roles}
            for name, each in settings.approvers.items()
        },
        "chainDepth": settings.chain_depth,
        "facts": facts_value(static),
        "format": FORMAT,
        "inputs": [_input_value(declared) for declared in rule_set.inputs],
        "limits": settings.limits.to_value(),
        "program": named,
        "requestBytes": settings.request_bytes,
        "rules": [[each.name, digest(each.text.encode("utf-8"))] for each in rule_set.sources],
    }
    data = canonical_json(contents)
    return Bundle(rule_set, settings, static, named, data, digest(data))


def _anchor_facts(settings: Settings) -> dict[str, tuple[Row, ...]]:
    anchors = sorted(settings.anchors)
    keys = [(f"s:{name}", f"s:{key.keyid}") for name in anchors for key in settings.anchors[name]]
    return {"anchor": tuple((f"s:{name}",) for name in anchors), "anchor_key": tuple(keys)}


def _input_value(declared: Input) -> list[object]:
    return [
        declared.name,
        declared.type,
        declared.is_set,
        declared.domain,
        declared.path,
        declared.default,
        declared.optional,
    ]
