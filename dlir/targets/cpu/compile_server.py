"""A process that runs LLVM for another one, see compile_client.py.

A request is a pickle of the name of a function in llvmlite_binding.py and its arguments; an answer
is one of whether it was carried out, and its result or LLVM's message. Nothing is imported that
LLVM does not need, so that a server is ready soon.
"""

from __future__ import annotations

import os
import pickle
from contextlib import suppress


def main() -> None:
    """Answer what comes from the socket that is stdin, until that is closed."""
    from dlir.targets.cpu import llvmlite_binding

    requests, answers = os.fdopen(0, "rb"), os.fdopen(os.dup(0), "wb")
    with suppress(EOFError, OSError), requests, answers:
        pickle.dump("ready", answers)
        answers.flush()
        while True:
            name, arguments = pickle.load(requests)
            try:
                answer = True, getattr(llvmlite_binding, name)(*arguments)
            except RuntimeError as error:
                answer = False, str(error)
            pickle.dump(answer, answers)
            answers.flush()
