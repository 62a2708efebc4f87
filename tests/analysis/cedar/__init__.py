# SPDX-License-Identifier: Apache-2.0
"""Cedar's own analysis reports as an oracle: its policies in our language, its findings from us.

    .cedar, .cedarschema ──parse──▶ trees ──translate──▶ rules ──analysis──▶ the same findings
                                      └──evaluate, in random worlds──▶ the same matches

Everything here is test-side. Cedar is read as far as the published inputs use it; what the
translation cannot say raises `Unsupported` with the name of the construct.
"""
