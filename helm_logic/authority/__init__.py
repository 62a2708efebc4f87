# SPDX-License-Identifier: Apache-2.0
"""Who may speak for whom: signed delegation links become facts, and rules judge those facts.

    principal    the names of those who act: `type:id`
    constraint   the limits that a grant puts on named properties of a request
    link         one delegation: its statement, its signature, its facts
    signed       what links, revocations and approvals share: a statement signed by the key it names
    limit        limits on JSON values, as tokens of other issuers have them
    narrowing    the matrix of which limit may stand where which stood
    adapters     tokens of other issuers, read as links: one file or folder for each format
    chain        links in order, verified; what was refused stays visible with its reason
    cache        verified links kept between requests, never past expiry or revocation
    revocation   signed withdrawals of links
    facts        a chain as rows of the relations that `rules/authority.dl` declares
    reasons      every stable reason code, and what an agent should do about it

The division of labour: code here answers questions about bytes (is this the signature of that key,
is this digest that link's) and turns the answers into facts. Whether a key may speak, whether a
link narrows and whether a chain covers a request is decided by `rules/authority.dl`, where it can
be read, tested, replaced and proved.

To add a kind of constraint: one line in `constraint._READERS`, its relation and its `met` and
`kept` rules in `rules/authority.dl`, and a case in `tests/authority/test_rules_constraints.py`.
"""
