"""What the properties of `stablehlo` ops may be."""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FlatSymbolRefAttrConstr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    UnitAttr,
)
from xdsl.irdl import AnyAttr, BaseAttr

DENSE = BaseAttr[DenseIntOrFPElementsAttr[Any]](DenseIntOrFPElementsAttr)
INTS = BaseAttr[DenseArrayBase[Any]](DenseArrayBase) | DENSE
"""Lists of numbers; older texts have them as dense constants."""
INTEGER = BaseAttr[IntegerAttr[Any]](IntegerAttr)
BOOLEAN = BaseAttr[IntegerAttr[Any]](IntegerAttr)
REAL = BaseAttr[FloatAttr[Any]](FloatAttr)
STRING = BaseAttr(StringAttr)
LIST = BaseAttr[ArrayAttr[Any]](ArrayAttr)
DICTIONARY = BaseAttr(DictionaryAttr)
SYMBOL = FlatSymbolRefAttrConstr
UNIT = BaseAttr(UnitAttr)
ANY = AnyAttr()
