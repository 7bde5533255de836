"""Semantics of `scf`: control flow by regions, which see the values of the function around."""

from __future__ import annotations

from itertools import product
from typing import Any, cast

import numpy as np
from xdsl.dialects import scf
from xdsl.dialects.builtin import IndexType

from dlir.interpreter import Interpreter
from dlir.numpy_types import Value, dtype_of


def for_(interp: Interpreter, op: scf.ForOp, lb: Value, ub: Value, step: Value, *carried: Value):
    """`for i in range(lb, ub, step)`, bounds signed; the results are the last yielded values."""
    if step <= 0:
        raise ValueError(f"step must be positive, got {step}")
    make = np.int64 if isinstance(op.lb.type, IndexType) else dtype_of(op.lb.type).type
    block = op.body.block
    for i in range(int(lb), int(ub), int(step)):
        carried = interp.run_block(block, make(i), *carried)
    return carried


def if_(interp: Interpreter, op: scf.IfOp, condition: Value):
    """The chosen region's yielded values."""
    return interp.run_region(op.true_region if condition else op.false_region)


def while_(interp: Interpreter, op: scf.WhileOp, *carried: Value):
    """`before` says whether to go on and with what; `after` makes the next round's values."""
    while True:
        go_on, *values = interp.run_region(op.before_region, *carried)
        if not go_on:
            return tuple(values)
        carried = interp.run_region(op.after_region, *values)


def execute_region(interp: Interpreter, op: scf.ExecuteRegionOp):
    """The region's yielded values; unlike the others it may hold several blocks."""
    return interp.run_region(op.region)


def index_switch(interp: Interpreter, op: scf.IndexSwitchOp, selector: Value):
    """The region of the case that equals the selector, else the default's."""
    cases = op.cases.get_values()
    for value, region in zip(cases, op.case_regions, strict=True):
        if value == selector:
            return interp.run_region(region)
    return interp.run_region(op.default_region)


def parallel(interp: Interpreter, op: scf.ParallelOp, *operands: Value):
    """All points of the box, in lexicographic order; reductions fold from the initial values."""
    rank = len(op.lowerBound)
    lower, upper, step = (operands[k * rank : (k + 1) * rank] for k in range(3))
    totals = list(operands[3 * rank :])
    if any(s <= 0 for s in step):
        raise ValueError(f"steps must be positive, got {[int(s) for s in step]}")
    ranges = [range(int(a), int(b), int(s)) for a, b, s in zip(lower, upper, step, strict=True)]
    block = op.body.block
    reduce = cast(scf.ReduceOp, block.last_op)
    for point in product(*ranges):
        where = (np.int64(index) for index in point)
        terms = interp.run_block(block, *where)
        for k, (region, term) in enumerate(zip(reduce.reductions, terms, strict=True)):
            (totals[k],) = interp.run_block(region.block, totals[k], term)
    return tuple(totals)


SEMANTICS: dict[type[Any], Any] = {
    scf.ForOp: for_,
    scf.IfOp: if_,
    scf.WhileOp: while_,
    scf.ExecuteRegionOp: execute_region,
    scf.IndexSwitchOp: index_switch,
    scf.ParallelOp: parallel,
}
