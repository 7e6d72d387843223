"""What is known: the graph, the interactions and what was learned from them."""
