"""What all ops of `linalg` share."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.linalg import ops as xdsl_linalg
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation as Structured
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from dlir.dialects.linalg import syntax
from dlir.types import element_of

YieldOp = xdsl_linalg.YieldOp


def verify_results(op: Structured) -> None:
    """The body yields an element for each output, and outputs that are tensors are results."""
    last = op.body.block.last_op
    wanted = [element_of(v.type) for v in op.outputs]
    got = [v.type for v in last.operands] if isinstance(last, YieldOp) else None
    if got is None:
        raise VerifyException("expected a linalg.yield at the end of the body")
    if got != wanted:
        raise VerifyException(f"yields ({_list(got)}), expected ({_list(wanted)})")
    results = syntax.results_for(op.outputs)
    if [*op.res.types] != results:
        raise VerifyException(f"has results ({_list(op.res.types)}), expected ({_list(results)})")


def _list(types: Sequence[Attribute]) -> str:
    return ", ".join(map(str, types))


PARALLEL, REDUCTION = IteratorTypeAttr.parallel(), IteratorTypeAttr.reduction()
