"""Small models in PyTorch, of the kinds that people have: written out, since torchvision is no
requirement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(12, 32),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(32, 32),
            nn.GELU(),
            nn.Linear(32, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).softmax(-1)


class Block(nn.Module):
    """Two 3x3 convolutions, or with a bottleneck 1x1, 3x3, 1x1, and a shortcut."""

    def __init__(self, width: int, out: int, stride: int, bottleneck: bool):
        super().__init__()
        inner = out // 4 if bottleneck else out
        size, step = (1, 1) if bottleneck else (3, stride)
        self.first = nn.Conv2d(width, inner, size, step, size // 2, bias=False)
        self.second = nn.Conv2d(inner, inner, 3, stride if bottleneck else 1, 1, bias=False)
        self.third = nn.Conv2d(inner, out, 1, bias=False) if bottleneck else None
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(n) for n in (inner, inner, out)[: 3 if bottleneck else 2]
        )
        self.shortcut = None
        if stride != 1 or width != out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norms[0](self.first(x)), inplace=True)
        y = self.norms[1](self.second(y))
        if self.third is not None:
            y = self.norms[2](self.third(F.relu(y, inplace=True)))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)), inplace=True)


class ResNet(nn.Module):
    def __init__(
        self, depths: tuple[int, ...], bottleneck: bool, width: int = 64, classes: int = 10
    ):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        )
        blocks: list[nn.Module] = []
        before = width
        for stage, depth in enumerate(depths):
            out = width * 2**stage * (4 if bottleneck else 1)
            for i in range(depth):
                stride = 2 if stage and not i else 1
                blocks.append(Block(before, out, stride, bottleneck))
                before = out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(before, classes)

    def forward(self, x: Tensor) -> Tensor:
        y = self.blocks(self.stem(x))
        return self.head(torch.flatten(F.adaptive_avg_pool2d(y, 1), 1))


class SqueezeExcite(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.down, self.up = nn.Conv2d(width, width // 4, 1), nn.Conv2d(width // 4, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1))))
        return x * F.hardsigmoid(scale)


class Inverted(nn.Module):
    """MobileNet's block: expand, filter each channel, project."""

    def __init__(
        self, width: int, out: int, stride: int, activation: type[nn.Module], excite: bool
    ):
        super().__init__()
        hidden = width * 4
        self.body = nn.Sequential(
            nn.Conv2d(width, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            activation(),
            nn.Conv2d(hidden, hidden, 5, stride, 2, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            activation(),
            SqueezeExcite(hidden) if excite else nn.Identity(),
            nn.Conv2d(hidden, out, 1, bias=False),
            nn.BatchNorm2d(out),
        )
        self.residual = stride == 1 and width == out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class MobileNet(nn.Module):
    def __init__(self, activation: type[nn.Module], excite: bool):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1),
            activation(),
            Inverted(8, 8, 1, activation, excite),
            Inverted(8, 16, 2, activation, excite),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(16, 7),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class UNet(nn.Module):
    """Down, up by a transposed convolution or by interpolation, and a shortcut across."""

    def __init__(self, transposed: bool):
        super().__init__()
        self.inner = nn.Conv2d(3, 8, 3, padding=1)
        self.down = nn.Conv2d(8, 16, 3, padding=2, dilation=2)
        self.up = (
            nn.ConvTranspose2d(16, 8, 2, 2)
            if transposed
            else nn.Sequential(
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
                nn.Conv2d(16, 8, 1),
            )
        )
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = F.leaky_relu(self.inner(x), 0.1)
        b = F.elu(self.down(F.max_pool2d(a, 2)))
        return self.out(torch.cat([a, self.up(b)], 1))


class Encoder(nn.Module):
    """BERT's shape: embeddings, layers of attention under a padding mask, a pooled head."""

    def __init__(self, layers: int = 2, width: int = 32, heads: int = 4, words: int = 50):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(64, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            width, heads, width * 4, activation="gelu", batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, 3)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        places = torch.arange(ids.shape[1])
        x = self.norm(self.words(ids) + self.places(places))
        x = self.layers(x, src_key_padding_mask=mask == 0)
        weight = mask.unsqueeze(-1).to(x.dtype)
        pooled = (x * weight).sum(1) / weight.sum(1).clamp(min=1)
        return x, torch.tanh(self.head(pooled))


class DecoderBlock(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, steps, width = x.shape
        parts = self.qkv(self.norms[0](x)).split(width, dim=2)
        q, k, v = (p.view(batch, steps, self.heads, -1).transpose(1, 2) for p in parts)
        keys, values = torch.cat([keys, k], 2), torch.cat([values, v], 2)
        rows = torch.arange(steps).unsqueeze(1) + keys.shape[2] - steps
        mask = torch.arange(keys.shape[2]) <= rows
        y = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        x = x + self.out(y.transpose(1, 2).reshape(batch, steps, width))
        y = self.down(F.gelu(self.up(self.norms[1](x)), approximate="tanh"))
        return x + y, keys, values


class Decoder(nn.Module):
    """GPT-2's shape with a key/value cache that grows, and tied embeddings."""

    def __init__(self, width: int = 24, heads: int = 3, words: int = 40):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(64, width)
        self.block, self.norm = DecoderBlock(width, heads), nn.LayerNorm(width)
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.words.weight

    def forward(self, ids: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        start = keys.shape[2]
        places = torch.arange(start, start + ids.shape[1])
        x, keys, values = self.block(self.words(ids) + self.places(places), keys, values)
        return self.head(self.norm(x)), keys, values


class CachedAttention(nn.Module):
    """A cache of fixed size in buffers, which each call writes into."""

    def __init__(self, width: int = 8, size: int = 6):
        super().__init__()
        self.project = nn.Linear(width, 3 * width)
        self.register_buffer("keys", torch.zeros(1, size, width))
        self.register_buffer("values", torch.zeros(1, size, width))

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        q, k, v = self.project(x).chunk(3, -1)
        self.keys[:, 2:3] = k
        self.values[:, 2:3] = v
        return F.scaled_dot_product_attention(q, self.keys, self.values, attn_mask=visible)


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase]):
        super().__init__()
        self.layers = kind(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(10, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y, state = self.layers(x)
        return self.head(y), state[0] if isinstance(state, tuple) else state


class Dlrm(nn.Module):
    """Dense features and bags of embedded categories, multiplied with each other."""

    def __init__(self) -> None:
        super().__init__()
        self.bottom, self.top = nn.Linear(4, 8), nn.Linear(8 + 3, 1)
        self.tables = nn.ModuleList(nn.EmbeddingBag(20, 8, mode=m) for m in ("sum", "mean"))

    def forward(self, dense: Tensor, categories: Tensor) -> Tensor:
        x = F.relu(self.bottom(dense))
        rows = [x, *(table(categories[:, i]) for i, table in enumerate(self.tables))]
        stacked = torch.stack(rows, 1)
        products = torch.bmm(stacked, stacked.transpose(1, 2))
        i, j = torch.tril_indices(3, 3, offset=-1)
        return torch.sigmoid(self.top(torch.cat([x, products[:, i, j]], 1)))


class Norms(nn.Module):
    """The normalisations one after another, and depthwise, dilated and one-dimensional filters."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.dilated = nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.group, self.instance = nn.GroupNorm(2, 8), nn.InstanceNorm2d(8, affine=True)
        self.rms, self.response = nn.RMSNorm(6), nn.LocalResponseNorm(3)
        self.line = nn.Conv1d(8, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.instance(self.group(self.depthwise(x)))
        y = self.response(self.rms(self.dilated(y)))
        y = F.avg_pool2d(y, 2, ceil_mode=True, count_include_pad=False)
        return self.line(y.flatten(2))


@dataclass(frozen=True)
class Case:
    """A model, its inputs for a batch of some size, and which axes of each input the batch is."""

    make: Callable[[], nn.Module]
    inputs: Callable[[int], tuple[Tensor, ...]]
    dynamic: tuple[int | None, ...] = (0,)


def images(size: int, channels: int = 3) -> Callable[[int], tuple[Tensor, ...]]:
    return lambda batch: (torch.randn(batch, channels, size, size),)


def _words(batch: int) -> tuple[Tensor, ...]:
    mask = torch.arange(7) < torch.arange(3, 3 + batch).clamp(max=7).unsqueeze(1)
    return torch.randint(0, 50, (batch, 7)), mask.to(torch.int64)


def _prompt(batch: int) -> tuple[Tensor, ...]:
    cache = [torch.randn(batch, 3, 4, 8) for _ in range(2)]
    return (torch.randint(0, 40, (batch, 5)), *cache)


CASES: dict[str, Case] = {
    "bert": Case(Encoder, _words, (0, 0)),
    "dlrm": Case(
        Dlrm, lambda batch: (torch.randn(batch, 4), torch.randint(0, 20, (batch, 2, 3))), (0, 0)
    ),
    "gpt2": Case(Decoder, _prompt, (0, 0, 0)),
    "gru": Case(lambda: Recurrent(nn.GRU), lambda batch: (torch.randn(batch, 4, 6),)),
    "lstm": Case(lambda: Recurrent(nn.LSTM), lambda batch: (torch.randn(batch, 4, 6),)),
    "mlp": Case(Mlp, lambda batch: (torch.randn(batch, 12),)),
    "mobilenet-v2": Case(lambda: MobileNet(nn.ReLU6, excite=False), images(16)),
    "mobilenet-v3": Case(lambda: MobileNet(nn.Hardswish, excite=True), images(16)),
    "norms": Case(Norms, lambda batch: (torch.randn(batch, 8, 7, 6),)),
    "resnet-18": Case(lambda: ResNet((2, 2, 2, 2), bottleneck=False, width=8), images(32)),
    "resnet-50": Case(lambda: ResNet((3, 4, 6, 3), bottleneck=True, width=8), images(32)),
    "rnn": Case(lambda: Recurrent(nn.RNN), lambda batch: (torch.randn(batch, 4, 6),)),
    "unet": Case(lambda: UNet(transposed=True), images(8)),
    "unet-bilinear": Case(lambda: UNet(transposed=False), images(8)),
}


def build(name: str) -> nn.Module:
    """The model for inference, with statistics that are not 0 and 1."""
    torch.manual_seed(0)
    model = CASES[name].make()
    for buffer_name, buffer in model.named_buffers():
        if "running" in buffer_name:
            buffer.uniform_(0.5, 1.5)
    return model.eval()
