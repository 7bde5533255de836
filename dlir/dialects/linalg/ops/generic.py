"""`linalg.index` and `linalg.generic`, whose maps and iterators are in the text."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DictionaryAttr,
    IndexType,
    IntegerAttr,
    StringAttr,
    i64,
)
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation as Structured
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
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

from dlir.dialects.linalg import syntax
from dlir.dialects.linalg.ops.base import verify_results
from dlir.types import is_array


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
