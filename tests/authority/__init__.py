# SPDX-License-Identifier: Apache-2.0
"""Tests of the authority room and of the rules that judge its facts."""
