"""Design-space exploration: the same model on many machines, each compiled and executed.

space.py        space.toml: which keys of the hardware file take which values
layers.py       the model as distinct layers with counts, so that nothing is done twice
compiling.py    programs to be timed, shared by machines for which they are the same
evaluate.py     (machine, layer) -> Measures, by compiling and timing; the one place that does
calls.py        what a worker is given (`dlir.workers` says where workers are)
store.py        results.jsonl: what is known already
exploration.py  runs what is missing and puts points together
pareto.py       which points no other point dominates
summary.py      the table and pareto.json
page.py         pareto.html
command.py      what `dlir-explore` calls
"""
