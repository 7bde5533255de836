"""Programs for the tests: one by hand that uses everything, and any program at all."""

from functools import cache

import numpy as np
from hypothesis import strategies as st

from dlir.dialects.isa.encoding import Field, Kind, Value
from dlir.dialects.isa.fields import HOST_BASE, ISA
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.accel.bundle import Bundle, of_program
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.program import Program, ProgramBuilder


def sample(machine: Machine | None = None) -> Program:
    """A small program with every section of a file, odd names and a machine of its own."""
    builder = ProgramBuilder(machine or load_machine("gemmini", {"spm.bytes": "131072"}))
    x = builder.symbol("x", 256, kind="input", type="tensor<16x16xi8>")
    builder.symbol('a "b" \\ \u00e9\u2028;', 16, kind="temp")
    w = builder.symbol("fc1.weight", 70, kind="weight", contents=np.arange(70, dtype=np.uint8))
    builder.symbol("y", 64, kind="output", host=True)
    builder.mark("ld", 7, '"fc1" of model.onnx')
    builder.mark("mx", 1 << 31, "; \u00e9 \x85 two\nlines")
    builder.emit("ld", "loop", count=4)
    builder.emit("ld", "ld", line=0, ar_l=1, dram=x + 3, rows=16, len=16, stride=-16, sig=1)
    builder.emit("ld", "aadd", ar=1, imm=16)
    builder.emit("ld", "endl")
    builder.emit("ld", "ld", line=64, mem="acc", dram=w, rows=1, len=70)
    builder.emit("mx", "lw", line=64, k=16, n=16, tr=1, wait=1)
    builder.emit("mx", "mm", a=0, c=0, nx=16, k=16, n=16, swap=1, sig=2)
    for bits in (0x3F80, 0x3DCD, -1, 0x7F80 - 65536 // 2 * 0, 0, -32768):
        builder.emit("vx", "vv", fn="mul", d=0, x=1, y=0, ymode="imm", imm=bits, dt_s="bf16")
    builder.emit("vx", "vs", fn="relu", d=0, x=0, x_mem="acc", nx=16, dt_s="i32", wait=2, sig=3)
    builder.emit("st", "st", line=0, dram=HOST_BASE, rows=4, len=16, stride=16, wait=3)
    return builder.build()


def model() -> Bundle:
    """A model of one program and a host that has constants."""
    bundle = of_program(sample(), "sample")
    text = """
  func.func private @more(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
    %w = dl.param "w" : tensor<2xf32>
    %c = dl.constant dense<1.0> : tensor<3x2xf32>
    %y = dl.add %x, %w : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
    %z = dl.mul %y, %c : tensor<3x2xf32>
    func.return %z : tensor<3x2xf32>
  }"""
    for op in parse_module(text, default_registry().context()).ops:
        bundle.host.body.block.add_op(op.clone())
    bundle.constants["w"] = np.array([1, 2], np.float32)
    return bundle


def _values(part: Field) -> st.SearchStrategy[Value]:
    if part.kind is Kind.CHOICE:
        return st.sampled_from(part.choices)
    return st.integers(part.minimum, part.maximum)


@cache
def _instruction(mnemonic: str) -> st.SearchStrategy[dict[str, Value]]:
    fields = ISA.fields_of(mnemonic).items()
    return st.fixed_dictionaries({name: _values(part) for name, part in fields})


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any program that a file can hold, sensible or not."""
    machine = draw(st.sampled_from(MACHINES))
    builder = ProgramBuilder(machine)
    names = draw(
        st.lists(st.text(min_size=1, max_size=8).filter(_encodable), unique=True, max_size=4)
    )
    for name in names:
        size = draw(st.integers(1, 40))
        kind = draw(st.sampled_from(["input", "output", "weight", "temp"]))
        contents = np.arange(size, dtype=np.uint8) if kind == "weight" else None
        type = draw(st.text(max_size=8).filter(_encodable))
        builder.symbol(
            name, size, kind=kind, type=type, contents=contents, host=draw(st.booleans())
        )
    for stream in machine.streams:
        mnemonics = [m for m, one in ISA.instructions.items() if stream in one.streams]
        for mnemonic in draw(st.lists(st.sampled_from(mnemonics), max_size=4)):
            values = draw(_instruction(mnemonic))
            builder.emit(stream, mnemonic, **values)
            if mnemonic == "mark":
                builder.mark(
                    stream, int(values["tag"]), draw(st.text(max_size=8).filter(_encodable))
                )
    return builder.build(halt=draw(st.booleans()))


def _encodable(text: str) -> bool:
    """Whether a text is UTF-8: no lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


MACHINES = (
    load_machine("gemmini"),
    load_machine("large128", {"vector.lanes": "64", "array.rate": "{i8 = 1, bf16 = 2}"}),
    load_machine("tpu1", {"machine.name": '"my tpu"'}),
)
