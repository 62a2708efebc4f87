# SPDX-License-Identifier: Apache-2.0
"""The bundle: rules, settings and standing facts that decide together, under one digest.

Two bundles with one digest decide every request alike: the digest covers the text of every rule
file, the program it means, the inputs, the standing facts (anchors, relations), the approvers, the
issuers of tokens with their keys, and the limits. Key files, the ledger and revocations are not
part of it: they differ between hosts, or change between decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from helm_logic.authority.adapters.anchors import anchor_value
from helm_logic.authority.adapters.protocol import Adapter, Anchor, own_keys
from helm_logic.authority.adapters.registry import make_adapters
from helm_logic.kernel.certificate import facts_value, program_digest
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.terms import Row
from helm_logic.lang import Input, RuleSet
from helm_logic.policy.settings import Settings

FORMAT = "helm-logic/bundle/v1"


@attrs.frozen
class Bundle:
    """A policy that is ready to decide; *static* are the facts that every request shares.

    *contents* are the bytes that have *digest*; *adapters* read tokens, by format.
    """

    rule_set: RuleSet
    settings: Settings
    static: Mapping[str, tuple[Row, ...]]
    program_digest: str
    contents: bytes = attrs.field(repr=False)
    digest: str
    adapters: Mapping[str, Adapter] = attrs.field(factory=dict, repr=False, eq=False)

    def files(self) -> dict[str, bytes]:
        """Return the contents and the rule texts that they name, each by its digest."""
        texts = [each.text.encode("utf-8") for each in self.rule_set.sources]
        return {self.digest: self.contents, **{digest(text): text for text in texts}}


def make_bundle(
    rule_set: RuleSet,
    settings: Settings,
    relations: Mapping[str, tuple[Row, ...]],
    anchors: Sequence[Anchor] = (),
) -> Bundle:
    """Return the bundle of *rule_set*, *settings* and the rows of the *relations* it declares.

    *anchors* are the issuers of tokens that *settings* name. Raises InputError if one of them has
    a format that is not known, or options that the format does not have.
    """
    static = {**relations, **_anchor_facts(settings, anchors)}
    named = program_digest(rule_set.program)
    contents: dict[str, object] = {
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
    if anchors:  # a bundle without is as it was before there were any
        contents["tokens"] = [anchor_value(each) for each in anchors]
    data = canonical_json(contents)
    adapters = make_adapters(anchors)
    return Bundle(rule_set, settings, static, named, data, digest(data), adapters)


def _anchor_facts(settings: Settings, tokens: Sequence[Anchor]) -> dict[str, tuple[Row, ...]]:
    anchors = sorted(settings.anchors)
    keys = [(f"s:{name}", f"s:{key.keyid}") for name in anchors for key in settings.anchors[name]]
    # An issuer of tokens is no `anchor`: it does not act without a chain.
    keys += [(f"s:{each.issuer}", f"s:{key.keyid}") for each in tokens for key in own_keys(each)]
    return {
        "anchor": tuple((f"s:{name}",) for name in anchors),
        "anchor_key": tuple(dict.fromkeys(keys)),
    }


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
