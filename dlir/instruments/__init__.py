"""What watches passes run: dumps, reports and reproducers, one small class each.

`base` says what an instrument is, `flags` which flag of a command asks for which.
"""
