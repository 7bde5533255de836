"""Frontends: foreign files become `dl`. One package per format; its heavy imports wait until it is
used.
"""
