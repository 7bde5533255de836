"""A compiled model as an object or a shared library with a C interface.

`build_library` lowers a model, computes its packed constants, and makes one object of the kernels,
the constants (read-only data) and the functions of the interface. Running it needs neither Python
nor dlir, nor an OpenMP runtime.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from xdsl.dialects import llvm
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, UnitAttr, i32

from dlir.diagnostics import fail
from dlir.numpy_types import Array
from dlir.targets.cpu.bundle import Bundle, init_names
from dlir.targets.cpu.compiling import compile_llvm
from dlir.targets.cpu.constants import ALIGNMENT, allocate, array_type, load_constants
from dlir.targets.cpu.description import CpuDescription
from dlir.targets.cpu.emit import callees, emit_ir
from dlir.targets.cpu.execute import THREADS, NativeModule
from dlir.targets.cpu.library.functions import Program, functions_text
from dlir.targets.cpu.library.header import header_text
from dlir.targets.cpu.library.interface import Interface
from dlir.targets.cpu.library.teams import team_text
from dlir.targets.cpu.openmp import FUNCTIONS

STATUS = "dlir.status"
MOST_BYTES = (1 << 31) - (1 << 24)
"""Of constants: code reaches 2 GiB, less what lies between."""


def build_library(
    lowered: ModuleOp,
    interface: Interface,
    params: Mapping[str, Array],
    cpu: CpuDescription,
    *,
    entry: str,
    threads: int | None,
) -> tuple[bytes, str]:
    """The object and its header, of a module in the llvm dialect, which is changed.

    `threads`: what a call uses until it is told; None: what the OpenMP runtime chooses. Raises
    CompileError.
    """
    bundle = Bundle.describe(lowered, entry)
    inits = init_names(entry, _functions(lowered))
    at_load = _part(lowered, [f"{entry}.plan", *inits, *(f"{name}.plan" for name in inits)])
    native = NativeModule(at_load, processes=1)
    constants = load_constants(native, bundle, params)
    arena = _known_arena(native, bundle, interface)
    offsets = _offsets(constants)
    program = Program(
        entry, interface, offsets, bundle.messages, bundle.has_teams, bundle.plans_by_sizes
    )
    _make_local(lowered, [entry, f"{entry}.plan"], threads)
    texts = [emit_ir(lowered, cpu), functions_text(program)]
    if bundle.has_teams:
        texts.append(team_text(cpu.triple))
    image = _with_constants("\n".join(texts), constants, cpu)
    header = header_text(
        interface,
        cpu=cpu.name,
        arena=arena,
        has_teams=bundle.has_teams,
        needs_data=not bundle.plans_by_sizes,
    )
    return image, header


# --- the module ------------------------------------------------------------------------------


def _functions(module: ModuleOp) -> dict[str, llvm.FuncOp]:
    return {op.sym_name.data: op for op in module.ops if isinstance(op, llvm.FuncOp)}


def _reached(module: ModuleOp, roots: Sequence[str]) -> set[str]:
    """The symbols that functions need, with their own."""
    functions = _functions(module)
    found, waiting = set[str](), [*roots]
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += callees([functions[name]]) if name in functions else []
    return found


def _part(module: ModuleOp, roots: Sequence[str]) -> ModuleOp:
    """A module of some functions, of what they call, and of the globals."""
    wanted = _reached(module, roots)
    ops = [
        op.clone()
        for op in module.ops
        if isinstance(op, llvm.GlobalOp)
        or (isinstance(op, llvm.FuncOp) and op.sym_name.data in wanted)
    ]
    return ModuleOp(ops, dict(module.attributes))


def _make_local(module: ModuleOp, roots: Sequence[str], threads: int | None) -> None:
    """Keep what the roots need, all of it invisible from outside; the status is per thread."""
    wanted = _reached(module, roots)
    for op in list(module.ops):
        if isinstance(op, llvm.FuncOp):
            if op.sym_name.data not in wanted or op.sym_name.data in FUNCTIONS:
                op.detach()
                op.erase()
                continue
            op.properties["linkage"] = llvm.LinkageAttr("internal")
        elif isinstance(op, llvm.GlobalOp):
            op.properties["linkage"] = llvm.LinkageAttr("internal")
            if op.sym_name.data == STATUS:
                op.properties["thread_local_"] = UnitAttr()
            elif op.sym_name.data == THREADS:
                op.properties["value"] = IntegerAttr(threads or 0, i32)


def _known_arena(native: NativeModule, bundle: Bundle, interface: Interface) -> int | None:
    """The arena's bytes, with room to align it, where they follow from the types alone."""
    plan = native.functions[f"{bundle.entry}.plan"]
    if interface.sizes or interface.output_sizes or not bundle.plans_by_sizes:
        return None
    arguments = allocate([array_type(type) for type in plan.signature.inputs], [])
    bytes = int(plan(*arguments)[0])
    return bytes + ALIGNMENT - 1 if bytes else 0


# --- constants -------------------------------------------------------------------------------


def _offsets(constants: Sequence[Array]) -> list[int]:
    """Where each array begins; each is aligned."""
    offsets, end = list[int](), 0
    for array in constants:
        offsets.append(end)
        end += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    if end > MOST_BYTES:
        fail(None, f"the weights take {end:,} bytes; a library holds {MOST_BYTES:,} at most")
    return offsets


def _with_constants(ir: str, constants: Sequence[Array], cpu: CpuDescription) -> bytes:
    """Compile; the assembler takes the constants from a file, which LLVM never sees as text."""
    with tempfile.TemporaryDirectory(prefix="dlir-constants-") as folder:
        path = Path(folder, "constants")
        with path.open("wb") as file:
            for array in constants:
                file.write(array.reshape(-1).view("u1").data if array.size else b"")
                file.write(bytes(-array.nbytes % ALIGNMENT))
        return compile_llvm("\n".join([ir, *_section(path, cpu)]), cpu)


def _section(path: Path, cpu: CpuDescription) -> Iterator[str]:
    is_macho = "darwin" in cpu.triple or "macos" in cpu.triple
    section = "__TEXT,__const" if is_macho else '.rodata.dlir,"a",@progbits'
    lines = (
        f".section {section}",
        f".p2align {ALIGNMENT.bit_length() - 1}",
        f"{'_' if is_macho else ''}dlir.constants:",
        f'.incbin "{path}"' if path.stat().st_size else ".byte 0",
    )
    for line in lines:
        escaped = line.replace("\\", "\\\\").replace('"', "\\22")
        yield f'module asm "{escaped}"'
