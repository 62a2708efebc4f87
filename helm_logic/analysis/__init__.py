# SPDX-License-Identifier: Apache-2.0
"""Before deployment: what rules would do, found, proved and explained without running requests.

    rule set ──unfold──▶ formulas ──classes──▶ boxes ──cover trees──▶ findings, certificates

`lint` looks for conflicts, gaps and rules without effect, `compare` says what a change would do,
`claims` are what authors state about their rules, and `chains` proves that authority never widens
along a delegation chain of any length. Witnesses are run through the production engine before they
are shown; what is said not to exist has a certificate that `recheck` verifies without a solver.
"""
