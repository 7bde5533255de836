"""LLVM in another process: whatever happens to that, this one goes on and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dlir.diagnostics import CompileError
from dlir.targets.cpu import compile_client
from dlir.targets.cpu.compile_client import Server
from dlir.targets.cpu.compiling import compile_llvm, compile_many
from dlir.targets.cpu.description import host

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ABORTS = {
    "Cannot select: intrinsic %llvm.hexagon.A2.abs": """
        declare i32 @llvm.hexagon.A2.abs(i32)
        define i32 @f(i32 %x) {
          %y = call i32 @llvm.hexagon.A2.abs(i32 %x)
          ret i32 %y
        }
    """,
    "invalid instruction mnemonic 'bogus'": 'module asm "bogus"\n',
}


def text(number: int) -> str:
    return f"define i32 @f() {{\n  ret i32 {number}\n}}\n"


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[compile_client.Servers]:
    """Those of one test."""
    host()
    own = compile_client.Servers()
    monkeypatch.setattr(compile_client, "SERVERS", own)
    yield own
    own.end_all()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process asks LLVM itself."""
    asked: list[str] = []
    own: Callable[..., Any] = compile_client._here

    def ask(name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        asked.append(name)
        return own(name, arguments)

    monkeypatch.setattr(compile_client, "_here", ask)
    return asked


def process_of(server: Server) -> int:
    return server._process.pid


def only(servers: compile_client.Servers) -> Server:
    (server,) = servers._all
    return server


def is_there(process: int) -> bool:
    """Whether it runs; what its parent has yet to take note of does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(process: int) -> bool:
    """Whether it ends soon."""
    end = time.monotonic() + 20
    while is_there(process) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_there(process)


def is_child(process: int) -> bool:
    """Whether it is one of ours, if only as a zombie."""
    return Path(f"/proc/{process}").exists()


def test_one_server_makes_everything(servers: compile_client.Servers, here: list[str]) -> None:
    first = compile_llvm(text(1))
    server = only(servers)
    assert compile_llvm(text(1)) == first != compile_llvm(text(2))
    assert only(servers) is server and is_there(process_of(server)) and here == []


@pytest.mark.parametrize("message", ABORTS)
def test_an_end_of_llvm_is_an_error(servers: compile_client.Servers, message: str) -> None:
    for _ in range(2):
        with pytest.raises(CompileError, match="LLVM ended while it compiled") as error:
            compile_llvm(ABORTS[message])
        assert message in str(error.value)
    assert servers._all == set()
    assert compile_llvm(text(3))


def test_the_first_error_of_several_texts(servers: compile_client.Servers) -> None:
    irs = [text(1), "define nothing", *ABORTS.values(), text(2)]
    with pytest.raises(CompileError, match="LLVM refuses the generated code"):
        compile_many(irs)
    assert compile_many([text(1), text(2)]) == [compile_llvm(text(1)), compile_llvm(text(2))]


def test_a_server_that_was_killed_is_replaced(
    servers: compile_client.Servers, here: list[str]
) -> None:
    want = compile_llvm(text(1))
    process = process_of(only(servers))
    os.kill(process, signal.SIGKILL)
    assert compile_llvm(text(1)) == want and here == []
    assert not is_child(process) and process_of(only(servers)) != process


@pytest.mark.filterwarnings("error")
def test_where_no_server_can_be_started(
    servers: compile_client.Servers, here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert compile_llvm(text(1)) and compile_llvm(text(2))
    assert here == ["object_code"] * 2 and servers._all == set()


def test_where_a_server_ends_at_once(
    servers: compile_client.Servers, here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_client, "SERVER", "dlir.nowhere")
    assert compile_llvm(text(1)) and compile_llvm(text(2))
    assert here == ["object_code"] * 2 and servers._all == set()


@pytest.mark.parametrize("name", ["", "blender", None])
def test_a_program_with_an_interpreter_is_not_started_again(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", name)
    assert compile_client.Servers().given_up


def test_a_frozen_program_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert compile_client.Servers().given_up


def test_idle_servers_end(servers: compile_client.Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_client, "IDLE", 0.2)
    want = compile_llvm(text(1))
    process = process_of(only(servers))
    assert gone(process)
    time.sleep(0.1)
    assert not is_child(process) and servers._all == set()
    assert compile_llvm(text(1)) == want


def test_a_server_is_ended_once(servers: compile_client.Servers) -> None:
    """By the end of the process, or because it is idle."""
    compile_llvm(text(1))
    server = only(servers)
    servers.end_all()
    assert servers.end(server) == ""


def test_threads_have_servers_of_their_own(servers: compile_client.Servers) -> None:
    want = [compile_llvm(text(i)) for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(compile_llvm, [text(i) for i in range(12)])] == want
    assert 1 <= len(servers._all) <= compile_client.KEPT


def test_an_interrupted_question_leaves_no_answer(
    servers: compile_client.Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one would take it for its own."""
    want = compile_llvm(text(2))
    server = only(servers)

    def interrupted(size: int) -> bytearray:
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "_read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compile_llvm(text(1))
    assert servers._all == set() and not is_child(process_of(server))
    assert compile_llvm(text(2)) == want


def test_a_forked_process_has_a_server_of_its_own() -> None:
    script = """
        import os
        from dlir.targets.cpu import compile_client
        from dlir.targets.cpu.compiling import compile_llvm
        text = "define i32 @f() {{ ret i32 {} }}"
        want = compile_llvm(text.format(1))
        (server,) = compile_client.SERVERS._all
        child = os.fork()
        if child == 0:
            assert compile_client.SERVERS._all == set()
            assert compile_llvm(text.format(1)) == want
            assert compile_client.SERVERS._all != {server}
            compile_client.SERVERS.end_all()
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert compile_llvm(text.format(1)) == want
        assert compile_client.SERVERS._all == {server}
    """
    assert run(script) == ""


PID = """
    from dlir.targets.cpu import compile_client
    from dlir.targets.cpu.compiling import compile_llvm
    compile_llvm("define i32 @f() { ret i32 1 }")
    (server,) = compile_client.SERVERS._all
    print(server._process.pid, flush=True)
"""


@pytest.mark.parametrize("end", ["", "os._exit(0)", "os.kill(os.getpid(), 9)", "exit(0)"])
def test_servers_end_with_their_process(end: str) -> None:
    said = run(f"{PID}\n    import os\n    {end}\n", check=False)
    assert gone(int(said))


def test_a_forked_process_does_not_keep_a_server_alive() -> None:
    """It has the same open files, but for these."""
    script = f"""{PID}
    import os, time
    child = os.fork()
    if child == 0:
        os.close(1)
        os.close(2)
        time.sleep(60)
    else:
        print(child)
    """
    server, child = map(int, run(script).split())
    try:
        assert gone(server) and is_there(child)
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("closed", ["<&-", "<&- >&-", "<&- >&- 2>&-", "2>&-", ">&-"])
def test_closed_streams(closed: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys\n"
        "from dlir.targets.cpu import compile_client\n"
        "from dlir.targets.cpu.compiling import compile_llvm\n"
        "def test(i):\n"
        "    one = compile_llvm('define i32 @f() { ret i32 %d }' % i)\n"
        "    (server,) = compile_client.SERVERS._all\n"
        "    return one and server._connection.fileno() > 2\n"
        "open(sys.argv[1], 'w').write(str(test(1) and test(2)))\n"
    )
    result = tmp_path / "result"
    command = f'"$0" "$1" "$2" {closed}'
    shell = ["sh", "-c", command, sys.executable, str(script), str(result)]
    done = subprocess.run(shell, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert result.read_text() == "True"


def test_a_process_may_be_forked_while_a_server_works() -> None:
    """By another thread: the child has none of its locks."""
    script = """
        import os, signal, threading, time
        from dlir.targets.cpu import compile_client
        from dlir.targets.cpu.compiling import compile_llvm
        text = "define void @f() { ret void }"
        compile_llvm(text)
        (server,) = compile_client.SERVERS._all
        os.kill(server._process.pid, signal.SIGSTOP)
        thread = threading.Thread(target=compile_llvm, args=(text,))
        thread.start()
        while compile_client.SERVERS._idle:
            time.sleep(0.01)
        child = os.fork()
        if child == 0:
            assert compile_llvm(text)
            raise SystemExit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        os.kill(server._process.pid, signal.SIGCONT)
        thread.join()
    """
    assert run(script) == ""


def test_a_default_for_sockets_is_not_taken() -> None:
    script = """
        import socket
        from dlir.targets.cpu import compile_client
        from dlir.targets.cpu.compiling import compile_llvm
        socket.setdefaulttimeout(0.0001)
        assert compile_llvm("define void @f() { ret void }")
        assert not compile_client.SERVERS.given_up
    """
    assert run(script) == ""


def test_a_signal_for_broken_pipes_is_not_raised() -> None:
    """Programs that end quietly with their reader have it so."""
    script = """
        import os, signal
        from dlir.targets.cpu import compile_client
        from dlir.targets.cpu.compiling import compile_llvm
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        want = compile_llvm("define i32 @f() { ret i32 1 }")
        (server,) = compile_client.SERVERS._all
        os.kill(server._process.pid, 9)
        os.waitid(os.P_PID, server._process.pid, os.WEXITED | os.WNOWAIT)
        assert compile_llvm("define i32 @f() { ret i32 1 }") == want
    """
    assert run(script) == ""


def run(script: str, check: bool = True) -> str:
    """What a process of this script prints."""
    import textwrap

    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == "" and (done.returncode == 0 or not check)
    return done.stdout
