"""Teams of threads in a library: by an OpenMP runtime where there is one, else by the caller alone.

The compiled kernels call the three functions of `openmp.FUNCTIONS`. In a library these are local
functions that look for the runtime once: in the process first, then by the names of its library.
A failed check of one member of a team is passed on to the thread that made the team, because
`@dlir.status` is a variable of each thread. A program that is linked statically has no runtime: it
could not load one, and those it may contain have no names any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from dlir.targets.cpu.openmp import FUNCTIONS, NAMES

AT_BASE = 7
"""ELF's auxiliary value: where the loader of shared libraries lies; 0 in a static program."""

TEAM = """
@dlir.runtime = internal global [3 x ptr] zeroinitializer
@dlir.runtime.known = internal global i32 0
declare extern_weak ptr @dlopen(ptr, i32)
declare extern_weak ptr @dlsym(ptr, ptr)
declare extern_weak i64 @getauxval(i64)

define internal void @GOMP_parallel(ptr %task, ptr %data, i32 %threads, i32 %flags) #0 {
  %shared = alloca { ptr, ptr, i32 }, align 8
  %run = call ptr @dlir.runtime.function(i64 0)
  %none = icmp eq ptr %run, null
  br i1 %none, label %alone, label %team
alone:
  call void %task(ptr %data)
  ret void
team:
  store ptr %task, ptr %shared, align 8
  %data.place = getelementptr inbounds i8, ptr %shared, i64 8
  store ptr %data, ptr %data.place, align 8
  %failed.place = getelementptr inbounds i8, ptr %shared, i64 16
  store i32 0, ptr %failed.place, align 8
  call void %run(ptr @dlir.member, ptr %shared, i32 %threads, i32 %flags)
  %failed = load atomic i32, ptr %failed.place monotonic, align 8
  %old = load i32, ptr @dlir.status, align 4
  %first = icmp eq i32 %old, 0
  %new = select i1 %first, i32 %failed, i32 %old
  store i32 %new, ptr @dlir.status, align 4
  ret void
}

define internal void @dlir.member(ptr %shared) #0 {
  %task = load ptr, ptr %shared, align 8
  %data.place = getelementptr inbounds i8, ptr %shared, i64 8
  %data = load ptr, ptr %data.place, align 8
  %old = load i32, ptr @dlir.status, align 4
  store i32 0, ptr @dlir.status, align 4
  call void %task(ptr %data)
  %failed = load i32, ptr @dlir.status, align 4
  store i32 %old, ptr @dlir.status, align 4
  %fine = icmp eq i32 %failed, 0
  br i1 %fine, label %done, label %tell
tell:
  %failed.place = getelementptr inbounds i8, ptr %shared, i64 16
  store atomic i32 %failed, ptr %failed.place monotonic, align 8
  br label %done
done:
  ret void
}

define internal i32 @omp_get_thread_num() #0 {
  %ask = call ptr @dlir.runtime.function(i64 1)
  %none = icmp eq ptr %ask, null
  br i1 %none, label %alone, label %team
alone:
  ret i32 0
team:
  %number = call i32 %ask()
  ret i32 %number
}

define internal i32 @omp_get_num_threads() #0 {
  %ask = call ptr @dlir.runtime.function(i64 2)
  %none = icmp eq ptr %ask, null
  br i1 %none, label %alone, label %team
alone:
  ret i32 1
team:
  %count = call i32 %ask()
  ret i32 %count
}

define internal ptr @dlir.runtime.function(i64 %number) #0 {
  %state = load atomic i32, ptr @dlir.runtime.known acquire, align 4
  %unknown = icmp eq i32 %state, 0
  br i1 %unknown, label %find, label %known
find:
  call void @dlir.runtime.find()
  store atomic i32 1, ptr @dlir.runtime.known release, align 4
  br label %known
known:
  %place = getelementptr inbounds ptr, ptr @dlir.runtime, i64 %number
  %function = load atomic ptr, ptr %place monotonic, align 8
  ret ptr %function
}
"""


def team_text(triple: str) -> str:
    """The three functions, and how the runtime is found."""
    is_macho = "darwin" in triple or "macos" in triple
    texts = [*_string("runtime", NAMES), *_string("function", FUNCTIONS)]
    return "\n".join([*texts, TEAM, *_find(is_macho), *_try()])


def _string(what: str, texts: tuple[str, ...]) -> Iterator[str]:
    for number, text in enumerate(texts):
        array = f'[{len(text) + 1} x i8] c"{text}\\00"'
        yield f"@dlir.{what}.name.{number} = private constant {array}"


def _find(is_macho: bool) -> Iterator[str]:
    """Try the process, then every name, until one has all functions."""
    yield "define internal void @dlir.runtime.find() #0 {"
    if not is_macho:
        yield "  %unknown = icmp eq ptr @getauxval, null"
        yield "  br i1 %unknown, label %done, label %ask"
        yield "ask:"
        yield f"  %loader = call i64 @getauxval(i64 {AT_BASE})"
        yield "  %static = icmp eq i64 %loader, 0"
        yield "  br i1 %static, label %done, label %look"
        yield "look:"
    yield "  %missing = icmp eq ptr @dlsym, null"
    yield "  br i1 %missing, label %done, label %process"
    yield "process:"
    default = "inttoptr (i64 -2 to ptr)" if is_macho else "null"
    yield f"  %found = call i1 @dlir.runtime.try(ptr {default})"
    yield "  br i1 %found, label %done, label %can.load"
    yield "can.load:"
    yield "  %cannot = icmp eq ptr @dlopen, null"
    yield "  br i1 %cannot, label %done, label %load0"
    for n in range(len(NAMES)):
        following = f"load{n + 1}" if n + 1 < len(NAMES) else "done"
        yield f"load{n}:"
        yield f"  %handle{n} = call ptr @dlopen(ptr @dlir.runtime.name.{n}, i32 2)"
        yield f"  %absent{n} = icmp eq ptr %handle{n}, null"
        yield f"  br i1 %absent{n}, label %{following}, label %try{n}"
        yield f"try{n}:"
        yield f"  %found{n} = call i1 @dlir.runtime.try(ptr %handle{n})"
        yield f"  br i1 %found{n}, label %done, label %{following}"
    yield from ("done:", "  ret void", "}")


def _try() -> Iterator[str]:
    """Whether a library has all functions; if so, they are kept."""
    numbers = range(len(FUNCTIONS))
    yield "define internal i1 @dlir.runtime.try(ptr %handle) #0 {"
    for n in numbers:
        yield f"  %function{n} = call ptr @dlsym(ptr %handle, ptr @dlir.function.name.{n})"
        yield f"  %has{n} = icmp ne ptr %function{n}, null"
    yield "  %two = and i1 %has0, %has1"
    yield "  %all = and i1 %two, %has2"
    yield "  br i1 %all, label %keep, label %done"
    yield "keep:"
    for n in numbers:
        yield f"  %place{n} = getelementptr inbounds ptr, ptr @dlir.runtime, i64 {n}"
        yield f"  store atomic ptr %function{n}, ptr %place{n} monotonic, align 8"
    yield from ("  br label %done", "done:", "  ret i1 %all", "}")
