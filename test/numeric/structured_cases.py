"""Functions of structured ops on tensors, with arguments: what the passes are tried on."""

from __future__ import annotations

from numeric.structured_contraction_cases import contractions, windows
from numeric.structured_elementwise_cases import elementwise, reductions
from numeric.structured_part_cases import companions, parts
from numeric.structured_text import Case


def all_cases() -> list[Case]:
    families = (elementwise, reductions, contractions, windows, parts, companions)
    return [case for family in families for case in family()]
