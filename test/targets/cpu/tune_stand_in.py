"""Stands in for the process that measures: `python -m tune_stand_in`.

Its times follow from the register tile alone; some tiles are its end. And searches whose worker
dies.
"""

import json
import os
import re
import signal
import sys
import time
from pathlib import Path

from dlir.targets.cpu.tune.search import Finding, Search

FASTEST = (3, 32)
CRASHES, HANGS, LIES, CHATTERS = 7, 8, 9, 10
"""Rows of the tiles with which that happens."""


def seconds(schedule: str) -> float:
    """More for tiles that are farther from the fastest."""
    found = re.search(r"vector = \[(\d+), (\d+)\]", schedule)
    if found is None:
        return 1.0
    rows, columns = map(int, found.groups())
    return 0.1 + 0.01 * abs(rows - FASTEST[0]) + 0.001 * abs(columns - FASTEST[1])


def main() -> None:
    task = json.loads(sys.stdin.readline())
    assert task["text"] and task["threads"]
    print("ready", flush=True)
    for line in sys.stdin:
        trial = json.loads(line)
        found = re.search(r"vector = \[(\d+)", trial["other"])
        rows = int(found[1]) if found else 0
        if rows == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        if rows == HANGS:
            time.sleep(1000)
        if rows == LIES:
            print(json.dumps({"problem": "its results are wrong"}), flush=True)
        elif rows == CHATTERS:
            print("no answer at all", flush=True)
        else:
            best, other = seconds(trial["best"]), seconds(trial["other"])
            answer = {"ratio": other / best, "best": best, "other": other, "problem": ""}
            print(json.dumps(answer), flush=True)


class KilledWorker(Search):
    """Ends the process it runs in."""

    def run(self) -> Finding:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class KilledOnce(Search):
    """Ends the first process it runs in; `module` is a file that remembers it."""

    def run(self) -> Finding:
        if not Path(self.module).exists():
            Path(self.module).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Finding(self.subject.kernel, problem="came to the end")


if __name__ == "__main__":
    main()
