# SPDX-License-Identifier: Apache-2.0
"""The tests: one folder per room, one file per module, plus what the rooms share."""
