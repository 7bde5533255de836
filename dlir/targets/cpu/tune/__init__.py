"""Autotuning: other schedules for the kernels of a model, measured on the machine they are for.

subjects.py   the kernels of a model, each as a module of its own
cost.py       an analytic model of a contraction's time, to leave out what cannot be good
space.py      from a schedule to others that differ in one of its keys
measure.py    the process that compiles, checks and times two schedules of one kernel in turns
bench.py      that process as seen from outside: it may crash or hang
search.py     one kernel: from the compiler's schedule to the best one that was found
database.py   what was found, in the file that compiling looks into
table.py      what got faster
command.py    what `dlir-tune` calls
"""
