"""Who may import whom, read from the source with `ast` (see "The house" in CONTRIBUTING.md)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CORE = "core"
LAYERS: dict[str, frozenset[str]] = {
    CORE: frozenset({CORE}),
    "dialects": frozenset({CORE, "dialects"}),
    "transforms": frozenset({CORE, "dialects", "transforms"}),
    "lowering": frozenset({CORE, "dialects", "lowering"}),
    "frontends": frozenset({CORE, "dialects", "frontends"}),
    "targets": frozenset(
        {CORE, "dialects", "transforms", "lowering", "frontends", "targets"},
    ),
    "tools": frozenset({CORE, "tools"}),
}
"""Folder of dlir -> what it may import; api.py, which the tools call, is part of the core."""

MACHINES = "dlir.targets.accel.description"
"""A machine's description is data, which passes and lowerings for that machine may read."""

HEAVY: dict[str, str] = {
    "llvmlite": "dlir/targets/cpu/",
    "jax": "dlir/frontends/stablehlo/",
    "onnx": "dlir/frontends/onnx/",
    "torch": "dlir/frontends/torch/",
}
"""Package -> the only place that may import it."""

ONLY_INSIDE_FUNCTIONS = frozenset({"jax", "onnx", "torch", "onnxruntime"})


@dataclass(frozen=True)
class Import:
    """One import statement: which file, which line, what, and whether it runs at import time."""

    file: str
    line: int
    module: str
    at_top: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: import of {self.module}"


@cache
def imports() -> tuple[Import, ...]:
    paths = [path for folder in ("dlir", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(found for path in paths for found in _imports_of(path))


def _imports_of(path: Path) -> Iterator[Import]:
    file = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = _nodes_of_functions(tree) | _nodes_under_type_checking(tree)
    for node in ast.walk(tree):
        top = id(node) not in inside
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, name.name, top) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(path, node)
            yield Import(file, node.lineno, source, top)
            # `from dlir import api` imports a module, too
            yield from (
                Import(file, node.lineno, f"{source}.{name.name}", top)
                for name in node.names
                if _is_module(f"{source}.{name.name}")
            )


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """The module that `from ..x import y` names."""
    if node.level == 0:
        assert node.module is not None
        return node.module
    package = path.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def _nodes_of_functions(tree: ast.AST) -> set[int]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return {id(n) for f in ast.walk(tree) if isinstance(f, functions) for n in ast.walk(f)}


def _nodes_under_type_checking(tree: ast.AST) -> set[int]:
    guards = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    ]
    return {id(n) for guard in guards for n in ast.walk(guard)}


@cache
def _is_module(name: str) -> bool:
    path = ROOT / _source_path(name)
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _source_path(module: str) -> Path:
    parts = module.split(".")
    return Path(*parts[1:]) if parts[:2] == ["dlir", "tools"] else Path(*parts)


def layer_of(parts: tuple[str, ...]) -> str:
    """('dlir', 'dialects', 'dl', 'ops') -> 'dialects'; ('dlir', 'parser') -> 'core'."""
    if parts[0] == "tools":
        return "tools"
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else CORE


def test_every_import_goes_down() -> None:
    wrong = [
        f"{found}: {own} may import {', '.join(sorted(LAYERS[own]))}, not {other}"
        for found in imports()
        if found.module.split(".")[0] == "dlir"
        for own in [layer_of(Path(found.file).with_suffix("").parts)]
        for other in [layer_of(tuple(found.module.split(".")))]
        if other not in LAYERS[own]
        and not (found.module.startswith(MACHINES) and own in ("transforms", "lowering"))
    ]
    assert not wrong, "\n".join(wrong)


def test_heavy_packages_stay_where_they_are_needed() -> None:
    wrong = [
        f"{found}: only {HEAVY[package]} may"
        for found in imports()
        for package in [found.module.split(".")[0]]
        if package in HEAVY and not found.file.startswith(HEAVY[package])
    ]
    wrong += [
        f"{found}: only inside a function"
        for found in imports()
        if found.at_top and found.module.split(".")[0] in ONLY_INSIDE_FUNCTIONS
    ]
    assert not wrong, "\n".join(wrong)


def test_transforms_and_lowerings_stand_alone() -> None:
    """One file = one pass: a pass never imports another pass."""
    passes = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for folder in ("transforms", "lowering")
        for path in (ROOT / "dlir" / folder).glob("*.py")
        if path.stem != "__init__" and "(ModulePass" in path.read_text(encoding="utf-8")
    }
    wrong = [
        str(found)
        for found in imports()
        if found.module in passes and found.file.split("/")[1] in ("transforms", "lowering")
    ]
    assert not wrong, "\n".join(wrong)


def test_tools_are_thin() -> None:
    long = {p.name: n for p in (ROOT / "tools").glob("*.py") if (n := _lines(p)) >= 150}
    assert not long, f"logic belongs into dlir/: {long}"


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("heavy", ["numpy", "llvmlite", "onnx"])
def test_dlir_opt_starts_light(heavy: str) -> None:
    """A ten-line file loads neither numpy nor llvmlite, and so answers quickly."""
    text = "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> { %y = dl.relu %x : tensor<4xf32> " + (
        "func.return %y : tensor<4xf32> }"
    )
    program = (
        "import sys; from dlir.tools.opt import main; code = main(['-', '-p', 'dl-simplify']);"
        f" sys.exit(code or ({heavy!r} in sys.modules and 'loaded {heavy}') or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
