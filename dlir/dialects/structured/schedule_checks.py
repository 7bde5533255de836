"""Whether a schedule fits the op it is for: the same questions that the CPU's lowerings ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from xdsl.dialects.builtin import DYNAMIC_INDEX

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.dots import suitable_dot
from dlir.dialects.structured.ops import GenericOp, element_type_of
from dlir.dialects.structured.roles import Contraction, match_contraction
from dlir.dialects.structured.weight_only import KERNEL, match_weight_only
from dlir.dialects.structured.windows import match_pixels
from dlir.dialects.vector_dot import GROUPS, Dot

LARGEST_TILE = 4096
"""Elements of a register tile; more are thousands of instructions, which take long to compile."""
GROUPED = ("rows", "siblings")
"""What passes write once they have found ops that go together."""
KERNELS = ("contraction", KERNEL, "vector", "scalar")


def misfit(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    """Why the CPU cannot compute an op on tensors so; None when it can."""
    for key in schedule.entries.data:
        check = _CHECKS.get(key)
        if key in GROUPED:
            return f"'{key}' joins ops of one module, which an entry for one kernel cannot do"
        if check is None:
            return f"'{key}' is for accelerators"
        if (problem := check(op, schedule)) is not None:
            return problem
    return None


def _kernel(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    word = schedule.word("kernel")
    if word not in KERNELS:
        return f"there is no kernel '{word}'; the kernels are {', '.join(KERNELS)}"
    if word == "contraction":
        roles = match_contraction(op) if op.reduction_dims else None
        return "this is no contraction" if roles is None else _contraction(op, schedule, roles)
    if word == KERNEL:
        return _weight_only(op, schedule)
    return None


def _contraction(op: GenericOp, schedule: ScheduleAttr, roles: Contraction) -> str | None:
    right = [i for i, value in enumerate(op.inputs) if value is roles.b.value][-1]
    pack = schedule.integers("pack") or ()
    if pack not in ((), (right,)):
        return f"a contraction packs its right side alone, which is operand {right}"
    if not pack and not roles.b.is_run_along(roles.lanes):
        return f"operand {right} is not contiguous along d{roles.lanes}: it needs pack = [{right}]"
    shape = schedule.integers("vector") or ()
    if len(shape) != 2:
        return "a contraction needs a register tile, vector = [rows, columns]"
    return None


def _weight_only(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    roles = match_weight_only(op)
    if roles is None:
        return "this is no contraction with a prologue that widens weights"
    along = tuple(number for number, x in roles.weights if x.depends_on(roles.lanes))
    if schedule.integers("pack") != along:
        return f"a weight-only kernel packs all that its columns read: pack = {[*along]}"
    if len(schedule.integers("vector") or ()) != 2:
        return "a weight-only kernel needs a register tile, vector = [rows, columns]"
    return None


def _vector(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    shape = schedule.integers("vector") or ()
    kernel, lanes = schedule.word("kernel"), op.out_forms[-1].plain_dim if op.out_forms else None
    pixels = kernel == "vector" and lanes is not None and match_pixels(op, lanes) is not None
    sums = kernel == "vector" and bool(op.reduction_dims)
    if kernel not in ("contraction", KERNEL) and not ((pixels or sums) and len(shape) == 2):
        return (
            "'vector' is for contractions, [rows, lanes] for sums along lanes, and "
            "[pixels, channels] for windows over channels"
        )
    if min(shape, default=0) < 1 or prod(shape) > LARGEST_TILE:
        return f"'vector' takes sizes of at least 1, and {LARGEST_TILE} elements at most"
    return None


def _block(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    rows = schedule.integers("block") or ()
    if schedule.word("kernel") != "contraction" or len(rows) != 1 or rows[0] < 1:
        return "'block' takes the rows of scores that a contraction makes at a time, at least [1]"
    return None


def _tile(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    sizes, count = schedule.integers("tile") or (), len(op.kinds)
    if len(sizes) != count:
        return f"'tile' takes one size per iterator, which are {count}; got {len(sizes)}"
    blocked = [d for d in op.reduction_dims if sizes[d]]
    return _blocks(op, schedule, sizes, blocked) if blocked else None


def _blocks(
    op: GenericOp, schedule: ScheduleAttr, sizes: Sequence[int], dims: Sequence[int]
) -> str | None:
    """Whether a sum can be taken block by block."""
    extent, word = op.static_extents()[dims[0]], schedule.word("dot")
    group = GROUPS[Dot(word)].count if word in list(Dot) else 1
    if schedule.word("kernel") != "contraction" or len(dims) > 1 or extent == DYNAMIC_INDEX:
        return "'tile' is 0 for iterators of a sum, but for one of known extent of a contraction"
    if op.accumulator_type != element_type_of(op.outs):
        return (
            f"'tile' is 0 for d{dims[0]}: sums of {op.accumulator_type} cannot wait for the next "
            f"block in a result of {element_type_of(op.outs)}"
        )
    if dims[0] == op.reduction_dims[-1] and (sizes[dims[0]] % group or extent % group):
        return f"'tile' has whole groups of {group} of d{dims[0]}, which must have such itself"
    return None


def _order(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    order, count = schedule.integers("order") or (), len(op.kinds)
    if sorted(order) != list(range(count)):
        return f"'order' names each of the iterators 0 to {count - 1} once, outermost first"
    return None


def _pack(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    wrong = [n for n in schedule.integers("pack") or () if n >= len(op.inputs)]
    return f"there is no input {wrong[0]} to pack" if wrong else None


def _buffer(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    if schedule.word("kernel") != KERNEL or len(schedule.integers("buffer") or ()) != 1:
        return "'buffer' is a number of rows, for weight-only kernels"
    return None


def _parts(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    parts = schedule.integers("parts") or ()
    if schedule.word("kernel") != "contraction":
        return "'parts' is for kernel = contraction"
    tile = prod(schedule.integers("vector") or ())
    if len(parts) != 1 or parts[0] < 1 or tile * parts[0] > LARGEST_TILE:
        return f"'parts' is one number, of register tiles that have {LARGEST_TILE} elements at most"
    return None


def _stores(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    if schedule.word("stores") != "streaming" or op.reduction_dims:
        return "'stores' is streaming, for ops without sums"
    return None


def _dot(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    word = schedule.word("dot")
    roles = match_contraction(op) if op.reduction_dims else None
    if roles is None or not schedule.integers("pack"):
        return "'dot' is for contractions with a packed right side"
    if word not in list(Dot) or suitable_dot(op, roles, [word]) is None:
        return f"this is no sum of dot products '{word}'; the kinds are {', '.join(Dot)}"
    return None


def _threads(op: GenericOp, schedule: ScheduleAttr) -> str | None:
    dims = schedule.integers("threads") or ()
    if len(dims) > 1 or any(d not in op.parallel_dims for d in dims):
        known = ", ".join(map(str, op.parallel_dims)) or "none here"
        return f"'threads' takes one parallel iterator ({known}), or [] for one thread"
    return None


_CHECKS: dict[str, Callable[[GenericOp, ScheduleAttr], str | None]] = {
    "block": _block,
    "kernel": _kernel,
    "tile": _tile,
    "order": _order,
    "vector": _vector,
    "pack": _pack,
    "parts": _parts,
    "buffer": _buffer,
    "stores": _stores,
    "dot": _dot,
    "threads": _threads,
}
