"""What a composite is: a pattern, and how the op is made from what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from dlir.dialects.dl.match import Found, Pattern
from dlir.dialects.dl.ops.base import DlOp

Made = Iterator[DlOp]
"""New ops in order, the last of which has the value; none where the shapes do not allow it."""


class Composite(NamedTuple):
    """How a composite op looks when it is taken apart, and how it is made from what was found."""

    name: str
    pattern: Pattern
    make: Callable[[Found], Made]
