"""Writes the models of this folder, or those that are named: `python test/data/stablehlo/export.py`
(needs jax==0.10.2).

Each is a function exported by JAX as `<name>.mlir`, with inputs and the outputs that JAX computed
in `<name>.npz` (`i0`, `i1`, ..., `o0`, `o1`, ...).
"""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

HERE = Path(__file__).parent
RNG = np.random.default_rng(5)


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def complexes(*shape: int) -> np.ndarray:
    return (normal(*shape) + 1j * normal(*shape)).astype(np.complex64)


def stored(array: Any) -> np.ndarray:
    """An array as dlir takes and gives it: the parts of complex numbers along a last dimension."""
    x = np.asarray(array)
    return np.stack([x.real, x.imag], -1) if np.iscomplexobj(x) else x


def ints(high: int, *shape: int) -> np.ndarray:
    return RNG.integers(0, high, shape).astype(np.int32)


def mlp(params, x):
    for layer in params[:-1]:
        x = jax.nn.relu(x @ layer["w"] + layer["b"])
    return jax.nn.softmax(x @ params[-1]["w"] + params[-1]["b"])


def conv_net(x, w, dw, v):
    """NHWC: a strided, a depthwise and a dilated convolution, and both poolings."""
    numbers = ("NHWC", "HWIO", "NHWC")
    x = lax.conv_general_dilated(x, w, (2, 1), "SAME", dimension_numbers=numbers)
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
    x = lax.conv_general_dilated(
        x, dw, (1, 1), "SAME", dimension_numbers=numbers, feature_group_count=x.shape[3]
    )
    x = lax.conv_general_dilated(
        x, v, (1, 1), "VALID", rhs_dilation=(2, 1), dimension_numbers=numbers
    )
    return lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def conv_layouts(x, w, t, s):
    """NCHW, a transposed convolution, one dimension, and kernels that are reversed."""
    numbers = ("NCHW", "OIHW", "NCHW")
    y = lax.conv_general_dilated(x, w, (1, 1), [(1, 0), (0, 2)], dimension_numbers=numbers)
    up = lax.conv_transpose(x, t, (2, 3), "SAME", dimension_numbers=numbers)
    flat = lax.conv_general_dilated(
        x[:, :, 0], s, (1,), "SAME", dimension_numbers=("NCH", "OIH", "NCH")
    )
    numbers = ("CNHW", "IOHW", "CNHW")
    odd = lax.conv_general_dilated(x, w, (1, 1), [(-1, 2), (0, 0)], dimension_numbers=numbers)
    return y, up, flat, odd


def conv_gradient(x, w):
    """The gradient of a convolution: kernels reversed, images dilated, batches as features."""

    def loss(x, w):
        numbers = ("NHWC", "HWIO", "NHWC")
        y = lax.conv_general_dilated(
            x, w, (2, 2), "SAME", dimension_numbers=numbers, feature_group_count=2
        )
        return (y * y).sum()

    return jax.grad(loss, (0, 1))(x, w)


def pool_gradient(x):
    """The gradient of pooling with equal values, padding, and windows that overlap."""

    def loss(x):
        y = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
        z = lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return (y * y).sum() + (z * z).sum()

    return jax.grad(loss)(jnp.round(x * 2))


def attention(q, k, v):
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / 2.0
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v)


def causal(q, k, v):
    return jax.nn.dot_product_attention(q, k, v, is_causal=True)


def layer_norm(x, scale, bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * scale + bias


def statistics(x):
    return jax.nn.standardize(x), x.var(0), x.std(1), jax.nn.logsumexp(x, 1)


def activations(x):
    kinds = (jax.nn.gelu, jax.nn.silu, jax.nn.softplus, jax.nn.elu, jax.nn.hard_swish,
             jax.nn.leaky_relu, jax.nn.log_softmax, jax.nn.sigmoid, jax.nn.selu)  # fmt: skip
    return (*(kind(x) for kind in kinds), jax.nn.gelu(x, approximate=False))


def special(x):
    return (
        lax.erf(x), lax.erf_inv(x / 4), lax.cbrt(x), jnp.sinh(x), jnp.arcsin(x / 4), lax.lgamma(x),
        lax.is_finite(x), jnp.round(x), jnp.sign(x), lax.tan(x), lax.atan2(x, x + 1), lax.expm1(x),
        lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO), lax.rem(x, 0.7 + x * x), jnp.floor(x),
    )  # fmt: skip


def lstm(xs, h, c, w):
    def step(carry, x):
        h, c = carry
        i, f, g, o = jnp.split(jnp.concatenate([x, h], -1) @ w, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return lax.scan(step, (h, c), xs)


def loops(x, n):
    doubled = lax.while_loop(lambda c: jnp.sum(jnp.abs(c)) < 100.0, lambda c: c * 2, x)
    counted = lax.fori_loop(0, n, lambda i, c: c + i, x)
    return doubled, counted


def branches(p, i, x):
    chosen = lax.cond(p, lambda x: x * 2, lambda x: x + 1, x)
    return chosen, lax.switch(i, [lambda x: x * 2, lambda x: x + 1, lambda x: -x], x)


def embedding(table, ids):
    return table.at[ids].get(mode="promise_in_bounds")


def extremes(x):
    return jnp.argmax(x, 1), jnp.argmin(x, 0), x.max(), x.min(1), x.prod(0), (x > 0).any(1)


def indexing(x, i, j):
    return (
        x[i], x[i, j], x[:, j], x[1:3], x[-1], x[i, 1:3], jnp.take(x, i, axis=1, mode="clip"),
        jnp.take(x, i - 3, axis=0), jnp.take_along_axis(x[:4], i[:, None], axis=1), x[::2, ::-1],
    )  # fmt: skip


def slices(x, i, u):
    return lax.dynamic_slice(x, (i, 1), (2, 3)), lax.dynamic_update_slice(x, u, (i, 1))


def windows(x):
    return (
        jnp.cumsum(x, 1), lax.cummax(x, 0), lax.cumprod(x, 1, reverse=True),
        lax.reduce_window(x, 0.0, lax.add, (2, 3), (1, 2), "SAME"),
        lax.reduce_window(x, jnp.inf, lax.min, (1, 2), (1, 1), "VALID", window_dilation=(1, 2)),
    )  # fmt: skip


def products(x, y, m):
    return (
        jnp.einsum("abc,cbd->ad", x, y), jnp.einsum("abc,dbc->bad", x, x), x[0, 0] @ m, m @ m,
        jnp.tensordot(x, y, ([1, 2], [1, 0])), jnp.outer(x[0, 0], y[0, 0]), x @ m,
    )  # fmt: skip


def shapes(x, y):
    return (
        jnp.concatenate([x, y], 0), jnp.pad(x, ((1, 2), (0, 1)), constant_values=0.5), x.T[:, ::-1],
        lax.pad(x, 1.0, ((1, -1, 2), (0, 1, 1))), jnp.tile(x, (2, 1)), jnp.arange(6).reshape(2, 3),
        jnp.stack([x[0], y[0]]), jnp.where(x > 0, x, 0.0), jnp.clip(x, -0.5, 0.5),
        jnp.tril(x @ x.T),
    )  # fmt: skip


def integers(i, j):
    return (
        i + j, i * j, i // (j + 1), i % (j + 1), i & j, i | j, i ^ j, ~i, -i, jnp.abs(i - 50),
        i << 3, i >> 2, (i - 40) >> 1, lax.shift_right_logical(i - 40, jnp.int32(5)), i == j, i < j,
        i.astype(jnp.float32), (i > j) ^ (i < 7), jnp.minimum(i, j), jnp.power(i, 2),
    )  # fmt: skip


def halves(x, w):
    x = x.astype(jnp.bfloat16)
    y = x @ w.astype(jnp.bfloat16)
    return y.astype(jnp.float32), jnp.tanh(x).astype(jnp.float32), jnp.exp(x.astype(jnp.float16))


def batch_norm(x, scale, offset, mean, variance):
    return (x - mean) / jnp.sqrt(variance + 1e-3) * scale + offset


def volumes(x, w, v):
    """Three spatial dimensions, in both orders, forwards and transposed."""
    y = lax.conv_general_dilated(
        x,
        w,
        (1, 2, 1),
        "SAME",
        dimension_numbers=("NDHWC", "DHWIO", "NDHWC"),
        rhs_dilation=(1, 1, 2),
    )
    return y, lax.conv_transpose(
        y, v, (2, 1, 2), "SAME", dimension_numbers=("NDHWC", "DHWIO", "NDHWC")
    )


def any_region(x):
    """Regions that are no op: a reduction, a window, and a pair of values."""

    def logaddexp(a, b):
        return jnp.logaddexp(a, b)

    def last(a, b):
        keep = a[0] > b[0]
        return jnp.where(keep, a[0], b[0]), jnp.where(keep, a[1], b[1])

    places = lax.broadcasted_iota(jnp.int32, x.shape, 1)
    return (
        lax.reduce(x, np.float32(-np.inf), logaddexp, (1,)), lax.cumlogsumexp(x, 0),
        *lax.reduce((jnp.round(x), places), (np.float32(-np.inf), np.int32(-1)), last, (0, 1)),
    )  # fmt: skip


def random(key, x):
    """Threefry in plain ops: shifts, unsigned numbers, bits taken for floats."""
    a, b, c = jax.random.split(jax.random.wrap_key_data(key), 3)
    mask = jax.random.bernoulli(c, 0.7, x.shape)
    return (
        jax.random.normal(a, (3, 4)), jax.random.uniform(b, (5,)), jnp.where(mask, x / 0.7, 0.0),
        jax.random.bits(a, (4,)), jax.random.randint(b, (6,), 0, 10),
    )  # fmt: skip


def unsigned(u, v):
    return (
        u + v, u - v, u * v, u // (v + 1), u % (v + 1), u >> 3, u << 30, u >> (v % 40), u > v, -u,
        u.astype(jnp.float32), (u.astype(jnp.float32) * 0.5).astype(jnp.uint8), u.max(), u.sum(),
        lax.population_count(u), lax.clz(v), lax.clz(v.astype(jnp.int32)), u.astype(jnp.uint16),
        lax.shift_right_arithmetic(u, v % 32), lax.bitcast_convert_type(u, jnp.float32) * 0, ~u,
    )  # fmt: skip


def functions(x):
    return (
        lax.erf(x), lax.erfc(x), lax.erf_inv(x / 8), jnp.arcsin(x / 8), jnp.arccosh(1 + x * x),
        jnp.sinh(x), jnp.arctanh(x / 8), jnp.square(x), jax.nn.gelu(x, approximate=False),
        lax.erfc(x * 4), jnp.arctan(x), jnp.cosh(x), jnp.arcsinh(x), jnp.arccos(x / 8), jnp.tan(x),
    )  # fmt: skip


def sorting(x, i):
    values, places = lax.top_k(x, 3)
    return (
        jnp.sort(x, 1), jnp.argsort(x, 0), values, places, jnp.sort(i, descending=True),
        *lax.sort((i, jnp.arange(i.size, dtype=jnp.float32)), num_keys=1), jnp.median(x),
        *lax.sort((jnp.round(x), -jnp.round(x[::-1]), x), dimension=1, num_keys=2),
        jnp.argsort(-x, 1, descending=True), jnp.unique(i, size=4),
    )  # fmt: skip


def scatters(x, i, j, u):
    """Indices may be equal, and outside."""
    return (
        x.at[i].set(u), x.at[j].add(u), x.at[j].multiply(u), x.at[j].max(u), x.at[2].set(u[0]),
        x.at[:, j].add(1.0), x.at[i, j].set(u[:, 0]), x.at[i, 1:3].add(u[:, 1:3]),
        x.at[j + 8].min(u),
        jnp.zeros(6).at[j].add(1.0), jnp.put_along_axis(x[:3], j[:, None], 7.0, 1, inplace=False),
        jax.ops.segment_sum(u, j, 4), x.at[i, ::2].set(0.0), jnp.bincount(j, length=5),
    )  # fmt: skip


def random_bits(key):
    """Both generators, for shapes that halve and do not; the keys of jax.random's rbg."""
    bits = [
        lax.rng_bit_generator(key, shape, dtype, algorithm)
        for algorithm in (lax.RandomAlgorithm.RNG_THREE_FRY, lax.RandomAlgorithm.RNG_PHILOX)
        for shape, dtype in (
            ((), jnp.uint32), ((7,), jnp.uint32), ((3, 4), jnp.uint8), ((5, 3), jnp.uint16),
            ((0,), jnp.uint32),
        )
    ]  # fmt: skip
    rbg = jax.random.wrap_key_data(key, impl="rbg")
    return bits, jax.random.uniform(rbg, (3, 5))


def linear_algebra(a, b):
    """What is exported for a CPU: calls of LAPACK. The matrix of `cholesky` is positive definite,
    but for the second of the last stack."""
    p = a @ a.mT + 4 * jnp.eye(a.shape[-1])
    factor = jax.scipy.linalg.cho_factor(p[0], lower=True)
    return (
        jnp.linalg.solve(a, b), jnp.linalg.inv(a), jnp.linalg.det(a), jnp.linalg.qr(a[:, :, :3]),
        jnp.linalg.qr(a[:, :2]), jnp.linalg.cholesky(p), jax.scipy.linalg.cho_solve(factor, b[0]),
        jnp.linalg.cholesky(jnp.stack([p[0], -p[1]])),
        jax.scipy.linalg.solve_triangular(p, b, trans=1, unit_diagonal=True),
        jax.scipy.linalg.lu_factor(a[0, :, :3]), jnp.linalg.slogdet(p),
    )  # fmt: skip


def complex_functions(x, y):
    near = x * 1e-3
    return (
        x + y, x - y, x * y, x / y, -x, x.conj(), abs(x), jnp.angle(x), x == y, x != x.conj(),
        jnp.exp(x), jnp.log(x), jnp.sqrt(x), lax.rsqrt(x), jnp.sin(x), jnp.cos(x), jnp.tan(x),
        jnp.tanh(x), jnp.sinh(x), lax.logistic(x), lax.sign(x), jnp.expm1(near), jnp.log1p(near),
        x ** y, x.real.astype(jnp.complex64) * 1j,
    )  # fmt: skip


def complex_tensors(x, i, n):
    loop = lax.fori_loop(0, n, lambda _, z: z * z * 0.1 + x, jnp.zeros_like(x))
    return (
        x.T, x.reshape(-1), x[1:, ::2], x[i], jnp.concatenate([x, x], 1), jnp.pad(x, 1),
        jnp.flip(x, 0), x.at[i].set(1 + 2j), x.at[i].add(2j), x.at[i].multiply(1j),
        lax.dynamic_slice(x, (i[0], 0), (2, 2)), jnp.where(x.real > 0, x, 0),
        jnp.array([1 + 2j, 3, -1j, 0.5]) * x, x.sum(0), x.prod(0), x.mean(1), jnp.cumsum(x, 0),
        jnp.sort(x, axis=1), x @ x, jnp.convolve(x[0], x[1]), loop,
        lax.cond(n > 2, lambda z: z * 1j, lambda z: z + 1, x),
    )  # fmt: skip


def fourier(x, y):
    """Transforms of complex and of real numbers, and back to these."""
    return (
        jnp.fft.fft(x), jnp.fft.ifft(x), jnp.fft.fft2(x), jnp.fft.ifftn(x), jnp.fft.irfft(x),
        jnp.fft.irfft(x, n=9), jnp.fft.irfft2(x), jnp.fft.rfft(y), jnp.fft.rfft2(y),
        jnp.fft.rfft(y[..., :7]), jnp.fft.rfftn(y), jnp.fft.fft(y[..., :1]),
        jnp.fft.irfft(x[..., :1], n=1), jnp.fft.fft(x[..., :7], axis=0),
    )  # fmt: skip


def constants(x):
    table = np.arange(60, dtype=np.float32).reshape(3, 20)
    return x @ table, x + np.array([1, 2, 3], np.float32)


def symbolic(x, w):
    n = x.shape[0]
    return (
        jax.nn.softmax(x @ w), jnp.arange(n)[:, None] + jnp.zeros_like(x), x.reshape(-1),
        jnp.concatenate([x, x], 0), x.mean(0), jnp.pad(x, ((1, 2), (0, 0))), x.reshape(2, -1),
        x[1:], x[::2],
    )  # fmt: skip


MODELS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "activations": (activations, (normal(3, 7),)),
    "any_region": (any_region, (normal(5, 7),)),
    "attention": (attention, (normal(2, 6, 3, 4), normal(2, 6, 3, 4), normal(2, 6, 3, 4))),
    "batch_norm": (batch_norm, (normal(2, 5, 3), *(normal(3) for _ in range(3)), normal(3) ** 2)),
    "branches": (branches, (np.array(True), np.array(1, np.int32), normal(4))),
    "causal": (causal, (normal(2, 6, 3, 4), normal(2, 6, 3, 4), normal(2, 6, 3, 4))),
    "complex_functions": (complex_functions, (complexes(4, 5), complexes(4, 5))),
    "complex_tensors": (
        complex_tensors, (complexes(4, 4), np.array([2, 0], np.int32), np.array(4, np.int32)),
    ),
    "constants": (constants, (normal(3, 3),)),
    "conv_gradient": (conv_gradient, (normal(2, 7, 6, 4), normal(3, 3, 2, 6))),
    "conv_layouts": (
        conv_layouts, (normal(2, 3, 9, 8), normal(2, 3, 3, 2), normal(4, 3, 3, 3), normal(5, 3, 3)),
    ),
    "conv_net": (
        conv_net, (normal(2, 15, 9, 3), normal(3, 3, 3, 6), normal(3, 3, 1, 6), normal(2, 2, 6, 5)),
    ),
    "embedding": (embedding, (normal(30, 8), ints(30, 2, 5))),
    "extremes": (extremes, (normal(4, 5),)),
    "fourier": (fourier, (complexes(2, 3, 8), normal(2, 3, 8))),
    "functions_chlo": (functions, (normal(4, 6) * 2,)),
    "halves": (halves, (normal(4, 5), normal(5, 3))),
    "indexing": (indexing, (normal(10, 10), ints(5, 4), ints(5, 4))),
    "integers": (integers, (ints(100, 3, 5), ints(100, 3, 5))),
    "layer_norm": (layer_norm, (normal(3, 7), normal(7), normal(7))),
    "linear_algebra": (linear_algebra, (normal(2, 5, 5), normal(2, 5, 3))),
    "loops": (loops, (normal(5), np.array(4, np.int32))),
    "lstm": (lstm, (normal(5, 2, 3), normal(2, 4), normal(2, 4), normal(7, 16))),
    "mlp": (
        mlp,
        ([{"w": normal(5, 8), "b": normal(8)}, {"w": normal(8, 3), "b": normal(3)}], normal(4, 5)),
    ),
    "pool_gradient": (pool_gradient, (normal(2, 7, 6, 2),)),
    "products": (products, (normal(2, 3, 4), normal(4, 3, 5), normal(4, 4))),
    "random": (random, (np.array([3, 7], np.uint32), normal(4, 3))),
    "random_bits": (random_bits, (np.array([3, 7, 4294967294, 4294967295], np.uint32),)),
    "shapes": (shapes, (normal(3, 4), normal(2, 4))),
    "slices": (slices, (normal(7, 5), np.array(6, np.int32), normal(3, 2))),
    "scatters": (scatters, (normal(10, 5), np.array([4, 1, 7], np.int32),
                            np.array([3, 0, 3], np.int32), normal(3, 5))),
    "sorting": (sorting, (normal(4, 6), ints(5, 8))),
    "sorting_chlo": (sorting, (normal(4, 6), ints(5, 8))),
    "special": (special, (normal(3, 5),)),
    "statistics": (statistics, (normal(4, 6),)),
    "symbolic": (symbolic, (normal(6, 4), normal(4, 3))),
    "unsigned": (
        unsigned, (RNG.integers(0, 1 << 32, 9).astype(np.uint32), ints(99, 9).astype(np.uint32)),
    ),
    "volumes": (
        volumes, (normal(1, 4, 5, 6, 2), normal(2, 3, 2, 2, 3), normal(3, 2, 2, 3, 2)),
    ),
    "windows": (windows, (normal(4, 9),)),
}  # fmt: skip


def argument_shapes(name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if name != "symbolic":
        return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), arguments)
    (b,) = jax.export.symbolic_shape("b", constraints=["b >= 2"])
    x, w = arguments
    return jax.ShapeDtypeStruct((2 * b, x.shape[1]), x.dtype), jax.ShapeDtypeStruct(
        w.shape, w.dtype
    )


def text_of(name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    """The exported text without this machine's folders; what ends in `_chlo` is only lowered."""
    shapes, jitted = argument_shapes(name, arguments), jax.jit(function)
    if name.endswith("_chlo"):
        return jitted.lower(*shapes).as_text()
    text = jax.export.export(jitted)(*shapes).mlir_module()
    return re.sub(r'"/[^"\n]*/([^"/\n]+)"', r'"\1"', text)


def main() -> None:
    for name in sys.argv[1:] or MODELS:
        function, arguments = MODELS[name]
        (HERE / f"{name}.mlir").write_text(text_of(name, function, arguments))
        outputs = jax.tree.leaves(jax.jit(function)(*arguments))
        inputs = jax.tree.leaves(arguments)
        arrays = {f"i{n}": stored(a) for n, a in enumerate(inputs)}
        np.savez(
            HERE / f"{name}.npz",
            **arrays,
            **{f"o{n}": stored(a) for n, a in enumerate(outputs)},
        )


if __name__ == "__main__":
    main()
