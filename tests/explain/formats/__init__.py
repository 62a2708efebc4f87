# SPDX-License-Identifier: Apache-2.0
"""Tests of the formats of derivations: what each shows, and that its own tool accepts it."""
