"""Objects are linked as LLVM would, whatever refers to what; damaged ones are refused."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import platform
import random
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dlir.diagnostics import CompileError
from dlir.targets.cpu import elf, object_loader
from dlir.targets.cpu.compiling import compile_llvm
from dlir.targets.cpu.description import describe, host
from dlir.targets.cpu.object_loader import Library

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64",
    reason="other systems' objects are linked by LLVM",
)

INTEGER = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
FLOAT = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)


def link(*irs: str, imports: Mapping[str, int] | None = None, exports: str = "f") -> Library:
    return Library([compile_llvm(ir) for ir in irs], exports.split(), imports)


def call(library: Library, x: int, name: str = "f") -> int:
    return INTEGER(library.address(name))(x)


def refused(match: str, *irs: str, exports: str = "f") -> None:
    with pytest.raises(CompileError, match=match):
        link(*irs, exports=exports)


# --- what refers to what --------------------------------------------------------------------------

IDENTITY = "define i64 @f(i64 %x) {\n  ret i64 %x\n}\n"
CALLER = """
declare i64 @g(i64)
define i64 @f(i64 %x) {
  %y = call i64 @g(i64 %x)
  %z = add i64 %y, 1
  ret i64 %z
}
"""


def g(linkage: str, factor: int) -> str:
    return f"define {linkage} i64 @g(i64 %x) {{\n  %y = mul i64 %x, {factor}\n  ret i64 %y\n}}\n"


def test_a_function() -> None:
    assert call(link(IDENTITY), 41) == 41


@pytest.mark.parametrize("linkage", ["", "hidden", "weak", "linkonce_odr"])
@pytest.mark.parametrize("first", [True, False])
def test_objects_refer_to_each_other(linkage: str, first: bool) -> None:
    irs = [CALLER, g(linkage, 3)]
    assert call(link(*(irs if first else irs[::-1])), 5) == 16


@pytest.mark.parametrize("first", [True, False])
def test_a_weak_function_gives_way(first: bool) -> None:
    irs = [g("weak", 3), g("", 4)]
    assert call(link(CALLER, *(irs if first else irs[::-1])), 5) == 21


def test_the_first_weak_function_counts() -> None:
    assert call(link(CALLER, g("weak", 3), g("weak", 4)), 5) == 16


def test_a_weak_function_that_there_is_not_is_null() -> None:
    library = link("""
        declare extern_weak i64 @dlir_is_nowhere(i64)
        define i64 @f(i64 %x) {
          %null = icmp eq ptr @dlir_is_nowhere, null
          %y = select i1 %null, i64 7, i64 %x
          ret i64 %y
        }
    """)
    assert call(library, 1) == 7


def test_own_functions_come_before_others() -> None:
    """Before imports, and before those of the process."""
    text = CALLER.replace("@g", "@labs")
    assert call(link(text, g("", 3).replace("@g", "@labs"), imports={"labs": 1}), -5) == -14
    assert call(link(text), -5) == 6


def test_local_functions_of_two_objects_have_one_name() -> None:
    def text(name: str, factor: int) -> str:
        return g("internal", factor) + CALLER.replace("declare i64 @g(i64)", "").replace("@f", name)

    library = link(text("@a", 3), text("@b", 5), exports="a b")
    assert [call(library, 2, "a"), call(library, 2, "b")] == [7, 11]


TABLE = """
@table = constant [3 x ptr] [ptr @a, ptr @b, ptr getelementptr (i8, ptr @numbers, i64 8)]
@numbers = internal global [3 x i64] [i64 5, i64 6, i64 7]
define i64 @a(i64 %x) {
  ret i64 100
}
define internal i64 @b(i64 %x) {
  %y = add i64 %x, 200
  ret i64 %y
}
define i64 @f(i64 %x) {
  %place = getelementptr [3 x ptr], ptr @table, i64 0, i64 %x
  %function = load ptr, ptr %place
  %y = call i64 %function(i64 %x)
  ret i64 %y
}
define i64 @n(i64 %x) {
  %p = load ptr, ptr getelementptr (ptr, ptr @table, i64 2)
  %y = load i64, ptr %p
  ret i64 %y
}
"""


def test_tables_of_addresses() -> None:
    library = link(TABLE, exports="f n")
    assert [call(library, 0), call(library, 1), call(library, 0, "n")] == [100, 201, 6]


COUNTER = """
@count = global i64 0
@big = internal global [100000 x i8] zeroinitializer
define i64 @f(i64 %x) {
  %old = load i64, ptr @count
  %new = add i64 %old, %x
  store i64 %new, ptr @count
  store i8 1, ptr getelementptr (i8, ptr @big, i64 99999)
  ret i64 %new
}
"""
READER = """
@count = external global i64
define i64 @read(i64 %x) {
  %value = load i64, ptr @count
  ret i64 %value
}
"""


def test_variables_are_shared_by_objects_and_not_by_libraries() -> None:
    one, other = (link(COUNTER, READER, exports="f read count") for _ in range(2))
    call(one, 3)
    call(one, 4)
    call(other, 5)
    assert [call(one, 0, "read"), call(other, 0, "read")] == [7, 5]
    assert ctypes.c_int64.from_address(one.address("count")).value == 7


def test_a_forked_process_has_variables_of_its_own() -> None:
    library = link(COUNTER)
    call(library, 1)
    child = os.fork()
    if child == 0:
        os._exit(call(library, 10))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 11
    assert call(library, 0) == 1


def test_common_variables_are_one_of_the_largest_size() -> None:
    small = "@v = common global i64 0, align 8\n"
    large = "@v = common global [9 x i64] zeroinitializer, align 256\n"
    text = COUNTER.replace("@count", "@v").replace("@v = global i64 0\n", "")
    for one, other in ((small, large), (large, small)):
        reader = READER.replace("@count", "@v").replace("@v = external global i64\n", other)
        library = link(one + text, reader, exports="f read v")
        call(library, 3)
        assert call(library, 0, "read") == 3
        assert library.address("v") % 256 == 0
    defined = link(small + text, "@v = global i64 40\n", exports="f")
    assert call(defined, 2) == 42


@pytest.mark.parametrize("alignment", [1, 64, 128, 4096])
def test_variables_are_aligned(alignment: int) -> None:
    texts = [
        f"@a{i} = global i8 {i}, align 1\n@v{i} = global i8 1, align {alignment}\n"
        for i in range(3)
    ]
    library = link(IDENTITY, *texts, exports="v0 v1 v2")
    assert all(library.address(f"v{i}") % alignment == 0 for i in range(3))


def test_functions_of_the_process() -> None:
    library = link("""
        declare double @fmod(double, double)
        declare ptr @memset(ptr, i32, i64)
        declare double @cbrt(double)
        define double @f(double %x) {
          %room = alloca double
          call ptr @memset(ptr %room, i32 0, i64 8)
          %zero = load double, ptr %room
          %y = call double @fmod(double %x, double 5.0)
          %z = call double @cbrt(double %y)
          %sum = fadd double %z, %zero
          ret double %sum
        }
    """)
    assert FLOAT(library.address("f"))(13.0) == 3 ** (1 / 3)


def test_a_processor_without_half_precision_calls_its_functions() -> None:
    cpu = describe(host().triple, "x86-64", "")
    text = """
        define double @f(double %x) {
          %h = fptrunc double %x to half
          %s = fadd half %h, %h
          %y = fpext half %s to double
          %r = call double @llvm.floor.f64(double %y)
          ret double %r
        }
        declare double @llvm.floor.f64(double)
    """
    library = Library([compile_llvm(text, cpu)], ["f"])
    assert FLOAT(library.address("f"))(1.3) == 2.0


def far_code(code: bytes) -> int:
    """The address of code that no relative jump reaches from where libraries lie."""
    system = ctypes.CDLL(None)
    system.mmap.restype = ctypes.c_void_p
    protection = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    place = ctypes.c_void_p(0x3000_0000)  # a wish
    size = ctypes.c_size_t(mmap.PAGESIZE)
    address = system.mmap(place, size, protection, flags, -1, ctypes.c_long(0))
    ctypes.memmove(address, code, len(code))
    return address


def test_far_functions_are_called_through_stubs() -> None:
    triple = far_code(b"\x48\x8d\x04\x7f\xc3")  # lea rax, [rdi + 2 * rdi]; ret
    texts = [CALLER, CALLER.replace("@f", "@h"), CALLER.replace("@f", "@k").replace("@g", "@labs")]
    library = link(*texts, imports={"g": triple}, exports="f h k")
    assert abs(library.address("f") - triple) > 1 << 32
    assert [call(library, -5, name) for name in "fhk"] == [-14, -14, 6]


# --- fields of every kind -------------------------------------------------------------------------


def assembly(line: str) -> str:
    return (
        f'module asm ".data"\nmodule asm ".globl v"\nmodule asm "v: {line}"\n'
        "@near = global i64 9\n@v = external global i64\n" + IDENTITY
    )


def test_distances_of_64_bits() -> None:
    library = link(assembly(".quad near - . + 3"), exports="v near")
    place = library.address("v")
    assert ctypes.c_int64.from_address(place).value == library.address("near") - place + 3


def test_distances_of_32_bits() -> None:
    library = link(assembly(".long near - . - 3"), exports="v near")
    place = library.address("v")
    assert ctypes.c_int32.from_address(place).value == library.address("near") - place - 3


@pytest.mark.parametrize("imported, field", [(0x7FFF_FFFF, 0x7FFF_FFFF), (0xFFFF_FFFF, -1)])
def test_addresses_of_32_bits(imported: int, field: int) -> None:
    library = link(assembly(".long low"), exports="v", imports={"low": imported})
    assert ctypes.c_int32.from_address(library.address("v")).value == field
    with pytest.raises(CompileError, match="'low' is too far away"):
        link(assembly(".long low"), exports="v", imports={"low": 1 << 32})


def test_addresses_that_do_not_fit_are_refused() -> None:
    refused("'near' is too far away", assembly(".long near"))
    refused("'absent' is neither in it nor in this process", assembly(".quad absent"))
    refused("relocation of type 12", assembly(".short near"))


def test_absolute_symbols() -> None:
    text = 'module asm ".globl a"\nmodule asm "a = 1234"\n' + READER.replace("@count", "@a")
    assert link(text, exports="read a").address("a") == 1234


# --- what is refused ------------------------------------------------------------------------------


def test_what_there_is_not_or_twice() -> None:
    refused("'h' is not in it", IDENTITY, exports="f h")
    refused("'g' is defined twice", g("", 1), g("", 2))
    refused("'dlir_nowhere' is neither in it", CALLER.replace("@g", "@dlir_nowhere"))


def test_variables_of_threads() -> None:
    refused("variables of threads", "@f = thread_local global i64 3\n")


def test_constructors() -> None:
    refused(
        "it has constructors",
        IDENTITY.replace("i64 @f(i64 %x)", "void @f()").replace("ret i64 %x", "ret void")
        + "@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] "
        "[{ i32, ptr, ptr } { i32 1, ptr @f, ptr null }]\n",
    )


def test_functions_that_are_chosen_at_run_time() -> None:
    refused(
        "chosen at run time",
        "define ptr @choose() {\n  ret ptr null\n}\n@f = ifunc i64 (i64), ptr @choose\n",
    )


def test_alignments_beyond_a_page() -> None:
    refused("aligned to 8192", "@f = global i64 3, align 8192\n")
    refused("aligned to 8192", "@f = common global i64 0, align 8192\n")


def test_sizes_beyond_what_is_reached() -> None:
    refused("it takes", f"@f = global [{1 << 31} x i8] zeroinitializer\n")
    refused("it takes", f"@f = common global [{1 << 40} x i8] zeroinitializer\n")


# --- protection -----------------------------------------------------------------------------------


def protections(address: int) -> str:
    for line in Path("/proc/self/maps").read_text().splitlines():
        first, last = (int(word, 16) for word in line.split()[0].split("-"))
        if first <= address < last:
            return line.split()[1]
    return ""


CONSTANT = """
@constant = constant [4 x i64] [i64 1, i64 2, i64 3, i64 4]
@variable = global i64 8
"""


def test_no_page_can_be_written_and_run() -> None:
    library = link(IDENTITY + CONSTANT, exports="f constant variable")
    found = [protections(library.address(name)) for name in ("f", "constant", "variable")]
    assert found == ["r-xp", "r--p", "rw-p"]


def test_memory_is_given_back() -> None:
    library = link(IDENTITY)
    address = library.address("f")
    assert protections(address) == "r-xp"
    del library
    gc.collect()
    assert protections(address) != "r-xp"


# --- damage ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image() -> bytes:
    return compile_llvm(TABLE + COUNTER.replace("@f", "@h") + CALLER.replace("@f", "@k"))


def attempt(image: bytes) -> None:
    """Link, which may be refused in one way only; what is linked is not run."""
    try:
        object_loader.Link([image], [], {"g": 1 << 46})
    except elf.BadObject as error:
        assert str(error)


def test_an_object_that_is_whole_is_taken(image: bytes) -> None:
    object_loader.Link([image], ["f", "h", "k"], {"g": 1 << 46})


def test_cut_objects(image: bytes) -> None:
    for size in range(0, len(image), 7):
        with pytest.raises(elf.BadObject):
            object_loader.Link([image[:size]], [], {"g": 1 << 46})


def positions(image: bytes) -> Iterator[int]:
    """Those of the header and of all tables."""
    object = elf.ElfObject(image)
    yield from range(64)
    for section in object.sections:
        if section.type in (elf.SYMBOL_TABLE, elf.RELOCATIONS):
            yield from range(section.start, section.start + section.size)
    (start,) = struct.unpack_from("<Q", image, 40)
    yield from range(start, len(image))


@pytest.mark.parametrize("value", [0, 1, 0x7F, 0x80, 0xFF])
def test_every_byte_of_the_tables_may_be_wrong(image: bytes, value: int) -> None:
    for position in positions(image):
        damaged = bytearray(image)
        damaged[position] = value
        attempt(bytes(damaged))


def test_noise(image: bytes) -> None:
    random_ = random.Random(0)
    places = [*positions(image)]
    for _ in range(3000):
        damaged = bytearray(image)
        for _ in range(random_.choice((1, 2, 8, 50))):
            damaged[random_.choice(places)] = random_.randrange(256)
        attempt(bytes(damaged))
