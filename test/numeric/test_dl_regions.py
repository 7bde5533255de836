"""Passes on `dl` are right where a graph goes into branches.

The functions of their lit tests are cut in two, and the second part stands in both branches of an
`scf.if`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.test_dl_graphs import (
    CONTEXT,
    PASSES,
    REGISTRY,
    functions,
    graphs,
    numbers,
    outcome,
    random_params,
)
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i1
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block

from dlir.pipeline import PassManager
from dlir.verifier import verify

GENERAL = ["canonicalize", "cse", "dl-decompose", "dl-simplify", "dl-assign-layout{layout=nhwc}"]
"""Passes that are run on all of the functions."""


def in_branches(function: FuncOp, start: int) -> None:
    """Put the ops from a place on into both branches of an `scf.if` whose condition is false."""
    block = function.body.block
    end = block.last_op
    assert isinstance(end, ReturnOp)
    moved, types = list(block.ops)[start:-1], [value.type for value in end.operands]
    branches = [Block(), Block()]
    for branch in branches:
        known: Any = {}
        branch.add_ops([op.clone(known) for op in moved])
        branch.add_op(scf.YieldOp(*(known.get(value, value) for value in end.operands)))
    condition = arith.ConstantOp(IntegerAttr(0, i1))
    chosen = scf.IfOp(condition, types, [branches[0]], [branches[1]])
    block.insert_ops_before([condition, chosen], end)
    for number, result in enumerate(chosen.results):
        end.operands[number] = result
    for op in reversed(moved):
        op.detach()
        op.erase()


def cuts(module: ModuleOp) -> list[ModuleOp]:
    """The module with its functions cut near their beginning, in the middle, near their end."""
    made: list[ModuleOp] = []
    for part in (0.25, 0.5, 0.75):
        clone = module.clone()
        for function in functions(clone).values():
            in_branches(function, int(part * (len(list(function.body.block.ops)) - 1)))
        verify(clone)
        made.append(clone)
    return made


@pytest.mark.parametrize("source", PASSES)
def test_same_values_in_branches(source: str) -> None:
    module = graphs(source)[0]
    for cut in cuts(module):
        for name in (source, *GENERAL):
            changed = cut.clone()
            PassManager(name, registry=REGISTRY).run(CONTEXT, changed)
            verify(changed)
            for function, one in functions(module).items():
                params = random_params(one)  # type: ignore
                arrays = [numbers(type, 3) for type in one.function_type.inputs]
                results = [outcome(m, function, params, arrays) for m in (module, changed)]
                for old, new in zip(*results, strict=True):
                    old, new = old.astype(float), new.astype(float)
                    message = f"@{function} after {name}"
                    np.testing.assert_allclose(new, old, rtol=2e-5, atol=1e-5, err_msg=message)
