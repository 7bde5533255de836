"""The operations of the `dl` dialect, one module per family."""
