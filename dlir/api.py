"""The verbs of dlir: load, compile, run, compare. They hold no compiler logic."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeGuard, cast

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp

from dlir import known_models
from dlir.diagnostics import fail
from dlir.divergence import Comparison, compare_on
from dlir.executable import (
    PRECISIONS,
    Artifact,
    CompileOptions,
    Executable,
    Frontend,
    LibraryTarget,
    MachineTarget,
    Progress,
    RecallingTarget,
    ScheduledTarget,
    Target,
)
from dlir.files import read_bytes, read_text, replacing, write_bytes
from dlir.model import KnownModel, Model
from dlir.numpy_types import Array
from dlir.params import Weights, check_params
from dlir.parser import parse_file, parse_module
from dlir.pipeline import Item, PassManager, collection_paused
from dlir.printer import print_module
from dlir.progress import shown_on
from dlir.registry import ARTIFACTS, Registry, default_registry, misuse
from dlir.signature import entry_function
from dlir.stored_weights import StoredFile
from dlir.types import shape_of
from dlir.verifier import verify

Params: TypeAlias = Mapping[str, Array] | str | Path
Source: TypeAlias = "Model | ModuleOp | str | Path | Any"
"""A model, a module, a path, MLIR text, or an object of a frontend's (an onnx ModelProto)."""


@collection_paused()
def load(source: Source, params: Params | None = None, registry: Registry | None = None) -> Model:
    """Load a model from MLIR text, a file, a ModuleOp, or what a frontend reads (`.onnx`, ...).

    A string that holds a brace or a line break is text, any other is a path. Weights come from
    `params` (a mapping, or the path of a safetensors file), else from `<stem>.safetensors` beside
    an `.mlir` file, where they stay until they are used. Raises CompileError.
    """
    registry = registry or default_registry()
    model = _read(source, registry)
    if params is not None:
        model = Model(model.peek(), Weights(params) if isinstance(params, str | Path) else params)
    if not isinstance(model, KnownModel):  # whose module was verified before
        verify(model.peek())
    return model


def _read(source: Source, registry: Registry) -> Model:
    if isinstance(source, Model):
        return source
    if isinstance(source, ModuleOp):
        return _of_module(source, registry)
    if isinstance(source, str) and ("{" in source or "\n" in source):
        return _of_module(_parsed(parse_module, source, registry), registry)
    if isinstance(source, str | Path):
        return _find_file(Path(source), registry)
    kind = type(source).__module__.partition(".")[0]
    if kind not in registry.names("frontend"):
        known = ", ".join([".mlir", *(f".{name}" for name in registry.names("frontend"))])
        fail(None, f"cannot load a {type(source).__qualname__}", help=f"formats: {known}")
    return _read_foreign(source, kind, registry)


def _find_file(path: Path, registry: Registry) -> Model:
    """A model that need not be read, or else the one that is."""
    if registry is not default_registry() or not path.is_file():
        return _read_file(path, registry)

    def read() -> Model:
        file = StoredFile(path)
        model = _read_file(path, registry)
        model.file = file
        return model

    try:
        return known_models.find(StoredFile(path), read) or read()
    except OSError:
        return _read_file(path, registry)  # which says why


def _read_file(path: Path, registry: Registry) -> Model:
    kind = path.suffix.removeprefix(".")
    if kind in registry.names("frontend"):
        return _read_foreign(path, kind, registry)
    module = _parsed(parse_file, path, registry)
    if foreign_dialect(module, registry) is not None:
        return _of_module(module, registry)
    beside = path.with_suffix(".safetensors")
    return Model(module, Weights(beside) if beside.is_file() else {})


def _of_module(module: ModuleOp, registry: Registry) -> Model:
    """A module, brought into `dl` by the frontend of a dialect that it is in, if there is one."""
    kind = foreign_dialect(module, registry)
    return Model(module) if kind is None else _read_foreign(module, kind, registry)


def foreign_dialect(module: ModuleOp, registry: Registry) -> str | None:
    """The dialect of a module's ops that a frontend reads."""
    kinds = {*registry.names("frontend")}
    return next((d for op in module.walk() if (d := op.dialect_name()) in kinds), None)


def _parsed(parse: Callable[[Any, Context], ModuleOp], source: Any, registry: Registry) -> ModuleOp:
    """A module with the constants of its resources."""
    from dlir.resources import take_resources  # with a dialect that is slow to import

    context = registry.context()
    module = parse(source, context)
    take_resources(module, context)
    return module


def _read_foreign(source: Any, kind: str, registry: Registry) -> Model:
    return Model(*cast(Frontend, registry.find("frontend", kind)).load(source))


def compile(
    model: Source,
    target: str = "cpu",
    *,
    function: str | None = None,
    params: Params | None = None,
    cache: bool = True,
    threads: int | None = None,
    winograd: bool = True,
    integerize: bool = True,
    bf16_dots: bool = True,
    explain_fusion: bool = False,
    machine: str | None = None,
    settings: Mapping[str, str] | None = None,
    schedule: str | Path | None = None,
    shapes: Mapping[str, str | Sequence[int]] | None = None,
    precision: str | None = None,
    dump_phases_to: str | Path | None = None,
    progress: Progress | bool | None = None,
    registry: Registry | None = None,
) -> Executable:
    """Make a function of a model, or an artifact, ready to run on a target (`cpu`, `ref`, ...).

    `function` is `main`, or the only one, by default. The result is called with arrays. The model
    is left as it was. `winograd=False` keeps target cpu from choosing Winograd's algorithm, whose
    rounding is within 1e-5 of the largest result. `integerize=False` computes quantised models on
    floats, as they are written, instead of on integers (see the pass dl-integerize).
    `bf16_dots=False` keeps target cpu from instructions that sum products of bf16 in pairs, and
    take subnormals for zero. With `explain_fusion` the report's `details["fusion"]` has every
    decision on what was fused. `machine` (a preset or a TOML file), and `settings` of its keys
    (`{"spm.bytes": "131072"}`), are for targets that have machines; `shapes` (`{"ids": "1x128"}`)
    gives `?` of arguments their sizes; `schedule` is a file that says how to compute kernels.
    `precision` ("bf16", "f16") stores a model in f32 in
    half the bytes, see the pass dl-convert-precision. `progress` is told about every phase; True
    draws a bar on stderr when that is a terminal. Raises CompileError.
    """
    registry = registry or default_registry()
    options = CompileOptions(
        function=function,
        cache=cache,
        threads=threads,
        winograd=winograd,
        integerize=integerize,
        bf16_dots=bf16_dots,
        explain_fusion=explain_fusion,
        dump_phases_to=None if dump_phases_to is None else Path(dump_phases_to),
        progress=None if isinstance(progress, bool) else progress,
        machine=machine,
        settings=settings or {},
        schedule=None if schedule is None else Path(schedule),
        shapes={name: _sizes(sizes) for name, sizes in (shapes or {}).items()},
        precision=checked_precision(precision),
        registry=registry,
    )
    if is_artifact(model):
        return open_artifact(model, options, target, params)
    loaded = load(model, params, registry)
    if progress is not True:
        return compile_with(loaded, target, options)
    with shown_on(sys.stderr) as bar:
        return compile_with(loaded, target, replace(options, progress=bar))


@collection_paused()
def compile_with(model: Model, target: str, options: CompileOptions) -> Executable:
    """`compile` for a loaded model and options made elsewhere."""
    found = _target_for([target], options)[0]
    is_plain = options.cache and not options.shapes and options.precision is None
    recalling = found if is_plain and isinstance(found, RecallingTarget) else None
    if recalling and isinstance(model, KnownModel) and model.is_as_read:
        known = recalling.recall(model, options)
        if known is not None:
            return known
    check_params(model.peek(), model.params)
    executable = found.compile(specialised(model, options).peek(), model.params, options)
    if recalling:
        known_models.remember(model, executable.report)
    return executable


def _target_for(names: Sequence[str], options: CompileOptions) -> list[Target]:
    """The targets; one of them must be able to choose a machine when one is asked for."""
    targets = [find_target(name, options.registry) for name in names]
    given = options.machine or options.settings
    if given and not any(isinstance(target, MachineTarget) for target in targets):
        raise misuse(f"target '{names[-1]}' has no machines: leave --machine and --set out")
    files = options.schedule or options.dump_schedule
    if files and not any(isinstance(target, ScheduledTarget) for target in targets):
        raise misuse(f"target '{names[-1]}' has no schedules: leave --schedule out")
    return targets


def checked_precision(name: str | None) -> str | None:
    """Raises UsageError for a type that models are not converted to."""
    if name not in (None, *PRECISIONS):
        raise misuse(f"no precision '{name}': there are {', '.join(PRECISIONS)}")
    return name


def _sizes(sizes: str | Sequence[int]) -> str:
    return sizes if isinstance(sizes, str) else "x".join(map(str, sizes))


def specialised(model: Model, options: CompileOptions) -> Model:
    """The model for `options.shapes` and in `options.precision`; itself where none is given."""

    def make(name: str, **fields: Any) -> Item:
        return cast(Callable[..., Item], options.registry.find_pass(name))(**fields)

    passes: list[Item] = []
    if options.shapes:
        wanted = tuple(f"{name}={sizes}" for name, sizes in options.shapes.items())
        passes.append(make("dl-specialize", shapes=wanted, function=options.function))
    if options.precision is not None:
        passes.append(make("dl-convert-precision", to=options.precision))
    if not passes:
        return model
    module = model.peek().clone()
    PassManager(passes, registry=options.registry).run(options.registry.context(), module)
    verify(module)
    return Model(module, model.params)


def is_artifact(source: Any) -> TypeGuard[str | Path]:
    """Whether this is the path of a compiled model."""
    is_path = isinstance(source, Path) or (isinstance(source, str) and "\n" not in source)
    return is_path and Path(source).suffix.removeprefix(".") in ARTIFACTS


def open_artifact(
    path: str | Path, options: CompileOptions, target: str = "", params: Params | None = None
) -> Executable:
    """Make a compiled model ready to run, on `target` if that is given. Raises CompileError."""
    made_by = ARTIFACTS[Path(path).suffix.removeprefix(".")]
    if target not in ("", made_by):
        raise misuse(f"'{path}' was compiled for target '{made_by}', not for '{target}'")
    chosen = {
        "function": options.function,
        "sizes": options.shapes,
        "weights": params,
        "precision": options.precision,
    }
    for what, given in chosen.items():
        if given:
            raise misuse(f"'{path}' is compiled: its {what} cannot be chosen any more")
    found = find_target(made_by, options.registry)
    assert isinstance(found, MachineTarget), "every target of ARTIFACTS opens its artifacts"
    return found.open(read_bytes(str(path)), str(path), options)


def lower(
    model: Source,
    target: str,
    stop: str,
    *,
    start: str | None = None,
    options: CompileOptions | None = None,
) -> Artifact:
    """Bring a model from level `start` to level `stop` of a target. Raises CompileError."""
    options = options or CompileOptions()
    found = _target_for([target], options)[0]
    start = start or found.levels[0]
    for level in (start, stop):
        if level not in found.levels:
            known = ", ".join(found.levels)
            fail(None, f"target '{target}' has no level '{level}'", help=f"levels: {known}")
    if found.levels.index(start) > found.levels.index(stop):
        fail(None, f"level '{stop}' comes before level '{start}'")
    loaded = specialised(load(model), options)
    if options.function is not None and start == found.levels[0]:
        entry_function(loaded.peek(), options.function)
    return found.lower(loaded.peek().clone(), loaded.params, options, start, stop)


def load_from(
    name: str,
    stdin: IO[str],
    params: Params | None,
    registry: Registry,
    kind: str | None = None,
) -> Model:
    """Load what a command line names: a file, of another kind than its suffix says, or `-`."""
    if name == "-":
        return load(f"{read_text(name, stdin)}\n", params, registry)
    if is_artifact(name):
        raise misuse(
            f"'{name}' is compiled",
            help="dlir-run runs it, and dlir-translate --from=isa-binary takes it apart",
        )
    if kind is None or kind == Path(name).suffix.removeprefix("."):
        return load(Path(name), params, registry)
    if kind == "mlir":
        return load(Model(_parsed(parse_file, name, registry)), params, registry)
    return load(_read_foreign(Path(name), kind, registry), params, registry)


def write_artifact(
    artifact: Artifact,
    what: str,
    params: Mapping[str, Array],
    path: str | None,
    stdout: IO[str],
    *,
    print_debuginfo: bool = False,
) -> None:
    """Write to a file, a module with the weights it names beside it; or text to `stdout` (`-`).

    `what` names the artifact for the UsageError that a binary cannot go to `stdout`.
    """
    path = None if path == "-" else path
    if isinstance(artifact, bytes) and path is None:
        raise misuse(f"{what} is binary: give a file with -o")
    if isinstance(artifact, ModuleOp):
        if path is not None:
            Model(artifact, params).save(path, print_debuginfo=print_debuginfo)
            return
        artifact = print_module(artifact, print_debuginfo=print_debuginfo)
    data = artifact.encode() if isinstance(artifact, str) else artifact
    if path is not None:
        write_bytes(path, data)
    elif isinstance(artifact, str):
        stdout.write(artifact)


def write_library(
    model: Model, target: str, options: CompileOptions, path: str, *, header: str, shared: bool
) -> None:
    """Write a model as a library for C programs, and its header: both appear, or neither.

    The symbols begin with the name of the file `path`, made an identifier. Raises CompileError.
    """
    check_params(model.peek(), model.params)
    found = _target_for([target], options)[0]
    if not isinstance(found, LibraryTarget):
        raise misuse(f"target '{target}' makes no libraries: --emit needs --target=cpu")
    module = specialised(model, options).peek().clone()
    name = c_identifier(Path(path).stem)
    library, text = found.library(module, model.params, options, name, shared=shared)
    with replacing(path) as file, replacing(header) as header_file:
        file.write(library)
        header_file.write(text.encode())


def c_identifier(text: str) -> str:
    """A name of letters, digits and `_` that begins with a letter: `2-layers` -> `m2_layers`."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)
    return name if name[:1].isalpha() else f"m{name}"


def check_support(
    name: str, stdin: IO[str], target: str, options: CompileOptions
) -> tuple[str, bool]:
    """A table of what a model is made of, and whether all of it can be compiled for a target.

    `name` is what a command line names. For a foreign file that the frontend does not take, the
    operators of that file; otherwise the ops of the module. Raises CompileError for what is no
    model at all.
    """
    table, kind = "", _kind_of(Path(name), options.registry)
    if kind in options.registry.names("frontend"):
        table, fine = cast(Frontend, options.registry.find("frontend", kind)).support(Path(name))
        if not fine:
            return table, False
        table += "\n"
    text, runs = _support(load_from(name, stdin, None, options.registry), target, options)
    return table + text, runs


def _kind_of(path: Path, registry: Registry) -> str:
    """The format of a file: its suffix, or the foreign dialect that its MLIR text is in."""
    kind = path.suffix.removeprefix(".")
    if kind != "mlir" or not path.is_file():
        return kind
    return foreign_dialect(parse_file(path, registry.context()), registry) or kind


def _support(model: Model, target: str, options: CompileOptions) -> tuple[str, bool]:
    found = _target_for([target], options)[0]
    module = specialised(model, options).peek()
    problems = found.unsupported(module, options)
    counts = Counter(op.name for op in module.walk())
    width = max(map(len, counts))
    lines = [
        f"{name:{width}}  {count:6}  {problems.get(name, 'yes')}"
        for name, count in sorted(counts.items())
    ]
    if isinstance(found, MachineTarget) and not problems:
        lines += found.remarks(module, options)
    return "\n".join([f"{'op':{width}}  {'count':>6}  on {target}", *lines]), not problems


def run(model: Source, *inputs: Any, target: str = "cpu", **options: Any) -> Any:
    """Compile a model and call it once; see `compile`."""
    return compile(model, target, **options)(*inputs)


def compare(
    model: Source,
    inputs: Sequence[Any],
    targets: Sequence[str] = ("ref", "cpu"),
    *,
    function: str | None = None,
    params: Params | None = None,
    tolerance: float | None = None,
    machine: str | None = None,
    settings: Mapping[str, str] | None = None,
    registry: Registry | None = None,
) -> Comparison:
    """Run a model on two targets and name the first op whose results differ.

    `tolerance` is relative to the largest magnitude in a result; by default it follows from the
    element type (see `divergence.TOLERANCES`) and the targets. `machine` and `settings` as for
    `compile`.
    """
    registry = registry or default_registry()
    options = CompileOptions(
        function=function, machine=machine, settings=settings or {}, registry=registry
    )
    return compare_with(load(model, params, registry), inputs, targets, options, tolerance)


def compare_with(
    model: Model,
    inputs: Sequence[Any],
    targets: Sequence[str],
    options: CompileOptions,
    tolerance: float | None = None,
) -> Comparison:
    """`compare` for a loaded model and options made elsewhere."""
    check_params(model.peek(), model.params)
    first, second = _target_for(targets, options)
    if any(isinstance(target, MachineTarget) for target in (first, second)):
        options = with_shapes_of(model, inputs, options)
    module = specialised(model, options).peek()
    return compare_on(first, second, module, model.params, inputs, options, tolerance)


def with_shapes_of(model: Model, inputs: Sequence[Any], options: CompileOptions) -> CompileOptions:
    """The options with the sizes of these inputs, for targets that must know them."""
    entry = entry_function(model.peek(), options.function)
    shapes = {
        str(index): _sizes(cast(Array, array).shape)
        for index, (array, type) in enumerate(zip(inputs, entry.function_type.inputs, strict=False))
        if isinstance(array, np.ndarray) and DYNAMIC_INDEX in shape_of(type)
    }
    return replace(options, shapes={**shapes, **options.shapes})


def find_target(name: str, registry: Registry) -> Target:
    """The target with that name. Raises UsageError."""
    return cast(Target, registry.find("target", name))
