"""The numbers of Philox 4x32, which the semantics and the lowerings share."""

from __future__ import annotations

from xdsl.dialects.builtin import bf16, f16, f32, f64
from xdsl.ir import Attribute

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
"""Of the words 0 and 2 of the counter."""
WEYL = (0x9E3779B9, 0xBB67AE85)
"""What the words of the key grow by, from round to round."""

_SIGNIFICANT: dict[Attribute, int] = {f64: 32, f32: 24, f16: 11, bf16: 8}


def significant_bits(element: Attribute) -> int:
    """How many random bits a uniform number of a float type is made of: all are exact."""
    return _SIGNIFICANT[element]
