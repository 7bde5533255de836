"""Makes mlp.safetensors and cnn.safetensors, the trained weights of the two networks here.

    pip install torch scikit-learn
    python examples/digits/train.py

Adam for 60 passes over the 900 training images (data.py) on one thread, from a fixed seed. The
files in the repository were made with torch 2.13 on the CPU; other versions end a little elsewhere.
Weights are stored as the networks' text multiplies: inputs times outputs, biases broadcastable.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from data import SEED, Images, digits
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

HERE = Path(__file__).parent
EPOCHS, BATCH, RATE = 60, 32, 2e-3


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 64), nn.Linear(64, 32), nn.Linear(32, 10)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(pixels)))))


class Cnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(n, 16, 3, padding=1) for n in (1, 16))
        self.conv3, self.fc = nn.Conv2d(16, 32, 3, padding=1), nn.Linear(128, 10)

    def forward(self, pixels: Tensor) -> Tensor:
        x = F.relu(self.conv1(pixels.reshape(-1, 1, 8, 8)))
        x = F.max_pool2d(F.relu(self.conv2(x) + x), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        return self.fc(x.flatten(1))


def train(make: Callable[[], nn.Module], learn: Images) -> nn.Module:
    """A network of that kind, trained; always the same one on one machine."""
    torch.manual_seed(SEED)
    network = make()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=1e-4)
    pixels, labels = map(torch.from_numpy, learn)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(network(pixels[rows]), labels[rows]).backward()
            optimizer.step()
    return network.eval()


def accuracy(network: nn.Module, images: Images) -> float:
    scores = network(torch.from_numpy(images.pixels))
    return float((scores.argmax(1).numpy() == images.labels).mean())


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """The parameters in the shapes of the text."""

    def shaped(name: str, value: Tensor) -> Tensor:
        value = value.detach()
        if name.startswith("conv"):
            return value.reshape(-1, 1, 1) if value.ndim == 1 else value
        return value.T.contiguous() if value.ndim == 2 else value

    return {name: shaped(name, value) for name, value in network.named_parameters()}


def main() -> None:
    torch.set_num_threads(1)
    learn, judge = digits()
    for name, make in (("mlp", Mlp), ("cnn", Cnn)):
        network = train(make, learn)
        save_file(weights_of(network), HERE / f"{name}.safetensors")
        print(f"{name}: {accuracy(network, judge):.2%} of {len(judge.labels)} images are right")


if __name__ == "__main__":
    main()
