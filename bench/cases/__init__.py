"""All cases, in the order in which they run."""

from bench.cases import (
    attention,
    bf16,
    conv,
    integer,
    light,
    matmul,
    memory,
    minilm,
    model,
    process,
    quantized,
    recurrent,
    sparse,
    weight_only,
)
from bench.program import Case

TOPICS = (
    model, minilm, matmul, attention, weight_only, conv, integer, bf16, memory, light, recurrent,
    quantized, sparse, process,
)  # fmt: skip
CASES: dict[str, Case] = {case.name: case for topic in TOPICS for case in topic.CASES}
