"""The verbs of dlir: load, compile, run, compare. They hold no compiler logic."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from xdsl.dialects.builtin import ModuleOp

from dlir.diagnostics import fail
from dlir.divergence import Comparison, compare_on
from dlir.executable import Artifact, CompileOptions, Executable, Frontend, Progress, Target
from dlir.files import replacing, write_bytes
from dlir.numpy_types import Array
from dlir.params import Weights, check_params, param_ops, write_weights
from dlir.parser import parse_file, parse_module
from dlir.pipeline import collection_paused
from dlir.printer import print_module
from dlir.progress import shown_on
from dlir.registry import Registry, default_registry
from dlir.signature import entry_function
from dlir.verifier import verify

Params: TypeAlias = Mapping[str, Array] | str | Path
Source: TypeAlias = "Model | ModuleOp | str | Path | Any"
"""A model, a module, a path, MLIR text, or an object of a frontend's (an onnx ModelProto)."""


@dataclass
class Model:
    """A module and its weights. `str(model)` is its text."""

    module: ModuleOp
    params: Mapping[str, Array] = field(default_factory=dict[str, Array])

    def __str__(self) -> str:
        return print_module(self.module)

    def save(self, path: str | Path, *, print_debuginfo: bool = False) -> None:
        """Write the text, and beside it the weights it names as `<stem>.safetensors`.

        Both files appear together or not at all; weights that the model was loaded without are left
        out. `print_debuginfo` adds the locations, such as the names of a model's nodes. Raises
        CompileError.
        """
        path = Path(path)
        names = [name for _, name in param_ops(self.module) if name in self.params]
        used = {name: self.params[name] for name in names}
        with replacing(path) as file:
            file.write(print_module(self.module, print_debuginfo=print_debuginfo).encode())
            if used:
                write_weights(path.with_suffix(".safetensors"), used)


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
        model = Model(model.module, Weights(params) if isinstance(params, str | Path) else params)
    verify(model.module)
    return model


def _read(source: Source, registry: Registry) -> Model:
    if isinstance(source, Model):
        return source
    if isinstance(source, ModuleOp):
        return Model(source)
    if isinstance(source, str) and ("{" in source or "\n" in source):
        return Model(parse_module(source, registry.context()))
    if isinstance(source, str | Path):
        return _read_file(Path(source), registry)
    kind = type(source).__module__.partition(".")[0]
    if kind not in registry.names("frontend"):
        known = ", ".join([".mlir", *(f".{name}" for name in registry.names("frontend"))])
        fail(None, f"cannot load a {type(source).__qualname__}", help=f"formats: {known}")
    return _read_foreign(source, kind, registry)


def _read_file(path: Path, registry: Registry) -> Model:
    kind = path.suffix.removeprefix(".")
    if kind in registry.names("frontend"):
        return _read_foreign(path, kind, registry)
    module = parse_file(path, registry.context())
    beside = path.with_suffix(".safetensors")
    return Model(module, Weights(beside) if beside.is_file() else {})


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
    dump_phases_to: str | Path | None = None,
    progress: Progress | bool | None = None,
    registry: Registry | None = None,
) -> Executable:
    """Make a function of a model ready to run on a target (`cpu`, `ref`, ...).

    `function` is `main`, or the only one, by default. The result is called with arrays. The model
    is left as it was. `progress` is told about every phase; True draws a bar on stderr when that
    is a terminal. Raises CompileError.
    """
    registry = registry or default_registry()
    loaded = load(model, params, registry)
    options = CompileOptions(
        function=function,
        cache=cache,
        threads=threads,
        dump_phases_to=None if dump_phases_to is None else Path(dump_phases_to),
        progress=None if isinstance(progress, bool) else progress,
        registry=registry,
    )
    if progress is not True:
        return compile_with(loaded, target, options)
    with shown_on(sys.stderr) as bar:
        return compile_with(loaded, target, replace(options, progress=bar))


@collection_paused()
def compile_with(model: Model, target: str, options: CompileOptions) -> Executable:
    """`compile` for a loaded model and options made elsewhere."""
    check_params(model.module, model.params)
    return find_target(target, options.registry).compile(model.module, model.params, options)


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
    found = find_target(target, options.registry)
    start = start or found.levels[0]
    for level in (start, stop):
        if level not in found.levels:
            known = ", ".join(found.levels)
            fail(None, f"target '{target}' has no level '{level}'", help=f"levels: {known}")
    if found.levels.index(start) > found.levels.index(stop):
        fail(None, f"level '{stop}' comes before level '{start}'")
    module = load(model).module.clone()
    if options.function is not None and start == found.levels[0]:
        entry_function(module, options.function)
    return found.lower(module, options, start, stop)


def load_from(
    name: str,
    stdin: IO[str],
    params: Params | None,
    registry: Registry,
    kind: str | None = None,
) -> Model:
    """Load what a command line names: a file, of another kind than its suffix says, or `-`."""
    if name == "-":
        return load(f"{stdin.read()}\n", params, registry)
    if kind is None or kind == Path(name).suffix.removeprefix("."):
        return load(Path(name), params, registry)
    if kind == "mlir":
        return load(Model(parse_file(name, registry.context())), params, registry)
    return load(_read_foreign(Path(name), kind, registry), params, registry)


def write_artifact(
    artifact: Artifact,
    params: Mapping[str, Array],
    path: str | None,
    stdout: IO[str],
    *,
    print_debuginfo: bool = False,
) -> None:
    """Write to a file, a module with the weights it names beside it; or text to `stdout` (`-`)."""
    path = None if path == "-" else path
    if isinstance(artifact, ModuleOp):
        if path is not None:
            Model(artifact, params).save(path, print_debuginfo=print_debuginfo)
            return
        artifact = print_module(artifact, print_debuginfo=print_debuginfo)
    if path is None:
        assert isinstance(artifact, str), "binaries need a path"
        stdout.write(artifact)
    else:
        write_bytes(path, artifact.encode() if isinstance(artifact, str) else artifact)


def check_support(
    source: str | Path, target: str, registry: Registry | None = None
) -> tuple[str, bool]:
    """A table of what a model is made of, and whether all of it can be compiled for a target.

    For a foreign file that the frontend does not take, the operators of that file; otherwise the
    ops of the module. Raises CompileError for what is no model at all.
    """
    registry = registry or default_registry()
    kind = Path(source).suffix.removeprefix(".")
    if kind in registry.names("frontend"):
        table, fine = cast(Frontend, registry.find("frontend", kind)).support(source)
        if not fine:
            return table, False
        text, runs = _support(load(source, registry=registry), target, registry)
        return f"{table}\n{text}", runs
    return _support(load(source, registry=registry), target, registry)


def _support(model: Model, target: str, registry: Registry) -> tuple[str, bool]:
    options = CompileOptions(registry=registry)
    problems = find_target(target, registry).unsupported(model.module, options)
    counts = Counter(op.name for op in model.module.walk())
    width = max(map(len, counts))
    lines = [
        f"{name:{width}}  {count:6}  {problems.get(name, 'yes')}"
        for name, count in sorted(counts.items())
    ]
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
    registry: Registry | None = None,
) -> Comparison:
    """Run a model on two targets and name the first op whose results differ.

    `tolerance` is relative to the largest magnitude in a result; by default it follows from the
    element type (see `divergence.TOLERANCES`).
    """
    registry = registry or default_registry()
    loaded = load(model, params, registry)
    check_params(loaded.module, loaded.params)
    options = CompileOptions(function=function, registry=registry)
    first, second = (find_target(name, registry) for name in targets)
    return compare_on(first, second, loaded.module, loaded.params, inputs, options, tolerance)


def find_target(name: str, registry: Registry) -> Target:
    """The target with that name. Raises UsageError."""
    return cast(Target, registry.find("target", name))
