# SPDX-License-Identifier: Apache-2.0
"""Analyses before deployment: against brute force, planted defects and published reports."""
