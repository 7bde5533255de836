"""A model in memory: its module, its weights, and the file that it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from dlir.files import replacing
from dlir.numpy_types import Array
from dlir.params import param_ops, write_weights
from dlir.printer import print_module
from dlir.stored_weights import StoredFile


class Model:
    """A module and its weights. `str(model)` is its text."""

    def __init__(self, module: ModuleOp, params: Mapping[str, Array] | None = None) -> None:
        self._module = module
        self.params: Mapping[str, Array] = {} if params is None else params
        self.file: StoredFile | None = None
        """What all of it was read from, opened before."""
        self.is_as_read = True
        """Whether nobody can have changed the module."""

    @property
    def module(self) -> ModuleOp:
        """What the model computes; whoever has it may change it."""
        self.is_as_read = False
        return self.peek()

    def peek(self) -> ModuleOp:
        """The module, for who leaves it as it is."""
        return self._module

    def __str__(self) -> str:
        return print_module(self.peek())

    def save(self, path: str | Path, *, print_debuginfo: bool = False) -> None:
        """Write the text, and beside it the weights it names as `<stem>.safetensors`.

        Both files appear together or not at all; weights that the model was loaded without are left
        out. `print_debuginfo` adds the locations, such as the names of a model's nodes. Raises
        CompileError.
        """
        path = Path(path)
        names = [name for _, name in param_ops(self.peek()) if name in self.params]
        used = {name: self.params[name] for name in names}
        with replacing(path) as file:
            file.write(print_module(self.peek(), print_debuginfo=print_debuginfo).encode())
            if used:
                write_weights(path.with_suffix(".safetensors"), used)


@dataclass(frozen=True)
class Outline:
    """What there is to know of a module for who does not look at its ops."""

    functions: ModuleOp
    """Its functions, without what they do."""
    digest: str
    """See `digest_of`."""
    ops: Mapping[str, int]
    """How often each op occurs."""
    params: int
    """Bytes of the weights that it names."""


class KnownModel(Model):
    """A model of a file that was read before: the module is read when it is looked at.

    `read` raises CompileError, also when the file has changed in the meantime.
    """

    def __init__(
        self, outline: Outline, params: Mapping[str, Array], read: Callable[[], ModuleOp]
    ) -> None:
        super().__init__(outline.functions, params)
        self.outline = outline
        self._read: Callable[[], ModuleOp] | None = read

    def peek(self) -> ModuleOp:
        """The module, for who leaves it as it is."""
        if self._read is not None:
            self._module, self._read = self._read(), None
        return self._module


def digest_of(module: ModuleOp) -> str:
    """Modules with the same digest have the same text, but for locations."""
    return hashlib.sha256(print_module(module, print_debuginfo=False).encode()).hexdigest()
