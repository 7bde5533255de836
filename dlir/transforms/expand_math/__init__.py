"""Elementary functions as arithmetic; the pass `vector-expand-math` applies them."""
