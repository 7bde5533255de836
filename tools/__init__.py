"""The commands of dlir, one module each.

Importing any of them makes Python collect cyclic garbage less often: xDSL makes a great many
objects that stay, and looking through them again and again took a fifth of a small run.
"""

import gc

gc.set_threshold(100_000, 20, 20)
