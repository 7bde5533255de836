"""`linalg` as upstream MLIR has it: what xDSL's dialect of that name reads in part only.

Every op here is a `Structured`: indexing maps, iterator types and a body, so that whoever knows
`linalg.generic` knows them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    DenseIntElementsAttr,
    DictionaryAttr,
    IndexType,
    IntegerAttr,
    StringAttr,
    i64,
)
from xdsl.dialects.linalg import ops as xdsl_linalg
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation as Structured
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_attr_definition,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

from dlir.dialects.linalg import syntax
from dlir.dialects.linalg.bodies import Scalars
from dlir.dialects.linalg.named import WINDOWS, Spec
from dlir.types import element_of, is_array, shape_of

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


class TypeFn(StrEnum):
    """How integers are extended."""

    SIGNED = "cast_signed"
    UNSIGNED = "cast_unsigned"


@irdl_attr_definition
class TypeFnAttr(EnumAttribute[TypeFn]):
    """Whether a named op takes the integers that it casts as signed (the default) or unsigned."""

    name = "linalg.type_fn"

    @classmethod
    def parse_parameter(cls, parser: Parser) -> TypeFn:  # pyright: ignore[reportIncompatibleMethodOverride]
        with parser.in_angle_brackets():
            return parser.parse_str_enum(TypeFn)

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string(self.data.value)


@irdl_op_definition
class IndexOp(IRDLOperation):
    """The current value of one iterator, anywhere inside the body of a `linalg` op.

    Formula: `linalg.index 1` is `d1` at the point that the body is computing.
    """

    name = "linalg.index"
    dim = prop_def(IntegerAttr.constr(i64))
    result = result_def(IndexType)
    traits = traits_def(Pure())
    assembly_format = "$dim attr-dict `:` type($result)"

    def __init__(self, dim: int):
        super().__init__(properties={"dim": IntegerAttr(dim, i64)}, result_types=[IndexType()])

    def verify_(self) -> None:
        around = self.parent_op()
        while around is not None and not isinstance(around, Structured):
            around = around.parent_op()
        if around is None:
            raise VerifyException("expected a linalg op around it")
        if not 0 <= self.dim.value.data < len(around.get_iterator_types()):
            raise VerifyException("expected the number of an iterator of the linalg op around it")


@irdl_op_definition
class GenericOp(Structured):
    """A scalar body repeated over an iteration space, with any number of outputs.

    Formula: `out_j[m_j(d)] = body_j(in_0[n_0(d)], ..., out_0[m_0(d)], ...)` for all points d of the
    iteration space in order; the maps' plain dimensions tell its extents.
    """

    name = "linalg.generic"
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    indexing_maps = prop_def(ArrayAttr[AffineMapAttr])
    iterator_types = prop_def(ArrayAttr[IteratorTypeAttr])
    doc = opt_prop_def(StringAttr)
    library_call = opt_prop_def(StringAttr)

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        outputs: Sequence[SSAValue],
        maps: Sequence[AffineMap],
        iterators: Sequence[IteratorTypeAttr],
        body: Region,
        results: Sequence[Attribute] | None = None,
    ):
        super().__init__(
            operands=[inputs, outputs],
            properties={
                "indexing_maps": ArrayAttr([AffineMapAttr(m) for m in maps]),
                "iterator_types": ArrayAttr(iterators),
            },
            result_types=[syntax.results_for(outputs) if results is None else results],
            regions=[body],
        )

    def verify_(self) -> None:
        super().verify_()
        verify_results(self)

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        return self.indexing_maps

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        return self.iterator_types

    @classmethod
    def parse(cls, parser: Parser) -> GenericOp:
        at = parser.pos
        known = _parse_trait(parser)
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        more: dict[str, Attribute] = {}
        if parser.parse_optional_keyword("attrs"):
            parser.parse_punctuation("=")
            more = parser.parse_optional_attr_dict()
        body = parser.parse_region()
        maps, iterators = known.pop("indexing_maps", None), known.pop("iterator_types", None)
        if not is_array(maps) or not is_array(iterators):
            parser.raise_error("linalg.generic needs indexing_maps and iterator_types", at)
        op = cls(
            inputs,
            outputs,
            [m.data for m in maps.data if isinstance(m, AffineMapAttr)],
            [_iterator(parser, i, at) for i in iterators.data],
            body,
            syntax.parse_result_types(parser, ()),
        )
        for key in ("doc", "library_call"):
            if key in known:
                op.properties[key] = known.pop(key)
        op.attributes |= {**known, **more}
        return op

    def print(self, printer: Printer) -> None:
        maps = ", ".join(f"affine_map<{m.data}>" for m in self.indexing_maps)
        kinds = ", ".join(f'"{i.data.value}"' for i in self.iterator_types)
        printer.print_string(f" {{indexing_maps = [{maps}], iterator_types = [{kinds}]")
        for key in ("doc", "library_call"):
            if key in self.properties:
                printer.print_string(f", {key} = ")
                printer.print_attribute(self.properties[key])
        printer.print_string("}")
        syntax.print_operands(printer, "ins", self.inputs)
        syntax.print_operands(printer, "outs", self.outputs)
        if self.attributes:
            printer.print_string(" attrs =")
            printer.print_op_attributes(self.attributes)
        printer.print_string(" ")
        printer.print_region(self.body)
        syntax.print_result_types(printer, self.res.types)


def _parse_trait(parser: Parser) -> dict[str, Attribute]:
    """The dictionary that comes first, in place or by an alias."""
    known = parser.parse_optional_attribute()
    return dict(known.data) if isinstance(known, DictionaryAttr) else {}


def _iterator(parser: Parser, attribute: Attribute, at: int) -> IteratorTypeAttr:
    """`"parallel"`, or `#linalg.iterator_type<parallel>`."""
    if isinstance(attribute, IteratorTypeAttr):
        return attribute
    if isinstance(attribute, StringAttr) and attribute.data in {*IteratorType}:
        return IteratorTypeAttr(IteratorType(attribute.data))
    parser.raise_error(f"expected 'parallel' or 'reduction', got {attribute}", at)


class NamedOp(Structured):
    """An op of the table `NAMED`: its maps and iterators follow from the letters of its row."""

    SPEC: ClassVar[Spec]

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    strides = opt_prop_def(DenseIntElementsAttr)
    dilations = opt_prop_def(DenseIntElementsAttr)
    cast = opt_prop_def(TypeFnAttr)

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        outputs: Sequence[SSAValue],
        properties: dict[str, Attribute] | None = None,
        results: Sequence[Attribute] | None = None,
    ) -> None:
        properties = properties or {}
        super().__init__(
            operands=[inputs, outputs],
            properties={**properties},
            result_types=[syntax.results_for(outputs) if results is None else results],
            regions=[self._region([*inputs, *outputs], properties.get("cast"))],
        )

    @classmethod
    def _region(cls, operands: Sequence[SSAValue], cast: Attribute | None) -> Region:
        """The body, for these operands; an empty one when there are too few of them."""
        block = Block(arg_types=[element_of(v.type) for v in operands])
        if len(operands) == cls.arity() + 1:
            unsigned = cast == TypeFnAttr(TypeFn.UNSIGNED) or cls.SPEC.unsigned
            block.add_op(YieldOp(cls.SPEC.body(Scalars(block, unsigned))))
        return Region(block)

    @classmethod
    def arity(cls) -> int:
        """How many inputs the op takes."""
        return cls.SPEC.arity if cls.SPEC.inputs is None else len(cls.SPEC.inputs)

    @property
    def rank(self) -> int:
        """The iterators of an op on whole shapes."""
        return len(shape_of(self.outputs[0].type))

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        spec = self.SPEC
        if spec.inputs is None:
            whole = AffineMap.identity(self.rank)
            none = AffineMap(self.rank, 0, ())
            inputs = [whole if shape_of(v.type) else none for v in self.inputs]
            return ArrayAttr([AffineMapAttr(m) for m in (*inputs, whole)])
        texts = (*spec.inputs, spec.parallel if spec.out is None else spec.out)
        return ArrayAttr([AffineMapAttr(self._map(text)) for text in texts])

    def _map(self, text: str) -> AffineMap:
        letters = self.SPEC.parallel + self.SPEC.reduction
        return AffineMap(len(letters), 0, tuple(self._expr(c, letters) for c in text))

    def _expr(self, letter: str, letters: str) -> AffineExpr:
        if letter not in WINDOWS:
            return AffineDimExpr(letters.index(letter))
        number = self.SPEC.windows.index(letter)
        place, kernel = (AffineDimExpr(letters.index(c)) for c in WINDOWS[letter])
        return _scaled(place, self.strides, number) + _scaled(kernel, self.dilations, number)

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        spec = self.SPEC
        count = self.rank if spec.inputs is None else len(spec.parallel)
        return ArrayAttr([PARALLEL] * count + [REDUCTION] * len(spec.reduction))

    def verify_(self) -> None:
        inputs, outputs = len(self.inputs), len(self.outputs)
        if (inputs, outputs) != (self.arity(), 1):
            raise VerifyException(
                f"expected {self.arity()} inputs and one output, got {inputs} and {outputs}"
            )
        windows = len(self.SPEC.windows)
        for what in (self.strides, self.dilations):
            if what is not None and len(what) != windows:
                raise VerifyException(f"expected {windows} strides and dilations")
        super().verify_()
        verify_results(self)

    @classmethod
    def parse(cls, parser: Parser) -> NamedOp:
        at, given = parser.pos, parser.parse_optional_attr_dict()
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        if parser.parse_optional_keyword("attrs"):
            parser.parse_punctuation("=")
            given |= parser.parse_optional_attr_dict()
        results = syntax.parse_result_types(parser, outputs)
        if len(outputs) != 1 or len(inputs) != cls.arity():
            parser.raise_error(f"{cls.name} takes {cls.arity()} inputs and one output", at)
        own = {k: v for k, v in given.items() if k in ("strides", "dilations", "cast")}
        op = cls(inputs, outputs, own, results)
        op.attributes |= {k: v for k, v in given.items() if k not in own}
        return op

    def print(self, printer: Printer) -> None:
        own = {k: v for k, v in self.properties.items() if k != "operandSegmentSizes"}
        if said := {**self.attributes, **own}:
            printer.print_op_attributes(said)
        syntax.print_operands(printer, "ins", self.inputs)
        syntax.print_operands(printer, "outs", self.outputs)
        syntax.print_result_types(printer, self.res.types)


def _scaled(expr: AffineExpr, factors: DenseIntElementsAttr | None, number: int) -> AffineExpr:
    factor = 1 if factors is None else int(factors.get_values()[number])
    return expr if factor == 1 else expr * factor


def named_op(name: str, spec: Spec) -> type[NamedOp]:
    """The class of a row of the table: `conv_2d_nhwc_hwcf` is Conv2dNhwcHwcfOp."""
    title = "".join(part.capitalize() for part in name.split("_"))
    fields = {"name": f"linalg.{name}", "__doc__": spec.summary, "__module__": __name__}
    made = irdl_op_definition(type(f"{title}Op", (NamedOp,), fields))
    made.SPEC = spec  # afterwards: the definition of an op takes no other fields
    return made


class _DestinationOp(Structured):
    """Ops with a list of dimensions behind their operands: `ins(..) outs(..) KEY = [..]`."""

    KEY: ClassVar[str]

    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        return ArrayAttr([PARALLEL] * len(shape_of(self.outputs[0].type)))

    def verify_(self) -> None:
        self.verify_dimensions()
        super().verify_()
        verify_results(self)

    def verify_dimensions(self) -> None:
        """The numbers of the list are dimensions, none of them twice."""
        dims, rank = self.list_of(), self.rank_of_list()
        if len({*dims}) != len(dims) or not all(0 <= d < rank for d in dims):
            raise VerifyException(f"{list(dims)} are not different dimensions of {rank}")

    def rank_of_list(self) -> int:
        """How many dimensions the list chooses from."""
        if len(self.outputs) == 0:
            raise VerifyException("expected an output")
        return len(shape_of(self.outputs[0].type))

    def list_of(self) -> tuple[int, ...]:
        """The dimensions."""
        held = self.properties[self.KEY]
        assert isinstance(held, DenseArrayBase)
        return tuple(int(n) for n in held.iter_values())

    @classmethod
    def make(
        cls, inputs: Sequence[SSAValue], outputs: Sequence[SSAValue], body: Region,
        dimensions: Sequence[int],
    ):  # fmt: skip
        return cls.build(
            operands=[inputs, outputs],
            properties={cls.KEY: DenseArrayBase.from_list(i64, dimensions)},
            result_types=[syntax.results_for(outputs)],
            regions=[body],
        )

    @classmethod
    def parse(cls, parser: Parser):
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        dimensions = syntax.parse_dimensions(parser, cls.KEY)
        block = Block(arg_types=[element_of(v.type) for v in (*inputs, *outputs)])
        if block.args:
            block.add_op(YieldOp(block.args[0]))
        op = cls.make(inputs, outputs, Region(block), dimensions)
        op.attributes |= parser.parse_optional_attr_dict()
        return op

    def print(self, printer: Printer) -> None:
        syntax.print_operands(printer, "ins", self.inputs)
        syntax.print_operands(printer, "outs", self.outputs)
        printer.print_string(f" {self.KEY} = [{', '.join(map(str, self.list_of()))}]")
        if self.attributes:
            printer.print_op_attributes(self.attributes)


@irdl_op_definition
class TransposeOp(_DestinationOp):
    """Permutes dimensions.

    Formula: dimension i of the output is dimension `permutation[i]` of the input.
    """

    name = "linalg.transpose"
    KEY: ClassVar[str] = "permutation"
    permutation = prop_def(DenseArrayBase.constr(i64))

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        order = self.list_of()
        read = AffineMap(
            len(order), 0, tuple(AffineDimExpr(order.index(d)) for d in range(len(order)))
        )
        return ArrayAttr([AffineMapAttr(read), AffineMapAttr(AffineMap.identity(len(order)))])


@irdl_op_definition
class BroadcastOp(_DestinationOp):
    """Repeats the input along new dimensions.

    Formula: the output has the input's dimensions and, at the positions `dimensions`, new ones.
    """

    name = "linalg.broadcast"
    KEY: ClassVar[str] = "dimensions"
    dimensions = prop_def(DenseArrayBase.constr(i64))

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        rank, new = len(shape_of(self.outputs[0].type)), self.list_of()
        read = AffineMap(rank, 0, tuple(AffineDimExpr(d) for d in range(rank) if d not in new))
        return ArrayAttr([AffineMapAttr(read), AffineMapAttr(AffineMap.identity(rank))])


@irdl_op_definition
class ReduceOp(_DestinationOp):
    """Folds dimensions away, with any body.

    Formula: `out = fold over dimensions of body(in, out)`, from what the output holds.
    """

    name = "linalg.reduce"
    KEY: ClassVar[str] = "dimensions"
    dimensions = prop_def(DenseArrayBase.constr(i64))

    def rank_of_list(self) -> int:
        if len(self.inputs) == 0:
            raise VerifyException("expected an input")
        return len(shape_of(self.inputs[0].type))

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        gone, rank = self.list_of(), len(shape_of(self.inputs[0].type))
        return ArrayAttr([REDUCTION if d in gone else PARALLEL for d in range(rank)])

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        rank, gone = len(shape_of(self.inputs[0].type)), self.list_of()
        whole = AffineMapAttr(AffineMap.identity(rank))
        kept = AffineMap(rank, 0, tuple(AffineDimExpr(d) for d in range(rank) if d not in gone))
        outs = [AffineMapAttr(kept)] * len(self.outputs)
        return ArrayAttr([*[whole] * len(self.inputs), *outs])

    @classmethod
    def parse(cls, parser: Parser):
        payload = syntax.parse_payload_name(parser)
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        dimensions = syntax.parse_dimensions(parser, cls.KEY)
        attributes = parser.parse_optional_attr_dict()
        if payload is None:
            body = syntax.parse_body(parser)
        else:  # of one input and one output: first the output, then the input
            body = syntax.payload_region(*payload, [*inputs, *outputs], (1, 0), YieldOp)
        op = cls.make(inputs, outputs, body, dimensions)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        super().print(printer)
        syntax.print_body(printer, self.body, self.body.block.args)


@irdl_op_definition
class MapOp(Structured):
    """A body applied to every element of inputs of one shape.

    Formula: `out[i...] = body(in_0[i...], in_1[i...], ...)`. The last argument of the body, what
    the output held, is there as in every `linalg` op; the text leaves it out.
    """

    name = "linalg.map"
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def verify_(self) -> None:
        if len(self.outputs) != 1:
            raise VerifyException(f"expected one output, got {len(self.outputs)}")
        super().verify_()
        verify_results(self)

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        return ArrayAttr([PARALLEL] * len(shape_of(self.outputs[0].type)))

    def get_indexing_maps(self) -> ArrayAttr[AffineMapAttr]:
        whole = AffineMapAttr(AffineMap.identity(len(shape_of(self.outputs[0].type))))
        return ArrayAttr([whole] * len(self.operands))

    @classmethod
    def parse(cls, parser: Parser) -> MapOp:
        payload = syntax.parse_payload_name(parser)
        inputs = syntax.parse_operands(parser, "ins")
        outputs = syntax.parse_operands(parser, "outs")
        attributes = parser.parse_optional_attr_dict()
        if payload is None:
            body = syntax.parse_body(parser)
            if len(body.block.args) == len(inputs):
                body.block.insert_arg(element_of(outputs[-1].type), len(inputs))
        else:
            order = range(len(inputs))
            body = syntax.payload_region(*payload, [*inputs, *outputs], order, YieldOp)
        op = cls.build(
            operands=[inputs, outputs],
            result_types=[syntax.results_for(outputs)],
            regions=[body],
            attributes=attributes,
        )
        return op

    def print(self, printer: Printer) -> None:
        syntax.print_operands(printer, "ins", self.inputs)
        syntax.print_operands(printer, "outs", self.outputs)
        if self.attributes:
            printer.print_op_attributes(self.attributes)
        syntax.print_body(printer, self.body, self.body.block.args[:-1])
