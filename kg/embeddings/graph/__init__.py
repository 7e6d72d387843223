"""Embeddings of the graph: link prediction by TransE, DistMult, ComplEx and RotatE."""
