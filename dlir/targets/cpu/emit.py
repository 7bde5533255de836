"""The `llvm` dialect as LLVM IR text, one line per operation.

xDSL's own translation goes through llvmlite's IR builder, is slower by an order of magnitude and
lacks bf16 and many intrinsics; this one only formats strings.

Each public function `f` also gets `void @dlir.call.f(ptr %args)`, which reads its arguments from an
array of 64-bit slots (pointers, sizes, the bits of scalars) and stores results through the pointers
in the slots after them.  Python calls everything through that one signature.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from xdsl.dialects import llvm
from xdsl.dialects.builtin import (
    BFloat16Type,
    DenseIntOrFPElementsAttr,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    ModuleOp,
    StringAttr,
    UnitAttr,
    VectorType,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.llvm import ops as ours
from dlir.targets.cpu.description import CpuDescription

CALL_PREFIX = "dlir.call."
"""The name of a function's wrapper is this prefix and the function's name."""


# Types and constants.

_FLOATS: dict[type[Attribute], tuple[str, str]] = {
    Float64Type: ("double", "f64"),
    Float32Type: ("float", "f32"),
    Float16Type: ("half", "f16"),
    BFloat16Type: ("bfloat", "bf16"),
}
"""Type -> its name in LLVM IR and in the names of intrinsics."""


class Types:
    """Spells types, each only once."""

    def __init__(self) -> None:
        self._names: dict[Attribute, str] = {}

    def __call__(self, type_: Attribute) -> str:
        name = self._names.get(type_)
        if name is None:
            name = self._names[type_] = self._spell(type_)
        return name

    def _spell(self, type_: Attribute) -> str:
        match type_:
            case IntegerType():
                return f"i{type_.width.data}"
            case VectorType():
                return f"<{type_.get_shape()[0]} x {self(type_.element_type)}>"
            case llvm.LLVMPointerType():
                return "ptr"
            case llvm.LLVMVoidType():
                return "void"
            case llvm.LLVMArrayType():
                return f"[{type_.size.data} x {self(type_.type)}]"
            case llvm.LLVMStructType():
                return "{ " + ", ".join(self(field) for field in type_.types) + " }"
            case _:
                if type(type_) in _FLOATS:
                    return _FLOATS[type(type_)][0]
                fail(None, f"LLVM IR has no type {type_}", rule="emit-llvm-ir")


def mangled(type_: Attribute) -> str:
    """A type as it appears in the name of an overloaded intrinsic."""
    match type_:
        case VectorType():
            return f"v{type_.get_shape()[0]}{mangled(type_.element_type)}"
        case IntegerType():
            return f"i{type_.width.data}"
        case llvm.LLVMPointerType():
            return "p0"
        case _:
            return _FLOATS[type(type_)][1]


def float_literal(value: float, type_: Attribute) -> str:
    """A float constant as exact bits: hexadecimal forms hold for every value, NaN too."""
    match type_:
        case Float16Type():
            return f"0xH{struct.unpack('<H', struct.pack('<e', _fit(value, 'e')))[0]:04X}"
        case BFloat16Type():
            return f"0xR{_bfloat16_bits(value):04X}"
        case Float32Type():
            value = struct.unpack("<f", struct.pack("<f", _fit(value, "f")))[0]
        case _:
            pass
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def _fit(value: float, code: str) -> float:
    """The value, or an infinity if the format `code` cannot hold it."""
    try:
        struct.pack(code, value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    return value


def _bfloat16_bits(value: float) -> int:
    """The upper half of the f32 bits, rounded to nearest, ties to even."""
    bits: int = struct.unpack("<I", struct.pack("<f", _fit(value, "f")))[0]
    if value != value:
        return (bits >> 16) | 0x40
    return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16


def _literal(value: Any, type_: Attribute) -> str:
    if isinstance(type_, IntegerType):
        if type_.width.data == 1:
            return "true" if value else "false"
        return str(int(value))
    return float_literal(float(value), type_)


def constant_literal(value: Attribute, type_: Attribute, types: Types) -> str:
    """A constant without its type."""
    if isinstance(value, DenseIntOrFPElementsAttr):
        assert isinstance(type_, VectorType)
        element = type_.element_type
        name = types(element)
        numbers = value.get_values()
        if value.is_splat():
            return f"splat ({name} {_literal(numbers[0], element)})"
        return "<" + ", ".join(f"{name} {_literal(n, element)}" for n in numbers) + ">"
    assert isinstance(value, IntegerAttr | FloatAttr)
    return _literal(value.value.data, type_)


def quoted(name: str) -> str:
    """A global's name, in quotes."""
    safe = "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else _escaped(c) for c in name)
    return f'@"{safe}"'


def _escaped(character: str) -> str:
    return "".join(f"\\{byte:02X}" for byte in character.encode())


# Functions.


@dataclass
class ModuleText:
    """The text of one LLVM module while it is made."""

    types: Types = field(default_factory=Types)
    declarations: dict[str, None] = field(default_factory=dict[str, None])
    """Intrinsics that were called, in order."""

    def intrinsic(self, name: str, result: str, arguments: Iterable[str]) -> str:
        """Declare an intrinsic; returns its name as a callee."""
        self.declarations[f"declare {result} @{name}({', '.join(arguments)})"] = None
        return f"@{name}"


class FunctionText:
    """Prints one function."""

    def __init__(self, module: ModuleText):
        self.module = module
        self.types = module.types
        self._names: dict[SSAValue, str] = {}
        self._labels: dict[Block, str] = {}

    def ref(self, value: SSAValue) -> str:
        """A value: its name, or a constant as it is written."""
        name = self._names.get(value)
        if name is None:
            name = self._names[value] = f"%v{len(self._names)}"
        return name

    def typed(self, value: SSAValue) -> str:
        """A value with its type before it."""
        return f"{self.types(value.type)} {self.ref(value)}"

    def label(self, block: Block) -> str:
        """A block's label."""
        return self._labels[block]

    def lines(self, op: llvm.FuncOp) -> Iterator[str]:
        """All lines between the braces."""
        blocks = _reachable(op.body.blocks[0])
        self._labels = {block: f"b{i}" for i, block in enumerate(blocks)}
        incoming = self._incoming(blocks)
        for block in blocks:  # first, so that a phi may use a constant of a later block
            for operation in block.ops:
                if (text := INLINE.get(type(operation))) is not None:
                    self._names[operation.results[0]] = text(self, operation)
        for block in blocks:
            yield f"{self.label(block)}:"
            if block is not blocks[0]:
                yield from self._phis(block, incoming[block])
            for operation in block.ops:
                printer = PRINTERS.get(type(operation))
                if printer is not None:
                    yield "  " + printer(self, operation)
                elif type(operation) not in INLINE:
                    fail(operation, f"'{operation.name}' has no LLVM IR", rule="emit-llvm-ir")

    def _incoming(
        self, blocks: Sequence[Block]
    ) -> dict[Block, list[tuple[str, Sequence[SSAValue]]]]:
        """For each block, the label of every edge's source and the values passed along it."""
        incoming: dict[Block, list[tuple[str, Sequence[SSAValue]]]] = {b: [] for b in blocks}
        for block in blocks:
            seen: dict[Block, Sequence[SSAValue]] = {}
            for target, operands in edges(_last(block)):
                if tuple(seen.get(target, operands)) != tuple(operands):
                    fail(
                        block.last_op,
                        "two edges between the same blocks pass different values",
                        rule="emit-llvm-ir",
                    )
                seen[target] = operands
                incoming[target].append((self.label(block), operands))
        return incoming

    def _phis(
        self, block: Block, incoming: Sequence[tuple[str, Sequence[SSAValue]]]
    ) -> Iterator[str]:
        for i, argument in enumerate(block.args):
            sources = ", ".join(f"[ {self.ref(ops[i])}, %{label} ]" for label, ops in incoming)
            yield f"  {self.ref(argument)} = phi {self.types(argument.type)} {sources}"


def _last(block: Block) -> Operation:
    assert block.last_op is not None
    return block.last_op


def edges(op: Operation) -> list[tuple[Block, Sequence[SSAValue]]]:
    """Where a terminator goes and what it passes."""
    match op:
        case llvm.BrOp():
            return [(op.successor, op.arguments)]
        case llvm.CondBrOp():
            return [(op.then_block, op.then_arguments), (op.else_block, op.else_arguments)]
        case ours.SwitchOp():
            cases = [(block, operands) for _, block, operands in op.cases()]
            return [(op.default_destination, op.default_operands), *cases]
        case _:
            return []


def _reachable(entry: Block) -> list[Block]:
    """Reverse post-order: constants, which are printed where used, are seen before their uses."""
    done: list[Block] = []
    seen = {entry}
    stack = [(entry, iter(_last(entry).successors))]
    while stack:
        block, successors = stack[-1]
        for successor in successors:
            if successor not in seen:
                seen.add(successor)
                stack.append((successor, iter(_last(successor).successors)))
                break
        else:
            done.append(block)
            stack.pop()
    return done[::-1]


# Operations.

Print = Callable[[FunctionText, Any], str]


def _flags(op: Operation) -> str:
    """Fast-math flags, followed by a space."""
    flags = cast(llvm.FastMathAttr, op.properties.get("fastmathFlags"))
    if flags is None or not flags.data:
        return ""
    return "".join(f"{flag.value} " for flag in sorted(flags.data))


def _binary(word: str) -> Print:
    def line(f: FunctionText, op: Operation) -> str:
        a, b = op.operands
        return f"{f.ref(op.results[0])} = {word} {_flags(op)}{f.typed(a)}, {f.ref(b)}"

    return line


_WRAPS = ("", "nsw ", "nuw ", "nuw nsw ")


def _wrapping(word: str) -> Print:
    def line(f: FunctionText, op: Operation) -> str:
        a, b = op.operands
        wraps = cast(IntegerAttr[Any] | None, op.properties.get("overflowFlags"))
        flags = _WRAPS[wraps.value.data] if wraps is not None else ""
        return f"{f.ref(op.results[0])} = {word} {flags}{f.typed(a)}, {f.ref(b)}"

    return line


def _marked(word: str, mark: str, keyword: str) -> Print:
    """A binary operation with one optional keyword."""

    def line(f: FunctionText, op: Operation) -> str:
        a, b = op.operands
        flag = f"{keyword} " if op.properties.get(mark) is not None else ""
        return f"{f.ref(op.results[0])} = {word} {flag}{f.typed(a)}, {f.ref(b)}"

    return line


def _cast(word: str) -> Print:
    def line(f: FunctionText, op: Operation) -> str:
        flag = "nneg " if op.properties.get("nonNeg") is not None else ""
        (result,) = op.results
        return f"{f.ref(result)} = {word} {flag}{f.typed(op.operands[0])} to {f.types(result.type)}"

    return line


def _intrinsic(name: str, *fixed: str, overload: str | None = None) -> Print:
    """A call of an intrinsic named after the type of its first operand; `fixed` follow."""

    def line(f: FunctionText, op: Operation) -> str:
        (result,) = op.results
        suffix = overload or mangled(result.type)
        kinds = [f.types(operand.type) for operand in op.operands]
        kinds += [text.split(" ")[0] for text in fixed]
        callee = f.module.intrinsic(f"llvm.{name}.{suffix}", f.types(result.type), kinds)
        arguments = ", ".join([*(f.typed(operand) for operand in op.operands), *fixed])
        return f"{f.ref(result)} = call {_flags(op)}{f.types(result.type)} {callee}({arguments})"

    return line


def _constant(f: FunctionText, op: llvm.ConstantOp) -> str:
    return constant_literal(op.value, op.result.type, f.types)


def _zero(f: FunctionText, op: Operation) -> str:
    pointer = isinstance(op.results[0].type, llvm.LLVMPointerType)
    return "null" if pointer else "zeroinitializer"


def _address_of(f: FunctionText, op: llvm.AddressOfOp) -> str:
    return quoted(op.global_name.root_reference.data)


INLINE: dict[type[Operation], Print] = {
    llvm.ConstantOp: _constant,
    llvm.UndefOp: lambda f, op: "undef",
    llvm.ZeroOp: _zero,
    ours.PoisonOp: lambda f, op: "poison",
    llvm.AddressOfOp: _address_of,
}
"""Operations that are printed wherever their result is used."""


def _icmp(f: FunctionText, op: llvm.ICmpOp) -> str:
    predicate = llvm.ICmpPredicateFlag.from_int(op.predicate.value.data).value
    return f"{f.ref(op.res)} = icmp {predicate} {f.typed(op.lhs)}, {f.ref(op.rhs)}"


def _fcmp(f: FunctionText, op: ours.FCmpOp) -> str:
    predicate = llvm.FCmpPredicateFlag.from_int(op.predicate.value.data).value.lstrip("_")
    return f"{f.ref(op.res)} = fcmp {_flags(op)}{predicate} {f.typed(op.lhs)}, {f.ref(op.rhs)}"


def _fneg(f: FunctionText, op: llvm.FNegOp) -> str:
    return f"{f.ref(op.res)} = fneg {_flags(op)}{f.typed(op.arg)}"


def _freeze(f: FunctionText, op: ours.FreezeOp) -> str:
    return f"{f.ref(op.res)} = freeze {f.typed(op.val)}"


def _select(f: FunctionText, op: ours.SelectOp) -> str:
    operands = ", ".join(f.typed(operand) for operand in op.operands)
    return f"{f.ref(op.res)} = select {_flags(op)}{operands}"


def _load(f: FunctionText, op: llvm.LoadOp) -> str:
    (result,) = op.results
    return f"{f.ref(result)} = load {f.types(result.type)}, {f.typed(op.ptr)}{_align(op)}"


def _store(f: FunctionText, op: llvm.StoreOp) -> str:
    return f"store {f.typed(op.value)}, {f.typed(op.ptr)}{_align(op)}"


def _align(op: Operation) -> str:
    alignment = cast(IntegerAttr[Any] | None, op.properties.get("alignment"))
    return f", align {alignment.value.data}" if alignment is not None else ""


def _alloca(f: FunctionText, op: llvm.AllocaOp) -> str:
    return f"{f.ref(op.res)} = alloca {f.types(op.elem_type)}, {f.typed(op.size)}{_align(op)}"


def _gep(f: FunctionText, op: llvm.GEPOp) -> str:
    dynamic = iter(op.ssa_indices)
    indices = [
        f.typed(next(dynamic)) if index == llvm.GEP_USE_SSA_VAL else f"i32 {index}"
        for index in op.rawConstantIndices.iter_values()
    ]
    word = "getelementptr inbounds" if op.inbounds is not None else "getelementptr"
    return (
        f"{f.ref(op.result)} = {word} {f.types(op.elem_type)}, "
        f"{', '.join([f.typed(op.ptr), *indices])}"
    )


def _insert_element(f: FunctionText, op: llvm.InsertElementOp) -> str:
    operands = ", ".join(f.typed(operand) for operand in op.operands)
    return f"{f.ref(op.res)} = insertelement {operands}"


def _extract_element(f: FunctionText, op: ours.ExtractElementOp) -> str:
    return f"{f.ref(op.res)} = extractelement {f.typed(op.vector)}, {f.typed(op.position)}"


def _shuffle(f: FunctionText, op: llvm.ShuffleVectorOp) -> str:
    lanes = [int(lane) for lane in op.mask.iter_values()]
    if all(lane == 0 for lane in lanes):
        mask = "zeroinitializer"
    else:
        mask = "<" + ", ".join(f"i32 {n}" if n >= 0 else "i32 poison" for n in lanes) + ">"
    return (
        f"{f.ref(op.res)} = shufflevector {f.typed(op.v1)}, {f.typed(op.v2)}, "
        f"<{len(lanes)} x i32> {mask}"
    )


def _insert_value(f: FunctionText, op: llvm.InsertValueOp) -> str:
    place = ", ".join(str(i) for i in op.position.iter_values())
    return f"{f.ref(op.res)} = insertvalue {f.typed(op.container)}, {f.typed(op.value)}, {place}"


def _extract_value(f: FunctionText, op: llvm.ExtractValueOp) -> str:
    place = ", ".join(str(i) for i in op.position.iter_values())
    return f"{f.ref(op.res)} = extractvalue {f.typed(op.container)}, {place}"


def _masked_load(f: FunctionText, op: ours.MaskedLoadOp) -> str:
    type_ = f.types(op.res.type)
    callee = f.module.intrinsic(
        f"llvm.masked.load.{mangled(op.res.type)}.p0",
        type_,
        ["ptr", f.types(op.mask.type), type_],
    )
    align = f"ptr align {op.alignment.value.data} {f.ref(op.data)}"
    return (
        f"{f.ref(op.res)} = call {type_} {callee}({align}, "
        f"{f.typed(op.mask)}, {f.typed(op.pass_thru)})"
    )


def _masked_store(f: FunctionText, op: ours.MaskedStoreOp) -> str:
    callee = f.module.intrinsic(
        f"llvm.masked.store.{mangled(op.value.type)}.p0",
        "void",
        [f.types(op.value.type), "ptr", f.types(op.mask.type)],
    )
    align = f"ptr align {op.alignment.value.data} {f.ref(op.data)}"
    return f"call void {callee}({f.typed(op.value)}, {align}, {f.typed(op.mask)})"


def _memcpy(f: FunctionText, op: ours.MemcpyOp) -> str:
    callee = f.module.intrinsic("llvm.memcpy.p0.p0.i64", "void", ["ptr", "ptr", "i64", "i1 immarg"])
    arguments = ", ".join(f.typed(operand) for operand in op.operands)
    return f"call void {callee}({arguments}, i1 {_literal(op.isVolatile.value.data, op.isVolatile.type)})"


def _call_intrinsic(f: FunctionText, op: llvm.CallIntrinsicOp) -> str:
    result = f.types(op.results[0].type) if op.results else "void"
    kinds = [f.types(value.type) for value in op.args]
    callee = f.module.intrinsic(op.intrin.data, result, kinds)
    call = f"call {_flags(op)}{result} {callee}({', '.join(f.typed(v) for v in op.args)})"
    return f"{f.ref(op.results[0])} = {call}" if op.results else call


def _call(f: FunctionText, op: llvm.CallOp) -> str:
    assert op.callee is not None
    arguments = ", ".join(f.typed(value) for value in op.args)
    callee = quoted(op.callee.root_reference.data)
    if op.returned is None:
        return f"call void {callee}({arguments})"
    return f"{f.ref(op.returned)} = call {f.types(op.returned.type)} {callee}({arguments})"


def _branch(f: FunctionText, op: llvm.BrOp) -> str:
    return f"br label %{f.label(op.successor)}"


def _branch_if(f: FunctionText, op: llvm.CondBrOp) -> str:
    targets = f"label %{f.label(op.then_block)}, label %{f.label(op.else_block)}"
    return f"br {f.typed(op.cond)}, {targets}"


def _switch(f: FunctionText, op: ours.SwitchOp) -> str:
    type_ = f.types(op.value.type)
    cases = " ".join(f"{type_} {number}, label %{f.label(b)}" for number, b, _ in op.cases())
    return f"switch {f.typed(op.value)}, label %{f.label(op.default_destination)} [ {cases} ]"


def _return(f: FunctionText, op: llvm.ReturnOp) -> str:
    return f"ret {f.typed(op.arg)}" if op.arg is not None else "ret void"


def _unreachable(f: FunctionText, op: Operation) -> str:
    return "unreachable"


PRINTERS: dict[type[Operation], Print] = {
    llvm.AddOp: _wrapping("add"),
    llvm.SubOp: _wrapping("sub"),
    llvm.MulOp: _wrapping("mul"),
    llvm.ShlOp: _wrapping("shl"),
    llvm.UDivOp: _marked("udiv", "isExact", "exact"),
    llvm.SDivOp: _marked("sdiv", "isExact", "exact"),
    llvm.LShrOp: _marked("lshr", "isExact", "exact"),
    llvm.AShrOp: _marked("ashr", "isExact", "exact"),
    llvm.OrOp: _marked("or", "isDisjoint", "disjoint"),
    llvm.AndOp: _binary("and"),
    llvm.XOrOp: _binary("xor"),
    llvm.URemOp: _binary("urem"),
    llvm.SRemOp: _binary("srem"),
    llvm.FAddOp: _binary("fadd"),
    llvm.FSubOp: _binary("fsub"),
    llvm.FMulOp: _binary("fmul"),
    llvm.FDivOp: _binary("fdiv"),
    llvm.FRemOp: _binary("frem"),
    llvm.FNegOp: _fneg,
    llvm.ICmpOp: _icmp,
    ours.FCmpOp: _fcmp,
    ours.SelectOp: _select,
    ours.FreezeOp: _freeze,
    llvm.TruncOp: _cast("trunc"),
    llvm.ZExtOp: _cast("zext"),
    llvm.SExtOp: _cast("sext"),
    llvm.FPExtOp: _cast("fpext"),
    llvm.FPTruncOp: _cast("fptrunc"),
    llvm.SIToFPOp: _cast("sitofp"),
    ours.UIToFPOp: _cast("uitofp"),
    ours.FPToSIOp: _cast("fptosi"),
    ours.FPToUIOp: _cast("fptoui"),
    llvm.BitcastOp: _cast("bitcast"),
    llvm.PtrToIntOp: _cast("ptrtoint"),
    llvm.IntToPtrOp: _cast("inttoptr"),
    llvm.FMAOp: _intrinsic("fma"),
    ours.FMulAddOp: _intrinsic("fmuladd"),
    llvm.FAbsOp: _intrinsic("fabs"),
    llvm.FSqrtOp: _intrinsic("sqrt"),
    llvm.FFloorOp: _intrinsic("floor"),
    llvm.FCeilOp: _intrinsic("ceil"),
    ours.FTruncOp: _intrinsic("trunc"),
    ours.RoundEvenOp: _intrinsic("roundeven"),
    ours.RoundOp: _intrinsic("round"),
    llvm.FCopySignOp: _intrinsic("copysign"),
    llvm.VectorFMaxOp: _intrinsic("maxnum"),
    llvm.VectorFMinOp: _intrinsic("minnum"),
    ours.MaximumOp: _intrinsic("maximum"),
    ours.MinimumOp: _intrinsic("minimum"),
    ours.SMaxOp: _intrinsic("smax"),
    ours.SMinOp: _intrinsic("smin"),
    ours.UMaxOp: _intrinsic("umax"),
    ours.UMinOp: _intrinsic("umin"),
    ours.AbsOp: _intrinsic("abs", "i1 false"),
    ours.CtPopOp: _intrinsic("ctpop"),
    llvm.LoadOp: _load,
    llvm.StoreOp: _store,
    llvm.AllocaOp: _alloca,
    llvm.GEPOp: _gep,
    llvm.InsertElementOp: _insert_element,
    ours.ExtractElementOp: _extract_element,
    llvm.ShuffleVectorOp: _shuffle,
    llvm.InsertValueOp: _insert_value,
    llvm.ExtractValueOp: _extract_value,
    ours.MaskedLoadOp: _masked_load,
    ours.MaskedStoreOp: _masked_store,
    ours.MemcpyOp: _memcpy,
    llvm.CallIntrinsicOp: _call_intrinsic,
    llvm.CallOp: _call,
    llvm.BrOp: _branch,
    llvm.CondBrOp: _branch_if,
    ours.SwitchOp: _switch,
    llvm.ReturnOp: _return,
    llvm.UnreachableOp: _unreachable,
}
"""How each operation is printed, on a line of its own."""


# Modules.

_ARGUMENT_WORDS = {
    "llvm.noalias": "noalias",
    "llvm.nonnull": "nonnull",
    "llvm.noundef": "noundef",
    "llvm.readonly": "readonly",
    "llvm.writeonly": "writeonly",
    "llvm.align": "align",
    "llvm.dereferenceable": "dereferenceable",
}


def _argument_attributes(op: llvm.FuncOp, number: int) -> str:
    if op.arg_attrs is None:
        return ""
    words: list[str] = []
    for name, value in op.arg_attrs.data[number].data.items():
        word = _ARGUMENT_WORDS.get(name)
        if word is not None and isinstance(value, UnitAttr):
            words.append(word)
        elif word is not None and isinstance(value, IntegerAttr):
            words.append(
                f"{word}({value.value.data})" if word != "align" else f"align {value.value.data}"
            )
    return "".join(f" {word}" for word in words)


def _signature(op: llvm.FuncOp, types: Types, names: Sequence[str]) -> str:
    arguments = ", ".join(
        f"{types(type_)}{_argument_attributes(op, i)} {names[i]}".rstrip()
        for i, type_ in enumerate(op.function_type.inputs)
    )
    return f"{types(op.function_type.output)} {quoted(op.sym_name.data)}({arguments})"


def _function(op: llvm.FuncOp, module: ModuleText, linkage: str) -> Iterator[str]:
    text = FunctionText(module)
    names = [text.ref(argument) for argument in op.body.blocks[0].args]
    yield f"define {linkage}{_signature(op, module.types, names)} #0 {{"
    yield from text.lines(op)
    yield "}"


def _call_wrapper(op: llvm.FuncOp, types: Types) -> Iterator[str]:
    """`void @dlir.call.f(ptr %args)`: see the head of this file."""
    yield f"define void {quoted(CALL_PREFIX + op.sym_name.data)}(ptr %args) #0 {{"
    arguments: list[str] = []
    slot = 0
    for type_ in op.function_type.inputs:
        name = types(type_)
        stored = "i8" if name == "i1" else name
        yield f"  %p{slot} = getelementptr inbounds i64, ptr %args, i64 {slot}"
        yield f"  %a{slot} = load {stored}, ptr %p{slot}, align 8"
        if name == "i1":
            yield f"  %b{slot} = trunc i8 %a{slot} to i1"
        arguments.append(f"{name} %{'b' if name == 'i1' else 'a'}{slot}")
        slot += 1
    callee = f"{quoted(op.sym_name.data)}({', '.join(arguments)})"
    result = types(op.function_type.output)
    if result == "void":
        yield f"  call void {callee}"
    else:
        yield f"  %r = call {result} {callee}"
        yield from _store_results(op.function_type.output, types, slot)
    yield "  ret void"
    yield "}"


def _store_results(output: Attribute, types: Types, slot: int) -> Iterator[str]:
    """Store each result through the pointer in its slot; `i1` as a byte."""
    several = isinstance(output, llvm.LLVMStructType)
    fields = output.types.data if several else (output,)
    for i, type_ in enumerate(fields):
        name, value = types(type_), "%r"
        if several:
            yield f"  %r{i} = extractvalue {types(output)} %r, {i}"
            value = f"%r{i}"
        if name == "i1":
            yield f"  %z{i} = zext i1 {value} to i8"
            name, value = "i8", f"%z{i}"
        yield f"  %q{i} = getelementptr inbounds i64, ptr %args, i64 {slot + i}"
        yield f"  %t{i} = load ptr, ptr %q{i}, align 8"
        yield f"  store {name} {value}, ptr %t{i}, align 1"


def _global(op: llvm.GlobalOp, types: Types, defined: bool) -> str:
    kind = "constant" if op.constant is not None else "global"
    type_ = types(op.global_type)
    name = quoted(op.sym_name.data)
    if not defined:
        return f"{name} = external {kind} {type_}"
    linkage = op.linkage.linkage.data
    prefix = "" if linkage == "external" else f"{linkage} "
    value = op.value
    if isinstance(value, StringAttr):
        text = (
            'c"'
            + "".join(
                _escaped(c) if not 32 <= ord(c) < 127 or c in '"\\' else c for c in value.data
            )
            + '"'
        )
    elif value is None:
        text = "zeroinitializer"
    else:
        text = constant_literal(value, op.global_type, types)
    return f"{name} = {prefix}{kind} {type_} {text}{_align(op)}"


def _attributes(cpu: CpuDescription) -> str:
    """The attribute group of every function."""
    return (
        "attributes #0 = { nounwind "
        f'"target-cpu"="{cpu.cpu}" "target-features"="{cpu.features}" '
        f'"prefer-vector-width"="{cpu.vector_bits}" '
        f'"min-legal-vector-width"="{cpu.vector_bits}" }}'
    )


def emit_ir(module: ModuleOp, cpu: CpuDescription) -> str:
    """The whole module as one LLVM module."""
    return _emit(module, cpu, list(_functions(module)), whole=True)


def emit_parts(module: ModuleOp, cpu: CpuDescription, size: int) -> list[str]:
    """The module as several LLVM modules of about `size` operations, to compile side by side.

    Private functions become hidden instead of internal; globals live in the first part.
    """
    parts: list[list[llvm.FuncOp]] = [[]]
    total = 0
    for function in _functions(module):
        if total > size and parts[-1]:
            parts.append([])
            total = 0
        parts[-1].append(function)
        total += sum(1 for _ in function.walk())
    if len(parts) == 1:
        return [emit_ir(module, cpu)]
    return [_emit(module, cpu, part, whole=False, first=i == 0) for i, part in enumerate(parts)]


def _functions(module: ModuleOp) -> Iterator[llvm.FuncOp]:
    return (op for op in module.ops if isinstance(op, llvm.FuncOp) and op.body.blocks)


def _emit(
    module: ModuleOp,
    cpu: CpuDescription,
    defined: Sequence[llvm.FuncOp],
    *,
    whole: bool,
    first: bool = True,
) -> str:
    text = ModuleText()
    body: list[str] = []
    for op in module.ops:
        if isinstance(op, llvm.GlobalOp):
            body.append(_global(op, text.types, defined=first))
    called = _callees(defined)
    for op in module.ops:
        if not isinstance(op, llvm.FuncOp):
            continue
        internal = op.linkage.linkage.data == "internal"
        if op in defined:
            linkage = ("internal " if whole else "hidden ") if internal else ""
            body.extend(_function(op, text, linkage))
            if not internal:
                body.extend(_call_wrapper(op, text.types))
        elif op.sym_name.data in called:
            names = [""] * len(op.function_type.inputs.data)
            hidden = "hidden " if internal else ""
            body.append(f"declare {hidden}{_signature(op, text.types, names)}")
    head = [f'target triple = "{cpu.triple}"', *text.declarations]
    return "\n".join([*head, *body, _attributes(cpu), ""])


def _callees(functions: Iterable[llvm.FuncOp]) -> set[str]:
    return {
        op.callee.root_reference.data
        for function in functions
        for op in function.walk()
        if isinstance(op, llvm.CallOp) and op.callee is not None
    }
