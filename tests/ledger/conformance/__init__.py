# SPDX-License-Identifier: Apache-2.0
"""What every store promises, whatever keeps the log: each test here runs on each of them."""
