"""How many of scikit-learn's digits a network gets right, on any target.

    python examples/digits/judge.py examples/digits/cnn.mlir
    python examples/digits/judge.py quantised.mlir --target=ref

The weights are in the `.safetensors` file beside the text. Only the 897 images count that no
training saw.
"""

import argparse

import numpy as np
from data import Images, digits

import dlir


def accuracy(model: dlir.Model, target: str, images: Images) -> float:
    """The share of images whose greatest score is that of the label."""
    scores = dlir.compile(model, target=target)(images.pixels)
    return float((np.argmax(scores, axis=1) == images.labels).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("models", nargs="+", help="texts that take 64 pixels of each image")
    parser.add_argument("--target", default="cpu", choices=("cpu", "ref"))
    options = parser.parse_args()
    _, judge = digits()
    for path in options.models:
        right = accuracy(dlir.load(path), options.target, judge)
        print(f"{path}: {right:.2%} of {len(judge.labels)} images are right")


if __name__ == "__main__":
    main()
