"""A contraction as the search for its tiles sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A contraction as the search sees it. Sizes in rows and blocks of lanes."""

    rows: tuple[int, ...]
    """Extents of the iterators over result rows, outermost first."""
    n_blocks: int
    k_blocks: int
    taps: int
    repeat: int
    """How often the whole is repeated (batch loops)."""
    type: str
    """`i8` or `bf16`."""
    width: int
    """Bytes of an operand's element."""
    out_width: int
    hull: Callable[[Sequence[int], bool], tuple[int, int]]
    """Tile of the row iterators, and whether what lies between rows that are read is loaded, too ->
    rows of the activations per block of the sum, and how many of them are one run in DRAM."""
    is_strided: bool
    """Whether only every so-many-th row of the activations' runs is read."""
    a_on_chip: bool
    w_on_chip: bool
    out_on_chip: bool
    extra_rows: float
    """Full operands of the epilogue that come from DRAM: rows per result row, times their width."""
    column_lines: int
    """Lines per block of columns of the epilogue's operands from DRAM with a number per column."""
    functions: tuple[str, ...]
    """What the vector unit computes of every result row and block."""
    spm_lines: int
    """What is free for tiles."""
    acc_rows: int
    vector_taps: float
    """Passes of the vector unit per result row for products; 0 where the array makes them."""
    k_rows: int
    """Rows of a weight plane."""
    a_outside: bool
    """Whether activations and results are arguments, which lie with the host if there is one."""
    out_outside: bool
    diagonal: bool = False
    """Whether each block of columns has activations of its own, as in a depthwise convolution."""
    whole_n: bool = False
    """Whether all columns must be in one tile."""
    fused_lines: int = 0
    """Lines per result row that fused producers need."""
    rounded_lines: int = 0
    """Lines per result row and block for what is rounded to bf16 on the way to a result."""

    @property
    def w_lines(self) -> int:
        """Lines of the weights of a block of columns and a block of the sum that are loaded."""
        return 0 if self.w_on_chip else self.taps * self.k_rows * self.width

    @property
    def out_row(self) -> float:
        """Lines per result row and block that come or go over the bus when it is finished."""
        return (0 if self.out_on_chip else self.out_width) + self.extra_rows
