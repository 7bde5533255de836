"""How much a compressed encoder changes what sentences mean to it.

    python examples/minilm/similarity.py minilm-int8.mlir

Embeds the pairs of sentences of pairs.tsv with the float32 encoder and with the given one, and
prints by how much the similarity of a pair (the cosine of its embeddings) changes, and the cosine
between the two embeddings of one sentence. The pairs are others than the sentences of
calibration.txt, which `dlir-quantize` is shown; --calibration=FILE.npz writes these as tokens.
"""

import argparse
import sys
from pathlib import Path

import embed
import numpy as np

import dlir

HERE = Path(__file__).parent
BATCH = 16


def tokens(sentences: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Ids and mask, padded to the longest of all sentences."""
    return embed.tokenize(sentences, embed.model_folder())


def embeddings(encoder: dlir.Executable, sentences: list[str]) -> np.ndarray:
    """One row of length 1 per sentence."""
    pieces = (sentences[n : n + BATCH] for n in range(0, len(sentences), BATCH))
    return np.concatenate([encoder(*tokens(piece)) for piece in pieces])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("model", nargs="?", help="an encoder that dlir-quantize has written")
    parser.add_argument("--calibration", metavar="FILE.npz", help="write calibration.txt as tokens")
    parser.add_argument("--target", default="cpu", choices=("cpu", "ref"))
    options = parser.parse_args()
    if options.calibration is not None:
        ids, mask = tokens((HERE / "calibration.txt").read_text().splitlines())
        np.savez_compressed(options.calibration, ids=ids, mask=mask)
    if options.model is None:
        return 0
    lines = (HERE / "pairs.tsv").read_text().splitlines()
    left, right = (list(side) for side in zip(*(line.split("\t") for line in lines), strict=True))
    real = embed.load(options.target, embed.model_folder())
    small = dlir.compile(options.model, target=options.target)
    a, b = (embeddings(real, side) for side in (left, right))
    c, d = (embeddings(small, side) for side in (left, right))
    change = np.abs((a * b).sum(1) - (c * d).sum(1))
    cosines = np.concatenate([(a * c).sum(1), (b * d).sum(1)])
    print(f"{len(lines)} pairs of sentences")
    print(f"similarities change by {change.mean():.4f} on average, by {change.max():.4f} at most")
    print(f"cosine to float32: {cosines.mean():.4f} on average, {cosines.min():.4f} at least")
    return 0


if __name__ == "__main__":
    sys.exit(main())
