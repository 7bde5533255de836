"""The PyTorch frontend in detail: sizes, weights, buffers, diagnostics, and torch.compile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.export import Dim, export  # noqa: E402

import dlir  # noqa: E402
from dlir.diagnostics import CompileError, collect_diagnostics  # noqa: E402
from dlir.frontends.builder import dims as d  # noqa: E402
from dlir.frontends.torch import check_support, format_support, import_torch  # noqa: E402
from dlir.frontends.torch.backend import dlir as backend  # noqa: E402
from dlir.frontends.torch.tensors import from_numpy, to_numpy  # noqa: E402
from dlir.registry import UsageError  # noqa: E402
from dlir.tools.compile import main as compile_main  # noqa: E402
from dlir.tools.translate import main as translate_main  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class Function(nn.Module):
    """A function as a model."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def exported(function, *inputs, **options):
    model = function if isinstance(function, nn.Module) else Function(function)
    with torch.no_grad():
        return export(model, inputs, **options)


def errors_of(program) -> list[str]:
    with pytest.raises(CompileError) as caught:
        import_torch(program)
    return [str(diagnostic) for diagnostic in caught.value.diagnostics]


def run(program, *inputs, target="ref"):
    return dlir.compile(program, target=target)(*inputs)


# Tensors


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float64", "int8", "uint8", "bool"])
def test_tensors_and_arrays_share_memory(name: str) -> None:
    tensor = torch.arange(6).reshape(2, 3).to(getattr(torch, name))
    array = to_numpy(tensor)
    assert array.dtype.name == name and array.shape == (2, 3)
    back = from_numpy(array)
    assert back.dtype == tensor.dtype and back.data_ptr() == tensor.data_ptr()


def test_what_torch_cannot_hold_is_copied() -> None:
    frozen = np.broadcast_to(np.float32(3), (2, 2))
    backwards = np.arange(4.0)[::-1]
    assert from_numpy(frozen).tolist() == [[3, 3], [3, 3]]
    assert from_numpy(backwards).tolist() == [3, 2, 1, 0]


# Sizes


def test_dynamic_sizes_are_symbols() -> None:
    batch, steps = Dim("batch"), Dim("steps")
    program = exported(
        lambda x: x.reshape(x.shape[0] * x.shape[1], 4).sum(1).reshape(-1, x.shape[1]),
        torch.randn(3, 5, 4),
        dynamic_shapes={"inputs": ({0: batch, 1: steps},)},
    )
    module, _ = import_torch(program)
    assert "tensor<?x?x4xf32>" in str(module) and "dl.dim" in str(module)
    x = torch.randn(2, 7, 4)
    np.testing.assert_allclose(run(program, x, target="cpu"), x.sum(2).numpy(), 1e-5, 1e-6)


def test_sizes_come_back_as_numbers() -> None:
    program = exported(
        lambda x: (x.shape[0] * 2, x), torch.ones(3), dynamic_shapes={"inputs": ({0: Dim("n")},)}
    )
    twice, x = run(program, torch.ones(5))
    assert twice == 10 and x.tolist() == [1] * 5


def test_sizes_of_windows_over_dynamic_images() -> None:
    program = exported(
        nn.Conv2d(1, 1, 3, stride=2, padding=1),
        torch.randn(1, 1, 9, 8),
        dynamic_shapes=({2: Dim("height", min=4)},),
    )
    for height in (4, 7, 10):
        assert run(program, torch.randn(1, 1, height, 8)).shape == (1, 1, (height + 1) // 2, 4)


def test_sizes_that_depend_on_elements_are_refused() -> None:
    (error,) = errors_of(exported(lambda x: x.nonzero(), torch.ones(3)))
    assert "aten.nonzero.default is not supported" in error


# Weights and buffers


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(9, 4)
        self.head = nn.Linear(4, 9, bias=False)
        self.head.weight = self.words.weight

    def forward(self, ids):
        return self.head(self.words(ids))


def test_weights_are_shared_with_the_program_and_tied_once() -> None:
    model = Tied()
    _, weights = import_torch(exported(model, torch.tensor([1, 2])))
    ((name, array),) = weights.items()
    assert name in ("words.weight", "head.weight")
    assert array.ctypes.data == model.words.weight.data_ptr()


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(2))
        self.register_buffer("scale", torch.full((40,), 2.0))

    def forward(self, x):
        self.calls += 1
        x.mul_(3)
        return x * self.scale + self.calls[0]


def test_what_changes_in_place_is_returned() -> None:
    program = exported(Counter(), torch.ones(40))
    module = dlir.load(program)
    executable = dlir.compile(module, target="cpu")
    assert list(module.params) == ["scale"]
    calls = np.array([4, 5], np.float32)
    y, *changed = executable(torch.ones(40), calls)
    assert np.all(y == 11)
    results = dict(zip(executable.result_names[1:], changed, strict=True))
    assert results["calls"].tolist() == [5, 6] and np.all(results["x"] == 3)
    assert calls.tolist() == [4, 5], "arguments stay as they are"


# Diagnostics


class Special(nn.Module):
    def forward(self, x):
        a = torch.special.erfcx(x)
        b = torch.special.bessel_j0(x)
        return a.sum() + b


def test_every_unsupported_node_is_named_with_its_line() -> None:
    line = Special.forward.__code__.co_firstlineno
    first, second = errors_of(exported(Special(), torch.ones(3)))
    assert f"{__file__}:{line + 1}" in first and "aten.special_erfcx.default" in first
    assert f"{__file__}:{line + 2}" in second and "aten.special_bessel_j0.default" in second


def test_refused_arguments_say_why() -> None:
    (error,) = errors_of(exported(lambda x: x[x > 0], torch.ones(3)))
    assert "aten.index.Tensor is not supported with a size u0 that no input has" in error
    (error,) = errors_of(exported(lambda x: x.to(torch.complex64), torch.ones(3)))
    assert "element type complex64" in error


@pytest.mark.parametrize("what", ["missing", "text"])
def test_files_that_are_no_programs(what: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    if what == "text":
        path.write_text("no archive")
    with pytest.raises(CompileError) as caught:
        dlir.load(path)
    assert "model.pt2" in str(caught.value)


def test_other_objects_of_torch() -> None:
    with pytest.raises(CompileError, match="cannot load a Linear"):
        dlir.load(nn.Linear(2, 2))


# Commands


@pytest.fixture
def saved(tmp_path: Path) -> str:
    path = tmp_path / "model.pt2"
    torch.export.save(exported(nn.Sequential(nn.Linear(4, 32), nn.GELU()), torch.ones(2, 4)), path)
    return str(path)


def test_translate(saved: str, capsys) -> None:
    assert translate_main(["--from", "torch", saved]) == 0
    assert "dl.gelu" in capsys.readouterr().out


def test_check_support(saved: str, capsys) -> None:
    assert compile_main(["--check-support", saved]) == 0
    assert "aten.linear.default" in capsys.readouterr().out


def test_support_of_unsupported() -> None:
    rows = check_support(exported(lambda x: torch.special.erfcx(x) + 1, torch.ones(3)))
    assert [row.supported for row in rows] == [True, False]
    assert "not supported" in format_support(rows)


# torch.compile


@pytest.fixture
def fresh():
    torch._dynamo.reset()


def compiled(model, **options):
    return torch.compile(model, backend=backend, options=options)


def test_the_backend_is_found_by_name(fresh) -> None:
    assert "dlir" in torch._dynamo.list_backends(exclude_tags=())
    y = torch.compile(lambda x: x + 1, backend="dlir")(torch.ones(3))
    assert y.tolist() == [2, 2, 2]


def test_unknown_options_are_refused(fresh) -> None:
    with pytest.raises(Exception, match="no option 'speed'") as caught:
        compiled(lambda x: x + 1, speed=1)(torch.ones(3))
    assert isinstance(caught.value.inner_exception, UsageError)


def test_what_is_not_supported_runs_eagerly(fresh) -> None:
    def model(x, y):
        a = torch.relu(x @ y)
        b = torch.special.erfcx(a).sin()
        return (b @ y + 1).t(), a.nonzero()

    x, y = torch.randn(4, 4), torch.randn(4, 4)
    with torch.no_grad():
        for mine, theirs in zip(compiled(model)(x, y), model(x, y), strict=True):
            torch.testing.assert_close(mine, theirs)


def test_a_graph_that_cannot_be_compiled_runs_eagerly(fresh, monkeypatch) -> None:
    def refuse(*_, **__):
        raise CompileError([dlir.diagnostics.diagnose(dlir.diagnostics.Severity.ERROR, None, "no")])

    monkeypatch.setattr("dlir.api.compile", refuse)
    with collect_diagnostics() as found:
        assert compiled(lambda x: x * 2 - 1)(torch.ones(2)).tolist() == [1, 1]
    assert ["runs eagerly" in diagnostic.message for diagnostic in found] == [True]


def test_sizes_that_change(fresh) -> None:
    run = compiled(lambda x, n: (x.reshape(-1, n) * n, x.shape[0] + n), threads=1)
    for rows, n in ((2, 3), (4, 5), (6, 7)):
        x = torch.arange(float(rows * n))
        y, total = run(x, n)
        assert torch.equal(y, x.reshape(-1, n) * n) and total == rows * n + n


def test_a_size_marked_dynamic_is_compiled_once(fresh, monkeypatch) -> None:
    texts = []
    real = dlir.api.compile

    def counted(model, **options):
        texts.append(str(model))
        return real(model, **options)

    monkeypatch.setattr("dlir.api.compile", counted)
    run = compiled(lambda x: torch.softmax(x * 3, -1).sum(0))
    for rows in (5, 2, 9):
        x = torch.randn(rows, 6)
        torch._dynamo.mark_dynamic(x, 0)
        torch.testing.assert_close(run(x), torch.softmax(x * 3, -1).sum(0))
    assert len(texts) == 1 and "tensor<?x6xf32>" in texts[0]


def test_strides_of_results_are_those_of_eager(fresh) -> None:
    def model(x):
        return (x + 1).t(), (x * 2).expand(3, 2, 4)

    x = torch.randn(2, 4)
    for mine, theirs in zip(compiled(model)(x), model(x), strict=True):
        assert torch.equal(mine, theirs) and mine.stride() == theirs.stride()


def test_results_have_memory_of_their_own(fresh) -> None:
    x = torch.ones(3)
    y = compiled(lambda x: x.clone())(x)
    y += 1
    assert x.tolist() == [1, 1, 1]


def test_buffers_change_as_in_eager(fresh) -> None:
    model = nn.BatchNorm1d(4).train()
    other = nn.BatchNorm1d(4).train()
    run, x = compiled(model), torch.randn(5, 4)
    with torch.no_grad():
        for _ in range(2):
            torch.testing.assert_close(run(x), other(x))
    torch.testing.assert_close(dict(model.named_buffers()), dict(other.named_buffers()))


@pytest.mark.parametrize("freeze", [False, True])
def test_changed_weights_count(fresh, freeze: bool) -> None:
    model = nn.Linear(4, 40)
    run, x = compiled(model, freeze=freeze), torch.ones(1, 4)
    with torch.no_grad():
        torch.testing.assert_close(run(x), model(x))
        model.weight.mul_(2)
        torch.testing.assert_close(run(x), model(x))
        model.weight.data = torch.ones(40, 4)
        torch.testing.assert_close(run(x), model(x))


def test_training(fresh) -> None:
    def net():
        torch.manual_seed(1)
        layers = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Dropout(0.0), nn.Linear(8, 3)
        return nn.Sequential(*layers)

    models = net(), net()
    runs = compiled(models[0], threads=1), models[1]
    x, labels = torch.randn(5, 6), torch.tensor([0, 1, 2, 1, 0])
    for model, forward in zip(models, runs, strict=True):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(forward(x), labels).backward()
            optimizer.step()
    for mine, theirs in zip(models[0].parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_alike_layers_are_compiled_once(fresh, monkeypatch) -> None:
    from dlir import api
    from dlir.frontends.torch import backend as module

    calls = []

    def counted(model, *args, **options):
        calls.append(model)
        return real(model, *args, **options)

    real = api.compile
    monkeypatch.setattr(module.api, "compile", counted)
    module._executables.clear()
    with torch.no_grad():
        for _ in range(2):
            torch._dynamo.reset()
            compiled(nn.Linear(5, 7))(torch.ones(2, 5))
    assert len(calls) == 1


# DLPack


def test_results_of_executables_become_tensors() -> None:
    executable = dlir.compile(exported(lambda x: x * 2, torch.ones(3)), target="cpu")
    array = executable(torch.ones(3))
    tensor = torch.from_dlpack(array)
    assert tensor.tolist() == [2, 2, 2] and tensor.data_ptr() == array.ctypes.data


def test_sizes_are_what_numbers_are() -> None:
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

    from dlir.frontends.torch.sizes import Sizes

    sizes, env = Sizes(), ShapeEnv()
    n = env.create_unbacked_symint()
    torch._check(n >= 3)
    sizes.known.add(str(n.node.expr))
    for expression in (n * 2 + 1, (n - 1) // 2, n % 4, n * n, torch.sym_max(n, 7)):
        dim = sizes.dim(expression)
        for number in (3, 8, 13):
            wanted = expression.node.expr.subs(n.node.expr, number)
            assert d.evaluate(dim, lambda _, number=number: number) == int(wanted)
