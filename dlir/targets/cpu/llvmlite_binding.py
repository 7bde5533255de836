"""The only place that touches llvmlite: text in, objects, assembly and addresses out.

llvmlite ships no type stubs; the functions here are the typed surface the rest uses.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from llvmlite import binding

if TYPE_CHECKING:
    from dlir.targets.cpu.description import CpuDescription

_jit_lock = Lock()
_library_numbers = itertools.count()


@cache
def _initialise() -> None:
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    binding.initialize_native_asmparser()


def host_target() -> tuple[str, str, str]:
    """Triple, CPU name and features of this machine."""
    triple: str = binding.get_process_triple()
    features: str = binding.get_host_cpu_features().flatten()
    return triple, binding.get_host_cpu_name(), features


@cache
def _machine(cpu: CpuDescription) -> Any:
    _initialise()
    return binding.Target.from_triple(cpu.triple).create_target_machine(
        cpu=cpu.cpu, features=cpu.features, opt=3, reloc="pic", codemodel="small"
    )


def _parse(ir: str) -> Any:
    """Parse and verify. Raises RuntimeError with LLVM's message."""
    _initialise()
    module = binding.parse_assembly(ir)
    module.verify()
    return module


def _optimise(module: Any, cpu: CpuDescription, passes: Sequence[str]) -> None:
    """Run function passes by llvmlite's names, such as `sroa` or `instruction_combine`."""
    if not passes:
        return
    manager = binding.create_new_module_pass_manager()
    for name in passes:
        getattr(manager, f"add_{name}_pass")()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    manager.run(module, binding.create_pass_builder(_machine(cpu), options))


def object_code(ir: str, cpu: CpuDescription, passes: Sequence[str] = ()) -> bytes:
    """Compile LLVM IR text to a relocatable object."""
    module = _parse(ir)
    _optimise(module, cpu, passes)
    return _machine(cpu).emit_object(module)


def assembly(ir: str, cpu: CpuDescription, passes: Sequence[str] = ()) -> str:
    """Compile LLVM IR text to assembly, for people and tests."""
    module = _parse(ir)
    _optimise(module, cpu, passes)
    return _machine(cpu).emit_assembly(module)


@cache
def _jit() -> Any:
    _initialise()
    from dlir.targets.cpu.description import host

    return binding.create_lljit_compiler(_machine(host()), use_jit_link=True)


class JitLibrary:
    """Objects linked into this process by LLVM; their code lives as long as this does."""

    def __init__(
        self, objects: Iterable[bytes], exports: Iterable[str], imports: Mapping[str, int]
    ):
        builder = binding.JITLibraryBuilder()
        for image in objects:
            builder.add_object_img(image)
        for name in exports:
            builder.export_symbol(name)
        for name, address in imports.items():
            builder.import_symbol(name, address)
        builder.add_current_process()
        with _jit_lock:
            name = f"dlir.{next(_library_numbers)}"
            self._tracker = builder.link(_jit(), name)

    def address(self, name: str) -> int:
        """The address of an exported symbol."""
        return self._tracker[name]
