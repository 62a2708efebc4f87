# SPDX-License-Identifier: Apache-2.0
"""The trusted core: what a program means, and the check that a model and a derivation are right.

    encoding     strict JSON in, canonical bytes out, digests
    terms        constants, variables, atoms, literals
    program      predicates, rules and programs, safe and stratified by construction
    pattern      what `matches` and `subsumes` mean
    joins        all instances of one rule over a set of rows
    certificate  what is checked, and the JSON forms that are signed
    check        the check

Standard library and attrs only; no options, no input or output, no clock, nothing kept.
"""
