"""The loops that `native.py` measures a machine with, as LLVM IR.

Each is `void f(i64 count, ptr place)`. Values come from `place` and go back there, so that nothing
can be computed in advance or left out.
"""

from __future__ import annotations

FMAS = 12
"""Independent multiply-adds per iteration: more than two units have under way, and with their
operands no more than 16 registers."""
CHAIN = 16
"""Dependent operations of one cycle in a row."""
CHAINS = 2
"""Rows per iteration, so that the loop's own counting takes no time."""
READS = 8
"""Vectors read per iteration."""


def loops(lanes: int, fused: bool) -> str:
    """`dlir_fma`, `dlir_chain` and `dlir_read` for vectors of that many floats.

    `fused` is for CPUs that have multiply-adds; others do a product and a sum.
    """
    vector = f"<{lanes} x float>"
    declaration = f"declare {vector} @llvm.fma.v{lanes}f32({vector}, {vector}, {vector})"
    return "\n".join([declaration, _fma(vector, lanes, fused), _chain(), _read(vector)])


def _fma(vector: str, lanes: int, fused: bool) -> str:
    """Accumulators that each become x * y + accumulator, or accumulator * x + y."""
    call = f"call {vector} @llvm.fma.v{lanes}f32({vector} %x, {vector} %y, {vector}"
    phis = [f"%a{i} = phi {vector} [ %x, %entry ], [ %b{i}, %loop ]" for i in range(FMAS)]
    steps: list[str] = []
    for i in range(FMAS):
        pair = [f"%m{i} = fmul {vector} %a{i}, %x", f"%b{i} = fadd {vector} %m{i}, %y"]
        steps += [f"%b{i} = {call} %a{i})"] if fused else pair
    return _loop("dlir_fma", vector, phis, steps, FMAS)


def _read(vector: str) -> str:
    """One accumulator per vector of the iteration, which is at `place + iteration * READS`."""
    phis = [f"%a{i} = phi {vector} [ %x, %entry ], [ %b{i}, %loop ]" for i in range(READS)]
    steps = [f"%first = mul i64 %i, {READS}"]
    for i in range(READS):
        steps += [
            f"%n{i} = add i64 %first, {i}",
            f"%p{i} = getelementptr {vector}, ptr %place, i64 %n{i}",
            f"%v{i} = load {vector}, ptr %p{i}, align 4",
            f"%b{i} = fadd {vector} %a{i}, %v{i}",
        ]
    return _loop("dlir_read", vector, phis, steps, READS)


def _chain() -> str:
    """v + i, then xor i, and so on: no two of them can be made one."""
    phis = ["%a0 = phi i64 [ %x, %entry ], [ %b0, %loop ]"]
    steps: list[str] = []
    last, total = "%a0", CHAIN * CHAINS
    for n in range(total):
        name = "%b0" if n == total - 1 else f"%c{n}"
        steps.append(f"{name} = {'xor' if n % 2 else 'add'} i64 {last}, %i")
        last = name
    return _loop("dlir_chain", "i64", phis, steps, 1)


def _loop(name: str, kind: str, phis: list[str], steps: list[str], results: int) -> str:
    """A function that repeats the steps `count` times and stores what `%b0`, ... are then."""
    stores = [
        line
        for i in range(results)
        for line in (
            f"%s{i} = getelementptr {kind}, ptr %sink, i64 {i}",
            f"store {kind} %b{i}, ptr %s{i}, align 4",
        )
    ]
    body = [
        f"define void @{name}(i64 %count, ptr %place) {{",
        "entry:",
        f"  %sink = alloca {kind}, i64 {results}, align 64",
        f"  %x = load {kind}, ptr %place, align 4",
        f"  %y = load {kind}, ptr %place, align 4",
        "  br label %loop",
        "loop:",
        "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]",
        *(f"  {line}" for line in [*phis, *steps]),
        "  %next = add i64 %i, 1",
        "  %more = icmp slt i64 %next, %count",
        "  br i1 %more, label %loop, label %done",
        "done:",
        *(f"  {line}" for line in stores),
        '  call void asm sideeffect "", "r,~{memory}"(ptr %sink)',
        "  ret void",
        "}",
    ]
    return "\n".join(body)
