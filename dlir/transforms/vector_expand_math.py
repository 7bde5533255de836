"""`vector-expand-math`: elementary functions become polynomials on scalars and whole vectors."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import BFloat16Type, Float16Type, ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.diagnostics import fail
from dlir.transforms.expand_math.builder import FORMATS, Builder, Term
from dlir.transforms.expand_math.complement import ErfSum, match_erf_sum
from dlir.transforms.expand_math.functions import EXPANSIONS
from dlir.transforms.expand_math.integers import INTEGER_EXPANSIONS


def expand(op: Operation, ldexp: bool = False) -> None:
    """Replace one `math` operation on floats that is in `EXPANSIONS`."""
    builder = Builder(ldexp)
    terms = [Term(builder, operand) for operand in op.operands]
    element = terms[0].element
    narrow = isinstance(element, Float16Type | BFloat16Type)
    if not narrow and element not in FORMATS:
        fail(op, f"'{op.name}' has no expansion for {element}", rule="vector-expand-math")
    if narrow:
        terms = [term.widened() for term in terms]
    result = EXPANSIONS[type(op)](*terms)
    _replace(op, builder, result.narrowed(element) if narrow else result)


def expand_sum(found: ErfSum, ldexp: bool) -> None:
    """Replace `s (1 + erf(c x))`."""
    builder = Builder(ldexp)
    *others, last = found.operations
    _replace(last, builder, found.expanded(Term(builder, found.x)))
    for op in reversed(others):
        op.detach()
        op.erase()


def expand_integers(op: Operation) -> None:
    """Replace one `math` operation that is in `INTEGER_EXPANSIONS`."""
    builder = Builder()
    terms = [Term(builder, operand) for operand in op.operands]
    _replace(op, builder, INTEGER_EXPANSIONS[type(op)](*terms))


def _replace(op: Operation, builder: Builder, result: Term) -> None:
    for made in (inner for outer in builder.ops for inner in outer.walk()):
        made.location = op.location
    result.value.name_hint = op.results[0].name_hint
    Rewriter.insert_op(builder.ops, InsertPoint.before(op))
    op.results[0].replace_all_uses_with(result.value)
    op.detach()
    op.erase()


@dataclass(frozen=True)
class VectorExpandMath(ModulePass):
    """Expand exp, log, tanh, erf, sin, pow and their like to arithmetic, on scalars and vectors.

    Before:

        %y = math.tanh %x : vector<6x64xf32>

    After: about twenty `arith` and `math.fma` operations on the whole vector, which the code
    generator turns into vector instructions; calls of the C library would go element by element.

        %5 = arith.bitcast %4 : vector<6x64xi32> to vector<6x64xf32>
        %6 = math.fma %5, %3, %2 : vector<6x64xf32>
        ...
        %y = math.copysign %9, %x : vector<6x64xf32>

    f32 and f64 are computed in their own format; f16 and bf16 are computed in f32 and rounded.
    `s (1 + erf(c x))` in f32, as in gelu, is computed as a whole: the sum would cancel.
    What has an instruction (sqrt, fma, floor, ceil, roundeven, trunc, absf, copysign) is left.
    With `ldexp` the machine multiplies f32 by powers of two in one instruction, as AVX-512 does:
    `llvm.intr.ldexp` stands in the text, with the power as the float that it was computed as.
    """

    name = "vector-expand-math"

    ldexp: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for child in list(op.walk()):
            if (found := match_erf_sum(child)) is not None:
                expand_sum(found, self.ldexp)
            elif type(child) in EXPANSIONS:
                expand(child, self.ldexp)
            elif type(child) in INTEGER_EXPANSIONS:
                expand_integers(child)
