# SPDX-License-Identifier: Apache-2.0
"""What a feature is: one dimension of requests, cut into finitely many classes.

Only the data: how classes are found is `features.py`, and whoever checks them has nothing of that.
"""

from __future__ import annotations

import attrs

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.formula import Compare, Fact, Same, Test
from helm_logic.kernel.terms import Term

FALSE_MASK, TRUE_MASK = 1, 2


@attrs.frozen
class Class:
    """Values that no test tells apart: *values* stand for them; *bounds* are those of integers.

    None is the value of an optional input that is absent.
    """

    values: tuple[Term | None, ...]
    bounds: tuple[int, int] | None = None


@attrs.frozen(eq=False)
class Feature:
    """One dimension of requests. *source* is the attribute, or the test that is true or false.

    *masks* says in which classes each test holds, one bit for each class.
    """

    source: Attribute | Fact | Compare | Same
    classes: tuple[Class, ...]
    masks: dict[Test, int]

    @property
    def is_attribute(self) -> bool:
        """Whether it is a value of the request rather than something true or false."""
        return isinstance(self.source, Attribute)
