"""`apply-patterns`: rewrites that are given as text, in MLIR's PDL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.rewrite import rewrite
from dlir.transforms.patterns.reading import read_rules
from dlir.transforms.patterns.rewriting import pattern_of

TABLES = {
    name: str(Path(__file__).with_name("patterns") / f"{name}.mlir")
    for name in ("algebra", "algebra-finite")
}
"""Pattern files that dlir brings; see docs/patterns.md."""


@dataclass(frozen=True)
class ApplyPatterns(ModulePass):
    """Apply the PDL patterns of `file` until none applies; see docs/patterns.md.

    `file` is a path, or the name of a table of dlir's: `algebra`, the default, holds identities
    that are true to the last bit, `algebra-finite` more that are true of finite numbers only.
    Patterns are found by the name of their root op, those of greater benefit first.

    A pattern file, which takes a negation into a sum:
    ```mlir
    pdl.pattern @add_neg : benefit(1) {
      %t = pdl.type
      %x = pdl.operand
      %y = pdl.operand
      %s = pdl.type
      %neg = pdl.operation "dl.neg" (%y : !pdl.value) -> (%s : !pdl.type)
      %minus_y = pdl.result 0 of %neg
      %root = pdl.operation "dl.add" (%x, %minus_y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
      pdl.rewrite %root {
        %sub = pdl.operation "dl.sub" (%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
        pdl.replace %root with %sub
      }
    }
    ```
    Before:
    ```mlir
    %0 = dl.neg %b : tensor<4xf32>
    %1 = dl.add %a, %0 : tensor<4xf32>
    ```
    After:
    ```mlir
    %1 = dl.sub %a, %b : tensor<4xf32>
    ```
    """

    name = "apply-patterns"

    file: str = "algebra"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rules = read_rules(TABLES.get(self.file, self.file), ctx)
        rewrite(op, [pattern_of(rule) for rule in rules])
