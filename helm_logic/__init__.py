# SPDX-License-Identifier: Apache-2.0
"""Execution authority for delegated agents: a proposed action in, a verdict and its proof out.

Start at `helm_logic.guard` (`from helm_logic.guard import Guard`) or at the `helm-logic` command.
The rooms, each of which imports only rooms below it:

    cli        one small file per command
    guard      the front door: decide, check, sign, append, answer
    policy     rule set, inputs and digests; request to facts; model to verdict; approvals
    authority  who may speak for whom: principals, links, chains, revocations
    receipts   what is handed out, and how a stranger verifies it from bytes
    lang       text to program and back
    engine     compiles a program and derives its model
    ledger     bytes only: keys, envelopes, the Merkle log and its stores
    kernel     TRUSTED: what a certificate is and when it is accepted
    errors     the one tree of errors

kernel, ledger and receipts never load lang, engine, z3, click or pyDatalog. This module imports
nothing, so that importing one room costs that room alone.
"""

from __future__ import annotations

__version__ = "0.1.0"
