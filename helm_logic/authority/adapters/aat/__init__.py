# SPDX-License-Identifier: Apache-2.0
"""Attenuating agent tokens: chains of JWS that only narrow, with a proof of possession.

    token     one token: its claims, in their types
    faults    the checks in their order, each fault with the code that the format gives it
    codes     which reason of ours each of these codes is, and whether the rules find it by facts
    links     verified tokens as links, and the facts that they state
    adapter   the adapter

The format is that on which draft-niyikiza-oauth-attenuating-agent-tokens-01 and OAAF 0.1 agree: RFC
9396 details of the type `attenuating_agent_token`, `par_hash`, `cnf`, `del_depth`, `del_max_depth`.
"""
