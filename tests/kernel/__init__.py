# SPDX-License-Identifier: Apache-2.0
"""Tests of the kernel, and what they share.

notation     programs and facts as short text, for examples that read like rules
programs     hypothesis strategies: small random stratified programs with facts
reference    a second checker, by brute force, that shares no algorithm with the kernel
mutations    certificates with one thing wrong
chain        a delegation chain of the size of one real decision
mutants      the kernel's own code with one thing wrong (`make mutants`)
"""
