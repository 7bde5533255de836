"""Prints what becomes of each op of `stablehlo` and `chlo`: its example is converted."""

from xdsl.ir import Operation

from dlir.diagnostics import CompileError
from dlir.dialects.stablehlo.ops.base import FormOp, HloOp
from dlir.doc import document_op
from dlir.examples import example_module
from dlir.pipeline import PassManager
from dlir.registry import builtin_registry

PASSES = "builtin.module(convert-stablehlo-to-dl,canonicalize,cse)"
UNTOLD = ("builtin.module", "func.func", "func.return", "dl.constant")


def outcome(op: type[Operation]) -> str:
    """The ops that the op's example becomes, or why it is refused."""
    registry = builtin_registry()
    context = registry.context()
    module = example_module(document_op(op).examples[0], context)
    try:
        PassManager(PASSES, registry=registry).run(context, module)
    except CompileError as error:
        message = error.diagnostics[0].message.split("\n")[0]
        return message.replace(f"'{op.name}' ", "").replace("is not supported with", "no:")
    names: list[str] = []
    for found in module.walk():
        if found.name not in UNTOLD and found.name not in names:
            names.append(found.name)
    return ", ".join(names) or "nothing: it means nothing here, or is computed at once"


def text_form(op: type[Operation]) -> str:
    own = issubclass(op, FormOp) or op.print is not HloOp.print
    return "pretty" if own else "generic"


def main() -> None:
    registry = builtin_registry()
    for dialect in ("stablehlo", "chlo"):
        for op in sorted(registry.find_dialect(dialect).operations, key=lambda op: op.name):
            print(f"{op.name:36} {text_form(op):8} {outcome(op)}")


if __name__ == "__main__":
    main()
