# SPDX-License-Identifier: Apache-2.0
"""Biscuit tokens, of block versions 3 to 6: what their Datalog says, by our engine.

    values       what a term is: nine kinds of constants, each with one text
    syntax       facts, rules, checks, policies and expressions, as the text and the wire have them
    lexer        text to tokens; `parser` and `expression_parser` make statements of those
    wire         the bytes of verified blocks to the same statements, by `protobuf`
    operations   what the operators do; `evaluation` applies them, `regex` is `.matches`
    lowering     blocks to a program of ours: a fact has a column for each block of its origin
    world        the model of that program, with the expressions that it asks for
    authorizer   checks and policies over the model: the outcome
    token        biscuit-python verifies signatures; nothing else imports it
    adapter      a token as a link of a chain

After the Biscuit specification (eclipse-biscuit/biscuit, SPECIFICATIONS.md). The text that
biscuit-python prints of a block is never read: it does not escape strings, so that what one of
them holds could pass for a statement of its own.
"""
