"""Which dimensions of a reshape's operand become which of its result."""

from __future__ import annotations

from collections.abc import Sequence


def groups(old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The shortest runs of dimensions with equal products; sizes are static and not 0.

    `groups([2, 12], [24])` is `[([0, 1], [0])]`; ones join the run before them.
    """
    found: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(old) or j < len(new):
        left: list[int] = []
        right: list[int] = []
        a = b = 1
        while (not left and not right) or a != b:
            if (a <= b and i < len(old)) or j == len(new):
                left.append(i)
                a *= old[i]
                i += 1
            else:
                right.append(j)
                b *= new[j]
                j += 1
        while i < len(old) and old[i] == 1:
            left.append(i)
            i += 1
        while j < len(new) and new[j] == 1:
            right.append(j)
            j += 1
        found.append((left, right))
    return found
