"""A process that runs LLVM for another one, see compile_client.py.

A request is the name of a function in llvmlite_binding.py and its arguments; an answer is whether
it was carried out, and its result or LLVM's message. Both are pickles after their length. Nothing
is imported that LLVM does not need, so that a server is ready soon.
"""

from __future__ import annotations

import os
import pickle
from contextlib import suppress
from typing import BinaryIO


def main() -> None:
    """Answer what comes from the socket that is stdin, until that is closed."""
    from dlir.targets.cpu import llvmlite_binding

    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(0), "wb")
    with suppress(OSError), requests, answers:
        _write(answers, "ready")
        while head := requests.read(8):
            name, arguments = pickle.loads(requests.read(int.from_bytes(head, "little")))
            try:
                answer = True, getattr(llvmlite_binding, name)(*arguments)
            except RuntimeError as error:
                answer = False, str(error)
            _write(answers, answer)


def _write(stream: BinaryIO, content: object) -> None:
    pickled = pickle.dumps(content)
    stream.write(len(pickled).to_bytes(8, "little") + pickled)
    stream.flush()
