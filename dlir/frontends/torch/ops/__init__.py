"""The ATen operators by family; each module gives `OPERATORS: dict[str, Build]`."""
