# SPDX-License-Identifier: Apache-2.0
"""Authority along chains of any length: proved to narrow, or broken by the shortest chain.

    rules ──system──▶ steps ──lemmas, clauses──▶ Horn clauses ──induction, spacer──▶ certificate
                                                        └──search, witness, replay──▶ chain of facts

`prove.py` is the front door, `contract.py` what the rest of an analysis may rely on, README.md what
authors of rules have to know. Importing a module here loads no solver.
"""
