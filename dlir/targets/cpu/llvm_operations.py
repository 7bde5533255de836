"""How each operation of the `llvm` dialect reads in LLVM IR: tables from class to printer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from xdsl.dialects import llvm
from xdsl.dialects.builtin import (
    IntegerAttr,
)
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.llvm import intrinsics
from dlir.dialects.llvm import ops as ours
from dlir.targets.cpu.llvm_literals import (
    Types,
    constant_literal,
    mangled,
    quoted,
)


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


class Names:
    """The names of one function's values and blocks."""

    def __init__(self, module: ModuleText):
        self.module = module
        self.types = module.types
        self.values: dict[SSAValue, str] = {}
        self.labels: dict[Block, str] = {}

    def ref(self, value: SSAValue) -> str:
        """A value: its name, or a constant as it is written."""
        name = self.values.get(value)
        if name is None:
            name = self.values[value] = f"%v{len(self.values)}"
        return name

    def typed(self, value: SSAValue) -> str:
        """A value with its type before it."""
        return f"{self.types(value.type)} {self.ref(value)}"

    def label(self, block: Block) -> str:
        """A block's label."""
        return self.labels[block]


Print = Callable[[Names, Any], str]


def _flags(op: Operation) -> str:
    """Fast-math flags, followed by a space."""
    flags = cast(llvm.FastMathAttr | None, op.properties.get("fastmathFlags"))
    if flags is None or not flags.data:
        return ""
    return "".join(f"{flag.value} " for flag in sorted(flags.data))


def _binary(word: str) -> Print:
    def line(f: Names, op: Operation) -> str:
        a, b = op.operands
        return f"{f.ref(op.results[0])} = {word} {_flags(op)}{f.typed(a)}, {f.ref(b)}"

    return line


_WRAPS = ("", "nsw ", "nuw ", "nuw nsw ")


def _wrapping(word: str) -> Print:
    def line(f: Names, op: Operation) -> str:
        a, b = op.operands
        wraps = cast(IntegerAttr[Any] | None, op.properties.get("overflowFlags"))
        flags = _WRAPS[wraps.value.data] if wraps is not None else ""
        return f"{f.ref(op.results[0])} = {word} {flags}{f.typed(a)}, {f.ref(b)}"

    return line


def _marked(word: str, mark: str, keyword: str) -> Print:
    """A binary operation with one optional keyword."""

    def line(f: Names, op: Operation) -> str:
        a, b = op.operands
        flag = f"{keyword} " if op.properties.get(mark) is not None else ""
        return f"{f.ref(op.results[0])} = {word} {flag}{f.typed(a)}, {f.ref(b)}"

    return line


def _cast(word: str) -> Print:
    def line(f: Names, op: Operation) -> str:
        flag = "nneg " if op.properties.get("nonNeg") is not None else ""
        (result,) = op.results
        return f"{f.ref(result)} = {word} {flag}{f.typed(op.operands[0])} to {f.types(result.type)}"

    return line


def _intrinsic(name: str, *fixed: str, also: Sequence[int] = ()) -> Print:
    """A call of an intrinsic named after the type of its result; `fixed` follow.

    `also` are the operands whose types are in its name, too.
    """

    def line(f: Names, op: Operation) -> str:
        (result,) = op.results
        overloads = [result.type, *(op.operands[index].type for index in also)]
        suffix = ".".join(map(mangled, overloads))
        kinds = [f.types(operand.type) for operand in op.operands]
        kinds += [text.split(" ")[0] for text in fixed]
        callee = f.module.intrinsic(f"llvm.{name}.{suffix}", f.types(result.type), kinds)
        arguments = ", ".join([*(f.typed(operand) for operand in op.operands), *fixed])
        return f"{f.ref(result)} = call {_flags(op)}{f.types(result.type)} {callee}({arguments})"

    return line


def _constant(f: Names, op: llvm.ConstantOp) -> str:
    return constant_literal(op.value, op.result.type, f.types)


def _zero(f: Names, op: Operation) -> str:
    pointer = isinstance(op.results[0].type, llvm.LLVMPointerType)
    return "null" if pointer else "zeroinitializer"


def _address_of(f: Names, op: llvm.AddressOfOp) -> str:
    return quoted(op.global_name.root_reference.data)


INLINE: dict[type[Operation], Print] = {
    llvm.ConstantOp: _constant,
    llvm.UndefOp: lambda f, op: "undef",
    llvm.ZeroOp: _zero,
    ours.PoisonOp: lambda f, op: "poison",
    llvm.AddressOfOp: _address_of,
}
"""Operations that are printed wherever their result is used."""


def _icmp(f: Names, op: llvm.ICmpOp) -> str:
    predicate = llvm.ICmpPredicateFlag.from_int(op.predicate.value.data).value
    return f"{f.ref(op.res)} = icmp {predicate} {f.typed(op.lhs)}, {f.ref(op.rhs)}"


def _fcmp(f: Names, op: ours.FCmpOp) -> str:
    predicate = llvm.FCmpPredicateFlag.from_int(op.predicate.value.data).value.lstrip("_")
    return f"{f.ref(op.res)} = fcmp {_flags(op)}{predicate} {f.typed(op.lhs)}, {f.ref(op.rhs)}"


def _fneg(f: Names, op: llvm.FNegOp) -> str:
    return f"{f.ref(op.res)} = fneg {_flags(op)}{f.typed(op.arg)}"


def _freeze(f: Names, op: ours.FreezeOp) -> str:
    return f"{f.ref(op.res)} = freeze {f.typed(op.val)}"


def _select(f: Names, op: ours.SelectOp) -> str:
    operands = ", ".join(f.typed(operand) for operand in op.operands)
    return f"{f.ref(op.res)} = select {_flags(op)}{operands}"


def _load(f: Names, op: llvm.LoadOp) -> str:
    (result,) = op.results
    return f"{f.ref(result)} = load {f.types(result.type)}, {f.typed(op.ptr)}{alignment(op)}"


def _store(f: Names, op: llvm.StoreOp) -> str:
    past = ", !nontemporal !0" if "nontemporal" in op.properties else ""
    return f"store {f.typed(op.value)}, {f.typed(op.ptr)}{alignment(op)}{past}"


def _fence(f: Names, op: ours.FenceOp) -> str:
    return "fence seq_cst"


def alignment(op: Operation) -> str:
    """`, align N`, if the operation says so."""
    alignment = cast(IntegerAttr[Any] | None, op.properties.get("alignment"))
    return f", align {alignment.value.data}" if alignment is not None else ""


def _alloca(f: Names, op: llvm.AllocaOp) -> str:
    return f"{f.ref(op.res)} = alloca {f.types(op.elem_type)}, {f.typed(op.size)}{alignment(op)}"


def _gep(f: Names, op: llvm.GEPOp) -> str:
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


def _insert_element(f: Names, op: llvm.InsertElementOp) -> str:
    operands = ", ".join(f.typed(operand) for operand in op.operands)
    return f"{f.ref(op.res)} = insertelement {operands}"


def _extract_element(f: Names, op: ours.ExtractElementOp) -> str:
    return f"{f.ref(op.res)} = extractelement {f.typed(op.vector)}, {f.typed(op.position)}"


def _shuffle(f: Names, op: llvm.ShuffleVectorOp) -> str:
    lanes = [int(lane) for lane in op.mask.iter_values()]
    if all(lane == 0 for lane in lanes):
        mask = "zeroinitializer"
    else:
        mask = "<" + ", ".join(f"i32 {n}" if n >= 0 else "i32 poison" for n in lanes) + ">"
    return (
        f"{f.ref(op.res)} = shufflevector {f.typed(op.v1)}, {f.typed(op.v2)}, "
        f"<{len(lanes)} x i32> {mask}"
    )


def _insert_value(f: Names, op: llvm.InsertValueOp) -> str:
    place = ", ".join(str(i) for i in op.position.iter_values())
    return f"{f.ref(op.res)} = insertvalue {f.typed(op.container)}, {f.typed(op.value)}, {place}"


def _extract_value(f: Names, op: llvm.ExtractValueOp) -> str:
    place = ", ".join(str(i) for i in op.position.iter_values())
    return f"{f.ref(op.res)} = extractvalue {f.typed(op.container)}, {place}"


def _masked_load(f: Names, op: intrinsics.MaskedLoadOp) -> str:
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


def _masked_store(f: Names, op: intrinsics.MaskedStoreOp) -> str:
    callee = f.module.intrinsic(
        f"llvm.masked.store.{mangled(op.value.type)}.p0",
        "void",
        [f.types(op.value.type), "ptr", f.types(op.mask.type)],
    )
    align = f"ptr align {op.alignment.value.data} {f.ref(op.data)}"
    return f"call void {callee}({f.typed(op.value)}, {align}, {f.typed(op.mask)})"


def _memcpy(f: Names, op: intrinsics.MemcpyOp) -> str:
    callee = f.module.intrinsic("llvm.memcpy.p0.p0.i64", "void", ["ptr", "ptr", "i64", "i1 immarg"])
    arguments = ", ".join(f.typed(operand) for operand in op.operands)
    return f"call void {callee}({arguments}, i1 {'true' if op.isVolatile.value.data else 'false'})"


def _prefetch(f: Names, op: intrinsics.PrefetchOp) -> str:
    kinds = ["ptr", *["i32 immarg"] * 3]
    callee = f.module.intrinsic("llvm.prefetch.p0", "void", kinds)
    numbers = ", ".join(f"i32 {n.value.data}" for n in (op.rw, op.hint, op.cache))
    return f"call void {callee}({f.typed(op.addr)}, {numbers})"


def _call_intrinsic(f: Names, op: llvm.CallIntrinsicOp) -> str:
    result = f.types(op.results[0].type) if op.results else "void"
    kinds = [f.types(value.type) for value in op.args]
    callee = f.module.intrinsic(op.intrin.data, result, kinds)
    call = f"call {_flags(op)}{result} {callee}({', '.join(f.typed(v) for v in op.args)})"
    return f"{f.ref(op.results[0])} = {call}" if op.results else call


def _call(f: Names, op: llvm.CallOp) -> str:
    assert op.callee is not None
    arguments = ", ".join(f.typed(value) for value in op.args)
    callee = quoted(op.callee.root_reference.data)
    if op.returned is None:
        return f"call void {callee}({arguments})"
    return f"{f.ref(op.returned)} = call {f.types(op.returned.type)} {callee}({arguments})"


def _branch(f: Names, op: llvm.BrOp) -> str:
    return f"br label %{f.label(op.successor)}"


def _branch_if(f: Names, op: llvm.CondBrOp) -> str:
    targets = f"label %{f.label(op.then_block)}, label %{f.label(op.else_block)}"
    return f"br {f.typed(op.cond)}, {targets}"


def _switch(f: Names, op: ours.SwitchOp) -> str:
    type_ = f.types(op.value.type)
    cases = " ".join(f"{type_} {number}, label %{f.label(b)}" for number, b, _ in op.cases())
    return f"switch {f.typed(op.value)}, label %{f.label(op.default_destination)} [ {cases} ]"


def _return(f: Names, op: llvm.ReturnOp) -> str:
    return f"ret {f.typed(op.arg)}" if op.arg is not None else "ret void"


def _unreachable(f: Names, op: Operation) -> str:
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
    intrinsics.FMulAddOp: _intrinsic("fmuladd"),
    intrinsics.LoadExpOp: _intrinsic("ldexp", also=[1]),
    llvm.FAbsOp: _intrinsic("fabs"),
    llvm.FSqrtOp: _intrinsic("sqrt"),
    llvm.FFloorOp: _intrinsic("floor"),
    llvm.FCeilOp: _intrinsic("ceil"),
    intrinsics.FTruncOp: _intrinsic("trunc"),
    intrinsics.RoundEvenOp: _intrinsic("roundeven"),
    intrinsics.RoundOp: _intrinsic("round"),
    llvm.FCopySignOp: _intrinsic("copysign"),
    llvm.VectorFMaxOp: _intrinsic("maxnum"),
    llvm.VectorFMinOp: _intrinsic("minnum"),
    intrinsics.MaximumOp: _intrinsic("maximum"),
    intrinsics.MinimumOp: _intrinsic("minimum"),
    intrinsics.SMaxOp: _intrinsic("smax"),
    intrinsics.SMinOp: _intrinsic("smin"),
    intrinsics.UMaxOp: _intrinsic("umax"),
    intrinsics.UMinOp: _intrinsic("umin"),
    intrinsics.AbsOp: _intrinsic("abs", "i1 false"),
    intrinsics.CtPopOp: _intrinsic("ctpop"),
    llvm.LoadOp: _load,
    llvm.StoreOp: _store,
    ours.FenceOp: _fence,
    llvm.AllocaOp: _alloca,
    llvm.GEPOp: _gep,
    llvm.InsertElementOp: _insert_element,
    ours.ExtractElementOp: _extract_element,
    llvm.ShuffleVectorOp: _shuffle,
    llvm.InsertValueOp: _insert_value,
    llvm.ExtractValueOp: _extract_value,
    intrinsics.MaskedLoadOp: _masked_load,
    intrinsics.MaskedStoreOp: _masked_store,
    intrinsics.MemcpyOp: _memcpy,
    intrinsics.PrefetchOp: _prefetch,
    llvm.CallIntrinsicOp: _call_intrinsic,
    llvm.CallOp: _call,
    llvm.BrOp: _branch,
    llvm.CondBrOp: _branch_if,
    ours.SwitchOp: _switch,
    llvm.ReturnOp: _return,
    llvm.UnreachableOp: _unreachable,
}
"""How each operation is printed, on a line of its own."""
