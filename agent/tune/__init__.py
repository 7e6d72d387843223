"""Specialists: a small model that learns from a graph, on a laptop, to plan in that graph."""
