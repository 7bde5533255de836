"""The models of the suite as `dl` text, and single layers of them."""

from __future__ import annotations

from collections.abc import Callable

from bench.accel.integer import IntegerNetwork, QuantizedNetwork
from bench.accel.network import Network, Value

Builder = Callable[[], str]


def resnet50(batch: int, network: type[Network] = Network) -> str:
    """He et al., 2015: 3.9 G multiply-accumulates per image, the stride in the 3 x 3 or 1 x 1."""
    net = network()
    x = net.argument(batch, 3, 224, 224)
    x = net.max_pool(net.relu(net.normed_conv(x, 64, 7, 2)))
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            x = _bottleneck(net, x, 64 << stage, 2 if stage and not block else 1)
    pooled = net.mean(x, 2, 3)
    return net.text(net.softmax(net.dense(pooled, 1000)))


def _bottleneck(net: Network, x: Value, width: int, stride: int) -> Value:
    """The first block of a stage halves the image in its first convolution, as in the paper."""
    y = net.relu(net.normed_conv(x, width, 1, stride))
    y = net.relu(net.normed_conv(y, width, 3))
    y = net.normed_conv(y, 4 * width, 1)
    if x.shape != y.shape:
        x = net.normed_conv(x, 4 * width, 1, stride)
    return net.relu(net.residual(y, x))


MOBILENET_STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
    (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
"""Table 2 of the paper: expansion, channels, repeats, stride of the first."""


def mobilenet_v2(network: type[Network] = Network) -> str:
    """Sandler et al., 2018, at width 1 and 224 x 224."""
    net = network()
    x = net.relu6(net.normed_conv(net.argument(1, 3, 224, 224), 32, 3, 2))
    for expansion, channels, repeats, first in MOBILENET_STAGES:
        for repeat in range(repeats):
            x = _inverted(net, x, expansion, channels, first if not repeat else 1)
    x = net.relu6(net.normed_conv(x, 1280, 1))
    return net.text(net.dense(net.mean(x, 2, 3), 1000))


def _inverted(net: Network, x: Value, expansion: int, channels: int, stride: int) -> Value:
    wide = x.shape[1] * expansion
    y = net.relu6(net.normed_conv(x, wide, 1)) if expansion > 1 else x
    y = net.relu6(net.normed_conv(y, wide, 3, stride, groups=wide))
    y = net.normed_conv(y, channels, 1)
    return net.residual(y, x) if y.shape == x.shape else y


SHUFFLENET_STAGES = ((116, 3), (232, 7), (464, 3))
"""Table 5 of the paper, 1x: channels, and blocks behind the one that halves the image."""


def shufflenet_v2() -> str:
    """Ma et al., 2018, at width 1 and 224 x 224: half of the channels passes a block by."""
    net = Network()
    x = net.max_pool(net.relu(net.normed_conv(net.argument(1, 3, 224, 224), 24, 3, 2)))
    for channels, blocks in SHUFFLENET_STAGES:
        half = channels // 2
        y = net.normed_conv(x, x.shape[1], 3, 2, groups=x.shape[1])
        y = net.relu(net.normed_conv(y, half, 1))
        x = _shuffled(net, y, _branch(net, x, half, 2))
        for _ in range(blocks):
            kept, y = net.split(x, 1, 2)
            x = _shuffled(net, kept, _branch(net, y, half, 1))
    x = net.relu(net.normed_conv(x, 1024, 1))
    return net.text(net.dense(net.mean(x, 2, 3), 1000))


def _branch(net: Network, x: Value, channels: int, stride: int) -> Value:
    y = net.relu(net.normed_conv(x, channels, 1))
    y = net.normed_conv(y, channels, 3, stride, groups=channels)
    return net.relu(net.normed_conv(y, channels, 1))


def _shuffled(net: Network, x: Value, y: Value) -> Value:
    """Channels of both in turn."""
    batch, channels, *image = x.shape
    apart = net.reshape(net.concat(1, x, y), batch, 2, channels, *image)
    return net.reshape(net.transpose(apart, 0, 2, 1, 3, 4), batch, 2 * channels, *image)


def mlp(network: type[Network] = Network) -> str:
    """784 to 512, 256 and 10, on 64 images of digits."""
    net = network()
    x = net.argument(64, 784)
    for width in (512, 256):
        x = net.relu(net.dense(x, width))
    return net.text(net.dense(x, 10))


# --- transformers ---------------------------------------------------------------------------------


def _heads(net: Network, x: Value, heads: int) -> Value:
    """[batch, token, head * width] -> [batch, head, token, width]"""
    batch, tokens, width = x.shape
    return net.transpose(net.reshape(x, batch, tokens, heads, width // heads), 0, 2, 1, 3)


def _mixed(net: Network, x: Value, heads: int, mask: Value | None) -> Value:
    """Attention and the projection after it."""
    batch, tokens, width = x.shape
    q, k, v = (_heads(net, net.dense(x, width), heads) for _ in range(3))
    scores = net.matmul(q, k, transposed=True)
    scores = net.binary("mul", scores, net.constant((width // heads) ** -0.5))
    if mask is not None:
        scores = net.binary("add", scores, mask)
    mixed = net.transpose(net.matmul(net.softmax(scores), v), 0, 2, 1, 3)
    return net.dense(net.reshape(mixed, batch, tokens, width), width)


def _feed_forward(net: Network, x: Value, inner: int) -> Value:
    return net.dense(net.unary("gelu", net.dense(x, inner)), x.shape[-1])


def encoder_layer(net: Network, x: Value, heads: int, mask: Value | None = None) -> Value:
    """A layer of BERT: a layer norm after each residual."""
    x = net.layer_norm(net.binary("add", _mixed(net, x, heads, mask), x))
    return net.layer_norm(net.binary("add", _feed_forward(net, x, 4 * x.shape[-1]), x))


def bert_layer() -> str:
    """One layer of BERT-base on 128 tokens."""
    net = Network()
    return net.text(encoder_layer(net, net.argument(1, 128, 768), 12))


def minilm(network: type[Network] = Network) -> str:
    """all-MiniLM-L6-v2 on 128 tokens: embeddings, six layers, the mean under the mask."""
    net = network()
    ids, mask = net.argument(1, 128, element="i32"), net.argument(1, 128)
    words = net.gather(net.param(30522, 384), ids)
    x = net.layer_norm(net.binary("add", words, net.param(128, 384)))
    gap = net.binary("sub", mask, net.constant(1))
    penalty = net.reshape(net.binary("mul", gap, net.constant(3e38)), 1, 1, 1, 128)
    for _ in range(6):
        x = encoder_layer(net, x, 12, penalty)
    share = net.reshape(mask, 1, 1, 128)
    return net.text(net.reshape(net.matmul(share, x), 1, 384))


def gpt2_block() -> str:
    """One block of GPT-2 (small) on 128 tokens: layer norms in front, a causal mask."""
    net = Network()
    x, mask = net.argument(1, 128, 768), net.argument(128, 128)
    x = net.binary("add", _mixed(net, net.layer_norm(x), 12, mask), x)
    return net.text(net.binary("add", _feed_forward(net, net.layer_norm(x), 3072), x))


def gpt2_decode() -> str:
    """The same for one token, at 128 keys and values that earlier steps left."""
    net, heads, width = Network(), 12, 768
    x = net.argument(1, 1, width)
    keys, values = (net.argument(1, heads, 128, width // heads) for _ in range(2))
    normed = net.layer_norm(x)
    q, k, v = (_heads(net, net.dense(normed, width), heads) for _ in range(3))
    scores = net.matmul(q, keys, transposed=True)
    share = net.softmax(net.binary("mul", scores, net.constant(0.125)))
    mixed = net.transpose(net.matmul(share, values), 0, 2, 1, 3)
    x = net.binary("add", net.dense(net.reshape(mixed, 1, 1, width), width), x)
    y = net.binary("add", _feed_forward(net, net.layer_norm(x), 3072), x)
    return net.text(y, k, v)


def lstm() -> str:
    """A layer of 256 units on 64 steps, as in bench/cases/recurrent.py."""
    net = Network()
    return net.text(net.lstm(net.argument(64, 1, 256), 256))


# --- single layers --------------------------------------------------------------------------------


def one_conv(channels: int, size: int, width: int, kernel: int, stride: int = 1) -> str:
    """A convolution of an image of one batch."""
    net = Network()
    return net.text(net.conv(net.argument(1, channels, size, size), width, kernel, stride))


def gemm(m: int, n: int, k: int) -> str:
    """x[m, k] times a weight."""
    net = Network()
    return net.text(net.dense(net.argument(m, k), n, bias=False))


def product(batch: int, m: int, n: int, k: int, *, transposed: bool) -> str:
    """Of two activations, for each of `batch` heads."""
    net = Network()
    y = net.argument(batch, *((n, k) if transposed else (k, n)))
    return net.text(net.matmul(net.argument(batch, m, k), y, transposed=transposed))


def _resnet_convs() -> dict[str, Builder]:
    """Every convolution of ResNet-50 with a shape of its own."""
    shapes: list[tuple[int, ...]] = [(3, 224, 64, 7, 2), (64, 56, 64, 1)]
    before, size = 64, 56
    for stage in range(4):
        width, stride = 64 << stage, 2 if stage else 1
        after = size // stride
        shapes += [
            (before, size, width, 1, stride), (before, size, 4 * width, 1, stride),
            (width, after, width, 3), (width, after, 4 * width, 1), (4 * width, after, width, 1),
        ]  # fmt: skip
        before, size = 4 * width, after
    named = {_conv_name(*s): (lambda s=s: one_conv(*s)) for s in shapes}
    return named


def _conv_name(channels: int, size: int, width: int, kernel: int, stride: int = 1) -> str:
    suffix = f"s{stride}" if stride > 1 else ""
    return f"{kernel}x{kernel}{suffix}-{channels}-{width}-{size}"


def _transformer_products(width: int) -> dict[str, Builder]:
    head = width // 12
    dense = {"proj": (width, width), "up": (4 * width, width), "down": (width, 4 * width)}
    return {
        **{f"{name}-{k}-{n}": (lambda n=n, k=k: gemm(128, n, k)) for name, (n, k) in dense.items()},
        f"scores-{head}": lambda: product(12, 128, 128, head, transposed=True),
        f"mix-{head}": lambda: product(12, 128, head, 128, transposed=False),
    }


GEMMS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "gemmini": (
        (64, 64, 64), (128, 128, 128), (256, 256, 256), (512, 512, 512), (64, 512, 512),
        (512, 64, 512), (1024, 1024, 1024),
    ),
    "edge16": ((128, 128, 128), (512, 512, 512)),
    "tpu1": ((1024, 1024, 1024), (2048, 1024, 4096), (4096, 4096, 4096)),
    "large128": ((512, 512, 512), (1024, 1024, 1024), (512, 4096, 4096), (4096, 4096, 4096)),
}  # fmt: skip
"""Machine -> (m, n, k), each at least four tiles."""


def models(machine: str) -> dict[str, Builder]:
    """All of the suite for a machine, by name."""
    gemms = {
        f"gemm/{m}x{n}x{k}": (lambda m=m, n=n, k=k: gemm(m, n, k)) for m, n, k in GEMMS[machine]
    }
    return {
        **gemms,
        **{f"resnet50-layer/{name}": make for name, make in _resnet_convs().items()},
        "resnet50-layer/fc": lambda: gemm(1, 1000, 2048),
        **{f"bert-layer/{name}": make for name, make in _transformer_products(768).items()},
        **{f"minilm-layer/{name}": make for name, make in _transformer_products(384).items()},
        "model/resnet50": lambda: resnet50(1),
        "model/resnet50-b8": lambda: resnet50(8),
        "model/mobilenetv2": mobilenet_v2,
        "model/shufflenetv2": shufflenet_v2,
        "model/bert-layer": bert_layer,
        "model/minilm": minilm,
        "model/gpt2-block": gpt2_block,
        "model/gpt2-decode": gpt2_decode,
        "model/lstm": lstm,
        "model/mlp": mlp,
        "bf16/resnet50": lambda: resnet50(1),
        "bf16/mobilenetv2": mobilenet_v2,
        "bf16/minilm": minilm,
        "bf16/mlp": mlp,
        "int8/resnet50": lambda: resnet50(1, IntegerNetwork),
        "int8/resnet50-b8": lambda: resnet50(8, IntegerNetwork),
        "int8/mobilenetv2": lambda: mobilenet_v2(IntegerNetwork),
        "int8/mlp": lambda: mlp(IntegerNetwork),
        "int8/minilm": lambda: minilm(QuantizedNetwork),
    }
