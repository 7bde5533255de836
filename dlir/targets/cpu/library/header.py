"""The C header of a compiled model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlir.targets.cpu.library.interface import ELEMENTS, Interface, Tensor

SHARED = """\
#ifndef DLIR_TENSOR
#define DLIR_TENSOR
enum dlir_type {{
{types}
}};
struct dlir_tensor {{
  const char *name;
  const int64_t *shape;  /* -1: a size that is given at run time */
  int32_t type;          /* enum dlir_type */
  int32_t rank;
}};
#endif
"""
"""The same in the header of every model, so that a program can include several."""

BODY = """\
#define {P}_INPUTS {inputs}
#define {P}_OUTPUTS {outputs}
#define {P}_SIZES {sizes}         /* sizes of inputs that are given at run time */
#define {P}_OUTPUT_SIZES {output_sizes}  /* sizes of outputs that follow from them */
{arena}
extern const struct dlir_tensor {p}_inputs[], {p}_outputs[];

/* What a call with inputs of these sizes needs: the bytes of the arena and, in order, the sizes of
 * the outputs that are -1 in their tables. `sizes` holds those that are -1 in inputs, in order.
 * {reads} `output_sizes` may be NULL.
 * Returns 0, or a status for {p}_message: the model refuses such inputs. */
int {p}_plan(const void *const *inputs, const int64_t *sizes, size_t *arena_bytes,
{indent}int64_t *output_sizes);

/* Computes the outputs. Every tensor is dense, in row-major order, at an address that fits its
 * elements; outputs overlap neither inputs nor each other. The arena is memory to work in, at any
 * address, whose contents do not matter before or after. Nothing is allocated, and nothing is kept
 * between calls: any number of threads may call at once, each with outputs and an arena of its own.
 * Returns 0, or a status for {p}_message: the outputs are then worth nothing. */
int {p}_run(const void *const *inputs, const int64_t *sizes, void *const *outputs, void *arena,
{run_indent}size_t arena_bytes);

/* What a status means. The text lives as long as the library. */
const char *{p}_message(int status);

/* How many threads one call of {p}_run uses from now on; 0: as many as OpenMP chooses, which
 * OMP_NUM_THREADS tells it. {threads} */
void {p}_set_threads(int count);
"""

TEAMS = """Threads are those of an OpenMP runtime (GNU's, LLVM's or Intel's) that is
 * looked for in the process and by name; without one, and in a process made by fork, use 1."""
NO_TEAMS = "No part of this model is shared among threads, so that nothing changes."


def header_text(
    interface: Interface, *, cpu: str, arena: int | None, has_teams: bool, needs_data: bool
) -> str:
    """The header; `arena` is the size of the arena where that is known at compile time."""
    p, big = interface.prefix, interface.prefix.upper()
    types = "\n".join(f"  DLIR_{e.name} = {e.code},  /* {e.c_type} */" for e in ELEMENTS.values())
    bytes = (
        f"#define {big}_ARENA_BYTES {arena}  /* as {p}_plan says */\n" if arena is not None else ""
    )
    reads = "The plan reads the inputs' data." if needs_data else "`inputs` may be NULL."
    body = BODY.format(
        P=big,
        p=p,
        inputs=len(interface.inputs),
        outputs=len(interface.outputs),
        sizes=interface.sizes,
        output_sizes=interface.output_sizes,
        arena="" if arena is None else bytes,
        reads=reads,
        indent=" " * len(f"int {p}_plan("),
        run_indent=" " * len(f"int {p}_run("),
        threads=TEAMS if has_teams else NO_TEAMS,
    )
    return "\n".join(
        [
            f"/* A model compiled by dlir for {cpu}: it needs no Python and no other library.",
            " *",
            *_list("inputs", interface.inputs),
            *_list("outputs", interface.outputs),
            " */",
            f"#ifndef DLIR_MODEL_{big}",
            f"#define DLIR_MODEL_{big}",
            "",
            "#include <stddef.h>",
            "#include <stdint.h>",
            "",
            '#ifdef __cplusplus\nextern "C" {\n#endif',
            "",
            SHARED.format(types=types),
            body,
            "#ifdef __cplusplus\n}\n#endif",
            "#endif",
            "",
        ]
    )


def _list(what: str, tensors: Sequence[Tensor]) -> Iterator[str]:
    """One line per tensor for people, in the comment at the top."""
    yield f" * {what}:"
    for number, tensor in enumerate(tensors):
        sizes = "".join(f"[{'?' if n < 0 else n}]" for n in tensor.shape)
        name = tensor.name.replace("*/", "* /").replace("\n", " ")
        yield f" *   {number}  {name}: {tensor.element.c_type} {sizes}".rstrip()
