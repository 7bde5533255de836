"""What all `dl` ops share: rules, inference, text, folding.

Every op states its rules once, in `infer`: it checks operands and properties and gives the result
types. Constructors take their result types from it, and the verifier compares the written ones with
it. The numbering of the rules begins alike everywhere: C1 speaks of element types, C2 of the result
type.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NoReturn, Self, cast

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, IntegerType, NoneAttr, TensorType, i1
from xdsl.interfaces import HasCanonicalizationPatternsInterface, HasFolderInterface
from xdsl.ir import Attribute, BlockArgument, Operation, OpResult, SSAValue, SSAValues
from xdsl.irdl import IRDLOperation, traits_def
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from dlir.diagnostics import RuleViolation
from dlir.dialects.dl import assembly, shapes
from dlir.dialects.dl.attrs import BITS, ElementSet, OpClass, Tensor
from dlir.dialects.sparse.attrs import is_encoded
from dlir.types import is_integer, limits_of

Operand = SSAValue | Operation

_PLACEHOLDER = TensorType(i1, ())
"""The type of a result until it is inferred; made once, as constructors are called often."""


def type_of(value: Operand) -> Tensor:
    """The type of a value that must be a ranked tensor."""
    known = value.__class__ in (OpResult, BlockArgument)  # an isinstance of SSAValue is slow
    type = cast(SSAValue, value).type if known else SSAValue.get(value).type
    if not isinstance(type, TensorType):
        raise VerifyException(f"expected a ranked tensor, got {type}")
    return cast(Tensor, type)


def shape_of(value: Operand) -> shapes.Shape:
    return type_of(value).get_shape()


def tensor(element: Attribute, shape: shapes.Shape, *like: Operand) -> Tensor:
    """A tensor type; that of one of the values, where it is the same, as making types is slow."""
    for value in like:
        type = type_of(value)
        plain = type.element_type == element and isinstance(type.encoding, NoneAttr)
        if plain and type.get_shape() == shape:
            return type
    return TensorType(element, shape)


def element_of(value: Operand) -> Attribute:
    return type_of(value).element_type


def rank_of(value: Operand) -> int:
    return type_of(value).get_num_dims()


def check_number(op: DlOp, rule: int, value: Attribute | None, element: Attribute) -> None:
    """A number among the properties is of the elements' kind, and an integer is one of theirs."""
    if value is None:
        return
    kind = IntegerAttr if element in BITS else FloatAttr
    if not isinstance(value, kind):
        expected = "an integer" if kind is IntegerAttr else "a float"
        op.reject(rule, f"expected {expected} for element type {element}, got {value}")
    if isinstance(value, IntegerAttr) and is_integer(element):
        number = cast(IntegerAttr[IntegerType], value).value.data
        least, greatest = limits_of(element)
        if not least <= number <= greatest:
            op.reject(rule, f"expected a number of {element} ({least} to {greatest}), got {number}")


def normalised(axis: int, rank: int) -> int:
    """Constructors take axes counted from the end; the text never holds any."""
    return axis + rank if axis < 0 else axis


class DlOp(IRDLOperation, HasFolderInterface, HasCanonicalizationPatternsInterface, ABC):
    """An op of the `dl` dialect: pure, on immutable ranked tensors."""

    OP_CLASS: ClassVar[OpClass] = OpClass.MOVEMENT
    SHORT_TYPES: ClassVar[bool] = False
    """Whether the text gives one type when all operands and the result have the same."""
    SIZED: ClassVar[bool] = False
    """Whether the last operands are `sizes`, the indices of the `?` of the result."""
    LEAD: ClassVar[tuple[str, ...]] = ()
    """The properties that `parse_lead` reads."""
    TAKES_ENCODED: ClassVar[bool] = False
    """Whether operands may have an encoding of the `sparse` dialect; the op's rules say which."""
    ON_HOST: ClassVar[bool] = False
    """Whether sizes of the results follow from elements: then the host runs the op's semantics."""

    traits = traits_def(Pure())

    @property
    def op_class(self) -> OpClass:
        """What the op mostly does."""
        return self.OP_CLASS

    @property
    def on_host(self) -> bool:
        """Whether no straight-line code computes this op."""
        return self.ON_HOST

    # Rules

    @abstractmethod
    def infer(self) -> Sequence[Attribute]:
        """Check the rules of the op and give its result types; raises RuleViolation."""

    def reject(self, number: int, message: str, help: str | None = None) -> NoReturn:
        """The op breaks rule `C<number>` of its docstring; raises RuleViolation."""
        raise RuleViolation(f"{self.name.replace('.', '-')}-c{number}", message, help)

    def check_elements(self, elements: ElementSet, *values: SSAValue) -> None:
        """C1, as most ops have it."""
        for value in values:
            if (element := element_of(value)) not in elements:
                self.reject(1, f"expected {elements}, got {element}")

    def check_axis(self, number: int, axis: int, rank: int) -> None:
        """The axis counts from 0 and is below the rank."""
        if not 0 <= axis < rank:
            self.reject(number, f"expected 0 <= axis < {rank} (the rank), got {axis}")

    def _refuse_encoded(self, values: Sequence[SSAValue]) -> None:
        for value in values:
            if is_encoded(value.type):
                message = f"expected plain tensors, got {value.type}"
                help = "sparse.decode gives the plain tensor of an encoded one"
                raise RuleViolation("dl-encoding", message, help)

    def verify_(self) -> None:
        self._refuse_encoded(self.results)
        if not self.TAKES_ENCODED:
            self._refuse_encoded(self.operands)
        inferred = self.infer()
        if len(inferred) != len(self.results):
            self.reject(2, f"expected {len(inferred)} results, got {len(self.results)}")
        for result, expected in zip(self.results, inferred, strict=True):
            if not _may_be_written(result.type, expected):
                self.reject(2, f"expected result type {expected}, got {result.type}")

    # Construction

    def initialise(
        self,
        operands: Sequence[Operand | Sequence[Operand] | None],
        properties: Mapping[str, Attribute | None] | None = None,
        result_types: Sequence[Attribute] | None = None,
    ) -> None:
        """Initialise the op with the result types that `infer` gives.

        `result_types` is for ops whose result type says more than the operands do; raises
        RuleViolation.
        """
        definitions = self.get_irdl_definition().properties
        kept = {
            name: value
            for name, value in (properties or {}).items()
            if value is not None and value != assembly.default_of(definitions[name])
        }
        super().__init__(operands=operands, properties=kept, result_types=self._placeholders())
        self._set_result_types(result_types or [_PLACEHOLDER])
        self._set_result_types(self.infer())

    def _placeholders(self) -> Sequence[Attribute | Sequence[Attribute]]:
        return [_PLACEHOLDER]

    def _set_result_types(self, types: Sequence[Attribute]) -> None:
        self.results = SSAValues(OpResult(type, self, i) for i, type in enumerate(types))

    # Text

    @classmethod
    def parse_lead(cls, parser: Parser) -> dict[str, Attribute]:
        """Properties that stand before the operands."""
        return {}

    def print_lead(self, printer: Printer) -> None:
        """The inverse of `parse_lead`."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return cast(Self, assembly.parse_op(cls, parser))

    def print(self, printer: Printer) -> None:
        assembly.print_op(printer, self)

    # Simplification: the rules are in simplify.py

    def fold(self) -> Sequence[SSAValue | Attribute] | None:
        from dlir.dialects.dl.simplify import fold

        return fold(self)

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from dlir.dialects.dl.simplify import patterns_of

        return patterns_of(cls)


def _may_be_written(written: Attribute, inferred: Attribute) -> bool:
    """Equal types; but a size may be written where inference knows none."""
    if isinstance(written, TensorType) and isinstance(inferred, TensorType):
        written, inferred = cast(Tensor, written), cast(Tensor, inferred)
        same = written.element_type == inferred.element_type
        return same and shapes.fits(written.get_shape(), inferred.get_shape())
    return written == inferred
