"""Machine code that calls a function again and again, and changes numbers in between.

What a function is called with are numbers in slots (entry.py): sizes, and addresses. So a loop is
what is added to some of them after each round.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from dlir.object_cache import default_cache
from dlir.targets.cpu.compiling import compile_llvm
from dlir.targets.cpu.description import host
from dlir.targets.cpu.object_loader import Library

_IR = """
define void @dlir_repeat(ptr %enter, ptr %slots, i64 %rounds,
                         ptr %changes, i64 %count, ptr %status) {
entry:
  %some = icmp sgt i64 %rounds, 0
  br i1 %some, label %round, label %done
round:
  %r = phi i64 [ 0, %entry ], [ %r1, %next ]
  call void %enter(ptr %slots)
  %code = load i32, ptr %status
  %failed = icmp ne i32 %code, 0
  br i1 %failed, label %done, label %begin
begin:
  %any = icmp sgt i64 %count, 0
  br i1 %any, label %change, label %next
change:
  %c = phi i64 [ 0, %begin ], [ %c1, %change ]
  %first = mul i64 %c, 3
  %p0 = getelementptr i64, ptr %changes, i64 %first
  %p1 = getelementptr i64, ptr %p0, i64 1
  %p2 = getelementptr i64, ptr %p0, i64 2
  %address = load i64, ptr %p0
  %delta = load i64, ptr %p1
  %factor = load i64, ptr %p2
  %place = inttoptr i64 %address to ptr
  %old = load i64, ptr %place
  %new = add i64 %old, %delta
  store i64 %new, ptr %place
  %turned = mul i64 %delta, %factor
  store i64 %turned, ptr %p1
  %c1 = add i64 %c, 1
  %more = icmp slt i64 %c1, %count
  br i1 %more, label %change, label %next
next:
  %r1 = add i64 %r, 1
  %on = icmp slt i64 %r1, %rounds
  br i1 %on, label %round, label %done
done:
  ret void
}
"""


class Change(NamedTuple):
    """After a round `delta` is added to the number at the address, and multiplied by `factor`."""

    address: int
    delta: int
    factor: int = 1


@cache
def _code() -> tuple[Library, Callable[..., None]]:
    library = Library([compile_llvm(_IR, host(), default_cache())], ["dlir_repeat"])
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    kind = ctypes.CFUNCTYPE(None, pointer, pointer, number, pointer, number, pointer)
    return library, kind(library.address("dlir_repeat"))


def repeat(
    enter: int, slots: int, rounds: int, changes: Sequence[Change], status: ctypes.c_int32
) -> None:
    """Call the function at `enter` with the address of its slots, until a round fails."""
    flat = [number for change in changes for number in change]
    numbers: Any = (ctypes.c_int64 * len(flat))(*flat)
    _code()[1](enter, slots, rounds, numbers, len(changes), ctypes.addressof(status))
