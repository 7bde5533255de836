"""The handwritten digits of scikit-learn: 1,797 real images of 8 x 8 pixels, in its wheel.

    from data import digits
    learn, judge = digits()

    python examples/digits/data.py calibration.npz     # the images to learn from, as `pixels`

They are the test set of Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits" (UCI
Machine Learning Repository, 1998). Pixels are 0..16 there, 0..1 here.
"""

import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SEED = 0
TRAINING = 900
"""So many images are for training and calibration; the other 897 are judged by."""


class Images(NamedTuple):
    """`pixels` is f32 [count, 64], `labels` i64 [count]."""

    pixels: NDArray[np.float32]
    labels: NDArray[np.int64]


def digits() -> tuple[Images, Images]:
    """(the images to learn from, the images to judge by): always the same ones."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.default_rng(SEED).permutation(len(bunch.target))
    pixels = (bunch.data[order] / 16).astype(np.float32)
    labels = bunch.target[order].astype(np.int64)
    cut = slice(None, TRAINING), slice(TRAINING, None)
    learn, judge = (Images(pixels[part], labels[part]) for part in cut)
    return learn, judge


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    np.savez(sys.argv[1], pixels=digits()[0].pixels)
