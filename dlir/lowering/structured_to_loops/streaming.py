"""Results that no cache holds until they are read: whole lines go to memory, unread before.

An ordinary store brings the line that it changes into the cache first, a third of what a large sum
of two tensors moves. Stores past the caches (`nontemporal`) write lines as a whole; so the result
must begin at a line, which is asked at run time, and its rows must be lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, memref
from xdsl.dialects.builtin import NoneAttr
from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp, shape_of
from dlir.dialects.structured.roles import Operand, operands_of
from dlir.lowering.structured_to_loops.access import LINE_BYTES, Lanes
from dlir.lowering.structured_to_loops.emitter import Emitter
from dlir.lowering.structured_to_loops.strips import bytes_of
from dlir.types import is_memref


def in_versions(emit: Emitter, op: GenericOp, write: Callable[[bool], None]) -> None:
    """`write(streaming)` for a result that begins at a line, and for any other one."""
    _, out, _ = operands_of(op)
    wanted = op.schedule is not None and op.schedule.word("stores") == "streaming"
    if not wanted or not _has_lines(out):
        write(False)
        return

    def version(streaming: bool) -> Sequence[SSAValue]:
        write(streaming)
        return []

    address = emit.insert(memref.ExtractAlignedPointerAsIndexOp.get(out.value))
    rest = emit.insert(arith.RemUIOp(address, emit.value(LINE_BYTES)))
    emit.choose(emit.compare("eq", rest, 0), lambda: version(True), lambda: version(False))


def takes_lines(out: Operand, lanes: Lanes) -> bool:
    """Whether a vector is made of whole lines."""
    return lanes.width * bytes_of(out.element) % LINE_BYTES == 0


def _has_lines(out: Operand) -> bool:
    """Whether rows of a result begin at lines if the first one does, and are written from there.

    Vectors are as long as a line or longer, so that all of them begin at lines then.
    """
    t, shape = out.value.type, shape_of(out.value)
    assert is_memref(t)
    if not isinstance(t.layout, NoneAttr) or out.forms[-1].plain_dim is None:
        return False
    return len(shape) == 1 or shape[-1] * bytes_of(out.element) % LINE_BYTES == 0 < shape[-1]
