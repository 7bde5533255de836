"""Pipelines of passes, and the pass manager that runs them and tells the instruments.

While a pass runs under an anchor, `func.func(...)`, the op sits alone in a temporary module, so
every pass works under every anchor.
"""

from __future__ import annotations

import gc
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.traits import IsolatedFromAbove
from xdsl.utils.exceptions import (
    DiagnosticException,
    ParseError,
    UnregisteredConstructException,
)

from dlir.debug import debug
from dlir.diagnostics import CompileError, Diagnostic, Severity, diagnose, from_exception, note
from dlir.instruments.base import Instrument, Step, group
from dlir.instruments.reproducer import write_crash
from dlir.pipeline_text import ANY, Anchor, Item, parse_pipeline, pass_text, pipeline_text
from dlir.printer import print_module
from dlir.registry import Registry, default_registry
from dlir.verifier import verify

__all__ = [
    "Anchor", "InternalError", "Item", "PassManager", "PipelinePass",
    "expand", "parse_pipeline", "pass_text", "pipeline_text",
]  # fmt: skip


class InternalError(CompileError):
    """A bug in a pass (exit code 3). The exception that shows it is the `__cause__`."""


@dataclass(frozen=True)
class PipelinePass(ModulePass):
    """A pass made of passes. The pass manager runs them one by one, as if they were written out."""

    @abstractmethod
    def pipeline(self) -> str:
        """The text of the pipeline this pass stands for."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        PassManager(self.pipeline()).run(ctx, op)


def expand(items: Iterable[Item], registry: Registry | None = None) -> tuple[Item, ...]:
    """The same pipeline with every `PipelinePass` replaced by its passes."""
    result: list[Item] = []
    for item in items:
        match item:
            case Anchor():
                result.append(Anchor(item.op, expand(item.items, registry)))
            case PipelinePass():
                inner = parse_pipeline(item.pipeline(), registry, f"<pipeline of {item.name}>")
                result += expand(inner, registry)
            case _:
                result.append(item)
    return tuple(result)


# --- running --------------------------------------------------------------------------------


@dataclass
class _Scope:
    """What passes run on at one place of the pipeline."""

    ops: list[Operation]
    """The module, or the ops that an anchored op has become."""
    anchors: tuple[str, ...] = ()


class PassManager:
    """Runs a pipeline on modules and tells the instruments about every step.

    Raises CompileError when a pass fails, and InternalError, with a reproducer written, when a pass
    breaks. The module is then in the state the pass left it in.
    """

    def __init__(
        self,
        pipeline: str | Sequence[Item],
        instruments: Sequence[Instrument] = (),
        registry: Registry | None = None,
        verify_each: bool = False,
    ) -> None:
        self.verify_each = verify_each
        self.registry = registry or default_registry()
        self.instruments = instruments
        self.items = (
            parse_pipeline(pipeline, self.registry)
            if isinstance(pipeline, str)
            else tuple(pipeline)
        )

    def run(self, ctx: Context, module: ModuleOp, source: Callable[[], str] | None = None) -> None:
        """Run all passes on the module, in place.

        `source` gives the text of the module as it is now; a reproducer is made from it should a
        pass break. Without it the reproducer shows the module as the broken pass left it.
        """
        with collection_paused():
            _Run(self, ctx, module, source).items(self.items, _Scope([module]))


@contextmanager
def collection_paused() -> Generator[None, None, None]:
    """Without Python's cyclic garbage collector, which takes a quarter of a compilation's time.

    The IR is one large live graph: the collector walks it over and over and frees next to nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass
class _Run:
    """One run of a pass manager on one module."""

    manager: PassManager
    ctx: Context
    module: ModuleOp
    source: Callable[[], str] | None

    def items(self, items: Iterable[Item], scope: _Scope) -> None:
        for item in items:
            match item:
                case Anchor():
                    self.anchor(item, scope)
                case PipelinePass():
                    inner = expand([item], self.manager.registry)
                    with group(self.manager.instruments, type(item).__name__):
                        self.items(inner, scope)
                case _:
                    self.one_pass(item, scope)

    def anchor(self, anchor: Anchor, scope: _Scope) -> None:
        blocks = [block for op in scope.ops for region in op.regions for block in region.blocks]
        for op in [op for block in blocks for op in block.ops if _matches(op, anchor.op)]:
            with group(self.manager.instruments, f"'{anchor.op}' Pipeline"):
                self.items(anchor.items, _Scope([op], (*scope.anchors, anchor.op)))

    def one_pass(self, one: ModulePass, scope: _Scope) -> None:
        if not scope.ops:
            return  # An earlier pass has erased the op.
        step = Step(one, self.module, scope.ops, _nest(one, scope.anchors))
        debug("pass-manager", lambda: step.pipeline)
        try:
            for instrument in self.manager.instruments:
                instrument.before(step)
            with _alone(scope, self.module) as module:
                one.apply(self.ctx, module)
            for instrument in self.manager.instruments:
                instrument.after(step)
            if self.manager.verify_each:
                self.verify(one)
        except Exception as error:
            raise self.failure(step, error)  # noqa: B904 (the cause is set there)

    def verify(self, one: ModulePass) -> None:
        """Find out at once that a pass has made the module invalid."""
        with group(self.manager.instruments, "Verifier"):
            try:
                verify(self.module)
            except CompileError as error:
                blame = note(None, f"the module was valid before pass '{one.name}'")
                raise CompileError(
                    replace(d, notes=(*d.notes, blame)) for d in error.diagnostics
                ) from error

    def failure(self, step: Step, error: Exception) -> CompileError:
        """The CompileError for what a pass raised, shown to the instruments."""
        failure = _as_compile_error(step.one, error, self.manager.registry)
        if failure is not error:
            failure.__cause__ = error
        for instrument in self.manager.instruments:
            instrument.failed(step, failure)
        if isinstance(failure, InternalError) and failure.reproducer is None:
            if self.source is None:
                write_crash(failure, step.pipeline, print_module(self.module))
            else:
                write_crash(failure, pipeline_text(self.manager.items), self.source())
        return failure


def _matches(op: Operation, anchor: str) -> bool:
    return op.name == anchor or (
        anchor == ANY and op.has_trait(IsolatedFromAbove, value_if_unregistered=False)
    )


def _nest(one: ModulePass, anchors: Sequence[str]) -> str:
    """The pipeline that runs one pass at the place it has in the whole pipeline."""
    items: tuple[Item, ...] = (one,)
    for anchor in reversed(anchors):
        items = (Anchor(anchor, items),)
    return pipeline_text(items)


@contextmanager
def _alone(scope: _Scope, root: ModuleOp) -> Generator[ModuleOp, None, None]:
    """The module a pass runs on: the scope's own, or a temporary one around the scope's ops.

    Afterwards `scope.ops` are what the ops have become, back in their place.
    """
    if len(scope.ops) == 1 and isinstance(scope.ops[0], ModuleOp):
        yield scope.ops[0]
        return
    block, following = scope.ops[-1].parent, scope.ops[-1].next_op
    assert block is not None, "an anchored op is inside a block"
    for op in scope.ops:
        op.detach()
    module = ModuleOp(scope.ops, attributes=dict(root.attributes))
    try:
        yield module
    finally:
        scope.ops[:] = module.body.block.ops
        for op in scope.ops:
            op.detach()
        if following is None:
            block.add_ops(scope.ops)
        else:
            block.insert_ops_before(scope.ops, following)


def _as_compile_error(one: ModulePass, error: Exception, registry: Registry) -> CompileError:
    """What to tell the user when a pass raised `error`."""
    if isinstance(error, CompileError):
        return error
    if isinstance(error, (DiagnosticException, ParseError, UnregisteredConstructException)):
        where = note(None, f"while running pass '{one.name}'")
        first, *rest = from_exception(error)
        return CompileError([replace(first, notes=(*first.notes, where)), *rest])
    return InternalError([_bug(one, error, registry.owner_of(one))])


def _bug(one: ModulePass, error: Exception, owner: str) -> Diagnostic:
    summary = str(error).strip().split("\n")[0]
    return diagnose(
        Severity.ERROR,
        None,
        f"bug in {owner}: pass '{one.name}' raised {type(error).__name__}: {summary}",
        help="please report it with the reproducer; DLIR_DEBUG=1 shows the traceback",
    )
