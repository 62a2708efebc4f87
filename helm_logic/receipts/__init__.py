# SPDX-License-Identifier: Apache-2.0
"""What is handed out: statements, receipt files, and their verification from bytes.

    verdict    the three verdicts and what determines them
    statement  everything that a receipt's signature covers
    receipt    the file: envelope, log proof, and what the envelope names
    decode     programs, facts and certificates read back from JSON
    trust      whose keys count as what; trust_root is the file that says so, version by version
    verify     the numbered steps of FORMAT.md
    changes    entries of the log that say what is in force: policy and keys
    log_words  what one entry of a log says, for people
    graph      the ProofGraph: what entries say about each other; graph_view shows it
    log_audit  what the entries of a log must be to each other

A verifier needs this room, `ledger` and `kernel`: no engine, no parser, no solver.
"""

from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Reason, Statement
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import Trust, VerifiedReceipt, verify

__all__ = ["Reason", "Receipt", "Statement", "Trust", "Verdict", "VerifiedReceipt", "verify"]
