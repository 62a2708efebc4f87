# SPDX-License-Identifier: Apache-2.0
"""Tests of the kernel, and what they share.

notation     programs and facts as short text, for examples that read like rules
programs     hypothesis strategies: small random stratified programs with facts
reference    a second checker, by brute force, that shares no algorithm with the kernel
naive        an engine by nested loops: the true certificates that tests start from
mutations    certificates with one thing wrong
chain        a delegation chain of the size of one real decision
changes      Python source with one thing changed
mutants      the kernel with one thing changed: each must fail a test (`make mutants`)
MUTANTS.md   the changes that no test can notice, and why
"""
