"""Control flow, calls, tuples, random numbers."""

from __future__ import annotations

from xdsl.irdl import BaseAttr

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops.base import op_table
from dlir.dialects.stablehlo.ops.forms import CompositeForm, CustomCallForm, ElementForm, ListForm
from dlir.dialects.stablehlo.ops.properties import (
    ANY,
    BOOLEAN,
    DICTIONARY,
    INTEGER,
    LIST,
    STRING,
    SYMBOL,
)
from dlir.dialects.stablehlo.ops.regions import WhileForm
from dlir.dialects.stablehlo.rules import control
from dlir.dialects.stablehlo.syntax import Form, Key, words

_define = op_table("stablehlo", __name__)

ReturnOp = _define(
    "return", "The results of a region.",
    '''%y = "stablehlo.if"(%c) ({
  stablehlo.return %x : tensor<2xf32>
}, {
  stablehlo.return %z : tensor<2xf32>
}) : (tensor<i1>) -> tensor<2xf32>''',
    operands="*values", results="", base=ListForm, terminator=True,
)  # fmt: skip
IfOp = _define(
    "if", "The results of one of two regions.",
    '''%y = "stablehlo.if"(%c) ({
  stablehlo.return %x : tensor<2xf32>
}, {
  stablehlo.return %z : tensor<2xf32>
}) : (tensor<i1>) -> tensor<2xf32>''',
    operands="pred", results="*outputs", regions="true_branch false_branch", check=control.if_,
)  # fmt: skip
CaseOp = _define(
    "case", "The results of the region with a number, of the last one for numbers beyond.",
    '''%y = "stablehlo.case"(%i) ({
  stablehlo.return %x : tensor<2xf32>
}, {
  stablehlo.return %z : tensor<2xf32>
}) : (tensor<i32>) -> tensor<2xf32>''',
    operands="index", results="*outputs", regions="*branches", check=control.case,
)  # fmt: skip
WhileOp = _define(
    "while", "A region repeated while another one holds.",
    '''%y = stablehlo.while(%i = %x) : tensor<i32>
cond {
  %c = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
  stablehlo.return %c : tensor<i1>
} do {
  %j = stablehlo.add %i, %i : tensor<i32>
  stablehlo.return %j : tensor<i32>
}''',
    operands="*operand", results="*outputs", regions="cond body", base=WhileForm,
    check=control.while_,
)  # fmt: skip
CompositeOp = _define(
    "composite", "A function with a name and a decomposition into other ops.",
    '''%y = stablehlo.composite "chlo.erf" %x {decomposition = @erf, version = 1 : i32}
  : (tensor<3xf32>) -> tensor<3xf32>''',
    operands="*inputs", results="*outputs", base=CompositeForm,
    properties={
        "name": STRING,
        "composite_attributes?": DICTIONARY,
        "decomposition": SYMBOL,
        "version?": INTEGER,
    },
)  # fmt: skip
CustomCallOp = _define(
    "custom_call", "A function that only its target knows.",
    "%y = stablehlo.custom_call @Sharding(%x) {backend_config = \"\"}"
    " : (tensor<3xf32>) -> tensor<3xf32>",
    operands="*inputs", results="*outputs", base=CustomCallForm, pure=False,
    properties={
        "call_target_name": STRING,
        "has_side_effect?": BOOLEAN,
        "backend_config?": ANY,
        "api_version?": INTEGER,
        "called_computations?": LIST,
        "operand_layouts?": LIST,
        "result_layouts?": LIST,
        "output_operand_aliases?": LIST,
        "result_tilings?": LIST,
    },
)  # fmt: skip
OptimizationBarrierOp = _define(
    "optimization_barrier", "The operands; nothing is moved past it.",
    "%y = stablehlo.optimization_barrier %x : tensor<3xf32>",
    operands="*inputs", results="*outputs", base=ListForm,
)  # fmt: skip
TupleOp = _define(
    "tuple", "Several values as one.",
    """%t = stablehlo.tuple %x, %z : tuple<tensor<3xf32>, tensor<i32>>
%y = stablehlo.get_tuple_element %t[0] : (tuple<tensor<3xf32>, tensor<i32>>) -> tensor<3xf32>""",
    operands="*val", form=Form(types="tuple"),
)  # fmt: skip
GetTupleElementOp = _define(
    "get_tuple_element", "One of the values of a tuple.",
    """%t = stablehlo.tuple %x, %z : tuple<tensor<3xf32>, tensor<i32>>
%y = stablehlo.get_tuple_element %t[0] : (tuple<tensor<3xf32>, tensor<i32>>) -> tensor<3xf32>""",
    properties={"index": INTEGER}, base=ElementForm,
)  # fmt: skip
RngOp = _define(
    "rng", "Random numbers of a distribution.",
    "%y = stablehlo.rng %a, %b, %n, distribution = UNIFORM"
    " : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<3xf32>",
    operands="a b shape", properties={"rng_distribution": BaseAttr(a.RngDistributionAttr)},
    form=Form((Key("distribution", words(a.RngDistributionAttr), ("rng_distribution",)),)),
    pure=False,
)  # fmt: skip
RngBitGeneratorOp = _define(
    "rng_bit_generator", "Random bits, and the generator's next state.",
    "%state, %y = stablehlo.rng_bit_generator %x, algorithm = THREE_FRY"
    " : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xui32>)",
    operands="initial_state", results="output_state output",
    properties={"rng_algorithm": BaseAttr(a.RngAlgorithmAttr)},
    form=Form((Key("algorithm", words(a.RngAlgorithmAttr), ("rng_algorithm",)),)),
    check=control.rng_bit_generator,
)  # fmt: skip
