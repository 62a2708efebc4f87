# SPDX-License-Identifier: Apache-2.0
"""The ProofGraph: what the entries of a log say about each other, and how it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.merkle import leaf_hash
from helm_logic.ledger.store_protocol import Entry
from helm_logic.receipts.changes import KeyChange, PolicyChange
from helm_logic.receipts.graph import Edge, ProofGraph, action_entries, history, proof_graph
from helm_logic.receipts.graph_view import graph_dot, graph_mermaid, graph_tree, graph_value
from helm_logic.receipts.log_words import UNREADABLE, read_entry
from helm_logic.receipts.statement import PAYLOAD_TYPE, Reason, Statement, request_digest
from helm_logic.receipts.verdict import Verdict
from tests.receipts import sample

ENGINE, OTHER, LOG = (SeedSigner(letter * 32) for letter in (b"e", b"o", b"l"))
BUNDLES = (digest(b"bundle 1"), digest(b"bundle 2"))


class Scroll:
    """Entries written one after the other, as a guard would."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, kind: Kind, envelope: Envelope) -> Entry:
        """Append *envelope*."""
        leaf = leaf_hash(envelope_leaf(kind, envelope))
        entry = Entry(len(self.entries), kind, envelope, leaf)
        self.entries.append(entry)
        return entry

    def say(self, kind: Kind, value: Mapping[str, object]) -> Entry:
        """Append a statement with the members *value*."""
        return self.add(kind, sign("application/x", canonical_json(value), ENGINE))

    def receipt(self, verdict: str = "DENY", asked: str = "shop", **changes: Any) -> Entry:
        """Append a receipt of *verdict* about the resource *asked*."""
        request = {**sample.REQUEST, "resource": {"id": asked, "properties": {}, "type": "service"}}
        signer = changes.pop("signer", ENGINE)
        members: dict[str, Any] = {
            **dict.fromkeys(("approvals", "chain", "checks", "parents", "revocations"), ()),
            "request_digest": request_digest(request),
            "request": request,
            "now": 100 + len(self.entries),
            "verdict": Verdict[verdict],
            "reasons": (Reason("because"),),
            "authority": None,
            "facts": {},
            "certificate": None,
            "program": digest(b"program"),
            "policy": BUNDLES[0],
            "engine": {},
            **changes,
        }
        return self.add(Kind.RECEIPT, sign(PAYLOAD_TYPE, Statement(**members).to_bytes(), signer))

    def approval(self, answered: Entry, by: str = "user:rita") -> Entry:
        """Append an approval by *by* of the receipt *answered*."""
        stated = Statement.parse(answered.envelope.payload)
        return self.say(
            Kind.APPROVAL,
            {
                "approver": by,
                "expires": 900,
                "issued": 100 + len(self.entries),
                "receipt": answered.digest,
                "request": stated.request_digest,
                "role": "manager",
            },
        )


def using(*approvals: Entry) -> dict[str, Any]:
    """Return the members of a receipt of which *approvals* became facts."""
    values = [json.loads(each.envelope.payload) for each in approvals]
    named = [
        {"digest": each.digest, "file": each.digest, "receipt": value["receipt"]}
        for each, value in zip(approvals, values, strict=True)
    ]
    return {"approvals": named, "parents": sorted(each["digest"] for each in named)}


def tell() -> Scroll:
    """Write a log with every kind of entry and every relation."""
    log = Scroll()
    log.say(Kind.CONFIG, {"origin": "example.com/log"})
    policy = log.add(Kind.POLICY, PolicyChange(BUNDLES[0], digest(b"p"), 100).signed(LOG))
    keys = KeyChange(ENGINE.public_key, LOG.public_key, (ENGINE.public_key,), 100)
    first = log.add(Kind.KEYS, keys.signed(LOG))
    asked = log.receipt("ESCALATE")  # 3
    log.receipt("ALLOW", "other")
    rita, sam = log.approval(asked), log.approval(asked, "user:sam")
    log.receipt("ESCALATE", **using(rita))  # 7: counts 5
    log.receipt("ALLOW", **using(rita, sam))  # 8: uses 5 and 6
    refused = {"rejected_approval": [[f"s:{rita.digest}", "y:approval_consumed"]]}
    log.receipt("ESCALATE", facts=refused)  # 9
    withdrawn = log.say(Kind.REVOCATION, {"effective": 50, "link": "founder-ops"})  # 10
    heeded = [{"digest": withdrawn.digest, "file": withdrawn.digest, "link": "founder-ops"}]
    log.add(Kind.POLICY, PolicyChange(BUNDLES[1], digest(b"p"), 111, policy.digest).signed(LOG))
    both = (ENGINE.public_key, OTHER.public_key)
    rotated = KeyChange(OTHER.public_key, LOG.public_key, both, 112, first.digest)
    log.add(Kind.KEYS, rotated.signed(LOG))  # 12
    log.receipt("DENY", signer=OTHER, policy=BUNDLES[1], revocations=heeded)  # 13
    return log


@pytest.fixture
def story() -> Scroll:
    """Give the log that `tell` writes."""
    return tell()


def edges(graph: ProofGraph, target: int) -> set[tuple[int, str]]:
    """Return source and relation of the edges to *target*."""
    return {(edge.source, edge.relation) for edge in graph.edges if edge.target == target}


def test_every_relation_is_an_edge(story: Scroll) -> None:
    """Answers, approvals that count and that are used up, retries, revocations, changes."""
    graph = proof_graph(story.entries)

    assert [node.index for node in graph.nodes] == list(range(14))
    assert {target: edges(graph, target) for target in range(14)} == {
        0: set(),
        1: set(),
        2: set(),
        3: {(1, "decides"), (2, "signs")},
        4: {(1, "decides"), (2, "signs")},
        5: {(3, "approved by")},
        6: {(3, "approved by")},
        7: {(1, "decides"), (2, "signs"), (3, "answered by"), (5, "counted in"), (3, "retried as")},
        8: {
            (1, "decides"), (2, "signs"), (3, "answered by"), (5, "used up by"),
            (6, "used up by"), (7, "retried as"),
        },
        9: {(1, "decides"), (2, "signs"), (8, "retried as"), (5, "refused in")},
        10: set(),
        11: {(1, "replaced by")},
        12: {(2, "replaced by")},
        13: {(11, "decides"), (12, "signs"), (9, "retried as"), (10, "heeded by")},
    }  # fmt: skip
    assert Edge(5, 9, "refused in", "approval_consumed") in graph.edges


def test_every_node_has_words(story: Scroll) -> None:
    """Who asks for what and why it was so ruled; who approves; what begins."""
    said = [read_entry(entry) for entry in story.entries]

    assert [each.label for each in said] == [
        "config", "policy change", "key change", "ESCALATE", "ALLOW", "approval", "approval",
        "ESCALATE", "ALLOW", "ESCALATE", "revocation", "policy change", "key change", "DENY",
    ]  # fmt: skip
    assert said[0].words == "the log example.com/log begins"
    assert said[1].words == f"the policy {BUNDLES[0][:19]} decides from here on"
    assert said[3].words == "agent:ops asks to deploy service/shop: because"
    assert (said[5].words, said[5].until) == ("user:rita approves as manager", 900)
    assert said[10].words == "the link founder-ops is withdrawn"
    assert said[12].words.endswith("signs from here on; 1 more may")
    assert [each.now for each in said[:4]] == [None, 100, 100, 103]


def test_a_request_that_could_not_be_read_has_words_too() -> None:
    """Its receipt says why, and belongs to no request that anybody can repeat."""
    log = Scroll()
    entry = log.receipt(request=None, error={"code": "float", "message": ""})

    assert read_entry(entry).words == "a request that could not be read: because"


def test_the_history_of_an_action_is_what_bears_on_it(story: Scroll) -> None:
    """All retries and approvals of one request, with what was in force or heeded; nothing else."""
    graph = proof_graph(story.entries)
    for index in (3, 5, 6, 7, 8, 9, 13):
        kept = history(graph, index)

        assert [node.index for node in kept.nodes] == [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]
        assert {edge.target for edge in kept.edges} == {3, 5, 6, 7, 8, 9, 13}
    assert [node.index for node in history(graph, 4).nodes] == [1, 2, 4]
    assert [node.index for node in history(graph, 10).nodes] == [10, 13]
    assert [node.index for node in history(graph, 11).nodes] == [1, 11, 13]
    assert [node.index for node in history(graph, 0).nodes] == [0]
    with pytest.raises(KeyError):
        history(graph, 14)


def test_a_history_can_be_made_without_reading_every_receipt(story: Scroll) -> None:
    """Entries of other requests may be left out beforehand: the history is the same."""
    graph = proof_graph(story.entries)
    request = graph.node(3).said.request
    assert request is not None
    chosen = list(action_entries(story.entries, request))

    assert len(chosen) == len(story.entries) - 1
    assert history(proof_graph(chosen), 3) == history(graph, 3)


@settings(max_examples=30)
@given(st.sets(st.integers(0, 13)))
def test_every_edge_points_forward_whatever_is_left_out(left_out: set[int]) -> None:
    """A part of a log gives the edges among what is there, and perhaps a retry over a gap."""
    entries = tell().entries
    whole = proof_graph(entries)
    part = proof_graph(entry for entry in entries if entry.index not in left_out)

    assert all(edge.source < edge.target for edge in part.edges)
    assert {node.index for node in part.nodes} == {*range(14)} - left_out
    inner = {edge for edge in whole.edges if not {edge.source, edge.target} & left_out}
    assert inner <= set(part.edges)
    assert {edge.relation for edge in set(part.edges) - inner} <= {"retried as"}


@settings(max_examples=30)
@given(st.permutations(range(14)))
def test_what_is_named_before_it_is_there_is_no_edge(order: list[int]) -> None:
    """In any order nothing fails, and nothing points back."""
    entries = tell().entries
    shuffled = [Entry(i, entries[n].kind, entries[n].envelope, b"") for i, n in enumerate(order)]
    graph = proof_graph(shuffled)

    assert all(edge.source < edge.target for edge in graph.edges)
    list(graph_tree(graph))


@pytest.mark.parametrize("kind", list(Kind))
def test_an_entry_that_cannot_be_read_is_a_node_all_the_same(kind: Kind) -> None:
    """A log is readable around it, and says what is wrong."""
    log = Scroll()
    for payload in (b"", b"{}", b"[1]", b'{"a":1}', b"\xff"):
        log.add(kind, sign("application/x", payload, ENGINE))
    graph = proof_graph(log.entries)

    assert {node.said.label for node in graph.nodes} == {UNREADABLE}
    assert all(f"a {kind.words} that cannot be read: " in node.said.words for node in graph.nodes)
    assert graph.edges == ()


def test_the_tree(story: Scroll) -> None:
    """Each entry once, below what it answers or uses; the rest in remarks."""
    lines = [line for line, _ in graph_tree(history(proof_graph(story.entries), 3), "@{}".format)]
    lines = [re.sub(r"  (agent|user|the)\b.*?(?=  \(|$)", "", line) for line in lines]

    assert lines == [
        " 1  policy change  @100",
        " 2  key change  @100",
        " 3  ESCALATE  @103  (by policy 1; by key 2)",
        "    |- 5  approval  @105",
        "    |  `- 7  ESCALATE  @107  (by policy 1; by key 2)",
        "    `- 6  approval  @106",
        "       `- 8  ALLOW  @108  (by policy 1; by key 2; uses up 5; retry of 7)",
        " 9  ESCALATE  @109  (by policy 1; by key 2; refuses 5: approval_consumed; retry of 8)",
        "10  revocation  @50",
        "11  policy change  @111",
        "12  key change  @112",
        "13  DENY  @113  (retry of 9; heeds 10; by policy 11; by key 12)",
    ]


def test_a_deep_story_stays_readable() -> None:
    """An approval of an approval of ...: the branch ends somewhere, and says where it goes on."""
    log = Scroll()
    asked = log.receipt("ESCALATE")
    for _ in range(60):
        asked = log.receipt("ESCALATE", **using(log.approval(asked)))
    lines = [line for line, _ in graph_tree(proof_graph(log.entries))]

    assert len(lines) == 121
    assert max(len(line) - len(line.lstrip(" |`-")) for line in lines) <= 33 * 3 + 5
    assert any("approves 32" in line or "counts 33" in line for line in lines)


def test_graphviz_and_mermaid_have_every_node_and_edge(story: Scroll) -> None:
    """One line for each, and nothing else but the frame."""
    graph = proof_graph(story.entries)
    dot, mermaid = list(graph_dot(graph)), list(graph_mermaid(graph))

    assert [len([line for line in dot if mark in line]) for mark in (" [label=", " -> ")] == [
        14 + len(graph.edges), len(graph.edges),
    ]  # fmt: skip
    assert len(mermaid) == 1 + 14 + len(graph.edges)
    assert '  e3 -->|"approved by"| e5' in mermaid
    assert '  e5 -> e9 [label="refused in (approval_consumed)"];' in dot


def test_json_has_all_of_it(story: Scroll) -> None:
    """And is JSON."""
    graph = proof_graph(story.entries)
    value: Any = json.loads(json.dumps(graph_value(graph)))

    assert value["format"] == "helm-logic/proof-graph/v1"
    assert [node["digest"] for node in value["nodes"]] == [each.digest for each in graph.nodes]
    assert {"from": 5, "to": 9, "relation": "refused in", "code": "approval_consumed"} in value[
        "edges"
    ]


HOSTILE = 'a"]; b\\n<script>#quot;\u202e'


def _views(graph: ProofGraph) -> Iterator[str]:
    yield from graph_dot(graph)
    yield from graph_mermaid(graph)


def test_text_from_outside_cannot_leave_its_place() -> None:
    """Quotes, brackets and what steers a terminal are escaped for where they go."""
    log = Scroll()
    log.receipt("ESCALATE", HOSTILE)
    lines = list(_views(proof_graph(log.entries)))

    assert len(lines) == 5 + 2
    assert not any("\u202e" in line for line in lines)
    (node,) = [line for line in lines if line.startswith("  e0[")]
    assert re.fullmatch(r'  e0\["[^"\]<>]*(<br/>[^"\]<>]*)*"\]', node)
    (dot,) = [line for line in lines if line.startswith("  e0 [")]
    assert re.fullmatch(r'  e0 \[label="([^"\\]|\\.)*", shape=\w+, color=\w+\];', dot)
