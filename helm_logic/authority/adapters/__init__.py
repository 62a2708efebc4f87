# SPDX-License-Identifier: Apache-2.0
"""Tokens that others issued, read as links of a chain: one file, or folder, for each format.

`protocol` says what an adapter is given and what it gives back. Which formats there are, and what
each of them verifies, is told in `helm_logic/authority/README.md`.
"""
