"""Windows of convolutions; lines are images of height 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported


@dataclass(frozen=True)
class Windows:
    """The windows over an image, two entries per list; `padding` is top, left, bottom, right."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[int, ...]
    dilations: tuple[int, ...]

    @staticmethod
    def of(
        kernel: Sequence[Dim],
        strides: Sequence[int],
        padding: Sequence[int],
        dilations: Sequence[int],
        spatial: int,
    ) -> Windows:
        """From PyTorch's lists, of which one of length 1 stands for all axes."""
        if spatial not in (1, 2):
            raise Unsupported(f"{spatial} spatial dimensions; 1 and 2 are supported")
        sizes = tuple(n for n in kernel if isinstance(n, int))
        if len(sizes) != len(kernel):
            raise Unsupported("a kernel whose size is known at run time only")
        lists = [full(numbers, spatial) for numbers in (sizes, strides, padding, dilations)]
        if spatial == 1:
            lists = [(neutral, *n) for neutral, n in zip((1, 1, 0, 1), lists, strict=True)]
        kernel_, strides_, low, dilations_ = lists
        return Windows(kernel_, strides_, (*low, *low), dilations_)


def full(numbers: Sequence[int], spatial: int) -> tuple[int, ...]:
    """A number per axis, from a list in which one number may stand for all."""
    numbers = tuple(numbers) * spatial if len(numbers) == 1 else tuple(numbers)
    if len(numbers) != spatial:
        raise Unsupported(f"{list(numbers)} for {spatial} spatial dimensions")
    return numbers


def square_image(context: Context, x: Tensor) -> Tensor:
    """A batch of lines [n, c, w] as images [n, c, 1, w]; images stay."""
    return x if x.rank == 4 else context.reshape(x, (*x.dims[:2], 1, *x.dims[2:]))


def flat_image(context: Context, y: Tensor, rank: int) -> Tensor:
    """The inverse of `square_image` for an original of that rank."""
    return y if rank == 4 else context.reshape(y, (*y.dims[:2], *y.dims[3:]))
