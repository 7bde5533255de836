"""`linalg.matmul` and the others whose maps and iterators follow from their name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseIntElementsAttr,
)
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation as Structured
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_attr_definition,
    irdl_op_definition,
    opt_prop_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

from dlir.dialects.linalg import syntax
from dlir.dialects.linalg.bodies import Scalars
from dlir.dialects.linalg.named import WINDOWS, Spec
from dlir.dialects.linalg.ops.base import PARALLEL, REDUCTION, YieldOp, verify_results
from dlir.types import element_of, shape_of


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
