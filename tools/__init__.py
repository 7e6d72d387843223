"""What can be done with the graph: plain classes, no model needed."""
