# SPDX-License-Identifier: Apache-2.0
"""The transparency log and the ProofGraph: golden roots, proofs, tree head, six node hashes."""

from __future__ import annotations

import hashlib

import pytest

from helm_logic.errors import ProofError
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.merkle import Tree, leaf_hash, verify_consistency, verify_inclusion
from tests.helm_vectors.reader import changed, content, flipped, rejection, require_signature, value


def test_their_proofs_verify_here_and_not_with_one_bit_changed() -> None:
    """Six inclusion and six consistency proofs; tests/ledger shows that we make the same."""
    golden = value("translog/rfc6962_golden.json")
    tree = Tree(leaf_hash(bytes.fromhex(leaf)) for leaf in golden["leaves"])
    assert [tree.root(size).hex() for size in range(1, 9)] == golden["roots"]
    for one in golden["inclusion_proofs"]:
        leaf, root = bytes.fromhex(one["leaf_hash"]), bytes.fromhex(one["root_hash"])
        path = [bytes.fromhex(each) for each in one["audit_path"]]
        verify_inclusion(leaf, one["leaf_index"], one["tree_size"], path, root)
        with pytest.raises(ProofError):
            verify_inclusion(_flip(leaf), one["leaf_index"], one["tree_size"], path, root)
    for one in golden["consistency_proofs"]:
        old, new = bytes.fromhex(one["old_root"]), bytes.fromhex(one["new_root"])
        path = [bytes.fromhex(each) for each in one["consistency_path"]]
        verify_consistency(one["old_size"], one["new_size"], old, new, path)
        with pytest.raises(ProofError):
            verify_consistency(one["old_size"], one["new_size"], old, _flip(new), path)
    assert len(golden["inclusion_proofs"]) == len(golden["consistency_proofs"]) == 6


def test_their_tree_head_is_signed() -> None:
    """The head is over the canonical JSON of four members; the log's id is its key's SHA-256."""
    golden = value("translog/rfc6962_golden.json")
    head = golden["sth"]
    members = ("log_id", "root_hash", "timestamp", "tree_size")
    signed = canonical_json({name: head[name] for name in members})

    require_signature(head["public_key"], signed, head["signature"])
    assert hashlib.sha256(bytes.fromhex(head["public_key"])).hexdigest() == head["log_id"]
    assert head["root_hash"] == golden["roots"][-1]
    wrong = flipped(head["signature"])
    why = rejection(lambda: require_signature(head["public_key"], signed, wrong))
    assert why == "signature_rejected"


def test_the_six_nodes_of_their_graph_have_our_hashes() -> None:
    """A node's name is the SHA-256 of its canonical JSON without name and wall-clock time."""
    nodes = value("sample-evidencepack/02_PROOFGRAPH/nodes.json")
    for node in nodes:
        assert _name(node) == node["node_hash"]
        assert _name(changed(node, "principal", to="agent.other")) != node["node_hash"]
    names = [node["node_hash"] for node in nodes]
    assert [node["parents"] for node in nodes] == [None, *([name] for name in names[:-1])]
    assert len(nodes) == 6


def test_the_files_of_their_pack_have_the_hashes_of_its_index() -> None:
    """Six files, without their last newline, under SHA-256."""
    index = value("sample-evidencepack/00_INDEX.json")
    found = {name: digest(content(f"sample-evidencepack/{name}")) for name in index["files"]}
    assert found == {name: f"sha256:{each}" for name, each in index["files"].items()}
    assert len(found) == 6


def _name(node: dict[str, object]) -> str:
    named = {name: each for name, each in node.items() if name not in {"node_hash", "ts_unix_ms"}}
    return digest(canonical_json(named)).removeprefix("sha256:")


def _flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])
