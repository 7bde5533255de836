"""PyTorch on dlir in five minutes: an exported program, its text, and torch.compile.

pip install 'dlir[torch]'
python examples/torch/first.py
"""

import torch
from torch import nn

import dlir


class Model(nn.Module):
    """One layer of a transformer's encoder, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(64, 4, 256, activation="gelu", batch_first=True)
        self.head = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(x).mean(1))


def main() -> None:
    torch.manual_seed(0)
    model, x = Model().eval(), torch.randn(4, 16, 64)

    # 1. Export with a batch of any size, load, look at the text
    batch = torch.export.Dim("batch")
    program = torch.export.export(model, (x,), dynamic_shapes=({0: batch},))
    loaded = dlir.load(program)
    print("\n".join(line[:100] for line in str(loaded).splitlines()[:8]), "\n    ...")

    # 2. Compile; tensors go in, numpy arrays come out and become tensors without a copy
    executable = dlir.compile(loaded)
    for size in (4, 1):
        x = torch.randn(size, 16, 64)
        y = torch.from_dlpack(executable(x))
        print(f"batch {size}: differs by {(y - model(x)).abs().max():.1e} from eager PyTorch")

    # 3. Or leave the model where it is: what dlir does not support stays eager
    fast = torch.compile(model, backend="dlir", options={"freeze": True})
    with torch.no_grad():
        print(f"torch.compile: differs by {(fast(x) - model(x)).abs().max():.1e}")


if __name__ == "__main__":
    main()
