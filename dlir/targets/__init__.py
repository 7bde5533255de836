"""Targets: what runs a program. One folder each, named in `dlir.registry.TARGETS`.

A target is one object, `TARGET`, with the members of `dlir.executable.Target`:

    name     "cpu"
    levels   ("dl", "structured", "loops", "llvm", "llvm-ir", "asm", "object")
    compile(module, params, options) -> Executable
    unsupported(module, options) -> {op name: why}
    lower(module, params, options, start, stop) -> ModuleOp | str | bytes

`compile` is given a verified module that it must not change, and weights that have been checked
against the module's `dl.param` ops. It calls `options.finish_phase(level, done, total, module)`
after each level, which dumps phases and shows progress, and raises CompileError when something is
not supported, before anything runs. It returns a subclass of `dlir.executable.Executable` with
`execute(arguments) -> tuple` (arguments already checked against the signature), `stages()` and
`_stage(level)`. While running, an executable tells `self.on_event`, when that is set, the name,
start and end of what it runs.

A target whose machine is modelled has the members of `dlir.executable.MachineTarget` too; only
such a target is given `--machine`, `--set`, and modules whose sizes have been filled in.

The core never imports a target, and no target imports another.
"""
