"""The `isa` dialect: programs of the modeled accelerator, one op per 128-bit instruction."""
