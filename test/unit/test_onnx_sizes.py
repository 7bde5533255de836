"""The ONNX frontend: sizes that are expressions, and arithmetic on shapes."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

onnx = pytest.importorskip("onnx")

from onnx import numpy_helper  # noqa: E402
from unit.onnx_models import FLOAT, errors_of, model_of, node, ramp, run  # noqa: E402

from dlir.frontends.builder import dims  # noqa: E402
from dlir.frontends.onnx import import_onnx  # noqa: E402

# Sizes


SIZES = {"a": 5, "b": 7}


@st.composite
def expressions(draw, depth: int = 3):
    """A symbolic size and the number it stands for when a = 5 and b = 7."""
    if depth == 0 or draw(st.booleans()):
        name = draw(st.sampled_from(["a", "b", None]))
        if name:
            return dims.symbol(name), SIZES[name]
        number = draw(st.integers(-4, 12))
        return number, number
    kind = draw(st.sampled_from(["add", "sub", "mul", "minimum", "maximum", "div", "mod"]))
    (x, m), (y, n) = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    try:
        value = getattr(dims, kind)(x, y)
    except dims.DimError:
        return x, m
    python = {
        "add": lambda: m + n,
        "sub": lambda: m - n,
        "mul": lambda: m * n,
        "minimum": lambda: min(m, n),
        "maximum": lambda: max(m, n),
        "div": lambda: int(np.trunc(m / n)) if n else None,
        "mod": lambda: m % n if n else None,
    }[kind]()
    return (x, m) if python is None else (value, python)


@given(expressions())
def test_sizes_are_what_numbers_are(expression):
    value, number = expression
    with contextlib.suppress(dims.DimError):  # a divisor that is zero for these sizes
        assert dims.evaluate(value, SIZES.__getitem__) == number
    bound = dims.lower_bound(value)
    assert bound is None or bound <= number


def test_sizes_cancel():
    a, b = dims.symbol("a"), dims.symbol("b")
    total = dims.product([a, b, 384])
    assert dims.div(total, dims.product([a, b, 12])) == 32
    assert dims.div(total, dims.product([a, 12, 32])) == b
    assert dims.equal(a, -1) is False and dims.equal(a, 1) is None
    assert dims.less(a, dims.add(a, 1)) is True


def test_sizes_have_limits():
    grown = dims.symbol("a")
    with pytest.raises(dims.DimError):
        for _ in range(100):
            grown = dims.mul(grown, dims.add(grown, 3))
    nested = dims.symbol("a")
    with pytest.raises(dims.DimError):
        for i in range(100):
            nested = dims.minimum(nested, dims.mul(nested, i + 2))
            nested = dims.div(nested, 3)
    with pytest.raises(dims.DimError):
        dims.mul(2**62, 4)


# Shape arithmetic and dynamic sizes


def test_reshape_finds_static_sizes():
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "first"], ["b"]),
        node("Concat", ["b", "rest"], ["target"], axis=0),
        node("Reshape", ["x", "target"], ["y"]),
    ]
    weights = {"first": np.array([0]), "rest": np.array([-1, 4, 3])}
    model = model_of(nodes, {"x": ["batch", "length", 12]}, weights)
    module, _ = import_onnx(model)
    assert "tensor<?x?x4x3xf32>" in str(module)
    assert run(model, ramp(2, 5, 12)).shape == (2, 5, 4, 3)


def test_expand_by_where_as_torch_writes_it():
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("ConstantOfShape", ["three"], ["ones"], value=numpy_helper.from_array(np.array([1]))),
        node("Mul", ["ones", "minus"], ["minuses"]),
        node("Concat", ["two", "s"], ["wanted"], axis=0),
        node("Equal", ["wanted", "minuses"], ["is_minus"]),
        node("Where", ["is_minus", "ones", "wanted"], ["target"]),
        node("Expand", ["x", "target"], ["y"]),
    ]
    weights = {"three": np.array([3]), "minus": np.array(-1), "two": np.array([2])}
    model = model_of(nodes, {"x": ["n", 3]}, weights)
    np.testing.assert_array_equal(run(model, ramp(4, 3)), np.broadcast_to(ramp(4, 3), (2, 4, 3)))


def test_sizes_as_elements():
    """A size that becomes data: here x / (rows * columns - 1)."""
    nodes = [
        node("Size", ["x"], ["n"]),
        node("Sub", ["n", "one"], ["m"]),
        node("Cast", ["m"], ["f"], to=FLOAT),
        node("Div", ["x", "f"], ["y"]),
    ]
    model = model_of(nodes, {"x": ["r", "c"]}, {"one": np.array(1)})
    np.testing.assert_allclose(run(model, ramp(3, 4)), ramp(3, 4) / 11, rtol=1e-6)


def test_range_over_a_dynamic_size():
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Squeeze", ["s"], ["n"]),
        node("Range", ["one", "n", "two"], ["r"]),
        node("Cast", ["r"], ["y"], to=FLOAT),
    ]
    model = model_of(nodes, {"x": ["n"]}, {"one": np.array(1), "two": np.array(2)})
    np.testing.assert_array_equal(run(model, ramp(8)), [1, 3, 5, 7])
    assert run(model, ramp(0)).shape == (0,)


BIG = 2**63 - 1


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [
        (0, 2, 1),
        (1, BIG, 1),
        (1, BIG, 3),
        (-1, BIG, 1),
        (-3, -1, 1),
        (0, -2, 2),
        (-1, -BIG, -1),
        (2, 99, 1),
    ],
)
def test_slices_of_dynamic_dimensions(start: int, stop: int, step: int):
    nodes = [node("Slice", ["x", "a", "b", "axes", "c"], ["y"])]
    numbers = {"a": start, "b": stop, "axes": 1, "c": step}
    weights = {name: np.array([value]) for name, value in numbers.items()}
    model = model_of(nodes, {"x": [2, "n"]}, weights)
    x = ramp(2, 6)
    expected = x[:, slice(start, None if stop == -BIG else stop, step)]
    np.testing.assert_array_equal(run(model, x), expected)


def test_dimensions_can_be_fixed():
    model = model_of([node("Relu", ["x"], ["y"])], {"x": ["batch", 3]})
    module, _ = import_onnx(model, dims={"batch": 4})
    assert "tensor<4x3xf32>" in str(module) and "?" not in str(module)
    (error,) = errors_of(model, dims={"bach": 4})
    assert 'no input has a dimension "bach"' in error


def test_run_time_axes_and_ranks_are_refused():
    model = model_of([node("Squeeze", ["x", "i_a"], ["y"])], {"x": [4, 1], "i_a": [1]})
    (error,) = errors_of(model)
    assert "axes computed from tensor elements at run time" in error
    model = model_of([node("Reshape", ["x", "i_s"], ["y"])], {"x": [4], "i_s": ["n"]})
    (error,) = errors_of(model)
    assert "a shape computed from tensor elements at run time" in error
