# SPDX-License-Identifier: Apache-2.0
"""Rule set, settings and requests: what decides, and the judgment itself."""
