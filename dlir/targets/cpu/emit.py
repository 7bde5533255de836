"""The `llvm` dialect as LLVM IR text, one line per operation.

xDSL's own translation goes through llvmlite's IR builder, is slower by an order of magnitude and
lacks bf16 and many intrinsics; this one only formats strings.

Each public function `f` also gets `void @dlir.call.f(ptr %args)`, which reads its arguments from an
array of 64-bit slots (pointers, sizes, the bits of scalars) and stores results through the pointers
in the slots after them.  Python calls everything through that one signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from xdsl.dialects import llvm
from xdsl.dialects.builtin import (
    IntegerAttr,
    ModuleOp,
    StringAttr,
    UnitAttr,
)
from xdsl.ir import Attribute

from dlir.targets.cpu.description import CALL_PREFIX, CpuDescription
from dlir.targets.cpu.llvm_function import FunctionText
from dlir.targets.cpu.llvm_literals import (
    Types,
    constant_literal,
    escaped,
    quoted,
)
from dlir.targets.cpu.llvm_operations import ModuleText, alignment

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
    prefix += "thread_local " if op.thread_local_ is not None else ""
    value = op.value
    if isinstance(value, StringAttr):
        text = (
            'c"'
            + "".join(escaped(c) if not 32 <= ord(c) < 127 or c in '"\\' else c for c in value.data)
            + '"'
        )
    elif value is None:
        text = "zeroinitializer"
    else:
        text = constant_literal(value, op.global_type, types)
    return f"{name} = {prefix}{kind} {type_} {text}{alignment(op)}"


_NONTEMPORAL = "!0 = !{i32 1}"
"""What a store past the caches refers to."""


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


def emit_parts(module: ModuleOp, cpu: CpuDescription, size: int) -> Iterator[str]:
    """The module as several LLVM modules of about `size` operations, to compile side by side.

    Private functions become hidden instead of internal; globals live in the first part. Where one
    part refers to another's function, that is not said to be hidden: parts may be linked further
    apart than a relative address reaches, so that addresses have to come from a table.
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
        yield emit_ir(module, cpu)
        return
    for i, part in enumerate(parts):
        yield _emit(module, cpu, part, whole=False, first=i == 0)


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
    called = callees(defined)
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
            body.append(f"declare {_signature(op, text.types, names)}")
    head = [f'target triple = "{cpu.triple}"', *text.declarations]
    return "\n".join([*head, *body, _attributes(cpu), _NONTEMPORAL, ""])


def callees(functions: Iterable[llvm.FuncOp]) -> set[str]:
    """The symbols that functions call, or pass to others to be called."""
    names: set[str] = set()
    for op in (op for function in functions for op in function.walk()):
        if isinstance(op, llvm.CallOp) and op.callee is not None:
            names.add(op.callee.root_reference.data)
        elif isinstance(op, llvm.AddressOfOp):
            names.add(op.global_name.root_reference.data)
    return names
