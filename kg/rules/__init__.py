"""Rules: those of RDFS, OWL 2 RL and the user, which derive, and those mined from the graph, which predict."""
