"""Programs in arrays: the builder, and loops expanded against a plain interpreter of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlir.diagnostics import CompileError
from dlir.dialects.isa.fields import HOST_BASE, ISA
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import ProgramBuilder, Stream, expand
from dlir.targets.accel.stream import pack

GEMMINI = load_machine("gemmini")
Code = list[tuple[str, dict[str, int]]]


def stream_of(code: Code) -> Stream:
    return Stream("mx", pack([ISA.encode(mnemonic, values) for mnemonic, values in code]))


def execute(code: Code) -> list[tuple[int, list[int]]]:
    """Position and registers of every executed instruction: the plainest way to say it."""
    registers, at, loops = [0] * 8, 0, list[list[int]]()
    done: list[tuple[int, list[int]]] = []
    while at < len(code):
        mnemonic, values = code[at]
        if mnemonic == "loop":
            loops.append([at + 1, values["count"] - 1])
        elif mnemonic == "endl":
            if loops[-1][1]:
                loops[-1][1] -= 1
                at = loops[-1][0] - 1
            else:
                loops.pop()
        elif mnemonic == "aadd":
            if values["ar"]:
                registers[values["ar"]] += values["imm"]
        else:
            done.append((at, list(registers)))
        at += 1
    return done


def codes(depth: int = 0) -> st.SearchStrategy[Code]:
    """Any code with matching loops."""
    leaf = st.one_of(
        st.builds(
            lambda ar, imm: [("aadd", {"ar": ar, "imm": imm})],
            st.integers(0, 3),
            st.integers(-9, 9),
        ),
        st.builds(
            lambda a, ar: [("mm", {"a": a, "ar_a": ar, "c": 0, "k": 1, "n": 1})],
            st.integers(0, 99),
            st.integers(0, 4),
        ),
        st.just([("mark", {"tag": 1})]),
    )
    if depth < 3:
        loop = st.builds(
            lambda n, body: [("loop", {"count": n}), *body, ("endl", {})],
            st.integers(1, 3),
            codes(depth + 1),
        )
        leaf = st.one_of(leaf, loop)
    return st.lists(leaf, max_size=4).map(lambda parts: [one for part in parts for one in part])


@given(codes())
@settings(max_examples=200, deadline=None)
def test_expansion_is_execution(code: Code):
    expanded = expand(stream_of(code))
    expected = execute(code)
    assert expanded.index.tolist() == [at for at, _ in expected]
    for register in range(1, 8):
        held = expanded.registers.get(register, np.zeros(len(expanded), np.int64))
        assert held.tolist() == [registers[register] for _, registers in expected]
    rows = expanded.where("mm")
    products = [(code[at][1], registers) for at, registers in expected if code[at][0] == "mm"]
    addresses = [values["a"] + registers[values["ar_a"]] for values, registers in products]
    assert expanded.column("mm.a", rows).tolist() == addresses
    assert expanded.column("mm.a")[rows].tolist() == addresses


def test_registers_can_leave_memory_and_verification_sees_it():
    code: Code = [
        ("aadd", {"ar": 1, "imm": -5}),
        ("mm", {"a": 2, "ar_a": 1, "c": 0, "k": 1, "n": 1}),
    ]
    assert expand(stream_of(code)).column("mm.a").tolist() == [-3]


LOOP, ENDL = ("loop", {"count": 1 << 24}), ("endl", {})


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([ENDL], r"mx instruction 0 \(endl\): 'endl' without a loop"),
        (
            [("nop", {}), LOOP, LOOP, ENDL],
            r"mx instruction 1 \(loop\): the loop that begins here never ends",
        ),
        ([LOOP] * 5 + [ENDL] * 5, r"mx instruction 4 \(loop\): loops nest 5 deep; at most 4"),
        ([LOOP, LOOP, ("nop", {}), ENDL, ENDL], f"make {1 << 48} instructions; at most 16777216"),
        (
            [LOOP, LOOP, ("aadd", {"ar": 1, "imm": 1 << 30}), ENDL, ENDL],
            "register a1 leaves the range",
        ),
    ],
)
def test_bad_loops_are_refused_before_memory_is_taken(code: Code, message: str):
    with pytest.raises(CompileError, match=message):
        expand(stream_of(code))


def test_empty_loops_cost_nothing():
    assert len(expand(stream_of([LOOP, LOOP, LOOP, LOOP, *[ENDL] * 4]))) == 0
    assert len(expand(stream_of([]))) == 0


def test_a_million_instructions():
    """Arrays, not objects: 16 bytes each, columns at once."""
    count = 1_000_000
    builder = ProgramBuilder(GEMMINI)
    builder.emit_many("mx", "mm", a=np.arange(count) % 16384, c=0, k=16, n=16)
    stream = builder.build().streams["mx"]
    assert stream.words.nbytes == 16 * (count + 1)
    assert stream.column("mm.a")[[0, 16383, 16384]].tolist() == [0, 16383, 0]
    assert stream.first_illegal() is None


def test_the_builder_places_symbols_and_ends_streams():
    builder = ProgramBuilder(GEMMINI)
    assert builder.symbol("a", 1) == 0
    assert builder.symbol("b", 65) == 64
    assert builder.symbol("c", 1) == 192
    assert builder.symbol("h", 1, host=True) == HOST_BASE
    builder.emit("ld", "halt")
    program = builder.build()
    assert {name: len(one) for name, one in program.streams.items()} == dict.fromkeys(
        ["ld", "mx", "vx", "st"], 1
    )
    found = program.symbol_at(128)
    assert found is not None and found.name == "b"
    assert program.symbol_at(129) is None and program.symbols["h"].in_host


@pytest.mark.parametrize(
    ("stream", "mnemonic", "values", "message"),
    [
        ("mx", "ld", {}, "'ld' belongs to ld, not to 'mx'"),
        ("nt", "send", {}, "'send' belongs to nt, not to 'nt'"),
        ("mx", "mn", {}, "no instruction 'mn'"),
        ("mx", "mm", {"a": 0, "c": 0, "k": 0, "n": 1}, "stream 'mx': field 'k' holds 1 to 512"),
        ("mx", "mm", {"a": 0, "c": 0, "n": 1}, "mm needs field 'k'"),
        ("mx", "mm", {"b": 0}, "mm has no field 'b'"),
        (
            "mx",
            "lw",
            {"line": 0, "k": 1, "n": 1, "mem": "acc"},
            "'mem' is one of spm, wbuf; got 'acc'",
        ),
    ],
)
def test_the_builder_refuses(stream: str, mnemonic: str, values: dict[str, int], message: str):
    with pytest.raises(CompileError, match=message):
        ProgramBuilder(GEMMINI).emit(stream, mnemonic, **values)


def test_overlapping_and_misplaced_symbols_are_refused():
    from dlir.targets.accel.program import Program, Symbol, SymbolKind

    def program(*symbols: Symbol, **data: np.ndarray) -> None:
        Program(GEMMINI, {}, {s.name: s for s in symbols}, data)

    one = Symbol("one", SymbolKind.INPUT, 0, 10)
    with pytest.raises(CompileError, match="'one' ends at 10, but 'two' begins at 9"):
        program(one, Symbol("two", SymbolKind.INPUT, 9, 1))
    with pytest.raises(CompileError, match="lies across"):
        program(Symbol("x", SymbolKind.INPUT, HOST_BASE - 1, 2))
    with pytest.raises(CompileError, match="0 bytes at 0"):
        program(Symbol("x", SymbolKind.INPUT, 0, 0))
    with pytest.raises(CompileError, match="3 bytes of data for the input 'one' of 10 bytes"):
        program(one, one=np.zeros(3, np.uint8))
