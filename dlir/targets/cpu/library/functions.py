"""The functions and tables of a model's C interface, as LLVM IR.

They stand in one LLVM module with the compiled kernels, so that of all its symbols only those of
the interface can be seen from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlir.targets.cpu.constants import ALIGNMENT
from dlir.targets.cpu.library.interface import Interface, Tensor

MOST = 1 << 47
"""A size must be less than this, as in `structured-bufferize`."""
BAD_SIZE = "a size of an input is negative or too large"
SMALL_ARENA = "the arena is smaller than the plan for these sizes asks for"


@dataclass(frozen=True)
class Program:
    """What the functions call and read."""

    entry: str
    """The function; `<entry>.plan` gives the arena's bytes and the outputs' sizes."""
    interface: Interface
    offsets: Sequence[int]
    """Where each constant lies in `@dlir.constants`."""
    messages: Sequence[str]
    """The text of status 1, 2, ..."""
    has_teams: bool
    plans_by_sizes: bool
    """Whether the plan reads no data of the inputs, so that none need be given."""


def functions_text(program: Program) -> str:
    """`<prefix>_plan`, `_run`, `_message`, `_set_threads`, `_inputs`, `_outputs`."""
    return "\n".join(
        [
            "@dlir.constants = external hidden constant i8",
            *_check_and_plan(program),
            *_plan(program.interface),
            *_run(program),
            *_message(program),
            *_set_threads(program),
            *_table(program.interface, "inputs", program.interface.inputs),
            *_table(program.interface, "outputs", program.interface.outputs),
        ]
    )


# --- calling ---------------------------------------------------------------------------------


def _at(name: str, array: str, index: int, type: str) -> Iterator[str]:
    """`name = array[index]`"""
    yield f"  {name}.place = getelementptr inbounds {type}, ptr {array}, i64 {index}"
    yield f"  {name} = load {type}, ptr {name}.place, align 8"


def _input_arguments(program: Program, arguments: list[str], data: bool) -> Iterator[str]:
    """Load the inputs and constants; `data`: with the inputs' pointers, else without."""
    sizes = 0
    for number, tensor in enumerate(program.interface.inputs):
        name = f"%input{number}"
        if data:
            yield from _at(name, "%inputs", number, "ptr")
        if tensor.is_scalar:
            yield from _scalar(name, tensor, arguments)
        else:
            arguments.append(f"ptr {name}" if data else "ptr null")
        for _ in range(tensor.dynamic):
            yield from _at(f"%size{sizes}", "%sizes", sizes, "i64")
            arguments.append(f"i64 %size{sizes}")
            sizes += 1
    for offset in program.offsets:
        arguments.append(f"ptr getelementptr (i8, ptr @dlir.constants, i64 {offset})")


def _scalar(name: str, tensor: Tensor, arguments: list[str]) -> Iterator[str]:
    kinds = {"F64": "double", "F32": "float", "F16": "half", "BF16": "bfloat"}
    type = kinds.get(tensor.element.name, f"i{tensor.element.bits}")
    yield f"  {name}.value = load {type}, ptr {name}, align 1"
    if tensor.element.name == "BOOL":
        yield f"  {name}.bit = trunc i8 {name}.value to i1"
        arguments.append(f"i1 {name}.bit")
    else:
        arguments.append(f"{type} {name}.value")


def _check_and_plan(program: Program) -> Iterator[str]:
    """`@dlir.plan` checks the sizes, and fills %plan with the arena's bytes and output sizes."""
    interface = program.interface
    yield "define internal i32 @dlir.plan(ptr %inputs, ptr %sizes, ptr %plan) #0 {"
    for n in range(interface.sizes):
        yield from _at(f"%given{n}", "%sizes", n, "i64")
        yield f"  %fits{n} = icmp ult i64 %given{n}, {MOST}"
        yield f"  br i1 %fits{n}, label %size.fits{n}, label %bad"
        yield f"size.fits{n}:"
    arguments: list[str] = []
    yield from _input_arguments(program, arguments, not program.plans_by_sizes)
    count = 1 + interface.output_sizes
    several = "{ " + ", ".join(["i64"] * count) + " }"
    yield "  store i32 0, ptr @dlir.status, align 4"
    result = "i64" if count == 1 else several
    yield f'  %planned = call {result} @"{program.entry}.plan"({", ".join(arguments)})'
    for n in range(count):
        value = "%planned"
        if count > 1:
            value = f"%planned{n}"
            yield f"  {value} = extractvalue {several} %planned, {n}"
        yield f"  %plan{n} = getelementptr inbounds i64, ptr %plan, i64 {n}"
        yield f"  store i64 {value}, ptr %plan{n}, align 8"
    yield "  %status = load i32, ptr @dlir.status, align 4"
    yield "  ret i32 %status"
    if interface.sizes:
        yield from ("bad:", f"  ret i32 {_own_code(program, BAD_SIZE)}")
    yield "}"


def _plan(interface: Interface) -> Iterator[str]:
    """The plan for a program: room to align the arena in, too."""
    count = 1 + interface.output_sizes
    yield f"define i32 @{interface.prefix}_plan"
    yield "    (ptr %inputs, ptr %sizes, ptr %arena_bytes, ptr %output_sizes) #0 {"
    yield f"  %plan = alloca [{count} x i64], align 8"
    yield "  %status = call i32 @dlir.plan(ptr %inputs, ptr %sizes, ptr %plan)"
    yield "  %fine = icmp eq i32 %status, 0"
    yield "  br i1 %fine, label %tell, label %done"
    yield "tell:"
    yield "  %bytes = load i64, ptr %plan, align 8"
    yield f"  %padded = add i64 %bytes, {ALIGNMENT - 1}"
    yield "  %empty = icmp eq i64 %bytes, 0"
    yield "  %needed = select i1 %empty, i64 0, i64 %padded"
    yield "  store i64 %needed, ptr %arena_bytes, align 8"
    yield "  %unwanted = icmp eq ptr %output_sizes, null"
    yield "  br i1 %unwanted, label %done, label %sizes.too"
    yield "sizes.too:"
    for n in range(1, count):
        yield from _at(f"%known{n}", "%plan", n, "i64")
        yield f"  %to{n} = getelementptr inbounds i64, ptr %output_sizes, i64 {n - 1}"
        yield f"  store i64 %known{n}, ptr %to{n}, align 8"
    yield from ("  br label %done", "done:", "  ret i32 %status", "}")


def _run(program: Program) -> Iterator[str]:
    """Plan again, which costs little, so that an arena that is too small is found."""
    interface = program.interface
    count = 1 + interface.output_sizes
    yield f"define i32 @{interface.prefix}_run"
    yield "    (ptr %inputs, ptr %sizes, ptr %outputs, ptr %arena, i64 %arena_bytes) #0 {"
    yield f"  %plan = alloca [{count} x i64], align 8"
    yield "  %planned = call i32 @dlir.plan(ptr %inputs, ptr %sizes, ptr %plan)"
    yield "  %fine = icmp eq i32 %planned, 0"
    yield "  br i1 %fine, label %measure, label %refused"
    yield from ("refused:", "  ret i32 %planned", "measure:")
    yield "  %address = ptrtoint ptr %arena to i64"
    yield "  %below = sub i64 0, %address"
    yield f"  %skipped = and i64 %below, {ALIGNMENT - 1}"
    yield "  %start = getelementptr i8, ptr %arena, i64 %skipped"
    yield "  %bytes = load i64, ptr %plan, align 8"
    yield "  %needed = add i64 %bytes, %skipped"
    yield "  %enough = icmp ule i64 %needed, %arena_bytes"
    yield "  %none = icmp eq i64 %bytes, 0"
    yield "  %may = or i1 %enough, %none"
    yield "  br i1 %may, label %run, label %small"
    yield from ("small:", f"  ret i32 {_own_code(program, SMALL_ARENA)}", "run:")
    arguments: list[str] = []
    yield from _input_arguments(program, arguments, True)
    yield from _output_arguments(interface, arguments)
    arguments += ["ptr %start", "i64 %bytes"]
    yield f'  call void @"{program.entry}"({", ".join(arguments)})'
    yield "  %status = load i32, ptr @dlir.status, align 4"
    yield from ("  ret i32 %status", "}")


def _output_arguments(interface: Interface, arguments: list[str]) -> Iterator[str]:
    sizes = 1
    for number, tensor in enumerate(interface.outputs):
        yield from _at(f"%output{number}", "%outputs", number, "ptr")
        arguments.append(f"ptr %output{number}")
        for _ in range(tensor.dynamic):
            yield from _at(f"%output.size{sizes}", "%plan", sizes, "i64")
            arguments.append(f"i64 %output.size{sizes}")
            sizes += 1


def _own_code(program: Program, message: str) -> int:
    """The status of a check that is made here."""
    return len(program.messages) + 1 + (BAD_SIZE, SMALL_ARENA).index(message)


# --- telling ---------------------------------------------------------------------------------


def _text(name: str, text: str) -> str:
    data = text.encode()
    plain = "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\{c:02X}" for c in data)
    return f'{name} = private unnamed_addr constant [{len(data) + 1} x i8] c"{plain}\\00"'


def _message(program: Program) -> Iterator[str]:
    texts = ["fine", *program.messages, BAD_SIZE, SMALL_ARENA, "no such status"]
    for number, text in enumerate(texts):
        yield _text(f"@dlir.message.{number}", text)
    pointers = ", ".join(f"ptr @dlir.message.{n}" for n in range(len(texts)))
    yield f"@dlir.messages = internal constant [{len(texts)} x ptr] [{pointers}]"
    yield f"define ptr @{program.interface.prefix}_message(i32 %status) #0 {{"
    yield f"  %known = icmp ult i32 %status, {len(texts) - 1}"
    yield f"  %chosen = select i1 %known, i32 %status, i32 {len(texts) - 1}"
    yield "  %wide = zext i32 %chosen to i64"
    yield "  %place = getelementptr inbounds ptr, ptr @dlir.messages, i64 %wide"
    yield "  %text = load ptr, ptr %place, align 8"
    yield from ("  ret ptr %text", "}")


def _set_threads(program: Program) -> Iterator[str]:
    yield f"define void @{program.interface.prefix}_set_threads(i32 %count) #0 {{"
    if program.has_teams:
        yield "  store atomic i32 %count, ptr @dlir.threads monotonic, align 4"
    yield from ("  ret void", "}")


def _table(interface: Interface, what: str, tensors: Sequence[Tensor]) -> Iterator[str]:
    """An array of `struct dlir_tensor`: name, shape, element type, rank."""
    rows: list[str] = []
    for number, tensor in enumerate(tensors):
        place, rank = f"@dlir.{what}.{number}", len(tensor.shape)
        yield _text(f"{place}.name", tensor.name)
        sizes = ", ".join(f"i64 {n}" for n in tensor.shape)
        yield f"{place}.shape = private constant [{rank} x i64] [{sizes}]"
        row = f"ptr {place}.name, ptr {place}.shape, i32 {tensor.element.code}, i32 {rank}"
        rows.append(f"{{ ptr, ptr, i32, i32 }} {{ {row} }}")
    array = f"[{len(rows)} x {{ ptr, ptr, i32, i32 }}]"
    yield f"@{interface.prefix}_{what} = constant {array} [{', '.join(rows)}]"
