"""Vectors of what is known: texts today, the graph's structure later."""
