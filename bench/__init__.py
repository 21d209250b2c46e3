"""Measures of the reading: scores, soundness, peers, budgets; `make bench-reading` runs them all."""
