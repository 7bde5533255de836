"""Names to things: the tables of dlir, the passes and dialects of xDSL, and plugins.

Nothing is imported before it is asked for: a table holds `"module:Attribute"` strings, and xDSL
gives factories. A plugin is an `xdsl.universe.Universe`, found through the entry points that
`xdsl-opt` reads too, or given with `--load-plugin`.

To add a dialect, pass, frontend or target of dlir, add one line to its table (in order of name).
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeAlias

from xdsl.context import Context
from xdsl.dialects import get_all_dialects
from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Dialect, Operation
from xdsl.passes import ModulePass
from xdsl.transforms import get_all_passes
from xdsl.universe import Universe

from dlir.diagnostics import CompileError, Severity, diagnose, note

DIALECTS: dict[str, str] = {
    "accel": "dlir.dialects.accel:Accel",
    "arith": "dlir.dialects.vectorized:Arith",
    "chlo": "dlir.dialects.chlo:CHLO",
    "dl": "dlir.dialects.dl:DL",
    "isa": "dlir.dialects.isa:Isa",
    "linalg": "dlir.dialects.linalg:Linalg",
    "llvm": "dlir.dialects.llvm:LLVM",
    "memref": "dlir.dialects.buffers:MemRef",
    "quant": "dlir.dialects.quant:QUANT",
    "sparse": "dlir.dialects.sparse:SPARSE",
    "stablehlo": "dlir.dialects.stablehlo:StableHLO",
    "structured": "dlir.dialects.structured:Structured",
    "tensor": "dlir.dialects.tensors:Tensor",
    "vector": "dlir.dialects.vectorized:Vector",
}
"""Dialects of dlir. A name in `REPLACES` stands in for xDSL's dialect of that name."""

PASSES: dict[str, str] = {
    "accel-allocate": "dlir.transforms.accel_allocate:AccelAllocate",
    "accel-choose-tiles": "dlir.lowering.accel_choose_tiles:AccelChooseTiles",
    "accel-count-work": "dlir.targets.accel.work.model:AccelCountWork",
    "accel-fuse": "dlir.lowering.accel_fuse:AccelFuse",
    "accel-interleave": "dlir.transforms.accel_interleave:AccelInterleave",
    "accel-partition": "dlir.lowering.accel_partition:AccelPartition",
    "accel-pipeline": "dlir.targets.accel.pipeline:AccelPipeline",
    "accel-place-tokens": "dlir.transforms.accel_place_tokens:AccelPlaceTokens",
    "accel-prefetch": "dlir.transforms.accel_prefetch:AccelPrefetch",
    "apply-patterns": "dlir.transforms.apply_patterns:ApplyPatterns",
    "apply-schedule": "dlir.transforms.apply_schedule:ApplySchedule",
    "convert-accel-to-isa": "dlir.targets.accel.emit:ConvertAccelToIsa",
    "convert-dl-to-quant": "dlir.lowering.dl_to_quant:ConvertDlToQuant",
    "convert-dl-to-structured": "dlir.lowering.dl_to_structured:ConvertDlToStructured",
    "convert-linalg-to-structured": (
        "dlir.lowering.linalg_to_structured:ConvertLinalgToStructured"
    ),
    "convert-loops-to-llvm": "dlir.lowering.loops_to_llvm:ConvertLoopsToLLVM",
    "convert-parallel-to-omp": "dlir.lowering.parallel_to_omp:ConvertParallelToOmp",
    "convert-quant-to-dl": "dlir.lowering.quant_to_dl:ConvertQuantToDl",
    "convert-stablehlo-to-dl": "dlir.lowering.stablehlo_to_dl:ConvertStablehloToDl",
    "convert-structured-to-accel": ("dlir.lowering.structured_to_accel:ConvertStructuredToAccel"),
    "convert-structured-to-linalg": (
        "dlir.lowering.structured_to_linalg:ConvertStructuredToLinalg"
    ),
    "convert-structured-to-loops": "dlir.lowering.structured_to_loops:StructuredToLoops",
    "cpu-pipeline": "dlir.targets.cpu.pipeline:CpuPipeline",
    "dl-assign-layout": "dlir.transforms.dl_assign_layout:DlAssignLayout",
    "dl-convert-precision": "dlir.transforms.dl_convert_precision:DlConvertPrecision",
    "dl-convolution-algorithm": ("dlir.transforms.dl_convolution_algorithm:DlConvolutionAlgorithm"),
    "dl-correct-bias": "dlir.transforms.dl_correct_bias:DlCorrectBias",
    "dl-decompose": "dlir.transforms.dl_decompose:DlDecompose",
    "dl-dedupe-functions": "dlir.transforms.dl_dedupe_functions:DlDedupeFunctions",
    "dl-equalize-layers": "dlir.transforms.dl_equalize_layers:DlEqualizeLayers",
    "dl-fold-constants": "dlir.transforms.dl_fold_constants:DlFoldConstants",
    "dl-fold-scale": "dlir.transforms.dl_fold_scale:DlFoldScale",
    "dl-infer-shapes": "dlir.transforms.dl_infer_shapes:DlInferShapes",
    "dl-integerize": "dlir.transforms.dl_integerize:DlIntegerize",
    "dl-lint-cache-alias": "dlir.targets.roofline.dl_lint_cache_alias:DlLintCacheAlias",
    "dl-loop-recurrent": "dlir.transforms.dl_loop_recurrent:DlLoopRecurrent",
    "dl-merge-matmuls": "dlir.transforms.dl_merge_matmuls:DlMergeMatmuls",
    "dl-observe": "dlir.transforms.dl_observe:DlObserve",
    "dl-outline-repeats": "dlir.transforms.dl_outline_repeats:DlOutlineRepeats",
    "dl-outline-segments": "dlir.transforms.dl_outline_segments:DlOutlineSegments",
    "dl-prune": "dlir.transforms.dl_prune:DlPrune",
    "dl-quantize-dynamic": "dlir.transforms.dl_quantize_dynamic:DlQuantizeDynamic",
    "dl-quantize-static": "dlir.transforms.dl_quantize_static:DlQuantizeStatic",
    "dl-quantize-weights": "dlir.transforms.dl_quantize_weights:DlQuantizeWeights",
    "dl-raise-composites": "dlir.transforms.dl_raise_composites:DlRaiseComposites",
    "dl-remove-channels": "dlir.transforms.dl_remove_channels:DlRemoveChannels",
    "dl-roofline": "dlir.targets.roofline.dl_roofline:DlRoofline",
    "dl-shift-unsigned": "dlir.transforms.dl_shift_unsigned:DlShiftUnsigned",
    "dl-simplify": "dlir.transforms.dl_simplify:DlSimplify",
    "dl-sink-broadcast": "dlir.transforms.dl_sink_broadcast:DlSinkBroadcast",
    "dl-sink-cast": "dlir.transforms.dl_sink_cast:DlSinkCast",
    "dl-sink-dequantize": "dlir.transforms.dl_sink_dequantize:DlSinkDequantize",
    "dl-sink-reshape": "dlir.transforms.dl_sink_reshape:DlSinkReshape",
    "dl-sink-transpose": "dlir.transforms.dl_sink_transpose:DlSinkTranspose",
    "dl-sparsify": "dlir.transforms.dl_sparsify:DlSparsify",
    "dl-specialize": "dlir.transforms.dl_specialize:DlSpecialize",
    "dl-stack-in-place": "dlir.transforms.dl_stack_in_place:DlStackInPlace",
    "dump-schedule": "dlir.transforms.dump_schedule:DumpSchedule",
    "inline": "dlir.transforms.inline:Inline",
    "scf-fuse-siblings": "dlir.transforms.scf_fuse_siblings:ScfFuseSiblings",
    "structured-align-heads": "dlir.transforms.structured_align_heads:StructuredAlignHeads",
    "structured-bufferize": "dlir.transforms.structured_bufferize:StructuredBufferize",
    "structured-drop-saturation": (
        "dlir.transforms.structured_drop_saturation:StructuredDropSaturation"
    ),
    "structured-fold-reshape": "dlir.transforms.structured_fold_reshape:StructuredFoldReshape",
    "structured-fold-windows": "dlir.transforms.structured_fold_windows:StructuredFoldWindows",
    "structured-fuse": "dlir.transforms.structured_fuse:StructuredFuse",
    "structured-fuse-siblings": "dlir.transforms.structured_fuse_siblings:StructuredFuseSiblings",
    "structured-fuse-weights": "dlir.transforms.structured_fuse_weights:StructuredFuseWeights",
    "structured-group-rows": "dlir.transforms.structured_group_rows:StructuredGroupRows",
    "structured-hoist-constants": (
        "dlir.transforms.structured_hoist_constants:StructuredHoistConstants"
    ),
    "structured-insert-checks": "dlir.transforms.structured_insert_checks:StructuredInsertChecks",
    "structured-interchange": "dlir.transforms.structured_interchange:StructuredInterchange",
    "structured-mask-lanes": "dlir.transforms.structured_mask_lanes:StructuredMaskLanes",
    "structured-merge-groups": "dlir.transforms.structured_merge_groups:StructuredMergeGroups",
    "structured-merge-window": "dlir.transforms.structured_merge_window:StructuredMergeWindow",
    "structured-move-lanes": "dlir.transforms.structured_move_lanes:StructuredMoveLanes",
    "structured-narrow-requantize": (
        "dlir.transforms.structured_narrow_requantize:StructuredNarrowRequantize"
    ),
    "structured-narrow-results": (
        "dlir.transforms.structured_narrow_results:StructuredNarrowResults"
    ),
    "structured-outline": "dlir.transforms.structured_outline:StructuredOutline",
    "structured-pack": "dlir.transforms.structured_pack:StructuredPack",
    "structured-pack-pixels": "dlir.transforms.structured_pack_pixels:StructuredPackPixels",
    "structured-pack-weights": "dlir.transforms.structured_pack_weights:StructuredPackWeights",
    "structured-parallelize": "dlir.transforms.structured_parallelize:StructuredParallelize",
    "structured-prepare-dots": "dlir.transforms.structured_prepare_dots:StructuredPrepareDots",
    "structured-report-fusion": (
        "dlir.targets.roofline.structured_report_fusion:StructuredReportFusion"
    ),
    "structured-schedule": "dlir.transforms.structured_schedule:StructuredSchedule",
    "structured-share-terms": "dlir.transforms.structured_share_terms:StructuredShareTerms",
    "structured-sink-widening": "dlir.transforms.structured_sink_widening:StructuredSinkWidening",
    "structured-skip-hidden": "dlir.transforms.structured_skip_hidden:StructuredSkipHidden",
    "structured-split-copies": "dlir.transforms.structured_split_copies:StructuredSplitCopies",
    "structured-stream-stores": "dlir.transforms.structured_stream_stores:StructuredStreamStores",
    "structured-tile": "dlir.transforms.structured_tile:StructuredTile",
    "structured-turn-products": "dlir.transforms.structured_turn_products:StructuredTurnProducts",
    "structured-view-parts": "dlir.transforms.structured_view_parts:StructuredViewParts",
    "structured-walk-rows": "dlir.transforms.structured_walk_rows:StructuredWalkRows",
    "vector-expand-math": "dlir.transforms.vector_expand_math:VectorExpandMath",
    "view-op-graph": "dlir.transforms.view_op_graph:ViewOpGraph",
}
"""Passes of dlir. xDSL's passes keep their own names and need no line here."""

SEMANTICS: dict[str, str] = {
    "accel": "dlir.dialects.accel.semantics:SEMANTICS",
    "arith": "dlir.dialects.upstream.semantics_arith:SEMANTICS",
    "builtin": "dlir.dialects.upstream.semantics_builtin:SEMANTICS",
    "cf": "dlir.dialects.upstream.semantics_cf:SEMANTICS",
    "dl": "dlir.dialects.dl.semantics:SEMANTICS",
    "func": "dlir.dialects.upstream.semantics_func:SEMANTICS",
    "linalg": "dlir.dialects.upstream.semantics_linalg:SEMANTICS",
    "math": "dlir.dialects.upstream.semantics_math:SEMANTICS",
    "memref": "dlir.dialects.upstream.semantics_memref:SEMANTICS",
    "quant": "dlir.dialects.quant.semantics:SEMANTICS",
    "scf": "dlir.dialects.upstream.semantics_scf:SEMANTICS",
    "sparse": "dlir.dialects.sparse.semantics:SEMANTICS",
    "structured": "dlir.dialects.structured.semantics:SEMANTICS",
    "tensor": "dlir.dialects.upstream.semantics_tensor:SEMANTICS",
    "vector": "dlir.dialects.upstream.semantics_vector:SEMANTICS",
}
"""Dialect name -> its table from operation class to reference function (numpy)."""

FRONTENDS: dict[str, str] = {
    "jax": "dlir.frontends.stablehlo.frontend:FRONTEND",
    "onnx": "dlir.frontends.onnx.frontend:FRONTEND",
    "pt2": "dlir.frontends.torch.frontend:FRONTEND",
    "stablehlo": "dlir.frontends.stablehlo.frontend:FRONTEND",
    "torch": "dlir.frontends.torch.frontend:FRONTEND",
}
"""Suffix of a foreign format, package of a foreign object, or dialect of text that a frontend
brings into `dl` -> its frontend (see `dlir.executable.Frontend`)."""

TARGETS: dict[str, str] = {
    "accel": "dlir.targets.accel.target:TARGET",
    "cpu": "dlir.targets.cpu.target:TARGET",
    "ref": "dlir.targets.ref:TARGET",
}
"""Name of a target -> the target (see `dlir.executable.Target`)."""

ARTIFACTS: dict[str, str] = {
    "dlx": "accel",
}
"""Suffix of a compiled model -> the target that opens it."""

FORMATS: dict[str, str] = {
    "isa-binary": "dlir.targets.accel.formats:BINARY",
    "isa-text": "dlir.targets.accel.formats:TEXT",
}
"""Name of a format below MLIR that can also be read -> the format (see `dlir.formats.Format`)."""

EXPLORER = "dlir.targets.accel.explore.command:Request"
"""What `dlir-explore` asks for; its `run(module, progress)` gives the answer."""

TUNER = "dlir.targets.cpu.tune.command:Request"
MERGER = "dlir.targets.cpu.tune.command:MergeRequest"
"""What `dlir-tune` asks for, with a model and with `--merge`."""

PRUNER = "dlir.targets.prune.command:Request"
"""What `dlir-prune` asks for; its `run(model)` gives the report as text."""

QUANTIZER = "dlir.targets.quantize.command:Request"
"""What `dlir-quantize` asks for."""

REPLACES: frozenset[str] = frozenset({"arith", "linalg", "llvm", "memref", "tensor", "vector"})
"""xDSL dialects that dlir extends: the same op list and the ops it lacks."""

ENTRY_POINT_GROUP = "xdsl.universe"

Kind: TypeAlias = Literal["dialect", "pass", "semantics", "frontend", "target"]


class UsageError(CompileError):
    """What the user asked for does not exist or is spelt wrongly (exit code 2)."""


def misuse(
    message: str,
    where: LocationAttr | None = None,
    *,
    help: str | None = None,
    notes: Iterable[str] = (),
) -> UsageError:
    """A UsageError of one diagnostic, to be raised."""
    more = tuple(note(None, text) for text in notes)
    return UsageError([diagnose(Severity.ERROR, where, message, help=help, notes=more)])


class Plugin(Universe):
    """An xDSL `Universe` that may also bring what only dlir knows: semantics, frontends, targets.

    These three are `"module:Attribute"` tables like those of this module. A plain `Universe` is
    a plugin too.
    """

    def __init__(
        self,
        *,
        all_dialects: dict[str, Callable[[], Dialect]] | None = None,
        all_passes: dict[str, Callable[[], type[ModulePass]]] | None = None,
        semantics: Mapping[str, str] | None = None,
        frontends: Mapping[str, str] | None = None,
        targets: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(all_dialects=all_dialects, all_passes=all_passes)
        self.semantics: Mapping[str, str] = semantics or {}
        self.frontends: Mapping[str, str] = frontends or {}
        self.targets: Mapping[str, str] = targets or {}


@dataclass(frozen=True)
class Entry:
    """One registered name: who registered it, and how to get the object."""

    owner: str
    load: Callable[[], Any]


def load_attribute(path: str) -> Any:
    """The object that `"package.module:Attribute"` names."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest candidate, or nothing when none is near."""
    near = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


@dataclass
class Registry:
    """All names one tool run knows.

    Build one with `default_registry()`; `with_plugins` gives a larger copy and leaves the
    original as it was, so a registry can be shared by everything in a process.
    """

    entries: dict[Kind, dict[str, Entry]] = field(
        default_factory=lambda: {
            "dialect": {}, "pass": {}, "semantics": {}, "frontend": {}, "target": {},
        }
    )  # fmt: skip
    warnings: tuple[str, ...] = ()
    """Plugins that could not be loaded, one sentence each."""

    # --- asking -----------------------------------------------------------------------------

    def names(self, kind: Kind) -> list[str]:
        """The registered names of one kind, sorted."""
        return sorted(self.entries[kind])

    def pass_names(self) -> list[str]:
        """The names of all passes, sorted."""
        return self.names("pass")

    def dialect_names(self) -> list[str]:
        """The names of all dialects, sorted."""
        return self.names("dialect")

    def owner(self, kind: Kind, name: str) -> str:
        """Who registered a name: `dlir`, `xdsl` or a plugin."""
        return self._entry(kind, name).owner

    def owner_of(self, one: ModulePass) -> str:
        """Who registered a pass; dlir when nobody did."""
        entry = self.entries["pass"].get(one.name)
        return entry.owner if entry else "dlir"

    def find(self, kind: Kind, name: str) -> Any:
        """The registered object. Raises UsageError when the name is unknown or does not load."""
        entry = self._entry(kind, name)
        try:
            return entry.load()
        except Exception as error:
            raise misuse(
                f"{kind} '{name}' of {entry.owner} cannot be loaded: "
                f"{type(error).__name__}: {error}"
            ) from error

    def find_pass(self, name: str) -> type[ModulePass]:
        """The class of a pass."""
        return self.find("pass", name)

    def find_dialect(self, name: str) -> Dialect:
        """A dialect."""
        return self.find("dialect", name)

    def semantics(self, dialect: str) -> Mapping[type[Operation], Callable[..., Any]]:
        """The reference functions of a dialect's ops; empty when it has none."""
        return self.find("semantics", dialect) if dialect in self.entries["semantics"] else {}

    def context(self, allow_unregistered: bool = False) -> Context:
        """A fresh xDSL context that knows every dialect and has loaded `builtin` alone."""
        context = Context(allow_unregistered=allow_unregistered)
        for name in self.entries["dialect"]:
            context.register_dialect(name, partial(self.find_dialect, name))
        context.load_registered_dialect("builtin")
        return context

    def _entry(self, kind: Kind, name: str) -> Entry:
        entry = self.entries[kind].get(name)
        if entry is None:
            raise misuse(f"unknown {kind} '{name}'{did_you_mean(name, self.entries[kind])}")
        return entry

    # --- adding -----------------------------------------------------------------------------

    def add(self, kind: Kind, name: str, owner: str, load: Callable[[], Any]) -> None:
        """Register a name. Raises UsageError, naming both owners, when it is taken."""
        taken = self.entries[kind].get(name)
        if taken is not None:
            raise misuse(f"{kind} '{name}' is registered twice: by {taken.owner} and by {owner}")
        self.entries[kind][name] = Entry(owner, load)

    def add_table(self, kind: Kind, table: Mapping[str, str], owner: str) -> None:
        """Register every line of a `"module:Attribute"` table."""
        for name, path in table.items():
            self.add(kind, name, owner, partial(load_attribute, path))

    def add_universe(self, universe: Universe, owner: str) -> None:
        """Register what a plugin brings, all of it or, after a clash, none of it."""
        copy = self.copy()
        for name, factory in universe.all_dialects.items():
            copy.add("dialect", name, owner, factory)
        for name, factory in universe.all_passes.items():
            copy.add("pass", name, owner, factory)
        if isinstance(universe, Plugin):
            copy.add_table("semantics", universe.semantics, owner)
            copy.add_table("frontend", universe.frontends, owner)
            copy.add_table("target", universe.targets, owner)
        self.entries = copy.entries

    def copy(self) -> Registry:
        """A registry with the same names, to which more can be added."""
        return Registry({k: dict(table) for k, table in self.entries.items()}, self.warnings)

    def with_plugins(self, specs: Iterable[str]) -> Registry:
        """A copy that also has the plugins of `--load-plugin` (`file.py` or `module:UNIVERSE`).

        This registry itself where there are none.
        """
        wanted = [*specs]
        result = self.copy() if wanted else self
        for spec in wanted:
            for universe in load_plugin(spec):
                result.add_universe(universe, f"plugin '{spec}'")
        return result


# --- plugins --------------------------------------------------------------------------------


def load_plugin(spec: str) -> list[Universe]:
    """The universes of a file (`plugin.py`) or of a module (`package.module:UNIVERSE`).

    Raises UsageError when there is no such file, module or attribute, when importing it fails,
    and when it holds no Universe.
    """
    try:
        if spec.endswith(".py"):
            found = list(vars(import_file(Path(spec))).values())
        else:
            found = [load_attribute(spec)]
    except (Exception, SystemExit) as error:
        raise misuse(
            f"plugin '{spec}' cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    universes = [u for u in found if isinstance(u, Universe)]
    if not universes:
        raise misuse(f"plugin '{spec}' cannot be loaded: it holds no xdsl.universe.Universe")
    return universes


def import_file(path: Path) -> ModuleType:
    """Import a Python file under a name of its own; an `__init__.py` is imported as a package."""
    name = f"dlir_plugin_{path.parent.name if path.name == '__init__.py' else path.stem}"
    places = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=places)
    assert spec is not None and spec.loader is not None, "every .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up here while they are being defined.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def installed_plugins() -> list[EntryPoint]:
    """The plugins installed beside dlir, sorted by name; dlir and xDSL themselves left out."""
    found = entry_points(group=ENTRY_POINT_GROUP)
    own = ("dlir.registry:", "xdsl.universe:")
    return sorted((e for e in found if not e.value.startswith(own)), key=lambda e: e.name)


def describe(plugin: EntryPoint) -> str:
    """The plugin's name, its distribution with version, and where its code is."""
    origin = f" of {plugin.dist.name} {plugin.dist.version}" if plugin.dist else ""
    return f"plugin '{plugin.name}'{origin} ({plugin.value})"


def add_installed(registry: Registry, plugin: EntryPoint) -> None:
    """Add an installed plugin; one that does not load becomes a warning and nothing else."""
    try:
        universe = plugin.load()
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        if isinstance(universe, Universe):
            registry.add_universe(universe, describe(plugin))
            return
        reason = f"it is a {type(universe).__name__}, not an xdsl.universe.Universe"
    registry.warnings += (f"{describe(plugin)} is ignored: {reason}",)


def builtin_registry() -> Registry:
    """What dlir and xDSL bring, without plugins."""
    registry = Registry()
    registry.add_table("dialect", DIALECTS, "dlir")
    registry.add_table("pass", PASSES, "dlir")
    registry.add_table("semantics", SEMANTICS, "dlir")
    registry.add_table("frontend", FRONTENDS, "dlir")
    registry.add_table("target", TARGETS, "dlir")
    for name, dialect in get_all_dialects().items():
        if not (name in REPLACES and name in DIALECTS):
            registry.add("dialect", name, "xdsl", dialect)
    for name, factory in get_all_passes().items():
        registry.add("pass", name, "xdsl", factory)
    return registry


@cache
def default_registry() -> Registry:
    """What dlir, xDSL and the installed plugins bring. One per process; do not add to it."""
    registry = builtin_registry()
    for plugin in installed_plugins():
        add_installed(registry, plugin)
    return registry


UNIVERSE = Universe(
    all_dialects={
        name: partial(load_attribute, path)
        for name, path in DIALECTS.items()
        if name not in REPLACES
    },
    all_passes={name: partial(load_attribute, path) for name, path in PASSES.items()},
)
"""dlir as a plugin of xDSL: what `xdsl-opt` finds when dlir is installed."""
