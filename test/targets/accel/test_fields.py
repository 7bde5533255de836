"""The table of instructions: bits, ranges, and everything generated from it agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import IntegerAttr, StringAttr, i64
from xdsl.utils.exceptions import VerifyException

from dlir.dialects.isa import INSTRUCTION_OPS
from dlir.dialects.isa.encoding import (
    WORD_BITS,
    EncodingError,
    Field,
    Instruction,
    InstructionSet,
    Kind,
    Value,
    table,
)
from dlir.dialects.isa.fields import BINARY, FUNCTIONS, ISA, UNARY
from dlir.dialects.isa.reference import bits_table
from dlir.dialects.isa.vta import VTA
from dlir.targets.accel.stream import Stream, encode_columns, legal_words, pack, values_of

SETS = [ISA, VTA]
CASES = [(isa, mnemonic) for isa in SETS for mnemonic in isa.instructions]
FIELDS = [(m, part) for m in ISA.instructions for part in ISA.fields_of(m).values()]


def values(isa: InstructionSet, mnemonic: str) -> st.SearchStrategy[dict[str, Value]]:
    """Any legal values of all fields."""

    def one(part: Field) -> st.SearchStrategy[Value]:
        if part.kind is Kind.CHOICE:
            return st.sampled_from(part.choices)
        return st.integers(part.minimum, part.maximum)

    return st.fixed_dictionaries({n: one(p) for n, p in isa.fields_of(mnemonic).items()})


@pytest.mark.parametrize(("isa", "mnemonic"), CASES)
def test_every_bit_is_a_field_or_reserved(isa: InstructionSet, mnemonic: str):
    layout = isa.layouts[mnemonic]
    seen = [0] * WORD_BITS
    for part in layout.fields.values():
        for bit in range(part.low, part.high + 1):
            seen[bit] += 1
    for bit in range(WORD_BITS):
        seen[bit] += layout.reserved >> bit & 1
    assert seen == [1] * WORD_BITS


def test_an_overlap_is_refused():
    """The body of the design's `vs` ends at bit 117; a field that reaches into it is an error."""
    header = (Field("op", 0, 5),)
    bad = Instruction(1, "x", (), (Field("a", 6, 9), Field("b", 9, 12)))
    with pytest.raises(EncodingError, match="field 'b' of x overlaps another"):
        InstructionSet("bad", header, table([bad]))
    with pytest.raises(EncodingError, match="bits 128:120"):
        Field("c", 120, 128)
    twice = table([Instruction(1, "x", ()), Instruction(1, "y", ())])
    with pytest.raises(EncodingError, match="share an opcode"):
        InstructionSet("bad", header, twice)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_encode_and_decode_are_inverse(data: st.DataObject):
    isa, mnemonic = data.draw(st.sampled_from(CASES))
    given_values = data.draw(values(isa, mnemonic))
    word = isa.encode(mnemonic, given_values)
    assert isa.decode(word) == (mnemonic, given_values)


@given(st.integers(0, (1 << WORD_BITS) - 1), st.sampled_from(SETS))
@settings(max_examples=300, deadline=None)
def test_decode_and_encode_are_inverse(word: int, isa: InstructionSet):
    """Every word is refused, or is exactly what its values encode to."""
    try:
        mnemonic, found = isa.decode(word)
    except EncodingError:
        return
    assert isa.encode(mnemonic, found) == word


@pytest.mark.parametrize(("mnemonic", "part"), FIELDS, ids=lambda x: getattr(x, "name", x))
def test_values_beyond_a_field_are_refused(mnemonic: str, part: Field):
    """By the encoder, for whole columns, and by the op's verifier, naming the field."""
    required = {n: p.minimum for n, p in ISA.fields_of(mnemonic).items() if p.default is None}
    if part.kind is Kind.CHOICE:
        beyond: list[Value] = ["none"]
    else:
        beyond = [part.minimum - 1, part.maximum + 1]
    for value in beyond:
        with pytest.raises(EncodingError, match=f"field '{part.name}'"):
            ISA.encode(mnemonic, {**required, part.name: value})
        op = INSTRUCTION_OPS[mnemonic]({**_named(mnemonic, required)})
        op.properties[part.name] = (
            StringAttr(value) if isinstance(value, str) else IntegerAttr(value, i64)
        )
        with pytest.raises(VerifyException):
            op.verify()
        if isinstance(value, int):
            with pytest.raises(EncodingError, match=f"field '{part.name}'"):
                encode_columns(mnemonic, {**required, part.name: np.array([part.minimum, value])})


def _named(mnemonic: str, found: dict[str, int]) -> dict[str, Value]:
    fields = ISA.fields_of(mnemonic)
    return {n: fields[n].choices[v] if fields[n].choices else v for n, v in found.items()}


def test_counts_hold_one_less():
    part = ISA.layouts["mm"].fields["k"]
    assert (part.width, part.minimum, part.maximum) == (9, 1, 512)
    assert (part.to_bits(1), part.to_bits(512), part.from_bits(15)) == (0, 511, 16)


def test_strides_are_signed():
    part = ISA.layouts["ld"].fields["stride"]
    assert part.to_bits(-1) == (1 << 20) - 1 and part.from_bits(1 << 19) == -(1 << 19)


def test_reserved_bits_must_be_zero():
    word = ISA.encode("lw", {"line": 0, "k": 1, "n": 1})
    with pytest.raises(EncodingError, match="reserved bit 127 of lw is 1"):
        ISA.decode(word | 1 << 127)
    with pytest.raises(EncodingError, match="no instruction has opcode 0x3f"):
        ISA.decode(0x3F)


@pytest.mark.parametrize("mnemonic", ["loop", "endl", "aadd", "mark"])
def test_the_sequencer_has_no_semaphores(mnemonic: str):
    assert {"wait", "sig"}.isdisjoint(ISA.fields_of(mnemonic))
    assert ISA.layouts[mnemonic].reserved & 0xFFC0 == 0xFFC0


def test_vs_has_no_number_and_so_fill_is_binary():
    """A correction of the design: `vs fill` had nothing to fill with."""
    assert all(part.kind is not Kind.NUMBER for part in ISA.instructions["vs"].fields)
    assert "fill" in BINARY and "fill" not in UNARY


def test_every_function_is_documented():
    assert {*BINARY, *UNARY} == set(FUNCTIONS)
    assert set(BINARY).isdisjoint(UNARY), "the aliases would be ambiguous"


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_columns_decode_like_single_words(data: st.DataObject):
    isa, mnemonic = data.draw(st.sampled_from(CASES))
    rows = data.draw(st.lists(values(isa, mnemonic), min_size=1, max_size=5))
    words = pack([isa.encode(mnemonic, row) for row in rows])
    stream = Stream("x", words, isa)
    assert legal_words(words, mnemonic, isa).all()
    arrays: dict[str, Value | np.ndarray] = {}
    for name, part in isa.fields_of(mnemonic).items():
        expected = [part.number_of(row[name]) for row in rows]
        arrays[name] = values_of(words, part)
        assert stream.columns(mnemonic)[name].tolist() == expected
        assert arrays[name].tolist() == expected
    if arrays:
        assert np.array_equal(encode_columns(mnemonic, arrays, isa), words)


@given(st.integers(0, (1 << WORD_BITS) - 1))
@settings(max_examples=200, deadline=None)
def test_words_are_legal_for_both_decoders_or_none(word: int):
    """The vectorised check of a stream and the decoder of single words agree."""
    stream = Stream("mx", pack([word]))
    try:
        mnemonic, _ = ISA.decode(word)
        legal = "mx" in ISA.instructions[mnemonic].streams
    except EncodingError:
        legal = False
    assert (stream.first_illegal() is None) == legal


def test_the_reference_shows_every_field():
    for mnemonic, layout in ISA.layouts.items():
        rows = bits_table(ISA, mnemonic)
        for part in layout.fields.values():
            assert f"| {part.high}:{part.low} | {part.name} |" in rows
