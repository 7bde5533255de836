"""Pipeline text, pass options, and the pass manager."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import PassFailedException

from dlir.diagnostics import CompileError, fail
from dlir.instruments.base import Instrument, Step
from dlir.options import print_value, read_value
from dlir.parser import parse_module
from dlir.pipeline import (
    Anchor,
    InternalError,
    PassManager,
    PipelinePass,
    expand,
    parse_pipeline,
    pass_text,
    pipeline_text,
)
from dlir.registry import Registry, UsageError, builtin_registry


class Speed(StrEnum):
    SLOW = "slow"
    FAST = "fast"


@dataclass(frozen=True)
class Options(ModulePass):
    """Has an option of every kind."""

    name = "options"

    size: int = 8
    rate: float = 0.5
    deep: bool = False
    text: str = ""
    sizes: tuple[int, ...] = ()
    grid: tuple[tuple[int, ...], ...] = ()
    pair: tuple[int, str] = (1, "a")
    mode: Literal["plain", "fancy"] = "plain"
    speed: Speed = Speed.SLOW
    limit: int | None = None
    label: str | None = None
    one_or_many: int | tuple[int, ...] = 1

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        pass


@dataclass(frozen=True)
class Needs(ModulePass):
    """Must be given its option."""

    name = "needs"

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("count is negative")

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        pass


@dataclass(frozen=True)
class Mark(ModulePass):
    """Writes into each function which functions it saw."""

    name = "mark"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        functions = [inner for inner in op.walk() if isinstance(inner, FuncOp)]
        names = ",".join(function.sym_name.data for function in functions)
        for function in functions:
            function.attributes["seen"] = StringAttr(names)


@dataclass(frozen=True)
class Split(ModulePass):
    """Puts a copy before each function whose name does not end in `_`, or erases them all."""

    name = "split"

    erase: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in [f for f in op.body.block.ops if isinstance(f, FuncOp)]:
            if self.erase:
                function.detach()
                function.erase()
            else:
                copy = function.clone()
                copy.properties["sym_name"] = StringAttr(function.sym_name.data + "_")
                op.body.block.insert_op_before(copy, function)


@dataclass(frozen=True)
class Break(ModulePass):
    """Fails in the way it is told."""

    name = "break"

    how: Literal["bug", "diagnostic", "xdsl"] = "bug"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        match self.how:
            case "bug":
                raise KeyError("lost")
            case "diagnostic":
                fail(op, "is not to my taste", rule="taste-c1")
            case "xdsl":
                raise PassFailedException("xDSL says no")


@dataclass(frozen=True)
class Both(PipelinePass):
    """`mark`, then `options` on functions."""

    name = "both"

    size: int = 3

    def pipeline(self) -> str:
        return f"builtin.module(mark,func.func(options{{size={self.size}}}))"


PASSES: tuple[type[ModulePass], ...] = (Options, Needs, Mark, Split, Break, Both)


@pytest.fixture(scope="module", name="registry")
def make_registry() -> Registry:
    registry = builtin_registry()
    for pass_type in PASSES:
        registry.add("pass", pass_type.name, "tests", lambda pass_type=pass_type: pass_type)
    return registry


# --- text -> passes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("builtin.module()", ()),
        ("mark", (Mark(),)),
        ("mark,options", (Mark(), Options())),
        (" mark , options { size = 3  deep } ", (Mark(), Options(size=3, deep=True))),
        ("builtin.module(mark,options)", (Mark(), Options())),
        ("builtin.module(mark),options", (Mark(), Options())),
        (
            "builtin.module(func.func(mark,options{size=1}),mark)",
            (Anchor("func.func", (Mark(), Options(size=1))), Mark()),
        ),
        ("builtin.module(builtin.module(mark))", (Anchor("builtin.module", (Mark(),)),)),
        ("any(mark)", (Anchor("any", (Mark(),)),)),
        ("func.func()", (Anchor("func.func", ()),)),
        ("options{}", (Options(),)),
        ("options{one-or-many=1,2}", (Options(one_or_many=(1, 2)),)),
        ("options{one_or_many=7}", (Options(one_or_many=7),)),
        ("options{sizes=1,2,3}", (Options(sizes=(1, 2, 3)),)),
        ("options{sizes=[1, 2]}", (Options(sizes=(1, 2)),)),
        ("options{sizes=[]}", (Options(),)),
        ("options{sizes=0x10}", (Options(sizes=(16,)),)),
        ("options{grid=[[1,2],[],[3]]}", (Options(grid=((1, 2), (), (3,))),)),
        ("options{grid=[1],[2]}", (Options(grid=((1,), (2,))),)),
        ("options{pair=3,b}", (Options(pair=(3, "b")),)),
        ('options{text="a b, {c=\\"d\\"}"}', (Options(text='a b, {c="d"}'),)),
        ("options{text=dir/file.json}", (Options(text="dir/file.json"),)),
        ("options{text={a=1 b=[2]}}", (Options(text="{a=1 b=[2]}"),)),
        ("options{mode=fancy speed=fast}", (Options(mode="fancy", speed=Speed.FAST),)),
        ("options{limit=none label=none}", (Options(),)),
        ('options{label="none"}', (Options(label="none"),)),
        ("options{rate=1e-3 limit=4}", (Options(rate=1e-3, limit=4),)),
        ("options{\n  size=1\n  deep=false\n}", (Options(size=1),)),
    ],
)
def test_parse(registry: Registry, text: str, expected: tuple[Any, ...]) -> None:
    assert parse_pipeline(text, registry) == expected


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("markk", 1, "unknown pass 'markk'; did you mean 'mark'?"),
        ("mark,", 6, "expected a pass, got the end"),
        ("mark,,mark", 6, "expected a pass, got ','"),
        ("mark mark", 6, "expected ',' or the end, got 'm'"),
        ("mark)", 5, "expected ',' or the end, got ')'"),
        ("builtin.module(mark", 20, "expected ',' or the ')' of 'builtin.module('"),
        ("mark(options)", 1, "'mark' is not an op, so it takes no '(...)'"),
        ("func.func", 1, "'func.func' is an op: write 'func.func(...)'"),
        ("func.fun(mark)", 1, "unknown op 'func.fun'; did you mean 'func.func'?"),
        ("fnc.func(mark)", 1, "unknown dialect 'fnc'"),
        ("scf.for(mark)", 1, "cannot run on 'scf.for' alone"),
        ("options{sise=1}", 9, "'options' has no option 'sise'; did you mean 'size'?"),
        ("mark{a=1}", 6, "'mark' has no option 'a'"),
        ("options{size}", 13, "option 'size' needs a value: size: int = 8"),
        ("options{size=}", 14, "expected a value after '='"),
        ("options{size=true}", 14, "expected int, got 'true'"),
        ("options{size=1.5}", 14, "expected int, got '1.5'"),
        ("options{deep=1}", 14, "expected bool, got '1'"),
        ("options{rate=x}", 14, "expected float, got 'x'"),
        ("options{sizes=1,x}", 15, "expected int, got 'x'"),
        ("options{pair=1}", 14, "expected 2 values, got '1'"),
        ("options{mode=fance}", 14, "expected one of plain, fancy; got 'fance'"),
        ("options{speed=mid}", 15, "expected one of slow, fast; got 'mid'"),
        ("options{limit=x}", 15, "expected int|none, got 'x'"),
        ("options{size=1 size=2}", 16, "option 'size' is given twice"),
        ("options{size=1,deep=true}", 15, "options are separated by spaces, not commas"),
        ("options{size=1, deep}", 15, "options are separated by spaces, not commas"),
        ("options{size=1 , deep}", 16, "options are separated by spaces, not commas"),
        ("options{size=1", 15, "expected the '}' of the options of 'options'"),
        ("options{sizes=[1,2}", 19, "unbalanced '}'"),
        ("options{sizes=[1,2", 15, "'[' is never closed"),
        ('options{text="abc}', 14, "this '\"' is never closed"),
        ("needs", 1, "'needs' needs the option 'count'"),
        ("needs{count=-1}", 1, "'needs' refuses its options: count is negative"),
        ("cse{max=1}", 5, "'cse' has no option 'max'"),
    ],
)
def test_mistakes_are_placed_and_explained(
    registry: Registry, text: str, column: int, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_pipeline(text, registry)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"<pass-pipeline>:1:{column}: error: ")


def test_a_misspelt_option_lists_all_with_types_and_defaults(registry: Registry) -> None:
    with pytest.raises(UsageError) as caught:
        parse_pipeline("options{sise=1}", registry)
    for line in (
        "size: int = 8", "rate: float = 0.5", "deep: bool = false", "sizes: [int,...] = []",
        "mode: plain|fancy = plain", "speed: slow|fast = slow", "limit: int|none = none",
        "one-or-many: int|[int,...] = 1",
    ):  # fmt: skip
        assert f"note: option {line}" in str(caught.value)


def test_positions_in_later_lines(registry: Registry) -> None:
    with pytest.raises(UsageError, match=r"<pass-pipeline>:2:2: error: unknown pass 'b'"):
        parse_pipeline("mark,\n b", registry)


# --- passes -> text ---------------------------------------------------------------------------

words = st.text(max_size=6)
integers = st.integers(-9, 99)


@given(
    st.builds(
        Options,
        size=integers,
        rate=st.floats(allow_nan=False),
        deep=st.booleans(),
        text=words,
        sizes=st.lists(integers, max_size=3).map(tuple),
        grid=st.lists(st.lists(integers, max_size=2).map(tuple), max_size=3).map(tuple),
        pair=st.tuples(integers, words),
        mode=st.sampled_from(["plain", "fancy"]),
        speed=st.sampled_from(Speed),
        limit=st.none() | integers,
        label=st.none() | words,
        one_or_many=integers | st.lists(integers, max_size=2).map(tuple),
    )
)
def test_text_reads_back(options: Options) -> None:
    registry = Registry()
    registry.add("pass", "options", "tests", lambda: Options)
    assert parse_pipeline(pass_text(options), registry) == (options,)


def test_text_of_nested_pipelines(registry: Registry) -> None:
    text = 'builtin.module(mark,func.func(options{size=3 text="a b" sizes=1,2}),needs{count=8})'
    assert pipeline_text(parse_pipeline(text, registry)) == text
    assert pass_text(Options(grid=((1,), ()))) == "options{grid=[1],[]}"


@pytest.mark.parametrize("value", ["1", "true", "none", "", "[1]", "a,b", "plain"])
def test_strings_that_look_like_something_else(value: str) -> None:
    kind: Any = str | int | bool | None
    assert read_value(print_value(value, kind), kind) == value


def test_expand(registry: Registry) -> None:
    items = expand(parse_pipeline("both{size=5},mark", registry), registry)
    assert pipeline_text(items) == "builtin.module(mark,func.func(options{size=5}),mark)"


# --- running ----------------------------------------------------------------------------------

FUNCTIONS = """
builtin.module {
  func.func private @a()
  func.func private @b()
  builtin.module @inner {
    func.func private @c()
  }
}
"""


def run(pipeline: str, registry: Registry, *instruments: Instrument, **options: Any) -> ModuleOp:
    context = registry.context()
    module = parse_module(FUNCTIONS, context)
    PassManager(pipeline, instruments, registry, **options).run(context, module)
    return module


def functions(module: ModuleOp) -> dict[str, str]:
    """Each function's name and what `mark` wrote into it, in order."""
    return {
        op.sym_name.data: op.attributes["seen"].data if "seen" in op.attributes else ""
        for op in module.walk()
        if isinstance(op, FuncOp)
    }


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        ("mark", {"a": "a,b,c", "b": "a,b,c", "c": "a,b,c"}),
        ("func.func(mark)", {"a": "a", "b": "b", "c": ""}),
        ("builtin.module(builtin.module(mark))", {"a": "", "b": "", "c": "c"}),
        ("builtin.module(builtin.module(func.func(mark)))", {"a": "", "b": "", "c": "c"}),
        ("any(mark)", {"a": "a", "b": "b", "c": "c"}),
        ("func.func(split,mark)", {"a_": "a_,a", "a": "a_,a", "b_": "b_,b", "b": "b_,b", "c": ""}),
        ("func.func(split{erase},mark)", {"c": ""}),
        ("both", {"a": "a,b,c", "b": "a,b,c", "c": "a,b,c"}),
        ("func.func(both)", {"a": "a", "b": "b", "c": ""}),
    ],
)
def test_anchors(registry: Registry, pipeline: str, expected: dict[str, str]) -> None:
    module = run(pipeline, registry)
    assert functions(module) == expected
    assert list(functions(module)) == list(expected)
    module.verify()


class Log(Instrument):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def enter(self, group: str) -> None:
        self.lines.append(f"enter {group}")

    def leave(self, group: str) -> None:
        self.lines.append(f"leave {group}")

    def before(self, step: Step) -> None:
        self.lines.append(f"before {step.pipeline}")

    def after(self, step: Step) -> None:
        self.lines.append(f"after {step.one.name}")

    def failed(self, step: Step, error: CompileError) -> None:
        self.lines.append(f"failed {step.one.name}")


def test_instruments_see_the_passes_of_a_pipeline(registry: Registry) -> None:
    log = Log()
    run("builtin.module(builtin.module(both))", registry, log)
    assert log.lines == [
        "enter 'builtin.module' Pipeline",
        "enter Both",
        "before builtin.module(builtin.module(mark))",
        "after mark",
        "enter 'func.func' Pipeline",
        "before builtin.module(builtin.module(func.func(options{size=3})))",
        "after options",
        "leave 'func.func' Pipeline",
        "leave Both",
        "leave 'builtin.module' Pipeline",
    ]


def test_a_pipeline_is_a_pass_for_others_too(registry: Registry) -> None:
    @dataclass(frozen=True)
    class Upstream(PipelinePass):
        """Passes that need no registry of ours."""

        name = "upstream"

        def pipeline(self) -> str:
            return "canonicalize,cse"

    context = registry.context()
    module = parse_module(FUNCTIONS, context)
    Upstream().apply(context, module)
    assert list(functions(module)) == ["a", "b", "c"]


# --- failing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("diagnostic", "error[taste-c1]: 'builtin.module' is not to my taste"),
        ("xdsl", "error: xDSL says no\n  note: while running pass 'break'"),
    ],
)
def test_failures_are_diagnostics(registry: Registry, how: str, message: str) -> None:
    log = Log()
    with pytest.raises(CompileError) as caught:
        run(f"mark,func.func(break{{how={how}}}),mark", registry, log)
    assert message in str(caught.value)
    assert not isinstance(caught.value, InternalError)
    assert caught.value.reproducer is None
    assert log.lines[-2:] == ["failed break", "leave 'func.func' Pipeline"]


def test_a_bug_names_the_pass_and_leaves_a_reproducer(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    context = registry.context()
    module = parse_module(FUNCTIONS, context)
    manager = PassManager("mark,func.func(break)", registry=registry)
    with pytest.raises(InternalError) as caught:
        manager.run(context, module, source=lambda: FUNCTIONS)
    assert "bug in tests: pass 'break' raised KeyError: 'lost'" in str(caught.value)
    assert isinstance(caught.value.__cause__, KeyError)
    assert list(functions(module)) == ["a", "b", "c"], "the op is back in its place"
    assert caught.value.reproducer is not None
    reproducer = Path(caught.value.reproducer).read_text()
    first, *_ = reproducer.splitlines()
    assert first == "// dlir-reproducer: pipeline=builtin.module(mark,func.func(break))"
    assert "//     raise KeyError" in reproducer
    assert reproducer.endswith(FUNCTIONS)


def test_without_its_source_a_bug_still_leaves_a_reproducer(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InternalError) as caught:
        run("mark,func.func(break)", registry)
    assert caught.value.reproducer is not None
    reproducer = Path(caught.value.reproducer).read_text()
    assert reproducer.startswith("// dlir-reproducer: pipeline=builtin.module(func.func(break))\n")
    assert 'seen = "a,b,c"' in reproducer


def test_verify_each_names_the_pass(registry: Registry) -> None:
    context = registry.context()
    text = "func.func @f() {\n  func.return\n}"
    module = parse_module(text, context)

    @dataclass(frozen=True)
    class DropReturn(ModulePass):
        """Makes the module invalid."""

        name = "drop-return"

        def apply(self, ctx: Context, op: ModuleOp) -> None:
            for inner in list(op.walk()):
                if inner.name == "func.return":
                    inner.detach()
                    inner.erase()

    manager = PassManager([Mark(), DropReturn(), Mark()], registry=registry, verify_each=True)
    with pytest.raises(CompileError, match="the module was valid before pass 'drop-return'"):
        manager.run(context, module)
