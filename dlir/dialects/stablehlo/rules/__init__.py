"""What the types and properties of `stablehlo` ops must agree in: one function per kind of op.

Each checks a verified op of its kind and raises RuleViolation. A `?` agrees with every size: what
it is in truth shows at run time.
"""
