# SPDX-License-Identifier: Apache-2.0
"""What is measured: a policy in memory, a delegation chain that ends in a tool, and its requests.

    user:founder -> agent:1 -> ... -> tool:deploy

Each link narrows the one before it in time and depth, the last also by a constraint. The rules are
the shipped `deploy` with `authority`, unless others are given. Keys are made from names, so that
every run signs the same bytes; they protect nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import attrs

from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import verify_chain
from helm_logic.authority.constraint import Constraint
from helm_logic.authority.facts import chain_facts, property_facts
from helm_logic.authority.link import Grant, Link, sign_link
from helm_logic.authority.revocation import RevocationSet
from helm_logic.engine import Engine, Limits
from helm_logic.guard.evaluator import Evaluator
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet, Source, load
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.store import SqliteStore
from helm_logic.policy.bundle import Bundle, make_bundle
from helm_logic.policy.folder import IncludeResolver, prelude, read_rules, stock_rules
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.request import Request
from helm_logic.policy.settings import Settings

NOW = 1_800_000_000
DAY = 86_400
FOUNDER, TOOL = "user:founder", "tool:deploy"
ORIGIN = "benchmark.example/log"
MAX_DEPTH = 64


@cache
def signer(name: str) -> SeedSigner:
    """Return the signer of the principal *name*, always the same."""
    return SeedSigner(hashlib.sha256(f"helm-logic benchmark {name}".encode()).digest())


ENGINE, LOG = signer("engine"), signer("log")


@attrs.frozen
class Scene:
    """A policy that is ready to decide, and a chain of *depth* links."""

    bundle: Bundle
    chain: tuple[Envelope, ...]

    def evaluator(self) -> Evaluator:
        """Return a fresh evaluator, whose link cache is empty."""
        return Evaluator(self.bundle, ENGINE, RevocationSet())

    def engine(self) -> Engine:
        """Return the engine as the judge of this policy makes it."""
        program, static = self.bundle.rule_set.program, self.bundle.static
        given = [each.name for each in program.predicates if each.given]
        declared = {name: rows for name, rows in static.items() if name in given}
        asked = [name for name in given if name not in static]
        return Engine(program, declared, asked, self.bundle.settings.limits)

    def facts(self, request: Request) -> dict[str, list[Row]]:
        """Return the facts that the engine is asked about *request*, as the guard makes them."""
        chain = verify_chain(request.chain, LinkCache(), NOW, MAX_DEPTH)
        facts: dict[str, list[Row]] = {
            **request_facts(request, self.bundle.rule_set.inputs, NOW),
            **chain_facts(chain, RevocationSet()),
            **property_facts(chain, request.value),
        }
        given = {each.name for each in self.bundle.rule_set.program.predicates if each.given}
        return {name: rows for name, rows in facts.items() if name in given}

    def request(
        self,
        number: int,
        context: Mapping[str, JsonValue] | None = None,
        *,
        env: str = "staging",
        chain: Sequence[Envelope] | None = None,
    ) -> bytes:
        """Return request *number*: each is about another resource and has another context."""
        links = self.chain if chain is None else chain
        asked = asked_value(number, context, env)
        return json.dumps({**asked, "chain": [link.to_value() for link in links]}).encode("utf-8")


def asked_value(
    number: int, context: Mapping[str, JsonValue] | None = None, env: str = "staging"
) -> dict[str, object]:
    """Return request *number* without its chain."""
    kind, _, name = TOOL.partition(":")
    resource = {"type": "service", "id": f"shop/api-{number}", "properties": {"env": env}}
    return {
        "subject": {"type": kind, "id": name},
        "action": {"name": "deploy"},
        "resource": resource,
        "context": {"ci_passed": True, "run": number, **(context or {})},
    }


def deploy_scene(depth: int = 3) -> Scene:
    """Return the shipped founder example with a chain of *depth* links."""
    rule_set = read_rules(stock_rules() / "deploy" / "main.dl")
    return Scene(make_bundle(rule_set, _settings(), {}), make_chain(depth))


def scene_of(rules: str, depth: int = 3) -> Scene:
    """Return the scene with the rule text *rules*, which may include the stock rules."""
    rule_set: RuleSet = load(
        Source("main.dl", rules), IncludeResolver(stock_rules()), prelude=prelude()
    )
    return Scene(make_bundle(rule_set, _settings(), {}), make_chain(depth))


def make_chain(depth: int, tag: str = "") -> tuple[Envelope, ...]:
    """Return *depth* links from the founder to the tool; another *tag* makes other links."""
    people = [FOUNDER, *(f"agent:{number}" for number in range(1, depth)), TOOL]
    links: list[Envelope] = []
    for place in range(depth):
        last = place == depth - 1
        narrowed = (Constraint("resource.env", "one_of", ("dev", "staging")),) if last else ()
        link = Link(
            id=f"link-{place}{tag}",
            issuer=people[place],
            issuer_key=signer(people[place]).public_key,
            delegate=people[place + 1],
            delegate_key=signer(people[place + 1]).public_key,
            grants=(Grant(("deploy",) if last else ("deploy", "restart"), "service/**", narrowed),),
            not_before=NOW - DAY + place,
            expires=NOW + DAY - place,
            may_delegate=depth - 1 - place,
            parent=links[-1].digest if links else None,
        )
        links.append(sign_link(link, signer(people[place])))
    return tuple(links)


def new_store(folder: Path) -> SqliteStore:
    """Return a new, empty log in *folder*."""
    return SqliteStore.create(folder / "log.sqlite", folder / "log.head", origin=ORIGIN, signer=LOG)


def _settings() -> Settings:
    return Settings(
        rules="",
        revocations="",
        anchors={FOUNDER: (signer(FOUNDER).public_key,)},
        approvers={},
        relations={},
        engine_key="",
        log_key="",
        ledger="",
        head="",
        origin=ORIGIN,
        trusted_engines=(ENGINE.public_key,),
        trusted_log=LOG.public_key,
        limits=Limits(),
        chain_depth=MAX_DEPTH,
        request_bytes=1 << 20,
    )
