"""Bad input of every kind, through the commands: a clear error, an exit code, nothing half-written.

Each case is a command line and what its error must say. `{folder}` is a folder with the files of
`files_of_a_user`, good and bad.
"""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from dlir.tools import compile as dlir_compile
from dlir.tools import doc, explore, opt, reduce, run, translate, tune

COMMANDS: dict[str, Callable[..., int]] = {
    "dlir-opt": opt.main,
    "dlir-run": run.main,
    "dlir-compile": dlir_compile.main,
    "dlir-translate": translate.main,
    "dlir-reduce": reduce.main,
    "dlir-explore": explore.main,
    "dlir-doc": doc.main,
    "dlir-tune": tune.main,
}

GOOD = """func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.relu %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
"""
WEIGHTS = """func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.param "w" : tensor<4xf32>
  %y = dl.add %x, %w : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
"""
MEMORY = """func.func @main(%x: memref<4xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%c0] : memref<4xf32>
  func.return %v : f32
}
"""
DYNAMIC = """func.func @main(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %y = dl.relu %x : tensor<?x16xf32>
  func.return %y : tensor<?x16xf32>
}
"""
SPACE = """base = "gemmini"
[space]
"array.rows" = [8]
"""
GARBAGE = bytes(np.random.default_rng(0).integers(128, 256, 3000, dtype=np.uint8))

ACCEL = "dlir-compile good.mlir --target=accel -o=y.dlx --machine="
SIZED = "dlir-compile dynamic.mlir --target=accel -o=y.dlx --machine=gemmini"

DIAGNOSED: list[tuple[str, str]] = [
    # text
    ("dlir-opt malformed.mlir", "malformed.mlir:3:3: error: Expected '>'"),
    ("dlir-opt shape.mlir", "shape.mlir:2:8: error[dl-add-"),
    ("dlir-opt op.mlir", "unknown op 'dl.rleu'\n#help: did you mean 'dl.relu'?"),
    ("dlir-opt dialect.mlir", "unknown op 'foo.bar': no such dialect"),
    ("dlir-opt missing.mlir", "cannot read 'missing.mlir': No such file"),
    ("dlir-opt garbage.mlir", "it is not UTF-8 text"),
    ("dlir-opt folder.mlir", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-opt good.mlir -o folder.mlir", "cannot write 'folder.mlir': Is a directory"),
    ("dlir-opt good.mlir -o good.mlir/x.mlir", "cannot write 'good.mlir/x.mlir'"),
    ("dlir-opt good.mlir --mlir-print-ir-tree-dir=good.mlir --cse", "Not a directory"),
    ("dlir-opt good.mlir --trace=folder.mlir --cse", "cannot write 'folder.mlir': Is a directory"),
    ("dlir-opt good.mlir --dl-specialize=shapes=x", "bad shape 'x'\n#help: write x=1x128"),
    # weights
    ("dlir-run weights.mlir --input=x.npy", 'no weight named "w" was given'),
    ("dlir-run weights.mlir --input=x.npy --params=no.safetensors", "No such file"),
    ("dlir-run weights.mlir --input=x.npy --params=long.safetensors", "tensor<4xf32>, got 5xf32"),
    ("dlir-run weights.mlir --input=x.npy --params=half.safetensors", "tensor<4xf32>, got 4xf16"),
    ("dlir-run weights.mlir --input=x.npy --params=other.safetensors", "1 weights were given"),
    ("dlir-run weights.mlir --input=x.npy --params=cut.safetensors", "the file is truncated"),
    ("dlir-run weights.mlir --input=x.npy --params=garbage.onnx", "it is truncated, or no safe"),
    ("dlir-run weights.mlir --input=x.npy --params=folder.mlir", "Is a directory"),
    # calls
    ("dlir-run good.mlir", "@main takes 1 input(s), got 0: %x: tensor<4xf32>"),
    ("dlir-run good.mlir --input=x3.npy", "input 0 (%x): expected tensor<4xf32>, got 3xf32"),
    ("dlir-run good.mlir --input=xi.npy", "got 4xi32: element types differ"),
    ("dlir-run good.mlir --input=no.npy", "cannot read 'no.npy': No such file"),
    ("dlir-run good.mlir --input=garbage.npy", "it is no array of numbers in numpy's format"),
    ("dlir-run good.mlir --input=empty.npy", "it is no array of numbers in numpy's format"),
    ("dlir-run good.mlir --input=x.npy --function=nope", "no function '@nope'"),
    ("dlir-run good.mlir --input=x.npy --output=folder.mlir", "cannot write 'folder.mlir'"),
    ("dlir-run memory.mlir --input=x.npy", "@main works on memory"),
    ("dlir-run empty.mlir", "no function '@main'\n#help: functions with a body here: none"),
    ("dlir-run folder.mlir", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-run garbage.mlir", "garbage.mlir:1: error: not UTF-8 text"),
    ("dlir-run folder.dlx", "cannot read 'folder.dlx': Is a directory"),
    ("dlir-run empty.dlx", "empty.dlx: error[dlx]: not a DLX1 or DLXB file"),
    ("dlir-run good.mlir --compare=ref", "@main takes 1 input(s), got 0"),
    ("dlir-run good.mlir --compare=ref --input=x3.npy", "expected tensor<4xf32>, got 3xf32"),
    ("dlir-run good.mlir --input=x.npy --trace=folder.mlir", "cannot write 'folder.mlir'"),
    ("dlir-run good.mlir --input=x.npy --report=good.mlir/r.json", "cannot write"),
    # machines
    ("dlir-run good.mlir --input=x.npy --compare=accel", "target 'accel' needs a machine"),
    ("dlir-compile good.mlir --target=accel -o y.dlx", "target 'accel' needs a machine"),
    (f"{ACCEL}gemini", "unknown machine 'gemini'; did you mean 'gemmini'?"),
    (f"{ACCEL}missing.toml", "cannot read 'missing.toml': No such file"),
    (f"{ACCEL}folder.toml", "cannot read 'folder.toml': Is a directory"),
    (f"{ACCEL}empty.toml", "empty.toml: error[machine]: table [machine] is missing"),
    (f"{ACCEL}garbage.toml", "cannot read 'garbage.toml': it is not UTF-8 text"),
    (f"{ACCEL}gemmini --set=spm.byte=1", "unknown key 'byte' in [spm]; did you mean 'bytes'?"),
    (f"{ACCEL}gemmini --set=spam.bytes=1", "unknown table 'spam'"),
    (f"{ACCEL}gemmini --set=spm=1", "cannot set 'spm'\n#help: write it as table.key=value"),
    (f"{ACCEL}gemmini --set=spm.bytes=many", "'spm.bytes' is an integer (bytes); got 'many'"),
    (f"{ACCEL}gemmini --set=spm.bytes=0", "'spm.bytes' must be >= 1 (bytes); got 0"),
    (
        f"{SIZED}",
        "argument 0 (%x) is a tensor<?x16xf32>, but programs of target 'accel' have known",
    ),
    (f"{SIZED} --shape=x=4", "cannot have shape [4]"),
    (f"{SIZED} --shape=x=4x17", "cannot have shape [4, 17]"),
    (f"{SIZED} --shape=x=ax16", "bad shape 'x=ax16'\n#help: write x=1x128"),
    (f"{SIZED} --shape=y=4x16", "@main has no argument 'y'"),
    # exploring
    ("dlir-explore missing.mlir --space=space.toml", "cannot read 'missing.mlir': No such file"),
    ("dlir-explore folder.mlir --space=space.toml", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-explore empty.mlir --space=space.toml", "no function '@main'"),
    ("dlir-explore garbage.mlir --space=space.toml", "garbage.mlir:1: error: not UTF-8 text"),
    ("dlir-explore good.mlir --space=missing.toml", "cannot read 'missing.toml': No such file"),
    ("dlir-explore good.mlir --space=folder.toml", "cannot read 'folder.toml': Is a directory"),
    ("dlir-explore good.mlir --space=empty.toml", "empty.toml: error[space]: 'base' is the name"),
    ("dlir-explore good.mlir --space=garbage.toml", "it is not UTF-8 text"),
    ("dlir-explore good.mlir --space=space.toml --function=nope", "no function '@nope'"),
    ("dlir-explore good.mlir --space=space.toml --shape=y=4", "@main has no argument 'y'"),
    ("dlir-explore good.mlir --space=space.toml -o good.mlir", "cannot use 'good.mlir/results"),
    # schedules and tuning
    ("dlir-compile good.mlir --schedule=missing.txt -o y.o", "cannot read 'missing.txt': No such"),
    ("dlir-compile good.mlir --schedule=folder.mlir -o y.o", "cannot read 'folder.mlir': Is a dir"),
    ("dlir-compile good.mlir --schedule=garbage.mlir -o y.o", "it is not UTF-8 text"),
    ("dlir-compile good.mlir --schedule=good.mlir -o y.o", "good.mlir:2:3: error: this is neither"),
    ("dlir-compile good.mlir --dump-schedule=good.mlir/x -o y.o", "cannot write 'good.mlir/x'"),
    ("dlir-compile good.mlir --dump-schedule=x --compile-to=structured", "which is not passed"),
    ("dlir-tune missing.mlir", "cannot read 'missing.mlir': No such file"),
    ("dlir-tune folder.mlir", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-tune garbage.mlir", "garbage.mlir:1: error: not UTF-8 text"),
    ("dlir-tune good.mlir --kernels=nope", "no kernel matches 'nope'\n#help: there are:\n#map max"),
    ("dlir-tune good.mlir --function=nope", "no function '@nope'"),
    ("dlir-tune good.mlir --database=folder.mlir", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-tune --merge=missing.txt -o y.txt", "cannot read 'missing.txt': No such file"),
    # reducing
    ("dlir-reduce missing.mlir", "cannot read 'missing.mlir': No such file"),
    ("dlir-reduce folder.mlir", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-reduce garbage.mlir", "it is not UTF-8 text"),
    ("dlir-reduce good.mlir", "the module verifies and the pipeline ends without an error"),
    ("dlir-reduce good.mlir --test=./no.sh", "cannot run './no.sh': No such file"),
    ("dlir-reduce good.mlir --test=./good.mlir", "cannot run './good.mlir': Permission denied"),
    ("dlir-reduce good.mlir --test=/bin/true -o folder.mlir", "cannot write 'folder.mlir'"),
    # the reference
    ("dlir-doc --output=good.mlir", "cannot write 'good.mlir/accel.md'"),
    # compiling
    ("dlir-compile good.mlir --compile-to=nope", "levels: dl, structured"),
    ("dlir-compile good.mlir --compile-from=llvm --compile-to=dl", "comes before level"),
    ("dlir-compile folder.mlir", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-compile garbage.mlir", "garbage.mlir:1: error: not UTF-8 text"),
    ("dlir-compile missing.mlir --check-support", "cannot read 'missing.mlir': No such file"),
    ("dlir-compile folder.mlir --check-support", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-compile weights.mlir --params=no.safetensors -o y.o", "No such file"),
    ("dlir-compile good.mlir --dump-phases-to=good.mlir -o y.o", "cannot write"),
    ("dlir-compile good.mlir -o folder.mlir", "cannot write 'folder.mlir'"),
    ("dlir-compile good.mlir --report=folder.mlir/../good.mlir/r.json", "cannot write"),
    ("dlir-compile good.mlir --function=nope -o y.o", "no function '@nope'"),
    # translating
    ("dlir-translate missing.mlir", "cannot read 'missing.mlir': No such file"),
    ("dlir-translate folder.mlir", "cannot read 'folder.mlir': Is a directory"),
    ("dlir-translate garbage.mlir", "garbage.mlir:1: error: not UTF-8 text"),
    ("dlir-translate good.mlir --to=nope", "target 'cpu' has no level 'nope'"),
    ("dlir-translate good.mlir --params=no.safetensors", "No such file"),
    ("dlir-translate good.mlir --to=isa-text", "error[isa-view]: 'builtin.module' expected one"),
    ("dlir-translate good.mlir --from=isa-text", "error[isa-text]: an instruction before any"),
    ("dlir-translate missing.dlx --from=isa-binary", "cannot read 'missing.dlx': No such file"),
    ("dlir-translate empty.dlx --from=isa-binary", "not a DLX1 or DLXB file"),
    # ONNX
    ("dlir-translate --from onnx draw.onnx", "Multinomial is not supported"),
    ("dlir-translate --from onnx foreign.onnx", 'Foo is not supported with domain "com.acme"'),
    ("dlir-translate --from onnx unknown.onnx", "is not a valid ONNX model: No Op registered"),
    ("dlir-translate --from onnx arity.onnx", "has input size 1 not in range"),
    ("dlir-translate --from onnx new.onnx", "uses operator set 99; this onnx knows"),
    ("dlir-translate --from onnx cut.onnx", "is not an ONNX model"),
    ("dlir-translate --from onnx garbage.onnx", "is not an ONNX model"),
    ("dlir-translate --from onnx empty.onnx", "empty.onnx is empty"),
    ("dlir-translate --from onnx missing.onnx", "cannot read missing.onnx: No such file"),
    ("dlir-translate --from onnx folder.mlir", "cannot read folder.mlir: Is a directory"),
    ("dlir-translate --from onnx none.onnx", "external data file 'none.bin' does not exist"),
    ("dlir-translate --from onnx short.onnx", "short.bin is truncated: 100 bytes, 16384 needed"),
    ("dlir-translate --from onnx escape.onnx", "lies outside the model's folder"),
    ("dlir-translate --from onnx good.onnx -o folder.mlir", "cannot write 'folder.mlir'"),
]
"""What is wrong with a file or a call: exit code 1."""

MISUSED: list[tuple[str, str]] = [
    ("dlir-opt good.mlir --dl-simplfy", "did you mean 'dl-simplify'?"),
    ("dlir-opt good.mlir --dl-simplify=foo=1", "'dl-simplify' has no option 'foo'"),
    ("dlir-opt good.mlir --cpu-pipeline=vector-bits=abc", "expected int, got 'abc'"),
    ("dlir-opt good.mlir --pass-pipeline=builtin.module(foo)", "unknown pass 'foo'"),
    ("dlir-opt good.mlir --load-plugin=no.py", "plugin 'no.py' cannot be loaded"),
    ("dlir-run good.mlir --input=x.npy --target=gpu", "unknown target 'gpu'"),
    ("dlir-run good.mlir --input=4xf32=1,2", "2 values for 4xf32"),
    ("dlir-run good.mlir --input=4xf32=a", "not all are f32"),
    ("dlir-run good.mlir --input=hello", "write x.npy, 2x3xf32=1.5"),
    ("dlir-run good.mlir --input=x.npy --bench=0", "expected a positive number, got '0'"),
    ("dlir-run good.mlir --input=x.npy --threads=no", "expected a positive number, got 'no'"),
    ("dlir-run good.mlir --input=9999999999999x9999999999999xf32=1", "does not fit into memory"),
    ("dlir-run good.mlir --nope", "unknown option '--nope'"),
    ("dlir-run good.mlir --shape=x", "write --shape=ARGUMENT=SIZES"),
    ("dlir-run good.mlir --machine=gemmini", "target 'cpu' has no machines"),
    ("dlir-run good.mlir --input=x.npy --output=good.mlir", "'good.mlir' is an input"),
    ("dlir-run good.mlir --input=x.npy --output=x.npy", "'x.npy' is an input"),
    ("dlir-run good.mlir --input=x.npy --compare=nope", "unknown target 'nope'"),
    ("dlir-run", "no model given\n#help: dlir-run --help lists the options"),
    ("dlir-compile", "no model given"),
    ("dlir-compile good.mlir", "level 'object' is binary"),
    ("dlir-compile good.mlir -o -", "level 'object' is binary"),
    ("dlir-compile good.mlir -o ./good.mlir", "'./good.mlir' is an input"),
    ("dlir-compile good.mlir --params=w.safetensors -o w.safetensors", "is an input"),
    ("dlir-compile good.mlir --set=1", "write --set=TABLE.KEY=VALUE"),
    ("dlir-compile good.mlir --report=r.xyz", "write R.json or R.html"),
    ("dlir-compile empty.dlx --check-support", "'empty.dlx' is compiled"),
    ("dlir-translate", "no input given"),
    ("dlir-translate good.mlir -o good.mlir", "'good.mlir' is an input"),
    ("dlir-translate good.mlir --to=object", "format 'object' is binary"),
    ("dlir-translate empty.dlx", "'empty.dlx' is compiled"),
    ("dlir-explore --space=space.toml", "no model given"),
    ("dlir-explore good.mlir", "no --space given"),
    ("dlir-explore good.mlir --space=space.toml --jobs=0", "expected a positive number, got '0'"),
    ("dlir-reduce good.mlir --pass-pipeline=builtin.module(cze)", "unknown pass 'cze'"),
    ("dlir-doc nope", "nothing has the name 'nope'"),
    ("dlir-doc --load-plugin=no.py", "plugin 'no.py' cannot be loaded"),
    ("dlir-translate --from nope good.onnx", "unknown frontend 'nope'"),
]
"""What is wrong with the command line: exit code 2."""


def one_node(operator: str, opset: int = 17, domain: str = "") -> onnx.ModelProto:
    """A model of one node from x to y."""
    node = helper.make_node(operator, ["x"], ["y"], name="node_1", domain=domain)
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [4]) for n in "xy")
    opsets = [helper.make_opsetid("", opset)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    graph = helper.make_graph([node], "graph", [x], [y])
    return helper.make_model(graph, opset_imports=opsets)


def external_data(location: str) -> onnx.ModelProto:
    """x + w, with w in a file of its own."""
    w = numpy_helper.from_array(np.ones(4096, np.float32), "w")
    onnx.external_data_helper.set_external_data(w, location)
    w.ClearField("raw_data")
    w.data_location = TensorProto.EXTERNAL
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [4096]) for n in "xy")
    add = helper.make_node("Add", ["x", "w"], ["y"], name="node_1")
    graph = helper.make_graph([add], "graph", [x], [y], [w])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def write_texts(folder: Path) -> None:
    bad = GOOD.replace("%x : tensor<4xf32>", "%x : tensor<4xf32")
    wrong = GOOD.replace("dl.relu %x", "dl.add %x, %x").replace("%x : ten", "%x : (ten")
    wrong = wrong.replace("4xf32>\n  func", "4xf32>, tensor<3xf32>) -> tensor<4xf32>\n  func")
    wrong = wrong.replace("(%x: tensor<4xf32>)", "(%x: tensor<4xf32>, %z: tensor<3xf32>)")
    texts = {
        "good": GOOD,
        "weights": WEIGHTS,
        "memory": MEMORY,
        "dynamic": DYNAMIC,
        "empty": "",
        "malformed": bad,
        "shape": wrong.replace("%x, %x", "%x, %z"),
        "op": GOOD.replace("relu", "rleu"),
        "dialect": GOOD.replace("dl.relu", "foo.bar"),
    }
    for name, text in texts.items():
        (folder / f"{name}.mlir").write_text(text, encoding="utf-8")
    (folder / "space.toml").write_text(SPACE, encoding="utf-8")
    for suffix in ("mlir", "toml", "dlx"):
        (folder / f"folder.{suffix}").mkdir()
        (folder / f"garbage.{suffix}").write_bytes(GARBAGE)
        (folder / f"empty.{suffix}").write_bytes(b"")


def write_arrays(folder: Path) -> None:
    ones = np.ones(4, np.float32)
    np.save(folder / "x.npy", ones)
    np.save(folder / "x3.npy", ones[:3])
    np.save(folder / "xi.npy", ones.astype(np.int32))
    (folder / "garbage.npy").write_bytes(GARBAGE)
    (folder / "empty.npy").write_bytes(b"")
    save_file({"w": np.ones(5, np.float32)}, folder / "long.safetensors")
    save_file({"w": ones.astype(np.float16)}, folder / "half.safetensors")
    save_file({"quite-another": ones}, folder / "other.safetensors")
    save_file({"w": ones}, folder / "w.safetensors")
    (folder / "cut.safetensors").write_bytes((folder / "w.safetensors").read_bytes()[:-5])


def write_models(folder: Path) -> None:
    models = {
        "good": one_node("Relu"),
        "draw": one_node("Multinomial"),
        "foreign": one_node("Foo", domain="com.acme"),
        "unknown": one_node("NoSuch"),
        "arity": one_node("Add"),
        "new": one_node("Relu", 99),
        "none": external_data("none.bin"),
        "short": external_data("short.bin"),
        "escape": external_data("../secret.bin"),
    }
    for name, model in models.items():
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    whole = (folder / "good.onnx").read_bytes()
    (folder / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    (folder / "short.bin").write_bytes(bytes(100))
    (folder / "garbage.onnx").write_bytes(GARBAGE)
    (folder / "empty.onnx").write_bytes(b"")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a user on a bad day."""
    path = tmp_path_factory.mktemp("bad")
    for write in (write_texts, write_arrays, write_models):
        write(path)
    return path


def check(line: str, expected: str, code: int) -> None:
    """The command fails with `code`, says `expected`, and leaves no file and no traceback."""
    command, *arguments = line.split(" ")
    out, err = io.StringIO(), io.StringIO()
    before = sorted(Path().rglob("*"))
    found = COMMANDS[command](arguments, io.StringIO(), out, err)
    text = err.getvalue()
    shown = "\n".join(f"#{part.strip()}" for part in text.splitlines())
    assert all(part in text or part in shown for part in expected.split("\n")), text
    assert "Traceback" not in text
    assert "bug in dlir" not in text
    assert "error" in text
    assert found == code
    assert sorted(Path().rglob("*")) == before, "something was left behind"


@pytest.mark.parametrize(("line", "expected"), DIAGNOSED, ids=lambda v: str(v).replace("dlir-", ""))
def test_bad_input(line: str, expected: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    check(line, expected, code=1)


@pytest.mark.parametrize(("line", "expected"), MISUSED, ids=lambda v: str(v).replace("dlir-", ""))
def test_bad_command_line(
    line: str, expected: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    check(line, expected, code=2)
