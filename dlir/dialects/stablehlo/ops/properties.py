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

INTS = BaseAttr[DenseArrayBase[Any]](DenseArrayBase)
INTEGER = BaseAttr[IntegerAttr[Any]](IntegerAttr)
BOOLEAN = BaseAttr[IntegerAttr[Any]](IntegerAttr)
REAL = BaseAttr[FloatAttr[Any]](FloatAttr)
STRING = BaseAttr(StringAttr)
DENSE = BaseAttr[DenseIntOrFPElementsAttr[Any]](DenseIntOrFPElementsAttr)
LIST = BaseAttr[ArrayAttr[Any]](ArrayAttr)
DICTIONARY = BaseAttr(DictionaryAttr)
SYMBOL = FlatSymbolRefAttrConstr
UNIT = BaseAttr(UnitAttr)
ANY = AnyAttr()
