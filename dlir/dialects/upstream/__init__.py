"""Reference semantics of the dialects that xDSL brings, as far as dlir's loop level uses them.

One file per dialect, each with a table `SEMANTICS` from operation class to numpy function.
"""
