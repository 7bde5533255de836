"""The one computing op: a scalar body over an iteration space; and what stands in a body."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    TensorType,
    UnitAttr,
    i64,
)
from xdsl.interfaces import HasCanonicalizationPatternsInterface
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    opt_region_def,
    opt_result_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, IsTerminator, NoTerminator, Pure

from dlir.dialects.structured import verify
from dlir.dialects.structured.attrs import Iterator, IteratorAttr, ScheduleAttr
from dlir.dialects.structured.maps import Linear, linear_map
from dlir.dialects.structured.ops.base import ShapedType, results_for
from dlir.dialects.structured.syntax import GenericText, parse_generic, print_generic
from dlir.dialects.structured.traits import WritesDestination


@irdl_op_definition
class YieldOp(IRDLOperation):
    """Gives a body's or an epilogue's scalar result.

    Formula: `structured.yield %v` hands `%v` to the enclosing `structured.generic`.

    Example:
    ```mlir
    func.func @twice(%x: tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
      %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
          ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
      ^bb0(%a: f32):
        %s = arith.addf %a, %a : f32
        structured.yield %s : f32
      } -> tensor<4xf32>
      func.return %r : tensor<4xf32>
    }
    ```
    """

    name = "structured.yield"
    value = operand_def()
    traits = traits_def(IsTerminator())
    assembly_format = "$value attr-dict `:` type($value)"

    def __init__(self, value: SSAValue):
        super().__init__(operands=[value])


@irdl_op_definition
class IndexOp(IRDLOperation):
    """The current value of one iterator, inside a body.

    Formula: `structured.index 1` is `d1` at the point that the body is computing.

    Constraints:
    C1: it stands in a `structured.generic` that has this iterator.

    Example:
    ```mlir
    func.func @iota(%o: tensor<2x4xi64>) -> tensor<2x4xi64> {
      %r = structured.generic {maps = [(i, j) -> (i, j)], iterators = [parallel, parallel]}
          outs(%o : tensor<2x4xi64>) {
        %j = structured.index 1
        %v = arith.index_cast %j : index to i64
        structured.yield %v : i64
      } -> tensor<2x4xi64>
      func.return %r : tensor<2x4xi64>
    }
    ```
    """

    name = "structured.index"
    dim = prop_def(IntegerAttr)
    result = result_def(IndexType)
    assembly_format = "$dim attr-dict"
    traits = traits_def(Pure())

    def __init__(self, dim: int):
        super().__init__(properties={"dim": IntegerAttr(dim, i64)}, result_types=[IndexType()])

    def verify_(self) -> None:
        around = self.parent_op()
        while around is not None and not isinstance(around, GenericOp):
            around = around.parent_op()
        verify.verify_index(self, around)


@irdl_op_definition
class GenericOp(IRDLOperation, HasCanonicalizationPatternsInterface):
    """A scalar body repeated over an iteration space: the one computing op of this level.

    Formula, for parallel iterators p, reduction iterators r, inputs x_i with maps m_i:

        acc[p]  = fold over r, in order, of body(x_0[m_0(p, r)], ..., acc)  from init (or from outs)
        out[m_out(p)] = epilogue(acc[p], e_0[n_0(p)], ...)

    - inputs are tensors, memrefs or scalars; `maps` holds one map per input, then one for `outs`.
      Maps are linear in the iterators, so windows (`2 * oh + kh - 1`), slices, reversals and
      broadcasts are maps, not ops. The map of `outs` may place a block (`d + 64`) or count in
      blocks (`16 * nb + nr`, nr < 16); elements that fall outside of `outs` are not written.
    - the body takes one scalar per input and, iff there is a reduction iterator, the accumulator.
    - `init` is the accumulator's first value; without it a reduction starts from `outs`.
    - `padding` holds one entry per input: `unit`, or a scalar that is read outside of the input.
    - the extent of an iterator is the size of the dimension it indexes plainly: of `outs`, else
      of an input; `domain` fixes those that no shape tells (-1: told by a shape).
    - `epilogue` finishes each element once, after the reduction; its maps are over the parallel
      iterators only.
    - on tensors the op has a result, and `outs` gives its shape (and unwritten elements);
      on memrefs it writes into `outs` and has no result.

    Constraints:
    C1: one linear map per input and one for `outs`, over all iterators, one result per dimension.
    C2: the map of `outs` uses each parallel iterator once, no reduction iterator, and never
        sends two points to one element.
    C3: every iterator's extent is told by a plain use in some operand's map, or by `domain`.
    C4: no input is smaller than the extent of an iterator that indexes it plainly (a larger one is
        read in part).
    C5: without `padding`, a scalar of the input's type, no static index leaves its operand.
    C6: body and epilogue take the scalars above, and yield the accumulator's and the result's type.
    C7: an epilogue needs a reduction, and one map per epilogue input over the parallel iterators.
    C8: tensors have one result of the type of `outs`; memrefs have none.

    Example:
    ```mlir
    func.func @matmul(%x: tensor<?x784xf32>, %w: tensor<784x512xf32>, %o: tensor<?x512xf32>)
        -> tensor<?x512xf32> {
      %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n),
                                       (m, n, k) -> (m, n)],
                               iterators = [parallel, parallel, reduction], init = 0.0 : f32}
          ins(%x, %w : tensor<?x784xf32>, tensor<784x512xf32>) outs(%o : tensor<?x512xf32>) {
      ^bb0(%a: f32, %b: f32, %acc: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %acc, %p : f32
        structured.yield %s : f32
      } -> tensor<?x512xf32>
      func.return %r : tensor<?x512xf32>
    }
    ```
    """

    name = "structured.generic"
    inputs = var_operand_def()
    outs = operand_def(ShapedType)
    epilogue_inputs = var_operand_def()
    maps = prop_def(ArrayAttr[AffineMapAttr])
    iterators = prop_def(ArrayAttr[IteratorAttr])
    epilogue_maps = opt_prop_def(ArrayAttr[AffineMapAttr])
    init = opt_prop_def()
    padding = opt_prop_def(ArrayAttr)
    domain = opt_prop_def(DenseArrayBase.constr(i64))
    schedule = opt_prop_def(ScheduleAttr)
    body = region_def("single_block")
    epilogue = opt_region_def("single_block")
    result = opt_result_def(TensorType)

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(IsolatedFromAbove(), NoTerminator(), WritesDestination())

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        outs: SSAValue,
        maps: Sequence[AffineMap],
        iterators: Sequence[Iterator],
        body: Region,
        *,
        init: Attribute | None = None,
        padding: Sequence[Attribute | None] | None = None,
        domain: Sequence[int] | None = None,
        schedule: ScheduleAttr | None = None,
        epilogue_inputs: Sequence[SSAValue] = (),
        epilogue_maps: Sequence[AffineMap] = (),
        epilogue: Region | None = None,
    ):
        super().__init__(
            operands=[inputs, outs, epilogue_inputs],
            properties={
                "maps": ArrayAttr([AffineMapAttr(m) for m in maps]),
                "iterators": ArrayAttr([IteratorAttr(i) for i in iterators]),
                "epilogue_maps": ArrayAttr([AffineMapAttr(m) for m in epilogue_maps])
                if epilogue is not None
                else None,
                "init": init,
                "padding": _padding_property(padding or ()),
                "domain": DenseArrayBase.from_list(i64, domain) if domain is not None else None,
                "schedule": schedule,
            },
            regions=[body, [] if epilogue is None else [epilogue]],
            result_types=[results_for(outs)],
        )

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from dlir.dialects.structured import simplify

        return simplify.GENERIC

    @property
    def operand_groups(self) -> tuple[Sequence[SSAValue], SSAValue, Sequence[SSAValue]]:
        """Inputs, `outs` and epilogue inputs, told apart by the number of maps (rule C1).

        Passes ask for them so often that reading the segment sizes three times would be felt.
        """
        operands, count = tuple(self.operands), len(self.maps.data) - 1
        return operands[:count], operands[count], operands[count + 1 :]

    def set_maps(self, maps: Sequence[AffineMap]) -> None:
        self.maps = ArrayAttr([AffineMapAttr(m) for m in maps])

    @property
    def map_list(self) -> tuple[AffineMap, ...]:
        return tuple(m.data for m in self.maps.data)

    @property
    def input_forms(self) -> tuple[tuple[Linear, ...], ...]:
        """Per input, one linear form per dimension."""
        return tuple(linear_map(m) for m in self.map_list[:-1])

    @property
    def out_forms(self) -> tuple[Linear, ...]:
        return linear_map(self.map_list[-1])

    @property
    def epilogue_forms(self) -> tuple[tuple[Linear, ...], ...]:
        """Per epilogue input, linear forms over the parallel iterators only."""
        maps = self.epilogue_maps
        return tuple(linear_map(m.data) for m in maps.data) if maps is not None else ()

    @property
    def kinds(self) -> tuple[Iterator, ...]:
        return tuple(i.data for i in self.iterators.data)

    @property
    def parallel_dims(self) -> tuple[int, ...]:
        return tuple(d for d, k in enumerate(self.kinds) if k is Iterator.PARALLEL)

    @property
    def reduction_dims(self) -> tuple[int, ...]:
        return tuple(d for d, k in enumerate(self.kinds) if k is Iterator.REDUCTION)

    @property
    def paddings(self) -> tuple[Attribute | None, ...]:
        """Per input, the scalar read outside of it, or None."""
        if self.padding is None:
            return (None,) * (len(self.maps.data) - 1)
        return tuple(None if isinstance(p, UnitAttr) else p for p in self.padding.data)

    @property
    def fixed_domain(self) -> tuple[int, ...]:
        if self.domain is None:
            return (DYNAMIC_INDEX,) * len(self.iterators.data)
        return tuple(int(v) if v >= 0 else DYNAMIC_INDEX for v in self.domain.iter_values())

    @property
    def accumulator_type(self) -> Attribute:
        """The type that the body yields."""
        last = self.body.block.last_op
        assert isinstance(last, YieldOp)
        return last.value.type

    def extent_source(self, dim: int) -> int | tuple[SSAValue, int]:
        """Where the extent of an iterator stands: a static number, or a dimension of an operand."""
        return verify.extent_source(self, dim)

    def static_extents(self) -> tuple[int, ...]:
        """The extents, with DYNAMIC_INDEX for those known at run time only."""
        sources = verify.all_extent_sources(self)
        return tuple(s if isinstance(s, int) else DYNAMIC_INDEX for s in sources)

    def verify_(self) -> None:
        verify.verify_generic(self)

    @classmethod
    def parse(cls, parser: Parser) -> GenericOp:
        text = parse_generic(parser)
        if len(text.outs) != 1:
            parser.raise_error("structured.generic takes exactly one outs operand")
        op = cls.__new__(cls)
        IRDLOperation.__init__(
            op,
            operands=[text.inputs, text.outs[0], text.epilogue_inputs],
            properties=dict(text.properties),
            attributes=dict(text.attributes),
            regions=[text.body, [text.epilogue] if text.epilogue.blocks else []],
            result_types=[text.results],
        )
        return op

    def print(self, printer: Printer) -> None:
        print_generic(
            printer,
            GenericText(
                dict(self.properties),
                list(self.inputs),
                [self.outs],
                list(self.epilogue_inputs),
                self.body,
                self.epilogue or Region(),
                [r.type for r in self.results],
                dict(self.attributes),
            ),
        )


def _padding_property(padding: Sequence[Attribute | None]) -> ArrayAttr | None:
    """`unit` for inputs without padding (a zero attribute is false, so compare with None)."""
    if all(p is None for p in padding):
        return None
    return ArrayAttr([UnitAttr() if p is None else p for p in padding])


def body_region(types: Sequence[Attribute]) -> tuple[Region, Block]:
    """A region with one block that takes scalars of these types; fill it, ending in a yield."""
    block = Block(arg_types=types)
    return Region(block), block
