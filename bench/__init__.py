"""dlir beside its peers: `python -m bench`.

A case is one computation, given to dlir and to every peer that is installed. Results are compared
before anything is timed; times are taken in turns, on one core and one thread.
"""
