"""The op tables of `stablehlo`, by family, and the classes that read and write their texts."""
