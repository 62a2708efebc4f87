# SPDX-License-Identifier: Apache-2.0
"""Tests of the command line: scripts to read, and what no script can say (pipes, processes)."""
